from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import run
from causal.sensitivity import Unmeasured, sensitivity
from causal.studies import Adjustment


@pytest.fixture(scope="module")
def found():
    made = Adjustment.example(np.random.default_rng(1))
    return run(made.study, made.frame, Computation(seed=1))


def test_equal_seeds_give_equal_draws_and_none_follows_the_estimate(found):
    one, two = (sensitivity(found, Unmeasured(), seed=3) for _ in range(2))
    assert np.array_equal(one.draws["bias against it"], two.draws["bias against it"])
    assert np.array_equal(
        sensitivity(found).draws["bias either way"], sensitivity(found).draws["bias either way"]
    )
    other = sensitivity(found, Unmeasured(), seed=4)
    assert not np.array_equal(one.draws["bias against it"], other.draws["bias against it"])


def test_contours_reach_beyond_the_tipping_point(found):
    contours = sensitivity(found).contours()
    assert contours["mean"].min() < 0 < contours["mean"].max()
    assert sensitivity(found).plot().axes


def test_estimates_without_arms_and_what_is_no_bias_are_refused(found):
    bare = replace(found, answer=replace(found.answer, contrast=None))
    with pytest.raises(bi.ModelError, match="does not compare rows"):
        sensitivity(bare, Unmeasured())
    with pytest.raises(bi.ModelError, match="A bias is a value"):
        sensitivity(found, 0.1)

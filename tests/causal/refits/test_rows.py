import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import run
from causal.refits.rows import arm_study, refuses_arms
from causal.studies import Adjustment, Experiment

KINDS = (Adjustment, Experiment)


def estimate(kind, levels):
    rng = np.random.default_rng(1)
    made = kind.example(rng)
    arm = np.array(levels)[rng.integers(0, len(levels), len(made.frame["y"]))]
    return run(made.study, {**made.frame, "t": arm}, Computation(seed=1))


@pytest.mark.parametrize("kind", KINDS)
def test_two_arms_are_taken(kind):
    found = estimate(kind, ("a", "b"))
    assert refuses_arms(found) is None and arm_study(found) is found.study


@pytest.mark.parametrize("kind", KINDS)
def test_several_arms_are_refused_though_the_headline_compares_two(kind):
    found = estimate(kind, ("a", "b", "c"))
    assert "more than two levels (a, b, c)" in str(refuses_arms(found))
    with pytest.raises(bi.ModelError, match="keep the rows of two"):
        arm_study(found)
    assert found.refute().headline == "No check applied."
    with pytest.raises(bi.ModelError, match="more than two levels"):
        found.sensitivity()

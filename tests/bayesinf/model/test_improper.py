"""Improper priors on group sds are refused where the groups do not bound them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

import bayesinf as bi


def frame(groups: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {"y": rng.normal(size=24), "g": np.resize(np.array(list("abcdef")[:groups]), 24)}


@pytest.mark.parametrize(
    ("groups", "prior"),
    [(2, bi.FlatPositive()), (2, bi.LogFlat()), (6, bi.LogFlat())],
)
def test_groups_that_do_not_bound_their_sd(groups: int, prior: object) -> None:
    with pytest.raises(bi.ModelError) as caught:
        bi.model("y ~ 1 + (1 | g)", frame(groups), priors={"sd:g": prior})
    assert (caught.value.code, caught.value.column) == ("improper-posterior", "g")
    assert "'sd:g:Intercept'" in str(caught.value)


def test_three_groups_bound_it() -> None:
    model = bi.model("y ~ 1 + (1 | g)", frame(3), priors={"sd:g": bi.FlatPositive()})
    assert model.priors["sd:g:Intercept"] == bi.FlatPositive()


def test_the_mean_of_a_flat_sd_diverges_with_two_groups_and_not_with_four() -> None:
    def mean_up_to(limit: float, groups: int) -> float:
        """The posterior mean of the sd below a limit: group means 1 and -1, known unit noise."""

        def density(sd: float) -> float:
            spread = 1 + sd**2
            return spread ** (-groups / 2) * np.exp(-groups / (2 * spread))

        points = np.geomspace(1e-3, limit, 60)
        pieces = list(pairwise(points.tolist()))
        first = sum(quad(lambda sd: sd * density(sd), low, high)[0] for low, high in pieces)
        return first / sum(quad(density, low, high)[0] for low, high in pieces)

    assert mean_up_to(1e8, 2) > 1.5 * mean_up_to(1e4, 2)
    assert mean_up_to(1e8, 4) == pytest.approx(mean_up_to(1e4, 4), rel=1e-3)

"""Tails of many sets of weights at once are those of `numerics.pareto`, one set at a time."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.fleet.tails import tail_shapes
from bayesinf.numerics.pareto import pareto_k


@pytest.mark.parametrize("n", [31, 500, 751, 3000])
def test_each_shape_is_that_of_the_single_function(n: int) -> None:
    rng = np.random.default_rng(n)
    weights = np.stack(
        [
            rng.normal(size=n),
            3.0 * rng.standard_t(2, size=n),
            -rng.exponential(size=n),
            np.log(rng.pareto(1.2, size=n)) - 700.0,
            np.where(rng.random(n) < 0.5, -np.inf, rng.normal(size=n)),
        ]
    )
    expected = [pareto_k(row) for row in weights]
    assert np.allclose(tail_shapes(weights), expected, rtol=1e-10, atol=1e-10)


def test_degenerate_weights_are_judged_as_by_the_single_function() -> None:
    rng = np.random.default_rng(0)
    level, spike = np.zeros(400), np.full(400, -np.inf)
    spike[3] = 0.0
    few = np.where(np.arange(400) < 10, rng.normal(size=400), -np.inf)
    rows = np.stack([level, spike, few])
    assert tail_shapes(rows).tolist() == [pareto_k(row) for row in rows]
    assert np.isinf(tail_shapes(np.zeros((2, 20)))).all(), "too few for a tail"
    assert tail_shapes(np.full((1, 400), -np.inf)).tolist() == [np.inf]

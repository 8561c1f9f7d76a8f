"""The faults that a short calibration is said to find are found, and smaller ones are missed."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.criticism.uniformity import p_values_of
from bayesinf.validation.power import USUALLY, first, found_faults

LEVEL, SIMULATIONS, DRAWS, REPEATED = 1e-4, 150, 63, 400


def share_found(shift: float, width: float) -> float:
    """The share of calibrations that fail: ranks are counted among draws, one by one."""
    rng = np.random.default_rng(77)
    truths = rng.normal(size=(SIMULATIONS, REPEATED))
    ranks = np.zeros(truths.shape, dtype=int)
    for _ in range(DRAWS):
        ranks += shift + width * rng.normal(size=truths.shape) < truths
    return float((p_values_of(ranks, DRAWS) < LEVEL).mean())


def test_faults_of_the_sizes_said_are_found_and_half_as_large_ones_are_not() -> None:
    found = found_faults(SIMULATIONS, DRAWS, LEVEL)
    error = 4 * np.sqrt(USUALLY * (1 - USUALLY)) * np.hypot(200**-0.5, REPEATED**-0.5)
    for shift, width in ((found.shift, 1.0), (0.0, found.narrow), (0.0, found.wide)):
        assert share_found(shift, width) > USUALLY - error
        assert share_found(shift / 2, np.sqrt(width)) < 0.5
    assert str(found) == (
        f"a mean {found.shift:g} sds off, an sd {1 - found.narrow:.0%} too small or "
        f"{found.wide - 1:.0%} too large"
    )


def test_no_fault_is_found_no_oftener_than_said() -> None:
    assert share_found(0.0, 1.0) <= LEVEL + 4 * np.sqrt(LEVEL / REPEATED)


@pytest.mark.parametrize("least", [1, 4, 9])
def test_the_smallest_size_is_found_by_bisection(least: int) -> None:
    sizes = [float(size) for size in range(1, 10)]
    assert first(sizes, lambda size: size >= least, np.inf) == least
    assert first(sizes, lambda size: size > 20, np.inf) == np.inf

"""How large a fault has to be for a calibration to find it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bayesinf.criticism.uniformity import p_values_of

USUALLY = 0.9
"""Of calibrations, this share has to find a fault for it to count as found."""

REPEATED = 200
"""Made-up calibrations per size of a fault: their share has an error of 2 %."""

SHIFTS = np.round(np.arange(0.05, 3.01, 0.05), 2)
NARROWER = np.round(np.arange(0.95, 0.04, -0.05), 2)
WIDER = np.round(np.arange(1.05, 6.01, 0.05), 2)
"""Sizes of faults, the smallest first: posterior means off by so many posterior sds, and posterior
sds too small or too large by a factor."""


@dataclass(frozen=True)
class Found:
    """The smallest faults of one quantity that nine calibrations in ten find; infinite if none.

    Attributes:
        shift: Of posterior means, in posterior sds.
        narrow: What posterior sds are multiplied by, below 1; 0 if nothing is found.
        wide: The same, above 1.
    """

    shift: float
    narrow: float
    wide: float

    def __str__(self) -> str:
        return (
            f"a mean {self.shift:g} sds off, an sd {1 - self.narrow:.0%} too small or "
            f"{self.wide - 1:.0%} too large"
        )


@lru_cache(maxsize=16)
def found_faults(simulations: int, draws: int, level: float) -> Found:
    """Finds by simulation which faults a calibration of one stage usually finds.

    A truth is standard normal in the units of its right posterior; the wrong posterior is shifted
    or of another width, and its draws are independent.

    Args:
        simulations: Data sets.
        draws: Draws that ranks are counted among.
        level: Of one quantity: below it the calibration fails.

    Example:
        >>> found_faults(300, 63, 1e-4).shift < found_faults(80, 63, 1e-4).shift
        True
    """
    rng = np.random.default_rng(20260102)
    truths = rng.normal(size=(simulations, REPEATED))

    def usually(shift: float, width: float) -> bool:
        from scipy.special import ndtr

        below = ndtr((truths - shift) / width)
        ranks = np.random.default_rng(20260103).binomial(draws, below)
        return bool((p_values_of(ranks, draws) < level).mean() >= USUALLY)

    return Found(
        first(SHIFTS.tolist(), lambda size: usually(size, 1.0), np.inf),
        first(NARROWER.tolist(), lambda size: usually(0.0, size), 0.0),
        first(WIDER.tolist(), lambda size: usually(0.0, size), np.inf),
    )


def first(sizes: Sequence[float], found: Callable[[float], bool], none: float) -> float:
    """The smallest size that is found, by bisection; `none` where the largest is not."""
    if not found(sizes[-1]):
        return none
    low, high = 0, len(sizes) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if found(sizes[middle]) else (middle + 1, high)
    return sizes[low]

"""What three libraries say to the same inputs: each run's message, graded by hand from 0 to 4.

One point each for the column, for a count or rows, for the cause, and for a remedy, on the same
scale as `grade.py`; one reader, bambi 0.17.2, statsmodels 0.15.0 and brms 2.18.0. None where the
input cannot be given there. A silent wrong answer has no points.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Peers:
    """The grades of one input.

    Attributes:
        bambi: Of bambi 0.17.2.
        statsmodels: Of statsmodels 0.15.0.
        brms: Of brms 2.18.0, run or read in its source.
    """

    bambi: int | None
    statsmodels: int | None
    brms: int | None


GRADES = {
    1: Peers(1, 0, 1),
    4: Peers(0, 1, 0),
    11: Peers(0, 0, 0),
    18: Peers(0, 0, 0),
    25: Peers(0, 0, 1),
    27: Peers(3, 2, 3),
    36: Peers(1, 1, 3),
    37: Peers(1, 1, None),
    38: Peers(0, None, 1),
    42: Peers(0, 0, None),
    45: Peers(0, None, 3),
    49: Peers(2, 0, 2),
    50: Peers(0, 0, 0),
    52: Peers(2, 1, 0),
    56: Peers(0, 0, 0),
    59: Peers(0, 0, 3),
    60: Peers(0, 0, 2),
    61: Peers(0, None, 3),
    62: Peers(0, None, 3),
    67: Peers(0, 1, 0),
    69: Peers(1, 0, 1),
    70: Peers(1, 0, 2),
    73: Peers(1, 0, 2),
    74: Peers(0, 0, 3),
}
"""By the row's number in the catalogue."""

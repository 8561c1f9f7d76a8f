"""Numbers as text: no digit is shown that Monte Carlo error makes meaningless."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MINUS = "\N{MINUS SIGN}"
ROUNDED_BY_ERROR = ("mean", "lower", "upper", "median")
WHOLE = ("ess_bulk", "ess_tail")


def decimals(mcse: float, sd: float) -> int:
    """How many decimals a mean and its interval deserve.

    The last digit shown is worth at least half a Monte Carlo standard error, and never less than a
    two-thousandth of the posterior sd, which is finer than anyone can use.

    Args:
        mcse: Monte Carlo standard error; 0 or NaN where the number is exact.
        sd: Posterior sd.

    Returns:
        Decimals; negative where even units are noise.

    Example:
        >>> decimals(mcse=0.026, sd=1.7), decimals(mcse=7.0, sd=300.0)
        (1, -1)
    """
    floors = [value for value in (mcse, sd / 1000.0) if isfinite(value) and value > 0]
    return floor(-log10(max(floors) / 2)) if floors else 3


def number(value: float, places: int | None = None) -> str:
    """Writes a number with a true minus sign.

    Args:
        value: The number.
        places: Decimals; negative rounds to tens and more; None shows four significant digits.

    Example:
        >>> number(-12.3456, 1), number(12345.6, -2), number(0.00012345)
        ('−12.3', '12300', '0.0001234')
    """
    if not isfinite(value):
        return "–" if np.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    if places is None:
        text = f"{value:.4g}"
    elif places > 6:
        text = f"{value:.3g}"
    else:
        text = f"{round(value, places):.{max(places, 0)}f}"
    if float(text) == 0:
        text = text.replace("-", "")
    return text.replace("-", MINUS) if "e" not in text else text.replace("-", MINUS, 1)


def chance(value: float, draws: int) -> str:
    """Writes a posterior probability, no finer than the number of draws allows.

    Example:
        >>> chance(0.9234, 4000), chance(1.0, 4000), chance(0.0, 100)
        ('= 0.923', '> 0.999', '< 0.01')
    """
    places = int(min(3, max(1, floor(log10(max(draws, 10))))))
    edge = 10.0**-places
    if value > 1 - edge:
        return f"> {1 - edge:.{places}f}"
    if value < edge:
        return f"< {edge:.{places}f}"
    return f"= {value:.{places}f}"


def seconds(value: float) -> str:
    """Writes a duration.

    Example:
        >>> seconds(0.183), seconds(75.2)
        ('0.18 s', '75 s')
    """
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def cells(frame: pd.DataFrame) -> list[list[str]]:
    """The body of a table as text, column by column and row by row as readers expect it.

    Args:
        frame: Where it has a column `sd`, `mean`, `lower` and `upper` are rounded by the row's
            `mcse` and `sd`, and an `sd` has two digits; effective draws are whole. Any other column
            of numbers has the same decimals in all rows, four digits for its largest number.

    Returns:
        One list of texts per row, without the index.
    """
    names = [str(name) for name in frame.columns]
    shared = {name: column_decimals(frame.iloc[:, k]) for k, name in enumerate(names)}
    rows = []
    for _, row in frame.iterrows():
        values = dict(zip(names, row.tolist(), strict=True))
        rows.append([_cell(name, value, values, shared) for name, value in values.items()])
    return rows


def column_decimals(column: pd.Series) -> int | None:
    """Decimals for a column of numbers: four digits for the largest, without common zeros.

    None, which stands for four significant digits each, where rows are of very different size: they
    are in units of their own.

    Example:
        >>> import pandas as pd
        >>> [column_decimals(pd.Series(x)) for x in ([72.351, 0.08933], [0.5, 0.25], [3.0, 40.0])]
        [None, 2, 0]
    """
    if not np.issubdtype(np.asarray(column).dtype, np.floating):
        return 0
    values = np.asarray(column, dtype=float)
    values = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(values):
        return 0
    if values.max() > 100 * values.min():
        return None
    most = min(max(3 - floor(log10(float(values.max()))), 0), 10)
    enough = (d for d in range(most) if np.allclose(np.round(values, d), values, 0, 1e-12))
    return next(enough, most)


def is_numeric(frame: pd.DataFrame) -> list[bool]:
    """Which columns hold numbers, and are set flush right."""
    return [bool(np.issubdtype(np.asarray(frame[name]).dtype, np.number)) for name in frame]


def _cell(name: str, value: object, row: dict[str, object], shared: dict[str, int | None]) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return number(float(value), 0)
    if not isinstance(value, float | np.floating):
        return "" if value is None else str(value)
    figure = float(value)
    if not isfinite(figure):
        return number(figure)
    if name in WHOLE:
        return number(figure, 0)
    if name == "r_hat":
        return number(figure, 3)
    if name == "sd" and figure > 0:
        return number(figure, 1 - floor(log10(figure)))
    if name in ROUNDED_BY_ERROR and "sd" in row:
        return number(figure, decimals(_number_in(row, "mcse"), _number_in(row, "sd")))
    if name == "mcse":
        return f"{figure:.2g}"
    return number(figure, shared[name])


def _number_in(row: dict[str, object], name: str) -> float:
    value = row.get(name, float("nan"))
    return float(value) if isinstance(value, int | float | np.number) else float("nan")

"""Refuses columns whose coefficients no number of rows could tell: constant and collinear ones.

Coefficients that only these rows are too few for are another matter: with proper priors they have a
posterior, and the verdict says that there are more of them than the rows can tell.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from bayesinf.errors import DataError
from bayesinf.formula.width import WIDEST
from bayesinf.numerics.distinct import distinct_rows

CLEARLY_VARIES = 1e-6
"""A column varies for sure when its sd exceeds this share of its mean; constant means 1e-13."""

CLEARLY_INDEPENDENT = 1e-8
"""Columns of length one are independent for sure when their products have no smaller eigenvalue:
every pivot of their QR is then above 1e-4, and rounding moves eigenvalues by less than 1e-10."""

TAKES_PART = 1e-4
"""Of a dependence of length one; a column that takes less part is found among all of them."""

MANY_ROWS = 10_000
"""Rows from which on it pays to find those that differ."""


def check_columns(
    matrix: np.ndarray,
    names: tuple[str, ...],
    centre: np.ndarray,
    products: np.ndarray | None,
) -> None:
    """Refuses constant and collinear columns, by name.

    Rank is judged by pivoted QR of columns scaled to length one, after centring where there is an
    intercept; a pivot that rounding of the columns alone could leave counts as none. R (`lm.fit`)
    takes 1e-7 for any columns, and so drops a term of designs that double precision can tell apart.
    The columns' products tell most designs to be free of either, and the QR is not needed.

    Args:
        matrix: Shape (row, column).
        names: Of the columns.
        centre: Shape (column,). The columns' means where there is an intercept, else zeros.
        products: Shape (column, column). Of the columns less the centre (`numerics.rows.gram`);
            None goes to the QR at once.

    Raises:
        DataError: With the column's name, and the columns that it repeats.
    """
    free = [j for j, name in enumerate(names) if name != "Intercept"]
    if not free or matrix.shape[0] < 2:
        return
    has_intercept = len(free) < len(names)
    suspects: list[int] = free
    if products is not None:
        found = _suspects(products[np.ix_(free, free)], len(matrix), centre[free], has_intercept)
        suspects = [free[j] for j in found]
        if not suspects:
            return
    # With more rows than columns, what these repeat is repeated in all.
    if len(suspects) < len(free) < len(matrix) - has_intercept:
        _refuse_among(matrix, names, suspects, has_intercept)
    _refuse_among(matrix, names, free, has_intercept)


def _suspects(
    products: np.ndarray, rows: int, centre: np.ndarray, has_intercept: bool
) -> np.ndarray:
    """The columns that may be constant, or take part in what may be a linear dependence."""
    length = np.sqrt(np.diagonal(products))
    still = length == 0
    if has_intercept:
        still |= length / np.sqrt(rows) <= CLEARLY_VARIES * np.abs(centre)
    if still.any():
        return np.flatnonzero(still)
    values, vectors = np.linalg.eigh(products / length / length[:, None])
    dependent = vectors[:, values <= CLEARLY_INDEPENDENT]
    return np.flatnonzero((np.abs(dependent) > TAKES_PART).any(axis=1))


def _refuse_among(
    matrix: np.ndarray, names: tuple[str, ...], chosen: list[int], has_intercept: bool
) -> None:
    # Rows that occur twice say twice what they say once, and factors make few that differ.
    found = distinct_rows(list(matrix[:, chosen].T)) if len(matrix) > MANY_ROWS else None
    raw = matrix[:, chosen] if found is None else matrix[np.ix_(found.first, chosen)]
    labels = [names[j] for j in chosen]
    columns = raw - raw.mean(axis=0) if has_intercept else raw
    _refuse_constant(raw, columns, labels, len(matrix))
    _refuse_collinear(columns, labels, _rounding(raw, columns), len(matrix), has_intercept)


def _refuse_constant(raw: np.ndarray, centred: np.ndarray, labels: list[str], rows: int) -> None:
    spread = np.abs(centred).max(axis=0)
    constant = spread <= 1e-13 * np.maximum(np.abs(raw).max(axis=0), 1e-300)
    if constant.any():
        j = int(np.flatnonzero(constant)[0])
        if not raw[:, j].any():
            raise _empty(labels[j], rows)
        raise DataError(
            f"The column '{labels[j]}' is constant (always {raw[0, j]:g} in the {rows} rows "
            "used), so its coefficient cannot be told from the intercept: the data would leave "
            "their shares to the priors.",
            code="constant-column",
            column=labels[j],
            hint=f"Leave '{labels[j]}' out of the formula.",
        )


def _empty(label: str, rows: int) -> DataError:
    """The error for a column of zeros, mostly two levels that no row has together."""
    factors = [quote or name for quote, name in re.findall(r"(?:`([^`]+)`|([^\W\d]\w*))\[", label)]
    if len(factors) < 2:
        return DataError(
            f"The column '{label}' is 0 in all of the {rows} rows used, so nothing tells its "
            "coefficient.",
            code="constant-column",
            column=label,
            hint=f"Leave '{label}' out of the formula.",
        )
    joined = " + ' ' + ".join(f"frame['{name}'].astype(str)" for name in factors)
    both = "_".join(factors)
    written = both if both.isidentifier() else f"`{both}`"
    return DataError(
        f"None of the {rows} rows used has the levels of '{label}' together, so that its column is "
        "0 throughout and nothing tells its coefficient.",
        code="constant-column",
        column=label,
        hint=f"Give the levels that occur together as one column, frame['{both}'] = {joined}, and "
        f"write {written} for the product; or leave the product out.",
    )


def _rounding(raw: np.ndarray, columns: np.ndarray) -> float:
    """How long a pivot rounding of the columns as they were given may leave."""
    length = np.linalg.norm(columns, axis=0)
    size = np.abs(raw).max(axis=0) * np.sqrt(len(raw))
    error = float((size / np.where(length > 0, length, np.inf)).max())
    return 16 * np.finfo(float).eps * max(error, 1.0) * raw.shape[1]


def _refuse_collinear(
    columns: np.ndarray, labels: list[str], rounding: float, rows: int, has_intercept: bool
) -> None:
    """Refuses a column that others repeat, unless the rows are too few to tell any more apart."""
    from scipy.linalg import qr

    length = np.linalg.norm(columns, axis=0)
    triangle = columns / np.where(length > 0, length, 1.0)
    if len(triangle) > len(labels):  # pivoting costs more than this, and needs fewer rows after it
        triangle = np.linalg.qr(triangle, mode="r")
    found: Any = qr(triangle, mode="r", pivoting=True)
    pivoted, order = np.asarray(found[0]), np.asarray(found[1])
    pivots = np.abs(np.diag(pivoted))
    rank = int((pivots > rounding).sum())
    if rank == len(labels) or (rank == rows - has_intercept and len(labels) <= WIDEST):
        return
    extra = int(order[rank])
    weights = np.linalg.lstsq(pivoted[:rank, :rank], pivoted[:rank, rank], rcond=None)[0]
    partners = [labels[int(order[k])] for k in np.flatnonzero(np.abs(weights) > 1e-6)]
    raise DataError(
        f"The column '{labels[extra]}' repeats what {_and(partners)} already say"
        f"{'s' if len(partners) == 1 else ''}: it is an exact linear combination in all "
        f"{rows} rows used. No data can divide the effect among these {len(partners) + 1} "
        "columns; only the priors would.",
        code="collinear-column",
        column=labels[extra],
        hint=_remedy(labels[extra], partners),
    )


def _remedy(label: str, partners: list[str]) -> str:
    for name in (label, *partners):
        if name.startswith(("cr(", "cs(", "cc(")) and "constraints" not in name:
            spline = name.rpartition("[")[0] or name
            centred = f'{spline.removesuffix(")")}, constraints="center")'
            return f"This spline has an intercept of its own. Write {centred}."
    return f"Leave '{label}' or one of {_and(partners)} out of the formula."


def _and(labels: list[str], shown: int = 6) -> str:
    quoted = [f"'{label}'" for label in labels[:shown]] or ["the intercept"]
    quoted += [f"{len(labels) - shown} more"] * (len(labels) > shown)
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]

"""Columns to numbers, and the same numbers again for new rows.

`encode` makes the matrix of a right-hand side; what it has to remember (levels, knots, centres) is
plain JSON. `evaluate` computes one expression, such as a response or an offset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.errors import DataError, FormulaError
from bayesinf.formula.disguised import refuse_disguised
from bayesinf.formula.evaluate import (
    Levels as Levels,
    evaluate as evaluate,
    not_finite,
    number_of_rows,
    refuse_large_integers,
    refuse_missing,
)
from bayesinf.formula.faults import single_level, unseen_level
from bayesinf.formula.guard import check, factors_in, functions_in, names_in
from bayesinf.formula.materialise import Memory, materialise
from bayesinf.formula.registry import elementwise
from bayesinf.formula.split import has_intercept
from bayesinf.formula.stack import listed_products, products_among, stack
from bayesinf.formula.state import freeze
from bayesinf.formula.tokens import plain, with_backticks
from bayesinf.formula.width import refuse_wide
from bayesinf.numerics.distinct import distinct_rows

if TYPE_CHECKING:
    import pandas as pd


OWN_NAMES = frozenset({"Intercept", "coefficients", "sigma", "nu", "shape"})
"""What the model itself calls its intercept, all coefficients, and the parameters of families; a
column of such a name is written in backticks, as one with blanks is, so that the two stay apart."""

REPEATED = 10_000
"""Rows from which on it pays to find the combinations of values that occur."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """A right-hand side as numbers.

    Attributes:
        matrix: Shape (row, column), float64, Fortran order (column after column); the intercept,
            where there is one, is first.
        names: One per column, as formulaic writes them: `x`, `g[T.b]`, `C(i)[T.2]`, `g[T.b]:x`.
        state: What is needed to encode other rows in the same way; holds what JSON can hold.
    """

    matrix: np.ndarray
    names: tuple[str, ...]
    state: dict[str, Any]


def encode(
    rhs: str,
    columns: Mapping[str, np.ndarray],
    levels: Levels | None = None,
    state: Mapping[str, Any] | None = None,
    size: int | None = None,
    positions: np.ndarray | None = None,
) -> Encoded:
    """Turns the columns that a right-hand side names into a matrix.

    Numbers and booleans (as 0 and 1) become float64 before anything is computed from them, so that
    small integers cannot overflow. Text and columns with levels become factors: treatment contrasts
    at full rank, unless `C(...)` says otherwise.

    Args:
        rhs: Such as `1 + x * g + bs(z, df=4)`. There is an intercept unless it says `0 +`.
        columns: One array of shape (row,) per name; object arrays hold text or levels.
        levels: The order of levels of factor columns; other text columns are sorted. At the fit,
            levels that no row has are left out.
        state: Of an earlier call, for new rows: the same levels, knots and centres are used, and
            equal values give equal bits.
        size: Number of rows; needed where there are no columns, as for `1`.
        positions: Shape (row,). Where the rows stood before some were left out, for errors.

    Returns:
        The matrix, its columns' names, and the state.

    Raises:
        FormulaError: When `rhs` does what formulas may not, or names an unknown column.
        DataError: For missing values, a level not seen at the fit, a factor with one level, values
            outside a spline's range, or an expression that is not finite, each with the rows.
    """
    if state is not None and state["rhs"] != rhs:
        raise FormulaError(
            f"The rows were asked for as '{rhs}' but fitted as '{state['rhs']}'.",
            code="other-formula",
            hint="Give the formula of the fit.",
        )
    check(rhs, columns.keys())
    names = [name for name in names_in(rhs) if name in columns]
    n = number_of_rows(columns, size)
    _refuse_hidden(rhs, names)
    refuse_missing(names, columns, positions)
    refuse_large_integers(names, columns, positions)
    if state is None:
        _refuse_disguised(rhs, names, columns, levels or {}, positions)
        kept = _levels_used(names, columns, levels or {}, positions)
        refuse_wide(rhs, columns, kept, n)
    else:
        kept = state["levels"]
    listed = listed_products(rhs, columns, kept)
    if listed is None and state is None:  # coding the factors would take far longer than this
        matrix, labels, _ = stack(products_among(rhs, columns, kept), n)
        _refuse_infinite(matrix, _apart(labels, rhs), names, columns, positions)
    matrix, labels, memory = (
        _by_formulaic(rhs, names, columns, kept, state, n, positions)
        if listed is None
        else stack(listed, n)
    )
    labels = _apart(labels, rhs)
    if state is not None:
        if list(labels) != list(state["names"]):
            raise DataError(
                f"The new rows give the columns {list(labels)}; the fit had {state['names']}.",
                code="other-columns",
                hint="Give the columns in the types that they had at the fit.",
            )
        _refuse_infinite(matrix, labels, names, columns, positions)
        return Encoded(matrix, labels, dict(state))
    _refuse_single_level(memory["encoders"], n)
    _refuse_infinite(matrix, labels, names, columns, positions)
    return Encoded(matrix, labels, {"rhs": rhs, "names": list(labels), "levels": kept, **memory})


def _by_formulaic(
    rhs: str,
    names: Sequence[str],
    columns: Mapping[str, np.ndarray],
    levels: Levels,
    state: Mapping[str, Any] | None,
    size: int,
    positions: np.ndarray | None,
) -> tuple[np.ndarray, tuple[str, ...], Memory]:
    if size >= REPEATED:
        made = _by_combinations(rhs, names, columns, levels, state, positions)
        if made is not None:
            return made
    frame = _frame(names, columns, levels, size)
    if state is not None and size == 1:
        # BLAS multiplies a single row by another routine than several, which rounds differently.
        frame = frame.loc[[0, 0]].reset_index(drop=True)
    matrix, labels, memory = materialise(rhs, frame, columns, state, positions)
    return matrix[:size], labels, memory


def _by_combinations(
    rhs: str,
    names: Sequence[str],
    columns: Mapping[str, np.ndarray],
    levels: Levels,
    state: Mapping[str, Any] | None,
    positions: np.ndarray | None,
) -> tuple[np.ndarray, tuple[str, ...], Memory] | None:
    """Codes every combination of values that occurs once, and hands each row its own.

    Returns None where rows hardly repeat, or where a function looks at all rows together.
    """
    if not names or not all(_is_rowwise(name) for name in functions_in(rhs)):
        return None
    numbers = [_codes(n, columns[n], levels[n]) if n in levels else columns[n] for n in names]
    if any(values.dtype == object for values in numbers):
        return None
    found = distinct_rows(numbers)
    if found is None:
        return None
    few = {name: columns[name][found.first] for name in names}
    frame = _frame(names, few, levels, len(found.first))
    places = found.first if positions is None else positions[found.first]
    matrix, labels, memory = materialise(rhs, frame, few, state, places)
    wide = np.empty((len(found.kind), len(labels)), order="F")
    for place in range(len(labels)):
        np.take(matrix[:, place], found.kind, out=wide[:, place], mode="clip")  # unbuffered
    return wide, labels, memory


def _is_rowwise(name: str) -> bool:
    return name in ("C", "contr", "I", "np") or name in elementwise()


def _refuse_hidden(rhs: str, names: Sequence[str]) -> None:
    """Refuses a column that formulaic would call in place of the function of the same name."""
    for name in sorted(functions_in(rhs).intersection(names)):
        raise FormulaError(
            f"In '{rhs}' the name '{name}' is both a column and a function.",
            code="hidden-function",
            column=name,
            hint="Rename the column.",
        )


def _refuse_disguised(
    rhs: str,
    names: Sequence[str],
    columns: Mapping[str, np.ndarray],
    levels: Levels,
    positions: np.ndarray | None,
) -> None:
    """Refuses text that is numbers or dates, unless its levels were declared or asked for."""
    asked = {*levels, *factors_in(rhs)}
    for name in names:
        if columns[name].dtype == object and name not in asked:
            refuse_disguised(name, columns[name], set(columns[name].tolist()), positions)


def _levels_used(
    names: Sequence[str],
    columns: Mapping[str, np.ndarray],
    levels: Levels,
    positions: np.ndarray | None,
) -> dict[str, list[Any]]:
    """The levels that occur in each factor column, in the declared order or sorted."""
    kept: dict[str, list[Any]] = {}
    for name in names:
        if columns[name].dtype != object and name not in levels:
            continue
        present = set(columns[name].tolist())
        declared = list(levels[name]) if name in levels else sorted(present)
        kept[name] = [freeze(level) for level in declared if level in present]
        if name in levels and len(kept[name]) < len(present):
            raise unseen_level(name, columns[name], declared, "declared for it", positions)
        if len(kept[name]) < 2:
            raise single_level(name, kept[name], len(columns[name]))
    return kept


def _frame(
    names: Sequence[str], columns: Mapping[str, np.ndarray], levels: Levels, size: int
) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {}
    for name in names:
        values = columns[name]
        if name in levels:
            codes = _codes(name, values, levels[name])
            made[name] = pd.Categorical.from_codes(codes, categories=list(levels[name]))
        elif values.dtype == object:
            raise DataError(
                f"Column '{name}' was numeric at the fit and is text now, "
                f"e.g. {values[0]!r} in row 0.",
                code="type-changed",
                column=name,
                rows=[0],
                hint="Give numbers, as at the fit.",
            )
        else:
            made[name] = np.asarray(values, dtype=np.float64)
    made.update({plain(f"`{name}`"): made[name] for name in names})
    return pd.DataFrame(made, index=pd.RangeIndex(size))


def _codes(name: str, values: np.ndarray, levels: Sequence[Any]) -> np.ndarray:
    """The position of each row's level, all of which are known."""
    import pandas as pd

    known = pd.Index(list(levels), dtype=object)
    codes = known.get_indexer(pd.Index(values.tolist(), dtype=object))
    if (codes < 0).any():
        raise unseen_level(name, values, levels, "at the fit")
    return codes


def _refuse_single_level(encoders: Mapping[str, Any], size: int) -> None:
    for expression, kept in encoders.items():
        levels = kept["categories"]
        if kept["kind"] == "categorical" and levels is not None and len(levels) < 2:
            raise single_level(with_backticks(expression), levels, size)


def _apart(labels: Sequence[str], rhs: str) -> tuple[str, ...]:
    """Writes columns that are called as the model's own parameters in backticks."""
    own = 1 if labels and labels[0] == "Intercept" and has_intercept(rhs) else 0
    columns = (f"`{label}`" if label in OWN_NAMES else label for label in labels[own:])
    return (*labels[:own], *columns)


def _refuse_infinite(
    matrix: np.ndarray,
    labels: Sequence[str],
    names: Sequence[str],
    columns: Mapping[str, np.ndarray],
    positions: np.ndarray | None,
) -> None:
    if np.isfinite(matrix).all():
        return
    column = int(np.flatnonzero(~np.isfinite(matrix).all(axis=0))[0])
    rows = np.flatnonzero(~np.isfinite(matrix[:, column]))
    raise not_finite(labels[column], names, columns, rows, positions)

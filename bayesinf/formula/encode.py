"""Columns to numbers, and the same numbers again for new rows.

`encode` makes the matrix of a right-hand side; what it has to remember (levels, knots, centres) is
plain JSON. `evaluate` computes one expression, such as a response or an offset.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.errors import DataError, FormulaError, name_rows
from bayesinf.formula.evaluate import (
    Levels as Levels,
    evaluate as evaluate,
    not_finite,
    refuse_missing,
)
from bayesinf.formula.expressions import Code, dotted
from bayesinf.formula.functions import environment
from bayesinf.formula.guard import check, functions_in, names_in
from bayesinf.formula.state import freeze, thaw
from bayesinf.formula.tokens import Place, original, plain, tokens_of, with_backticks

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Encoded:
    """A right-hand side as numbers.

    Attributes:
        matrix: Shape (row, column), float64, C order; the intercept, where there is one, is first.
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
        )
    check(rhs, columns.keys())
    names = [name for name in names_in(rhs) if name in columns]
    size = number_of_rows(columns, size)
    _refuse_hidden(rhs, names)
    refuse_missing(names, columns)
    kept = _levels_used(names, columns, levels or {}) if state is None else state["levels"]
    frame = _frame(names, columns, kept, size)
    if state is not None and size == 1:
        # BLAS multiplies a single row by another routine than several, which rounds differently.
        frame = frame.loc[[0, 0]].reset_index(drop=True)
    matrix, labels, memory = _materialise(rhs, frame, columns, state)
    matrix = matrix[:size]
    if state is not None:
        if list(labels) != list(state["names"]):
            raise DataError(
                f"The new rows give the columns {list(labels)}; the fit had {state['names']}.",
                code="other-columns",
            )
        _refuse_infinite(matrix, labels)
        return Encoded(matrix, labels, dict(state))
    _refuse_single_level(memory["encoders"])
    _refuse_infinite(matrix, labels)
    return Encoded(matrix, labels, {"rhs": rhs, "names": list(labels), "levels": kept, **memory})


def _refuse_hidden(rhs: str, names: Sequence[str]) -> None:
    """Refuses a column that formulaic would call in place of the function of the same name."""
    for name in sorted(functions_in(rhs).intersection(names)):
        raise FormulaError(
            f"In '{rhs}' the name '{name}' is both a column and a function.",
            code="hidden-function",
            column=name,
            hint="Rename the column.",
        )


def _levels_used(
    names: Sequence[str], columns: Mapping[str, np.ndarray], levels: Levels
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
            raise unseen_level(name, columns[name], declared, "declared for it")
        if len(kept[name]) < 2:
            raise _single_level(name, kept[name])
    return kept


def _frame(
    names: Sequence[str], columns: Mapping[str, np.ndarray], levels: Levels, size: int
) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {}
    for name in names:
        values = columns[name]
        if name in levels:
            known = pd.Index(list(levels[name]), dtype=object)
            codes = known.get_indexer(pd.Index(values.tolist(), dtype=object))
            if (codes < 0).any():
                raise unseen_level(name, values, levels[name], "at the fit")
            made[name] = pd.Categorical.from_codes(codes, categories=list(levels[name]))
        elif values.dtype == object:
            raise DataError(
                f"Column '{name}' was numeric at the fit and is text now, "
                f"e.g. {values[0]!r} in row 0.",
                code="type-changed",
                column=name,
                rows=[0],
            )
        else:
            made[name] = np.asarray(values, dtype=np.float64)
    made.update({plain(f"`{name}`"): made[name] for name in names})
    return pd.DataFrame(made, index=pd.RangeIndex(size))


def unseen_level(name: str, values: np.ndarray, levels: Sequence[Any], where: str) -> DataError:
    """The error that names levels which are not known, and their rows."""
    known = set(levels)
    rows = [row for row, value in enumerate(values.tolist()) if value not in known]
    unseen = list(dict.fromkeys(str(values[row]) for row in rows))
    return DataError(
        f"Column '{name}' has {_list(unseen)} in {name_rows(rows)}, "
        f"which {'is not a level' if len(unseen) == 1 else 'are not levels'} {where}.",
        code="unseen-level",
        column=name,
        rows=rows,
        hint=f"Known levels: {_list([str(level) for level in levels])}.",
    )


def _list(items: Sequence[str], shown: int = 10) -> str:
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(f"'{item}'" for item in items[:shown]) + more


def _materialise(
    rhs: str,
    frame: pd.DataFrame,
    columns: Mapping[str, np.ndarray],
    state: Mapping[str, Any] | None,
) -> tuple[np.ndarray, tuple[str, ...], dict[str, Any]]:
    """Lets formulaic build the matrix, with what is remembered from the fit when given."""
    from formulaic import Formula, ModelSpec
    from formulaic.errors import DataMismatchWarning, FormulaicError
    from formulaic.parser import DefaultFormulaParser
    from formulaic.parser.types import Factor

    flags = DefaultFormulaParser.FeatureFlags.NONE
    parser = DefaultFormulaParser(feature_flags=flags)
    formula: Any = Formula.from_spec(plain(rhs), parser=parser)
    _guard_factors(formula, frame.columns)
    encoders = {
        expression: (Factor.Kind(kept["kind"]), _without_none(kept))
        for expression, kept in (state["encoders"] if state else {}).items()
    }
    transforms: dict[str, Any] = thaw(state["transforms"]) if state else {}
    spec = ModelSpec(
        formula,
        na_action="ignore",  # pyright: ignore[reportArgumentType]  (formulaic converts the text)
        output="numpy",
        transform_state=transforms,
        encoder_state=encoders,
    )
    remembered = set(transforms)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # Values that are not finite are found, named and refused in the finished matrix.
            warnings.simplefilter("error", DataMismatchWarning)
            made: Any = spec.get_model_matrix(frame, context=environment())
    except DataMismatchWarning as error:
        raise _unseen_number(encoders, columns, rhs) from error
    except (FormulaicError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise _cannot_evaluate(error, rhs, transforms, columns) from error
    after = made.model_spec
    if state is not None and set(after.transform_state) != remembered:
        raise DataError(
            f"'{rhs}' does not find all that it remembered of the fit.", code="other-columns"
        )
    labels = tuple(with_backticks(str(name)) for name in after.column_names)
    matrix = np.ascontiguousarray(np.asarray(made), dtype=np.float64)
    memory = {
        "transforms": freeze(after.transform_state),
        "encoders": {
            expression: {"kind": kind.value, "categories": freeze(_plain_list(kept))}
            for expression, (kind, kept) in after.encoder_state.items()
        },
    }
    return matrix.reshape(len(frame), len(labels)), labels, memory


def _plain_list(kept: Mapping[str, Any]) -> list[Any] | None:
    return list(kept["categories"]) if "categories" in kept else None


def _without_none(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {} if kept["categories"] is None else {"categories": list(kept["categories"])}


def _guard_factors(formula: Any, columns: Any) -> None:
    """Guards the very texts that formulaic is about to evaluate."""
    known = set(columns)
    for term in formula:
        for factor in term.factors:
            method = factor.eval_method.value
            if method == "python":
                Code(factor.expr, known, Place(factor.expr), remembers=True).check()
            elif method == "lookup" and factor.expr not in known:
                raise FormulaError(f"There is no column '{factor.expr}'.", code="unknown-column")


def _single_level(expression: str, levels: Sequence[Any]) -> DataError:
    return DataError(
        f"The factor '{expression}' has one level only, '{levels[0]}', among the rows used."
        if levels
        else f"The factor '{expression}' has no level among the rows used.",
        code="single-level",
        column=expression,
        hint=f"Leave '{expression}' out of the formula.",
    )


def _refuse_single_level(encoders: Mapping[str, Any]) -> None:
    for expression, kept in encoders.items():
        levels = kept["categories"]
        if kept["kind"] == "categorical" and levels is not None and len(levels) < 2:
            raise _single_level(with_backticks(expression), levels)


def _refuse_infinite(matrix: np.ndarray, names: Sequence[str]) -> None:
    if np.isfinite(matrix).all():
        return
    column = int(np.flatnonzero(~np.isfinite(matrix).all(axis=0))[0])
    rows = np.flatnonzero(~np.isfinite(matrix[:, column])).tolist()
    raise not_finite(names[column], rows)


def _unseen_number(
    encoders: Mapping[str, Any], columns: Mapping[str, np.ndarray], rhs: str
) -> DataError:
    """The error for a number coded by C(x) that the fit, or `levels=[...]`, did not have."""
    for token in tokens_of(rhs):
        tree = ast.parse(plain(token.content), mode="eval").body if token.kind == "code" else None
        if not isinstance(tree, ast.Call) or dotted(tree.func) != "C":
            continue
        given = {keyword.arg: keyword.value for keyword in tree.keywords}
        source = tree.args[0] if tree.args else given["x"]
        name = original(source.id) if isinstance(source, ast.Name) else ""
        kept = encoders.get(ast.unparse(tree), (None, {}))[1]
        levels = ast.literal_eval(given["levels"]) if "levels" in given else kept.get("categories")
        if name and levels and not set(columns[name].tolist()) <= set(levels):
            where = "declared in the formula" if "levels" in given else "at the fit"
            return unseen_level(name, columns[name], levels, where)
    return DataError(
        f"A factor of '{rhs}' has a level that the fit did not have.", code="unseen-level"
    )


def _cannot_evaluate(
    error: Exception,
    rhs: str,
    transforms: Mapping[str, Any],
    columns: Mapping[str, np.ndarray],
) -> DataError:
    cause = error.__cause__ or error
    if "extend beyond upper and/or lower bounds" in str(cause):
        return _outside_range(rhs, transforms, columns)
    return DataError(
        f"'{rhs}' could not be computed: {with_backticks(str(cause))}", code="cannot-compute"
    )


def _outside_range(
    rhs: str, transforms: Mapping[str, Any], columns: Mapping[str, np.ndarray]
) -> DataError:
    """Names the spline and the rows outside the range that it was fitted on."""
    hint = 'Say what it does there: extrapolation="extend" (as R) or "clip".'
    for expression, kept in transforms.items():
        tree = ast.parse(expression, mode="eval").body
        if isinstance(tree, ast.Call) and tree.args and "upper_bound" in kept:
            low, high = kept["lower_bound"], kept["upper_bound"]
            values = evaluate(with_backticks(ast.unparse(tree.args[0])), columns)
            rows = np.flatnonzero((values < low) | (values > high)).tolist()
            if rows:
                return DataError(
                    f"'{with_backticks(expression)}' covers {low:g} to {high:g}; "
                    f"{name_rows(rows)} lie outside.",
                    code="outside-range",
                    rows=rows,
                    hint=hint,
                )
    return DataError(
        f"A spline of '{rhs}' does not cover its data.", code="outside-range", hint=hint
    )

"""The errors of an encoding: which factor, spline or expression, which rows, what to do."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bayesinf.errors import DataError, as_read, name_rows
from bayesinf.formula.evaluate import evaluate, not_a_number
from bayesinf.formula.expressions import dotted
from bayesinf.formula.functions import REMEMBERING
from bayesinf.formula.guard import functions_in, names_in
from bayesinf.formula.tokens import original, plain, tokens_of, with_backticks


def unseen_level(
    name: str,
    values: np.ndarray,
    levels: Sequence[Any],
    where: str,
    positions: np.ndarray | None = None,
) -> DataError:
    """The error that names levels which are not known, and their rows."""
    known = set(levels)
    found = [row for row, value in enumerate(values.tolist()) if value not in known]
    unseen = list(dict.fromkeys(str(values[row]) for row in found))
    rows = as_read(found, positions)
    are = "value that is not a level" if len(unseen) == 1 else "values that are not levels"
    return DataError(
        f"Column '{name}' has {len(unseen)} {are} {where}: {_list(unseen)} in {name_rows(rows)}.",
        code="unseen-level",
        column=name,
        rows=rows,
        hint=f"Give one of the known levels: {_list([str(level) for level in levels])}.",
    )


def single_level(expression: str, levels: Sequence[Any], size: int) -> DataError:
    """The error for a factor that does not vary in the given number of rows."""
    return DataError(
        f"The factor '{expression}' has one level only, '{levels[0]}', in all {size} rows used."
        if levels
        else f"The factor '{expression}' has no level in the {size} rows used.",
        code="single-level",
        column=expression,
        hint=f"Leave '{expression}' out of the formula.",
    )


def unseen_number(
    encoders: Mapping[str, Any],
    columns: Mapping[str, np.ndarray],
    rhs: str,
    positions: np.ndarray | None = None,
) -> DataError:
    """The error for a number coded by C(x) that the fit, or `levels=[...]`, did not have."""
    for token in tokens_of(rhs):
        tree = ast.parse(plain(token.content), mode="eval").body if token.kind == "code" else None
        if not isinstance(tree, ast.Call) or dotted(tree.func) != "C":
            continue
        given = {keyword.arg: keyword.value for keyword in tree.keywords}
        source = tree.args[0]
        name = original(source.id) if isinstance(source, ast.Name) else ""
        kept = encoders.get(ast.unparse(tree), (None, {}))[1]
        levels = ast.literal_eval(given["levels"]) if "levels" in given else kept.get("categories")
        if name and levels and not set(columns[name].tolist()) <= set(levels):
            where = "declared in the formula" if "levels" in given else "at the fit"
            return unseen_level(name, columns[name], levels, where, positions)
    return DataError(
        f"A factor of '{rhs}' has a level that the fit did not have.",
        code="unseen-level",
        hint="Give the levels of the fit.",
    )


def cannot_compute(
    error: Exception,
    rhs: str,
    transforms: Mapping[str, Any],
    columns: Mapping[str, np.ndarray],
    positions: np.ndarray | None = None,
) -> DataError:
    """The error for an expression that NumPy or formulaic could not compute."""
    for token in tokens_of(rhs):
        coded = token.kind == "code" and token.content.replace(" ", "").startswith("C(")
        for name in names_in(token.content) if token.kind == "code" and not coded else ():
            if columns[name].dtype == object:
                return not_a_number(name, token.content, columns, positions)
    cause = error.__cause__ or error
    if isinstance(cause, DataError):  # of a registered function, whose sentence says it all
        return cause
    if "extend beyond upper and/or lower bounds" in str(cause):
        return _outside_range(rhs, transforms, columns, positions)
    return DataError(
        f"'{rhs}' could not be computed: {with_backticks(str(cause))}",
        code="cannot-compute",
        hint="Check the arguments of its functions, and that they are given numbers.",
    )


def _outside_range(
    rhs: str,
    transforms: Mapping[str, Any],
    columns: Mapping[str, np.ndarray],
    positions: np.ndarray | None,
) -> DataError:
    """Names the spline and the rows outside the range that it was fitted on."""
    hint = 'Say what it does there: extrapolation="extend" (as R) or "clip".'
    for expression, kept in transforms.items():
        tree = ast.parse(expression, mode="eval").body
        if isinstance(tree, ast.Call) and tree.args and "upper_bound" in kept:
            low, high = kept["lower_bound"], kept["upper_bound"]
            inner = with_backticks(ast.unparse(tree.args[0]))
            if functions_in(inner) & REMEMBERING:
                continue  # bs(center(x)): the inner values depend on what the fit remembers
            values = evaluate(inner, columns)
            rows = as_read(np.flatnonzero((values < low) | (values > high)), positions)
            if rows:
                return DataError(
                    f"'{with_backticks(expression)}' covers {low:g} to {high:g}; {len(rows)} of "
                    f"{len(values)} rows lie outside, {name_rows(rows)}.",
                    code="outside-range",
                    rows=rows,
                    hint=hint,
                )
    return DataError(
        f"A spline of '{rhs}' does not cover its data.", code="outside-range", hint=hint
    )


def refuse_high_degrees(transforms: Mapping[str, Any], columns: Mapping[str, np.ndarray]) -> None:
    """Refuses polynomials of more degrees than distinct values tell apart.

    Their columns would be rounding errors, blown up to length one.

    Args:
        transforms: What formulaic remembers of each function.
        columns: The training rows.

    Raises:
        DataError: `degree-too-high`, with the expression and how many values there are.
    """
    for expression, kept in transforms.items():
        tree = ast.parse(expression, mode="eval").body
        if "norms2" not in kept or not isinstance(tree, ast.Call) or not tree.args:
            continue
        inner = with_backticks(ast.unparse(tree.args[0]))
        if functions_in(inner) & REMEMBERING:
            continue  # poly(center(x)): what the fit remembers is not at hand
        degree, distinct = len(kept["norms2"]) - 1, len(np.unique(evaluate(inner, columns)))
        if degree >= distinct:
            raise DataError(
                f"'{with_backticks(expression)}' has degree {degree} and '{inner}' only "
                f"{distinct} distinct value{'' if distinct == 1 else 's'} among the rows used: "
                f"a polynomial through them has degree {distinct - 1} at most.",
                code="degree-too-high",
                column=inner,
                hint=f"Use a degree of at most {distinct - 1}, or C({inner}) for one coefficient "
                "per value.",
            )


def _list(items: Sequence[str], shown: int = 10) -> str:
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(f"'{item}'" for item in items[:shown]) + more

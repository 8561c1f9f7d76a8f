"""The one place where formulaic runs: a right-hand side and a frame to a matrix and its memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.errors import DataError, FormulaError
from bayesinf.formula.algebra import expansion_of
from bayesinf.formula.expressions import Code
from bayesinf.formula.faults import cannot_compute, refuse_high_degrees, unseen_number
from bayesinf.formula.functions import environment
from bayesinf.formula.registry import elementwise
from bayesinf.formula.state import freeze, thaw
from bayesinf.formula.tokens import Place, with_backticks

if TYPE_CHECKING:
    import pandas as pd

Memory = dict[str, Any]
"""What formulaic remembers of a fit: `transforms` and `encoders`, as JSON."""


def materialise(
    rhs: str,
    frame: pd.DataFrame,
    columns: Mapping[str, np.ndarray],
    memory: Mapping[str, Any] | None,
    positions: np.ndarray | None = None,
) -> tuple[np.ndarray, tuple[str, ...], Memory]:
    """Builds the matrix of a right-hand side.

    Args:
        rhs: Guarded already; the texts that formulaic makes of it are guarded once more here.
        frame: The columns named, quoted names also under their identifiers (`tokens.plain`).
        columns: The same columns as arrays, for errors.
        memory: Of the fit, for new rows.
        positions: Where the rows stood before some were left out, for errors.

    Returns:
        The matrix, its columns' names, and what is to be remembered.
    """
    spec = _spec(rhs, frame, memory)
    transforms, encoders = dict(spec.transform_state), dict(spec.encoder_state)
    try:
        # Values that are not finite are found, named and refused in the finished matrix.
        with np.errstate(all="ignore"):
            made = spec.get_model_matrix(frame, context={**environment(), **elementwise()})
    except DataError as error:
        if error.code != "unseen-level":
            raise
        raise unseen_number(encoders, columns, rhs, positions) from error
    except _failures() as error:
        raise cannot_compute(error, rhs, transforms, columns, positions) from error
    after = made.model_spec
    if memory is not None and set(after.transform_state) != set(transforms):
        raise DataError(
            f"'{rhs}' does not find all that it remembered of the fit.",
            code="other-columns",
            hint="Give the columns in the types that they had at the fit.",
        )
    if memory is None:
        refuse_high_degrees(after.transform_state, columns)
    names = tuple(with_backticks(str(name)) for name in after.column_names)
    matrix = np.asarray(made, dtype=np.float64).reshape(len(frame), len(names))
    return np.asfortranarray(matrix), names, _memory(after)


def _failures() -> tuple[type[Exception], ...]:
    """What formulaic lets through when a function does not take its arguments."""
    from formulaic.errors import FormulaicError

    return (FormulaicError, ValueError, TypeError, LookupError, ArithmeticError)


def _spec(rhs: str, frame: pd.DataFrame, memory: Mapping[str, Any] | None) -> Any:
    from formulaic import Formula, ModelSpec
    from formulaic.parser.types import Factor, Term

    terms: list[Any] = [
        Term([Factor(factor.text, eval_method=factor.kind) for factor in term])
        for term in expansion_of(rhs).terms
    ]
    formula: Any = Formula.from_spec(terms)
    _guard_factors(formula, frame.columns)
    encoders = {
        expression: (
            Factor.Kind(kept["kind"]),
            {} if kept["categories"] is None else {"categories": list(kept["categories"])},
        )
        for expression, kept in (memory["encoders"] if memory else {}).items()
    }
    return ModelSpec(
        formula,
        na_action="ignore",  # pyright: ignore[reportArgumentType]  (formulaic converts the text)
        output="numpy",
        transform_state=thaw(memory["transforms"]) if memory else {},
        encoder_state=encoders,
    )


def _memory(spec: Any) -> Memory:
    encoders = {
        expression: {
            "kind": kind.value,
            "categories": freeze(list(kept["categories"])) if "categories" in kept else None,
        }
        for expression, (kind, kept) in spec.encoder_state.items()
    }
    return {"transforms": freeze(spec.transform_state), "encoders": encoders}


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

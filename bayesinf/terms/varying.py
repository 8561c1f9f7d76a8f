"""(1 + x | group): coefficients that vary over the levels of a grouping factor."""

from __future__ import annotations

from typing import ClassVar, final

import numpy as np

from bayesinf.data.table import Table
from bayesinf.errors import DataError
from bayesinf.formula.encode import encode
from bayesinf.formula.formula import TermCall, group_columns
from bayesinf.term import Block, Effects, Learned, State, Term


@final
class Varying(Term):
    """Group effects: each level has its own coefficients, drawn from a common population.

    The levels become integer codes; the wide matrix of indicators is never built.
    """

    name: ClassVar[str] = "varying"
    example: ClassVar[str] = "1 + (1 + x | g)"

    def learn(self, call: TermCall, table: Table) -> Learned:
        """Codes the levels of the training rows and encodes the varying columns."""
        varying, factor = call.arguments
        encoded = encode(varying, table.columns, table.levels, None, table.n, table.positions)
        labels, order = group_labels(factor, table)
        levels, codes = code_levels(labels, order)
        if len(levels) == 1:
            raise DataError(
                f"The grouping factor '{factor}' of ({varying} | {factor}) has one level only, "
                f"'{levels[0]}', in all {table.n} rows used, so its spread cannot be learned.",
                code="single-level",
                column=factor,
                hint="Leave the group term out, or use rows of more than one group.",
            )
        block = Effects(factor, levels, codes, encoded.matrix, encoded.names, call.correlated)
        return Learned(block, {"columns": encoded.state, "levels": list(levels)})

    def block(self, call: TermCall, state: State, table: Table) -> Block:
        """Codes any rows by the levels of the fit; levels not seen there come after them."""
        varying, factor = call.arguments
        encoded = encode(
            varying, table.columns, table.levels, state["columns"], table.n, table.positions
        )
        labels, _ = group_labels(factor, table)
        levels = tuple(state["levels"])
        if factor in table.columns:
            labels = _as_fitted(labels, table.columns[factor], levels)
        here, codes_here = code_levels(labels, None)
        known = {level: position for position, level in enumerate(levels)}
        unseen = tuple(level for level in here if level not in known)
        known.update({level: len(levels) + k for k, level in enumerate(unseen)})
        codes = np.array([known[level] for level in here], dtype=np.int64)[codes_here]
        return Effects(
            factor, levels, codes, encoded.matrix, encoded.names, call.correlated, unseen
        )


def group_labels(factor: str, table: Table) -> tuple[np.ndarray, tuple[str, ...] | None]:
    r"""Labels each row by its group, as text.

    Args:
        factor: A column's name, or several joined by `:` for their combinations; a colon within
            a label is then written `\:`, so that no two combinations share a label.
        table: The rows.

    Returns:
        Labels of shape (row,), and the declared order of levels where the column has one.
    """
    parts = group_columns(factor)
    texts = [_as_text(table.columns[part]) for part in parts]
    if len(parts) == 1:
        declared = table.levels.get(parts[0])
        return texts[0], tuple(_label(level) for level in declared) if declared else None
    escaped = [_escaped(text) for text in texts]
    return np.array([":".join(row) for row in zip(*escaped, strict=True)], dtype=object), None


def _escaped(labels: np.ndarray) -> np.ndarray:
    distinct = {
        label: label.replace("\\", "\\\\").replace(":", "\\:") for label in set(labels.tolist())
    }
    return np.array([distinct[label] for label in labels], dtype=object)


def code_levels(
    labels: np.ndarray, order: tuple[str, ...] | None
) -> tuple[tuple[str, ...], np.ndarray]:
    """Turns labels into sorted levels and one integer code per row."""
    import pandas as pd

    codes, found = pd.factorize(labels, sort=order is None)
    levels = [str(level) for level in found]
    if order is None:
        return tuple(levels), codes.astype(np.int64)
    ordered = [level for level in order if level in set(levels)]
    place = {level: position for position, level in enumerate(ordered)}
    return tuple(ordered), np.array([place[level] for level in levels], dtype=np.int64)[codes]


def _as_text(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        given = values.tolist()
        if set(map(type, given)) <= {str}:
            return values
        return np.array([_label(value) for value in given], dtype=object)
    distinct, inverse = np.unique(values, return_inverse=True)
    return np.array([_label(value) for value in distinct], dtype=object)[inverse]


def _as_fitted(labels: np.ndarray, values: np.ndarray, levels: tuple[str, ...]) -> np.ndarray:
    """Truth values by the numbers that they were at the fit, or the other way round."""
    truth = {"0": "False", "1": "True"}
    if values.dtype == bool and set(levels) <= truth.keys():
        names = {word: digit for digit, word in truth.items()}
    elif values.dtype.kind in "iuf" and set(levels) <= set(truth.values()):
        names = truth
    else:
        return labels
    return np.array([names.get(label, label) for label in labels.tolist()], dtype=object)


def _label(value: object) -> str:
    """Writes whole numbers without a decimal point, so that 308 and 308.0 are one group."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)

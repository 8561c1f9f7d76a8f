"""The words of questions and answers: outcome, rows and cases."""

from __future__ import annotations

from bayesinf.effects.averaging import Cells
from bayesinf.effects.contrasts import Contrast
from bayesinf.links import ProbabilityLink
from bayesinf.model.model import Model


def outcome_in_words(model: Model) -> str:
    """Names what is expected: `expected Reaction`, or `probability of alive = yes`."""
    outcome = model.formula.response.expression.strip("`")
    if not isinstance(model.family.link, ProbabilityLink):
        return f"expected {outcome}"
    if model.family.needs_trials:
        return f"probability of success ({outcome} per trial)"
    levels = model.design.recipe.outcome_levels
    return f"probability of {outcome}" + (f" = {levels[1]}" if levels else "")


def rows_in_words(cells: Cells) -> str:
    """Names the rows that a question is about: `average of 180 rows by sex`."""
    if cells.single:
        return "row by row"
    groups = "".join(f" by {name}" for name in cells.names)
    return f"average of {_count(len(cells.codes))}{groups}{_weighted(cells)}"


def cases_in_words(cells: Cells) -> tuple[str, ...]:
    """Names the rows that each cell is about: `(average of 60 rows with sex = f)`."""
    if cells.single:
        return tuple(f"in row {label[0]}" for label in cells.labels)
    return tuple(
        f"(average of {_count(count)}{_where(cells.names, label)}{_weighted(cells)})"
        for count, label in zip(cells.counts.tolist(), cells.labels, strict=True)
    )


def spoken(contrast: Contrast) -> str:
    """Names a contrast in a sentence: `odds ratio`."""
    return contrast.name.replace("_", " ")


def _where(names: tuple[str, ...], label: tuple[object, ...]) -> str:
    return "".join(f" with {n} = {v}" for n, v in zip(names, label, strict=True))


def _weighted(cells: Cells) -> str:
    return "" if cells.weighted_by is None else f", weighted by {cells.weighted_by}"


def _count(rows: int) -> str:
    return f"{rows:,} row{'s' * (rows != 1)}"

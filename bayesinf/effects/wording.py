"""The words of questions and answers: outcome, rows and cases."""

from __future__ import annotations

from collections.abc import Collection

from bayesinf.effects.averaging import Cells
from bayesinf.effects.contrasts import Contrast
from bayesinf.formula.guard import names_in, single_name
from bayesinf.links import ProbabilityLink
from bayesinf.model.model import Model


def outcome_in_words(model: Model) -> str:
    """Names what is expected: `expected Reaction`, or `probability of alive = yes`."""
    outcome = model.formula.response.expression
    outcome = single_name(outcome) or outcome
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


def once_in_words(model: Model, columns: Collection[str]) -> str:
    """Says that rows count alike in an average although the fit counted them otherwise.

    Args:
        model: Its formula may hold weights or trials.
        columns: Those of the rows asked about.

    Returns:
        `, each counted once; weights='w' counts them as the fit did`; empty where they do count as
        in the fit, or where the rows do not hold what they counted by, as a grid does not.
    """
    response = model.formula.response
    counted = [part for part in (response.weights, response.trials) if part and names_in(part)]
    if not counted or not {name for part in counted for name in names_in(part)} <= set(columns):
        return ""
    if len(counted) == 1 and (name := single_name(counted[0])) is not None:
        by_trial = "by trial, as the fit did" if response.trials else "as the fit did"
        return f", each counted once; weights={name!r} counts them {by_trial}"
    return f", each counted once, not by {' and '.join(counted)} as in the fit"


def spoken(contrast: Contrast) -> str:
    """Names a contrast in a sentence: `odds ratio`."""
    return contrast.name.replace("_", " ")


def _where(names: tuple[str, ...], label: tuple[object, ...]) -> str:
    return "".join(f" with {n} = {v}" for n, v in zip(names, label, strict=True))


def _weighted(cells: Cells) -> str:
    return cells.once if cells.weighted_by is None else f", weighted by {cells.weighted_by}"


def _count(rows: int) -> str:
    return f"{rows:,} row{'s' * (rows != 1)}"

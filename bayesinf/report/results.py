"""The results of a fit: sentences, the table of parameters, average differences, pictures.

When the verdict is bad, all that could be read as a result is withheld.
"""

from __future__ import annotations

from bayesinf.effects.questions import comparisons
from bayesinf.links import Identity
from bayesinf.model.model import Model
from bayesinf.plots.fit import LABELLED_LEVELS, plot_fit
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.summary import scalar_draws, summary_frame
from bayesinf.report.coefficients import (
    Units,
    coefficient_sentences,
    reading,
    spread_sentences,
)
from bayesinf.report.parts import Heading, Paragraph, Part, Picture, Points, Table
from bayesinf.report.prose import WITHHELD, interval_caption

LARGEST_SENTENCES = 20
"""Beyond it the table is the better place."""

LARGEST_AVERAGE = 40_000_000
"""Rows x draws x columns up to which a report computes average differences (a few seconds)."""


def results_section(
    posterior: Posterior, units: Units | None = None, prob: float | None = None
) -> tuple[Part, ...]:
    """What was found, in sentences, a table and a picture; withheld when the verdict is bad."""
    heading = Heading("Results")
    if not posterior.verdict.ok:
        return (heading, Paragraph(WITHHELD, "bad"), _diagnostics(posterior))
    return (
        heading,
        *_sentences(posterior, units, prob),
        _table(posterior, prob),
        *_pictures(posterior, prob),
        *_average_differences(posterior, prob),
    )


def _pictures(posterior: Posterior, prob: float | None) -> list[Part]:
    found: list[Part] = [
        Picture(
            plot_fit(posterior, "parameters", prob),
            "The posterior of each parameter, on its own scale.",
            "Densities of the parameters, described by the table above.",
        )
    ]
    groups = posterior.model.design.rows.groups
    if groups and max(len(group.levels) for group in groups) <= LABELLED_LEVELS:
        found.append(
            Picture(
                plot_fit(posterior, "groups", prob),
                "How far each level lies from the population, in every effect that varies.",
                "A dot and a bar for each level, in the order of its first effect.",
            )
        )
    return found


def _sentences(posterior: Posterior, units: Units | None, prob: float | None) -> list[Part]:
    told = [
        *coefficient_sentences(posterior, units, prob),
        *spread_sentences(posterior, units, prob),
    ]
    if not told:
        return []
    within = ", and belong to the same group" if posterior.model.design.rows.groups else ""
    parts: list[Part] = [
        Paragraph(
            f"Each sentence compares rows that are alike in all other columns{within}. It says "
            "what goes together in these data under this model, not what causes what."
        ),
        Points(tuple(Paragraph(sentence) for sentence in told[:LARGEST_SENTENCES])),
    ]
    if len(told) > LARGEST_SENTENCES:
        parts.append(
            Paragraph(f"{len(told) - LARGEST_SENTENCES} more coefficients stand in the table.")
        )
    return parts


def _table(posterior: Posterior, prob: float | None) -> Table:
    names, draws = scalar_draws(posterior.model, posterior.values)
    return Table(
        summary_frame(names, draws, prob),
        f"Parameters. {interval_caption(prob)}. The last digit shown is worth at least one "
        "Monte Carlo standard error (`mcse`).",
    )


def _diagnostics(posterior: Posterior) -> Table:
    names, draws = scalar_draws(posterior.model, posterior.values)
    frame = summary_frame(names, draws).drop(columns=["mean", "sd", "lower", "upper", "mcse"])
    return Table(frame, "How the computation went, parameter by parameter; means are withheld.")


def predictors(model: Model) -> tuple[str, ...]:
    """The columns that population terms use, in the formula's order."""
    names = (n for call in model.formula.terms if call.term == "population" for n in call.variables)
    return tuple(dict.fromkeys(names))


def needs_averages(model: Model) -> bool:
    """Whether coefficients alone do not say what the expected outcome does.

    So it is under every link but the identity, and where a column enters the model twice.
    """
    alone = all(reading(model, name).alone for name in model.design.names)
    return not isinstance(model.family.link, Identity) or not alone


def _average_differences(posterior: Posterior, prob: float | None) -> list[Part]:
    import pandas as pd

    model = posterior.model
    columns = predictors(model)
    if not columns or not needs_averages(model) or model.design.table is None:
        return []
    work = len(columns) * len(model.design.response) * posterior.values.count
    if work > LARGEST_AVERAGE:
        return [
            Paragraph(
                "Average differences are left out here, because the rows are many; "
                "`fit.comparisons(column)` computes them."
            )
        ]
    frames = {column: comparisons(posterior, column).summary(prob) for column in columns}
    for column, frame in frames.items():
        frame.index = pd.Index([f"{column}: {_case(label)}" for label in frame.index])
    table = pd.concat(frames.values())
    table.index.name = "change"
    return [
        Heading("Average differences", 3),
        Paragraph(
            "The expected outcome of every row is computed twice, before and after the change, and "
            "the differences are averaged over the rows of the data."
        ),
        Table(table, f"Average differences of the expected outcome. {interval_caption(prob)}."),
    ]


def _case(label: object) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)

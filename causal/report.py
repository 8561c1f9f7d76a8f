"""The report on an estimate: question, answer, doubts, and the model that the answer comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bayesinf as bi
from causal.answer import Path, Picture
from causal.arms import ArmStudy
from causal.estimate import WITHHELD, Estimate, percent
from causal.studies import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WHERE = "What failed, and what could be done, stands at the top."
"""Where a reader of a withheld answer finds the reason."""


def report_estimate(estimate: Estimate, title: str | None = None) -> bi.report.Report:
    """Writes a report: question, assumptions, answer and doubts, then the outcome model's own.

    The answer is withheld when the verdict is bad.

    Args:
        estimate: What to report on.
        title: The title; None names treatment and outcome.

    Returns:
        The report, a value: `to_html()`, `to_markdown()`, `write(path)`.
    """
    parts = (
        *verdict_parts(estimate),
        *question_parts(estimate),
        *trial_parts(estimate),
        *answer_parts(estimate),
        *doubt_parts(estimate),
    )
    if isinstance(estimate.prediction, bi.Fit):
        parts += estimate.prediction.report(title="The outcome model").chapter()
    return bi.report.Report(title or f"The effect of {estimate.study.subject}", parts)


def verdict_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """Whether the answer may be read at all, with what failed."""
    verdict = estimate.verdict
    serious = verdict.of("bad") or verdict.of("warning")
    tone = "bad" if not verdict.ok else "warning" if serious else "good"
    head = bi.report.Paragraph(estimate.headline, tone)
    return (head, findings_list(serious)) if serious else (head,)


def question_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """What was asked, and what has to be believed for the answer."""
    return (
        bi.report.Heading("Question"),
        bi.report.Paragraph(estimate.question),
        bi.report.Heading("Assumptions", 3),
        bi.report.Paragraph("What has to be believed, and how it stands after the checks:"),
        bi.report.Points(
            tuple(
                bi.report.Paragraph(f"{assumption} ({assumption.status(estimate.findings)})")
                for assumption in estimate.assumptions
            )
        ),
    )


def trial_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """The trial that a comparison of arms imitates, beside what was done instead.

    Source:
        Hernan and Robins (2016), Using big data to emulate a target trial when a randomized trial
        is not available, American Journal of Epidemiology 183.
    """
    import pandas as pd

    study, contrast = estimate.study, estimate.answer.contrast
    if not isinstance(study, ArmStudy) or contrast is None:
        return ()
    treated, control = contrast.counts()
    arms, held = contrast.treatment, ", ".join(study.adjustment) or "nothing"
    chance = isinstance(study, Experiment)
    lines = {
        "who": ("people of the kind asked about", f"{treated + control} rows of the data"),
        "arms": (
            f"{study.treatment} = {arms.treated} or {arms.control}",
            f"{treated} and {control}",
        ),
        "assignment": (
            "by chance",
            "by chance" if chance else f"as it came; taken for chance given {held}",
        ),
        "outcome": (study.outcome, study.outcome),
        "estimand": (study.effect_name, study.effect_name),
        "analysis": ("difference of averages", study.estimator.name.replace("_", " ")),
    }
    frame = pd.DataFrame.from_dict(lines, orient="index", columns=["target trial", "this analysis"])
    caption = "The trial that would answer the question, and what stands in for it."
    return (bi.report.Table(frame.rename_axis("part"), caption),)


def answer_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """The effect as a sentence, tables and pictures, or why it is withheld."""
    heading = bi.report.Heading("Answer")
    if not estimate.verdict.ok:
        return (
            heading,
            bi.report.Paragraph(f"{WITHHELD} {WHERE}", "bad"),
            bi.report.Paragraph(estimate.method),
        )
    table = estimate.summary()
    kind, prob = table.attrs["interval_kind"], table.attrs["interval_prob"]
    noun = "credible" if estimate.answer.basis == "posterior" else "quasi-posterior"
    interval = f"the {percent(prob)} {noun} interval ({kind.upper()})"
    return (
        heading,
        bi.report.Paragraph(estimate.sentence()),
        bi.report.Table(table, f"The effect and what it is made of, with {interval}."),
        bi.report.Picture(
            effect_figure(estimate),
            f"The posterior of the effect; the bar is {interval}, the line no effect.",
            f"Histogram of the draws of the {estimate.name}, described by the table.",
        ),
        *path_parts(estimate),
        *(picture_part(picture) for picture in estimate.answer.pictures),
        *effects_parts(estimate),
        bi.report.Paragraph(estimate.method),
    )


def path_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """What was observed over time beside what would have been, where the study has times."""
    path = estimate.prediction
    if not isinstance(path, Path):
        return ()
    caption = (
        f"{estimate.study.outcome} as observed (line), and what it would have been without the "
        f"intervention, which begins at {path.begins} (band: {percent(bi.options.interval[1])} "
        "credible interval)."
    )
    return (bi.report.Picture(path_figure(path), caption, caption),)


def picture_part(picture: Picture) -> bi.report.Part:
    """Draws one picture of a study into a figure of its own."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    picture.draw(axes)
    axes.spines[["top", "right"]].set_visible(False)
    return bi.report.Picture(figure, picture.caption, picture.alternative)


MOST_LINES = 40
"""Lines of a table of effects beyond which a report leaves it out; `effects()` still has it."""


def effects_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """The tables of the finer effects, where they are short enough to be read."""
    return tuple(
        bi.report.Table(effects.summary(), f"Effects over {over}, from the same draws.")
        for over, effects in estimate.answer.effects.items()
        if len(effects.labels) <= MOST_LINES
    )


def doubt_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """What the checks found, and the tables of the design."""
    return (
        bi.report.Heading("Doubts"),
        findings_list(estimate.verdict.sorted),
        *(
            (bi.report.Paragraph(f"Measured coverage: {estimate.coverage_sentence()}"),)
            if estimate.coverage
            else ()
        ),
        *(
            bi.report.Table(table, caption_of(name))
            for name, table in estimate.tables.items()
            if 0 < len(table) <= MOST_LINES
        ),
    )


def caption_of(name: str) -> str:
    """Says what a table of the design holds."""
    if name == "balance":
        return "The arms before adjustment; differences in standard deviations."
    return f"{name[:1].upper()}{name[1:]}."


def findings_list(findings: tuple[bi.Finding, ...]) -> bi.report.Points:
    """Findings as a list, each with what to do about it."""
    return bi.report.Points(
        tuple(
            bi.report.Paragraph(f"{found.sentence} {found.remedy}".strip(), found.severity)
            for found in findings
        )
    )


def effect_figure(estimate: Estimate) -> Figure:
    """Draws the posterior of the effect, with its credible interval and the line of no effect."""
    from matplotlib.figure import Figure

    line = estimate.summary().iloc[0]
    figure = Figure(figsize=(6.0, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.hist(estimate.draws.ravel(), bins=60, color="#9ecae1")
    axes.plot([line["lower"], line["upper"]], [0, 0], color="#08519c", linewidth=5)
    axes.plot(line["mean"], 0, "o", color="white", markeredgecolor="#08519c", zorder=3)
    axes.axvline(0.0, color="#57606a", linewidth=1)
    axes.set_xlabel(f"{estimate.name} of {estimate.study.subject}", parse_math=False)
    axes.set_yticks([])
    axes.spines[["top", "left", "right"]].set_visible(False)
    return figure


def path_figure(path: Path) -> Figure:
    """Draws the observed series over the band of its counterfactual."""
    from matplotlib.figure import Figure

    flat = path.counterfactual.reshape(-1, len(path.times))
    table = bi.summary_frame([str(time) for time in path.times], flat[None], None, path.over)
    figure = Figure(figsize=(7.0, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(path.times, table["lower"], table["upper"], color="#9ecae1", alpha=0.6)
    axes.plot(path.times, table["mean"], color="#08519c", linewidth=1.2)
    axes.plot(path.times, path.observed, color="#24292f", linewidth=1.2)
    axes.axvline(path.begins, color="#57606a", linewidth=1, linestyle=":")
    axes.set_xlabel(path.over, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure

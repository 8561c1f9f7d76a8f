"""The report on an estimate: question, answer, doubts, and the model that the answer comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bayesinf as bi
from causal.estimate import Estimate, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WITHHELD = (
    "The answer is withheld, because a check failed that makes these numbers unfit to be "
    "interpreted. What failed, and what could be done, stands at the top."
)


def report_estimate(estimate: Estimate, title: str | None = None) -> bi.report.Report:
    """Writes a report: question, assumptions, answer and doubts, then the outcome model's own.

    The answer is withheld when the verdict is bad.

    Args:
        estimate: What to report on.
        title: The title; None names treatment and outcome.

    Returns:
        The report, a value: `to_html()`, `to_markdown()`, `write(path)`.
    """
    treatment = estimate.answer.contrast.treatment.column
    model = estimate.prediction.report(title="The outcome model")
    return bi.report.Report(
        title or f"The effect of {treatment} on {estimate.outcome}",
        (
            *verdict_parts(estimate),
            *question_parts(estimate),
            *answer_parts(estimate),
            *doubt_parts(estimate),
            *model.chapter(),
        ),
    )


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
        bi.report.Paragraph("The data cannot show whether these hold:"),
        bi.report.Points(tuple(bi.report.Paragraph(text) for text in estimate.assumptions)),
    )


def answer_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """The effect as a sentence, a table and a picture, or why it is withheld."""
    heading = bi.report.Heading("Answer")
    if not estimate.verdict.ok:
        return (heading, bi.report.Paragraph(WITHHELD, "bad"))
    table = estimate.summary()
    kind, prob = table.attrs["interval_kind"], table.attrs["interval_prob"]
    interval = f"the {percent(prob)} credible interval ({kind.upper()})"
    return (
        heading,
        bi.report.Paragraph(estimate.sentence()),
        bi.report.Table(
            table, f"The effect and the two averages it is the difference of, with {interval}."
        ),
        bi.report.Picture(
            effect_figure(estimate),
            f"The posterior of the effect; the bar is {interval}, the line no effect.",
            f"Histogram of the draws of the {estimate.name}, described by the table.",
        ),
        bi.report.Paragraph(estimate.method),
    )


def doubt_parts(estimate: Estimate) -> tuple[bi.report.Part, ...]:
    """What the checks found, and how the arms differed."""
    parts = (bi.report.Heading("Doubts"), findings_list(estimate.verdict.sorted))
    balance = estimate.balance()
    if balance.empty:
        return parts
    caption = "The arms before adjustment; differences in standard deviations."
    return (*parts, bi.report.Table(balance, caption))


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
    axes.set_xlabel(f"{estimate.name} on {estimate.outcome}", parse_math=False)
    axes.set_yticks([])
    axes.spines[["top", "left", "right"]].set_visible(False)
    return figure

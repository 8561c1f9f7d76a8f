"""What the model says against the data, and what could be wrong with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesinf.criticism.checks import Check, check
from bayesinf.options import percent
from bayesinf.plots.fit import plot_fit
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding
from bayesinf.report.parts import Heading, Paragraph, Part, Picture, Points, Table
from bayesinf.report.prior_dependence import prior_dependence, prior_findings
from bayesinf.report.sections import NOT_CHECKED, findings_list

if TYPE_CHECKING:
    import pandas as pd

NO_ROWS = (
    "This fit was loaded from disk, where the training rows are not kept: replicated data and "
    "leave-one-out need them and are left out here."
)


CHECKS_WITHHELD = (
    "Left out: a check of the computation failed, and replicated data and leave-one-out would come "
    "from the same draws."
)


def checked(posterior: Posterior) -> Check | None:
    """The checks against the data; None where rows are missing, or draws that can be trusted."""
    if posterior.model.design.table is None or not posterior.verdict.ok:
        return None
    return check(posterior)


def check_section(posterior: Posterior, found: Check | None = None) -> tuple[Part, ...]:
    """Whether the model reproduces its data, and how well it predicts rows it has not seen.

    Args:
        posterior: What is believed.
        found: Its check, where it has been made already.
    """
    heading = Heading("Predictive check and leave-one-out")
    done = found or checked(posterior)
    if done is None:
        reason = NO_ROWS if posterior.verdict.ok else CHECKS_WITHHELD
        return (heading, Paragraph(reason, "note"))
    attrs = done.predictive.attrs
    share = done.bayesian_r2.iloc[0]
    return (
        heading,
        Paragraph(
            f"{done.headline} {attrs['replications']} data sets were drawn from the fitted model "
            "and compared with the observed one; then every row was predicted from the others."
        ),
        findings_list(done.verdict.sorted),
        Table(
            done.predictive,
            f"Statistics of the observed data and of replicated data; `lower` and `upper` bound "
            f"{percent(attrs['interval_prob'])} of the replicated ones, `tail` is the share of "
            "them above the observed value.",
        ),
        *_picture(posterior),
        Paragraph(
            f"{done.loo.sentence()} Bayesian R²: {share['mean']:.2f} "
            f"({percent(done.bayesian_r2.attrs['interval_prob'])} CrI {share['lower']:.2f} to "
            f"{share['upper']:.2f})."
        ),
        Table(_k_hats(done), "How far leave-one-out can be trusted, row by row (Pareto k-hat)."),
    )


def _picture(posterior: Posterior) -> tuple[Part, ...]:
    return (
        Picture(
            plot_fit(posterior, "predictive"),
            "The outcome as observed, and as the fitted model would produce it.",
            "Distribution of the observed outcome over those of replicated data sets.",
        ),
    )


def _k_hats(done: Check) -> pd.DataFrame:
    frame = done.loo.table.copy()
    frame["share"] = [f"{share:.1%}" for share in frame["share"]]
    frame.columns = ["k-hat", "rows", "share", "worst rows"]
    return frame


def doubts_section(posterior: Posterior, found: Check | None = None) -> tuple[Part, ...]:
    """What could be wrong: findings that ask for care, the prior's share, and what no check sees.

    Args:
        posterior: What is believed.
        found: Its check, where it has been made already.
    """
    findings = [*posterior.verdict.findings, *(found.findings if found else ())]
    serious = tuple(f for f in findings if f.severity in ("bad", "warning"))
    return (
        Heading("What could be wrong"),
        *_serious(serious, found),
        *(_dependence(posterior) if posterior.verdict.ok else ()),
        Heading("What no check can see", 3),
        Points(tuple(Paragraph(sentence) for sentence in limitations(posterior))),
    )


def _dependence(posterior: Posterior) -> tuple[Part, ...]:
    table = prior_dependence(posterior)
    return (
        Heading("Dependence on the prior", 3),
        findings_list(prior_findings(table)),
        Table(
            table.round(3),
            "Power-scaling sensitivity: how far each posterior moves when the prior, or the "
            "likelihood, is made a little stronger or weaker (Kallioinen et al. 2024).",
        ),
    )


def _serious(findings: tuple[Finding, ...], found: Check | None) -> tuple[Part, ...]:
    if findings:
        return (findings_list(findings),)
    if found is None:
        return (Paragraph(f"No check of the computation asks for care. Fit: {NOT_CHECKED}"),)
    return (Paragraph("No check of the computation or of the fit to the data asks for care."),)


def limitations(posterior: Posterior) -> tuple[str, ...]:
    """The assumptions that the data cannot speak against."""
    model = posterior.model
    told = [
        "The sentences describe association. Whether changing a column would change the outcome "
        "depends on what else differs between the rows, which this report does not examine.",
        "Rows are taken as independent of each other, given the columns"
        + (" and the groups" if model.design.rows.groups else "")
        + ", and as a sample of the rows that conclusions are drawn about.",
    ]
    dropped = model.design.missing.n_before - model.design.missing.n_after
    if dropped:
        share = dropped / model.design.missing.n_before
        told.append(
            f"{share:.1%} of the rows were left out because of missing values; the answer holds "
            "for the rest, and for all only if what is missing has nothing to do with the "
            "outcome, given the other columns."
        )
    if "sigma" in {parameter.name for parameter in model.parameters}:
        told.append("The spread around the expected outcome is taken as the same for all rows.")
    return tuple(told)

"""The check of a fit: replicated data against the data, and each row predicted by the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.criticism.likelihood import require_rows
from bayesinf.criticism.loo import LARGEST_ROWS, Loo, loo
from bayesinf.criticism.predictive import bayesian_r2, predictive_table
from bayesinf.family import Family
from bayesinf.options import percent
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding, Verdict

if TYPE_CHECKING:
    import pandas as pd

TAIL = 0.01
"""Share of replicated data sets on one side of the data below which a statistic counts as missed;
five statistics of a true model are then all in order in about nine of ten fits."""


@dataclass(frozen=True, eq=False, repr=False)
class Check:
    """Whether a model describes its data, in sentences and tables.

    Attributes:
        findings: What was found, statistic by statistic.
        predictive: Test statistics of the data against replicated data: a frame with columns
            `observed mean lower upper tail`.
        loo: Leave-one-out cross-validation, with the k-hat of each row.
        bayesian_r2: The share of variance explained: a frame of one line.
    """

    findings: tuple[Finding, ...]
    predictive: pd.DataFrame
    loo: Loo
    bayesian_r2: pd.DataFrame

    @cached_property
    def verdict(self) -> Verdict:
        """The findings as a verdict, the worst first."""
        return Verdict(self.findings)

    @property
    def ok(self) -> bool:
        """Whether nothing was found that asks for care."""
        return not self.verdict.of("bad", "warning")

    @property
    def headline(self) -> str:
        """One sentence on whether the model describes its data."""
        doubts = self.verdict.of("bad", "warning")
        missed = sum(finding.code.startswith("predictive") for finding in doubts)
        if missed:
            return f"The model misses its data in {missed} of {len(self.predictive)} statistics."
        if doubts:
            return "The model reproduces its data, but some rows decide much of the fit."
        return "The model reproduces its data in every respect that was checked."

    def __repr__(self) -> str:
        share = self.bayesian_r2.iloc[0]
        return "\n".join(
            [
                self.headline,
                *(str(finding) for finding in self.verdict.sorted),
                "",
                f"Replicated data ({_caption(self.predictive)})",
                self.predictive.to_string(float_format="{:.4g}".format),
                "",
                repr(self.loo),
                "",
                f"Bayesian R2: {share['mean']:.2f} [{share['lower']:.2f}, {share['upper']:.2f}].",
            ]
        )

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(str(finding))}</li>" for finding in self.verdict.sorted)
        share = self.bayesian_r2.iloc[0]
        return (
            f"<p><b>{escape(self.headline)}</b></p><ul>{items}</ul>"
            f"<p>Replicated data ({escape(_caption(self.predictive))})</p>"
            f"{self.predictive.to_html(float_format='{:.4g}'.format)}{self.loo._repr_html_()}"
            f"<p>Bayesian R2: {share['mean']:.2f} [{share['lower']:.2f}, {share['upper']:.2f}].</p>"
        )


def _caption(table: pd.DataFrame) -> str:
    kind, prob = table.attrs["interval_kind"], table.attrs["interval_prob"]
    return (
        f"{table.attrs['replications']} data sets; lower, upper: {percent(prob)} predictive "
        f"interval, {kind.upper()}; tail: share of data sets above the observed value"
    )


def check(posterior: Posterior) -> Check:
    """Checks whether a model describes the data that it was fitted to.

    Args:
        posterior: With its training rows.

    Returns:
        The check: `.findings`, `.predictive`, `.loo`, `.bayesian_r2`; it prints all of them.

    Raises:
        DataError: `no-training-rows`, for a posterior that was loaded from disk.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> check(fit.posterior).headline
        'The model misses its data in 1 of 4 statistics.'
    """
    require_rows(posterior)
    table, left_out = predictive_table(posterior), loo(posterior)
    wider = _WIDER.get(posterior.model.family.name)
    findings = (*judge_statistics(posterior, table), *judge_loo(left_out, wider))
    return Check(findings, table, left_out, bayesian_r2(posterior))


_MEANING = {
    "mean": "the level of the outcome",
    "sd": "the spread of the outcome",
    "min": "the smallest outcomes",
    "max": "the largest outcomes",
    "share of zeros": "the number of zeros",
}

_WIDER = {"gaussian": "student_t", "poisson": "negative_binomial"}
"""For each family, one of the same outcomes with more spread and heavier tails."""


def _remedy(statistic: str, family: Family) -> str:
    """What to do about a statistic that is missed; never the family that is in use already."""
    other = _WIDER.get(family.name)
    wider = f"family='{other}'" if other else ""
    columns = "columns or groups that explain it"
    if statistic == "mean":
        return "Check the link, the offset and the priors' location."
    if statistic in ("sd", "share of zeros"):
        return f"Try {wider}, or {columns}." if wider else f"Try {columns}."
    scale = columns if family.discrete else "another scale of the outcome, such as log(y)"
    return f"Try {wider or scale}, or look at these rows."


def judge_statistics(posterior: Posterior, table: pd.DataFrame) -> tuple[Finding, ...]:
    """Turns the table of test statistics into findings: one per statistic that is missed."""
    outcome = posterior.model.formula.response.expression
    missed = []
    columns = {key: table[key].to_numpy(dtype=float) for key in ("observed", "mean", "tail")}
    for place, name in enumerate(table.index.tolist()):
        observed, mean, tail = (float(values[place]) for values in columns.values())
        if min(tail, 1 - tail) >= TAIL:
            continue
        what, remedy = _MEANING[name], _remedy(name, posterior.model.family)
        missed.append(
            Finding(
                f"The model does not reproduce {what} '{outcome}': its {name} is "
                f"{observed:.4g}, and {max(tail, 1 - tail):.1%} of replicated data sets "
                f"have a {'larger' if tail > 0.5 else 'smaller'} one (mean {mean:.4g}).",
                "warning",
                f"predictive-{name.replace(' ', '-')}",
                {"observed": observed, "tail": tail},
                remedy,
            )
        )
    if missed:
        return tuple(missed)
    listed = ", ".join(table.index.tolist())
    return (
        Finding(
            f"Replicated data sets look like the data in {listed}.",
            "good",
            "predictive",
            {"replications": float(table.attrs["replications"])},
        ),
    )


def judge_loo(found: Loo, wider: str | None = None) -> tuple[Finding, ...]:
    """Judges whether leave-one-out by importance sampling can be trusted, row by row.

    Args:
        found: What it gave.
        wider: A family of heavier tails, which single rows would pull less.
    """
    sampled: tuple[Finding, ...] = ()
    if len(found.rows) < found.total:
        sampled = (
            Finding(
                f"Leave-one-out used a random sample of {LARGEST_ROWS} of {found.total} rows.",
                "note",
                "loo-sampled",
                {"rows": float(len(found.rows))},
            ),
        )
    largest = float(np.max(found.k_hats))
    if not found.bad_k:
        good = Finding(
            f"No row decides the fit by itself: the largest k-hat of leave-one-out is "
            f"{largest:.2f} (limit 0.7).",
            "good",
            "loo",
            {"k_hat": largest, "bad_k": 0.0},
        )
        return (good, *sampled)
    named = ", ".join(f"{label} ({k:.2f})" for label, k in found.worst(3))
    rows, pull = ("1 row", "pulls") if found.bad_k == 1 else (f"{found.bad_k} rows", "pull")
    bad = Finding(
        f"{rows} of {len(found.rows)} {pull} the posterior so much that leave-one-out cannot be "
        f"trusted there: k-hat above 0.7 for {named}{', ...' if found.bad_k > 3 else ''}.",
        "warning",
        "loo",
        {"k_hat": largest, "bad_k": float(found.bad_k)},
        f"Look at these rows{f', or try family={wider!r}, which they pull less' if wider else ''}. "
        "The elpd is optimistic.",
    )
    return (bad, *sampled)

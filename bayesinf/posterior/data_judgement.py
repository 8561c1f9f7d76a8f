"""Findings that need the draws beside the data: separation, one row per group, an exact fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bayesinf.posterior.judgement import listed
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import AnyPosterior
from bayesinf.posterior.verdict import Finding
from bayesinf.priors.location import Flat

NEARLY_COLLINEAR = 1e5
"""Condition number from which coefficients lose five digits of the data."""

FEWEST_DRAWS = 400
"""With fewer, the end of a 95% interval rests on a handful of draws."""


def judge_data(posterior: Posterior) -> Posterior:
    """Adds what the data themselves call for: separation, one row per group, an exact fit.

    Returns:
        The posterior with these findings in its verdict.
    """
    findings = (
        *judge_finite(posterior),
        *judge_count(posterior),
        *_judge_separation(posterior),
        *_judge_single_rows(posterior),
        *_judge_exact_fit(posterior),
        *_judge_near_collinear(posterior),
    )
    if not findings:
        return posterior
    return replace(posterior, verdict=posterior.verdict.add(findings))


def judge_count(posterior: AnyPosterior) -> tuple[Finding, ...]:
    """Few draws, however good, leave the ends of intervals uncertain."""
    count = posterior.values.count
    if count >= FEWEST_DRAWS:
        return ()
    return (
        Finding(
            f"There are only {count} draws, so means are rough and the ends of intervals rougher.",
            "warning",
            "few-draws",
            {"draws": float(count)},
            "Ask for the usual draws=4000.",
        ),
    )


def judge_finite(posterior: AnyPosterior) -> tuple[Finding, ...]:
    """Whatever the engine said: draws that are not numbers must not be read."""
    arrays = posterior.values.arrays()
    known = {finding.code for finding in posterior.verdict.findings}
    if all(np.isfinite(values).all() for values in arrays.values()) or "non-finite-draws" in known:
        return ()
    names = [name for name, values in arrays.items() if not np.isfinite(values).all()]
    return (
        Finding(
            f"The draws of {listed(names)} hold NaN or infinite values.",
            "bad",
            "non-finite-draws",
            remedy="Check the scale of the columns and the priors.",
        ),
    )


def _judge_separation(posterior: Posterior) -> tuple[Finding, ...]:
    """Perfect separation: some direction of the predictors splits failures from successes."""
    model, design = posterior.model, posterior.model.design
    if model.family.name not in ("bernoulli", "binomial") or design.rows.groups:
        return ()
    trials, success = design.rows.known.trials, design.response > 0
    pure = trials is None or bool(np.all(~success | (design.response == trials)))
    if not pure or success.all() or not success.any():
        return ()
    centre = posterior.values.coefficients.mean(axis=(0, 1))
    predictor = design.rows.population @ centre + design.rows.offset
    lowest = np.min(predictor, where=success, initial=np.inf)
    if lowest <= np.max(predictor, where=~success, initial=-np.inf):
        return ()
    flat = [name for name in design.names if isinstance(model.priors[name], Flat)]
    if flat:
        return (
            Finding(
                "The predictors separate successes from failures perfectly, and the prior of "
                f"{listed(flat)} is flat: there is no posterior, and these numbers mean nothing.",
                "bad",
                "improper",
                remedy="Give every coefficient a proper prior, for example bi.Normal(0, 2.5).",
            ),
        )
    return (
        Finding(
            "The predictors separate successes from failures perfectly, so the data alone do not "
            "bound the coefficients; how large they are is the prior's choice.",
            "warning",
            "separation",
            remedy="Report the prior with the result, and try a tighter one.",
        ),
    )


def _judge_single_rows(posterior: Posterior) -> tuple[Finding, ...]:
    """One row per group: only priors tell the group spread from the residual spread."""
    model = posterior.model
    found = []
    for group in model.design.rows.groups:
        counts = np.bincount(group.codes, minlength=len(group.levels))
        if counts.max(initial=0) != 1 or "sigma" not in {p.name for p in model.parameters}:
            continue
        found.append(
            Finding(
                f"Every level of '{group.factor}' has one row, so its spread and sigma cannot be "
                "told apart by the data; their split is the prior's choice.",
                "warning",
                "one-row-per-group",
                remedy=f"Leave (... | {group.factor}) out, or give known errors by y | se(s).",
            )
        )
    return tuple(found)


def _judge_exact_fit(posterior: Posterior) -> tuple[Finding, ...]:
    """Predictors that reproduce the outcome leave nothing for sigma to describe."""
    names = [parameter.name for parameter in posterior.model.parameters]
    design = posterior.model.design
    if "sigma" not in names or len(design.response) == 0:
        return ()
    outcome = design.response - design.rows.offset
    centred = outcome - outcome.mean() if design.has_intercept else outcome
    sigma = float(posterior.values.parameters[..., names.index("sigma")].mean())
    if sigma > 1e-6 * float(np.sqrt(np.mean(centred**2))):
        return ()
    return (
        Finding(
            "The predictors reproduce the outcome to rounding, so sigma and the intervals are as "
            "small as the arithmetic allows, not as the data say.",
            "warning",
            "exact-fit",
            {"sigma": sigma},
            "Check whether the outcome, or a copy of it, is among the predictors.",
        ),
    )


def _judge_near_collinear(posterior: Posterior) -> tuple[Finding, ...]:
    """Columns that nearly repeat each other: their sum is learned, their shares hardly."""
    design = posterior.model.design
    length = np.sqrt(np.diagonal(design.products))
    if len(length) < 2 or not (length > 0).all():
        return ()
    spectrum, vectors = np.linalg.eigh(design.products / length / length[:, None])
    condition = float(np.sqrt(spectrum[-1] / max(spectrum[0], 1e-17 * spectrum[-1])))
    if condition < NEARLY_COLLINEAR:
        return ()
    share = np.abs(vectors[:, 0])
    order = np.argsort(-share)[:4]
    names = [design.names[k] for k in order if share[k] > 0.1]
    return (
        Finding(
            f"The columns {listed(names)} nearly repeat each other (condition number "
            f"{condition:.1g}): their coefficients rest on the last digits of the data, and on "
            "the priors.",
            "warning",
            "near-collinear",
            {"condition": condition},
            "Leave one of them out, or use orthogonal columns such as poly(x, 3).",
        ),
    )

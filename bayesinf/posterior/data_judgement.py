"""Findings that need the draws beside the data: separation, one row per group, an exact fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bayesinf.links import ProbabilityLink
from bayesinf.model.model import Model
from bayesinf.model.separation import names_without_mean, open_rows, separating_names
from bayesinf.posterior.calendar_judgement import judge_calendar
from bayesinf.posterior.density_judgement import judge_rows_density
from bayesinf.posterior.judgement import listed
from bayesinf.posterior.level_judgement import judge_levels
from bayesinf.posterior.outcome_judgement import judge_outcome, judge_weights
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import AnyPosterior
from bayesinf.posterior.repeat_judgement import judge_repeats
from bayesinf.posterior.sentinel_judgement import judge_sentinels
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.verdict import Finding
from bayesinf.posterior.zero_judgement import judge_zero

NEARLY_COLLINEAR = 1e5
"""Condition number from which coefficients lose five digits of the data."""

FEWEST_DRAWS = 400
"""With fewer, the end of a 95% interval rests on a handful of draws."""


def judge_data(posterior: Posterior) -> Posterior:
    """Adds what the data call for, such as separation, an exact fit, or one row per group.

    Returns:
        The posterior with these findings in its verdict.
    """
    findings = (
        *judge_finite(posterior),
        *_judge_frozen(posterior),
        *judge_count(posterior),
        *judge_rows_density(posterior),
        *_judge_separation(posterior),
        *_judge_few_rows(posterior),
        *_judge_single_rows(posterior),
        *_judge_exact_fit(posterior),
        *_judge_near_collinear(posterior),
        *judge_levels(posterior),
        *judge_sentinels(posterior.model),
        *judge_calendar(posterior.model),
        *judge_outcome(posterior.model),
        *judge_repeats(posterior.model),
        *judge_weights(posterior.model),
        *judge_zero(posterior),
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


def _judge_frozen(posterior: Posterior) -> tuple[Finding, ...]:
    """Unknowns of a formula are continuous: one that is the same in all draws was not sampled."""
    names, draws = scalar_draws(posterior.model, posterior.values)
    still = (draws == draws[:1, :1]).all(axis=(0, 1))
    if posterior.values.count < 2 or not still.any():
        return ()
    frozen = [name for name, is_still in zip(names, still, strict=True) if is_still]
    return (
        Finding(
            f"All draws of {listed(frozen)} are the same number, so they say nothing of it.",
            "bad",
            "frozen-unknown",
            remedy="Fit again with another seed or engine; if it stays, scale the columns.",
        ),
    )


def _judge_separation(posterior: Posterior) -> tuple[Finding, ...]:
    """Outcomes that are all alike, or that some direction of the predictors tells apart.

    That there is a posterior was seen when the model was built (`model.improper`).
    """
    model, design = posterior.model, posterior.model.design
    names = separating_names(model.family, design)
    if not names:
        return ()
    above, below = open_rows(model.family, design)
    if design.has_intercept and (above.all() or below.all()):
        return (_alike(model, above, below), *_without_mean(model))
    return (_separated(posterior, names, above, below), *_without_mean(model))


def _without_mean(model: Model) -> tuple[Finding, ...]:
    """Heavy tails of a prior that the data leave as they are."""
    names = names_without_mean(model.family, model.design, model.priors)
    if not names:
        return ()
    return (
        Finding(
            f"The posterior of {listed(names)} has neither a mean nor an sd, as its prior has a "
            "heavy tail that the data do not bound: those printed are of these draws only; the "
            "median and the interval exist.",
            "warning",
            "no-posterior-mean",
            remedy="Report the median, or give a prior of lighter tails, such as bi.Normal(0, "
            "2.5).",
        ),
    )


def _alike(model: Model, above: np.ndarray, below: np.ndarray) -> Finding:
    rows, kind = len(model.design.response), "0"
    if isinstance(model.family.link, ProbabilityLink):
        kind = "failures" if not above.all() else "successes" if not below.all() else "of no trial"
    return Finding(
        f"The outcomes of all {rows} rows are {kind}, so the data alone do not bound the "
        "coefficients; how large they are is the prior's choice.",
        "warning",
        "one-outcome",
        {"rows": float(rows)},
        "Report the prior with the result, and give the intercept a prior that you can defend.",
    )


def _separated(posterior: Posterior, names: list[str], up: np.ndarray, down: np.ndarray) -> Finding:
    predictors = [name for name in names if name != "Intercept"] or names
    what = "zeros from other counts" if not up.any() else "successes from failures"
    whole = (
        "perfectly" if _perfectly(posterior, up, down) else "in some of the rows, perfectly there"
    )
    return Finding(
        f"The predictors separate {what} {whole}, by {listed(predictors)}, so the data alone do "
        "not bound the coefficients; how large they are is the prior's choice.",
        "warning",
        "separation",
        remedy="Report the prior with the result, and try a tighter one.",
    )


def _perfectly(posterior: Posterior, up: np.ndarray, down: np.ndarray) -> bool:
    """Whether no row is left open, by the mean of the draws."""
    if not (up | down).all() or not (up & ~down).any():
        return False
    rows = posterior.model.design.rows
    predictor = rows.population @ posterior.values.coefficients.mean(axis=(0, 1)) + rows.offset
    return bool(predictor[up & ~down].min() > predictor[down & ~up].max())


def _judge_few_rows(posterior: Posterior) -> tuple[Finding, ...]:
    """More coefficients than rows: the rest is the priors' choice."""
    model, design = posterior.model, posterior.model.design
    rows, coefficients = len(design.response), len(design.names)
    has_sigma = "sigma" in {parameter.name for parameter in model.parameters}
    if rows > coefficients or (rows == coefficients and not has_sigma) or not rows:
        return ()
    left = (
        f"at least {coefficients - rows} directions of the coefficients"
        if rows < coefficients
        else "sigma"
    )
    return (
        Finding(
            f"The data say nothing of {left}, with {coefficients} coefficients in all and {rows} "
            f"row{'' if rows == 1 else 's'}; that is the prior's choice.",
            "warning",
            "few-rows",
            {"rows": float(rows), "coefficients": float(coefficients)},
            "Report the priors with the result, use fewer columns, or more rows.",
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
    if not 2 <= len(length) < len(design.response) or not (length > 0).all():
        return ()
    spectrum, vectors = np.linalg.eigh(design.products / length / length[:, None])
    # The products of columns cannot tell condition numbers above 1e8 apart.
    condition = float(np.sqrt(spectrum[-1] / max(spectrum[0], 1e-16 * spectrum[-1])))
    if condition < NEARLY_COLLINEAR:
        return ()
    said = f"{condition:.0e}" if condition < 1e7 else "above 1e7"
    share = np.abs(vectors[:, 0])
    order = np.argsort(-share)[:4]
    names = [design.names[k] for k in order if share[k] > 0.1]
    return (
        Finding(
            f"The columns {listed(names)} nearly repeat each other (condition number "
            f"{said}): their coefficients rest on the last digits of the data, and on "
            "the priors.",
            "warning",
            "near-collinear",
            {"condition": condition},
            "Leave one of them out, or use orthogonal columns such as poly(x, 3).",
        ),
    )

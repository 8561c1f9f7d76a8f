"""What can be found out about instruments, as findings."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from causal.instruments.anderson_rubin import AndersonRubin
from causal.instruments.two_stage import Strength

WEAK = 10.0
"""Effective F below which an answer needs care; Staiger and Stock (1997), a convention."""

ALIKE = 0.5
"""Overlap of prior and posterior above which the answer is the prior's more than the data's."""

BINS = 20
"""Bins, equally full, in which prior and posterior are compared."""


def prior_overlap(posterior: np.ndarray, prior: np.ndarray) -> float:
    """How much of the posterior was there before the instruments spoke.

    Args:
        posterior: Draws.
        prior: Draws of the same model with silent instruments.

    Returns:
        1 where both are the same, 0 where they do not meet.

    Example:
        >>> prior_overlap(np.arange(100.0), np.arange(1000.0, 1100.0))
        0.0
    """
    edges = np.quantile(np.concatenate([posterior, prior]), np.linspace(0, 1, BINS + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    shares = [np.histogram(draws, edges)[0] / len(draws) for draws in (posterior, prior)]
    return float(np.minimum(*shares).sum())


def judge_strength(
    found: Strength, robust_set: AndersonRubin | None, overlap: float | None, treatment: str
) -> bi.Finding:
    """Judges whether the instruments move the treatment enough to learn an effect from.

    Fails where the Anderson-Rubin set is unbounded: then no effect, however large, is excluded, and
    the width of the posterior is the prior's.

    Args:
        found: F of the first stage.
        robust_set: The Anderson-Rubin set; None with several treatments.
        overlap: See `prior_overlap`; None where there is no prior alone.
        treatment: The treatment's column.
    """
    told = (
        f"First stage: F = {found.f:.2f} (effective F {found.effective:.2f}); the instruments "
        f"explain {100 * found.share:.2g}% of the variation of {treatment}."
    )
    evidence = {"f": found.f, "effective_f": found.effective, "share": found.share}
    if overlap is not None:
        told = f"{told} Prior and posterior overlap by {100 * overlap:.0f}%."
        evidence["overlap"] = overlap
    bounds = "" if robust_set is None else f" {robust_set.sentence()}"
    unbounded = found.f < 3.84 if robust_set is None else not robust_set.bounded
    if unbounded or (overlap is not None and overlap > ALIKE and found.effective < WEAK):
        return bi.Finding(
            f"The instruments are too weak to say anything about the effect. {told}{bounds}",
            "bad",
            "weak-instrument",
            evidence,
            "Report the reduced form, or find an instrument that moves the treatment more.",
        )
    if min(found.f, found.effective) < WEAK:
        return bi.Finding(
            f"The instruments are weak. {told}",
            "warning",
            "weak-instrument",
            evidence,
            "Read the interval and the Anderson-Rubin set, not the mean.",
        )
    return bi.Finding(told, "good", "weak-instrument", evidence)


def judge_agreement(statistic: float, tail: float, spare: int, direct: float) -> bi.Finding | None:
    """Judges whether several instruments agree on one effect.

    Args:
        statistic: Sargan's.
        tail: Its tail probability.
        spare: How many instruments there are beyond those needed.
        direct: Posterior median of the root mean square of what instruments do to the outcome
            beyond the treatment, in sd of the outcome.
    """
    if not spare:
        return None
    told = (
        f"Sargan's statistic is {statistic:.2f} with {spare} degrees of freedom (p = {tail:.2g}); "
        f"what the instruments do to the outcome beyond the treatment has a posterior median of "
        f"{direct:.2g} sd of the outcome. Instruments that are wrong alike agree, too."
    )
    evidence = {"sargan": statistic, "p": tail, "direct": direct}
    if tail >= 0.05:
        return bi.Finding(f"The instruments agree. {told}", "good", "overidentification", evidence)
    return bi.Finding(
        f"The instruments disagree. {told}",
        "warning",
        "overidentification",
        evidence,
        "Some touch the outcome directly, or move people whose effects differ; estimate with each.",
    )


def judge_set(robust_set: AndersonRubin) -> bi.Finding:
    """Tells the Anderson-Rubin set, which stands beside the posterior."""
    empty = robust_set.shape == "empty"
    return bi.Finding(
        f"{robust_set.sentence()} It needs no prior and holds however weak the instruments are, if "
        "the noise is equal in all rows (unequal-noise).",
        "warning" if empty else "note",
        "anderson-rubin",
        {
            name: value
            for name, value in (("lower", robust_set.lower), ("upper", robust_set.upper))
            if np.isfinite(value)
        },
        "An empty set says that the model is wrong: exclusion, or one effect for all."
        if empty
        else "Where it and the credible interval differ, the prior speaks.",
    )


def judge_exclusion(
    reduced: np.ndarray, instrument: str, outcome: str, spread: float
) -> bi.Finding:
    """Says how large a direct effect of the instrument would explain the answer away.

    Args:
        reduced: Draws of what the instrument does to the outcome in all.
        instrument: The instrument.
        outcome: The outcome's column.
        spread: The outcome's standard deviation.
    """
    middle = float(np.median(reduced))
    lower, upper = (float(limit) for limit in np.quantile(reduced, [0.025, 0.975]))
    nearest = 0.0 if lower <= 0 <= upper else lower if lower > 0 else upper
    rest = (
        "the interval holds no effect as it is"
        if nearest == 0
        else f"{nearest:.3g} would bring the 95% interval to zero"
    )
    return bi.Finding(
        f"A direct effect of {instrument} on {outcome} of {middle:.3g} per unit "
        f"({middle / spread:.2g} sd) would explain the answer away; {rest}.",
        "note",
        "exclusion",
        {"direct": middle, "limit": nearest},
        "causal.instruments.plausibly_exogenous puts a prior on it.",
    )


def judge_least_squares(draws: np.ndarray, estimate: float) -> bi.Finding:
    """Sets the answer beside the one that takes the treatment for as good as random."""
    above = float((draws > estimate).mean())
    return bi.Finding(
        f"Least squares, which takes the treatment for as good as random given the covariates, "
        f"says {estimate:.4g}; the effect is above that with probability {above:.2f}.",
        "note",
        "least-squares",
        {"least_squares": estimate, "above": above},
        "A difference is bias of least squares, or effects that differ between people.",
    )

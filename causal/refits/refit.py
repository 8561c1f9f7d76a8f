"""Runs a study again under many changes, as one fleet wherever its model allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import bayesinf as bi
from causal.answer import Computation
from causal.arms import ArmStudy
from causal.estimate import Estimate
from causal.refits.arms import change_arms, read_arms, refuses_fleet
from causal.refits.change import Change, apply_change, contrast_of
from causal.refits.linear import linear_effect
from causal.refits.logistic import logistic_effect
from causal.refits.refits import Refits

DRAWS = 400
"""Draws of a refit that is run by itself: mean and sd to about 5 % of the sd."""


def refit(estimate: Estimate, changes: Sequence[Change], streams: bi.Streams) -> Refits:
    """Computes the effect again under each change.

    Gaussian outcome models are refitted in closed form, logistic ones by their modes, all on the
    study's own columns, priors and coding; everything else is run again in full, with few draws.

    Args:
        estimate: What was answered.
        changes: What each refit does otherwise; at least two.
        streams: Random streams of the refits that need draws.

    Returns:
        The refits that could be made, and why the others could not.

    Raises:
        ModelError: The study does not compare rows of two arms, or nearly all refits failed.
    """
    study = estimate.study
    if not isinstance(study, ArmStudy):
        raise bi.ModelError(
            f"The study '{study.name}' does not compare rows of two arms.",
            code="no-contrast",
            hint="Use the checks of the study itself.",
        )
    effect, method = choose_effect(estimate, study, streams)
    results = [attempt(effect, change) for change in changes]
    failed = {
        change.label: result
        for change, result in zip(changes, results, strict=True)
        if isinstance(result, str)
    }
    done = [
        (change.label, result)
        for change, result in zip(changes, results, strict=True)
        if not isinstance(result, str)
    ]
    if len(done) < max(1, len(changes) // 2):
        reason = next(iter(failed.values()))
        raise bi.ModelError(
            f"{len(failed)} of {len(changes)} refits could not be made. {reason}",
            code="refits-failed",
            hint="Look at the columns that the change leaves without variation.",
        )
    numbers = np.array([result for _, result in done])
    labels = tuple(label for label, _ in done)
    return Refits(labels, numbers[:, 0], numbers[:, 1], method, failed)


type Effect = Callable[[Change], tuple[float, float]]


def choose_effect(estimate: Estimate, study: ArmStudy, streams: bi.Streams) -> tuple[Effect, str]:
    """Chooses how refits are computed.

    Returns:
        A function from a change to mean and sd of the effect, and a sentence on it.
    """
    answer = estimate.answer
    fit = answer.prediction
    refusal = refuses_fleet(study, answer)
    if refusal is None and isinstance(fit, bi.Fit):
        family, link = fit.model.family.name, fit.model.family.link.name
        if (family, link) == ("gaussian", "identity"):
            arms, prior = read_arms(fit.model, contrast_of(answer)), fit.model.priors["sigma"]
            scale = float(arms.response.std(ddof=1))

            def closed(change: Change) -> tuple[float, float]:
                rows = change_arms(arms, study, change, scale)
                return linear_effect(rows, lambda sigma: np.asarray(prior.log_density(sigma)))

            return closed, "Refits in closed form, with the study's own model and priors."
        if (family, link) == ("bernoulli", "logit"):
            rows = read_arms(fit.model, contrast_of(answer))

            def modes(change: Change) -> tuple[float, float]:
                return logistic_effect(change_arms(rows, study, change, 1.0))

            return modes, "Refits by their posterior modes, with the study's own model and priors."
        refusal = f"the outcome is {family} with the link {link}"

    def again(change: Change) -> tuple[float, float]:
        return run_again(estimate, study, change, streams)

    return again, f"Each refit was run by itself with {DRAWS} draws, because {refusal}."


def attempt(effect: Effect, change: Change) -> tuple[float, float] | str:
    """Computes one refit, or says in a sentence why it cannot be computed."""
    try:
        mean, sd = effect(change)
    except bi.BayesinfError as problem:
        return str(problem)
    except np.linalg.LinAlgError:
        return "A coefficient is not determined by the rows of this refit."
    if not (np.isfinite(mean) and np.isfinite(sd)):
        return "The effect of this refit is not a finite number."
    return mean, sd


def run_again(
    estimate: Estimate, study: ArmStudy, change: Change, streams: bi.Streams
) -> tuple[float, float]:
    """Runs the whole study under one change, with few draws.

    Args:
        estimate: What was answered.
        study: The study of the estimate.
        change: What is to be different.
        streams: Random streams.

    Returns:
        Posterior mean and standard deviation of the effect.
    """
    changed, table = apply_change(estimate, study, change)
    seed = streams.integer("refit", str(change.label))
    computation = Computation(estimate.computation.engine, DRAWS, seed)
    draws = changed.answer(table, computation).draws
    return float(draws.mean()), float(draws.std(ddof=1))

"""Draws follow new rows: importance weights from their likelihood, a guard, and resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.errors import RefitNeeded
from bayesinf.model.model import Model
from bayesinf.model.pointwise import log_likelihood_at, row_stretches
from bayesinf.numerics.diagnostics import ess_bulk
from bayesinf.numerics.pareto import psis
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior

LARGEST_K_HAT = 0.7
"""Above it importance weights cannot be used; Vehtari et al. (2024), section 3.2.4."""

LEAST_EFFECTIVE = 400
"""k-hat warns late: a logistic model with as many new rows as old ones still had k-hat 0.57 when
127 effective draws had put its means 0.2 sd off. 400 keep the error of a mean below 0.05 sd."""

REFIT = "Fit again on all rows: bi.fit(fit.model, all_rows) keeps the priors of the first fit."


@dataclass(frozen=True, eq=False)
class Reweighted:
    """Where the draws move when new rows arrive.

    Attributes:
        index: Shape (chain, draw). Which of the present draws each new one copies.
        source: Shape (chain, draw). Which draw of the original fit each new one copies.
        k_hat: How heavy the tail of the weights is.
        effective: How many independent draws the new ones are worth.
    """

    index: np.ndarray
    source: np.ndarray
    k_hat: float
    effective: float


def reweight(posterior: Posterior, new: Model) -> Reweighted:
    """Weighs draws by the likelihood of new rows, and chooses which to keep and how often.

    A draw that an earlier update copied counts once, with the weight of its copies together: so a
    chain of updates is judged as if all its rows had come at once.

    Args:
        posterior: Before the rows.
        new: The same model of the new rows.

    Returns:
        The draws to keep, by systematic resampling in the order of the fit.

    Raises:
        RefitNeeded: With k-hat and effective draws, where the guard refuses.
    """
    log_ratios = new_log_likelihood(posterior, new)
    _refuse_impossible(log_ratios)
    shape, total = posterior.values.shape, posterior.values.count
    before = posterior.statistics.get("source_draw", np.arange(total)).reshape(-1)
    source, first, copies = np.unique(before, return_index=True, return_counts=True)
    smoothed, k_hat = psis(log_ratios[first] + np.log(copies))
    weights = np.exp(smoothed)
    worth = effective_draws(weights, copies, log_ratios.reshape(shape))
    if not (k_hat < LARGEST_K_HAT and worth >= LEAST_EFFECTIVE):
        raise _too_far(len(new.design.response), float(k_hat), worth, total)
    updates = str(len(posterior.provenance.history))
    generator = Streams(posterior.provenance.seed).generator("update", updates)
    chosen = resample(weights, total, generator).reshape(shape)
    return Reweighted(first[chosen], source[chosen], float(k_hat), worth)


def new_log_likelihood(posterior: Posterior, new: Model) -> np.ndarray:
    """The log likelihood of all new rows together at each draw, shape (chain * draw,)."""
    values, design = posterior.values, new.design
    coefficients, parameters, *effects = (
        array.reshape(values.count, *array.shape[2:])
        for array in (values.coefficients, values.parameters, *values.effects)
    )
    total = np.zeros(values.count)
    for rows in row_stretches(len(design.response), values.count):
        found = log_likelihood_at(
            new,
            design.rows.take(rows),
            design.response[rows],
            coefficients,
            parameters,
            tuple(effects),
        )
        if design.weights is not None:
            counted = design.weights[rows] > 0
            found = found[:, counted] * design.weights[rows][counted]
        total += found.sum(axis=1)
    return total


def effective_draws(weights: np.ndarray, copies: np.ndarray, log_ratios: np.ndarray) -> float:
    """How many independent draws weighted draws are worth.

    The smaller of two counts: Kish's, of the distinct draws; and Kish's of all draws times the
    efficiency of the chains that they come from.

    Args:
        weights: Shape (distinct,), summing to one.
        copies: Shape (distinct,). How often each occurs among the draws.
        log_ratios: Shape (chain, draw), whose autocorrelation tells the chains' efficiency.

    Source:
        Vehtari, Gelman and Gabry (2017), Statistics and Computing 27, section 2.3 (relative
        efficiency of correlated draws).
    """
    distinct = 1.0 / float(weights @ weights)
    everything = 1.0 / float(weights @ (weights / copies))
    found = float(ess_bulk(log_ratios)) / log_ratios.size
    # Equal ratios have no autocorrelation to measure, and leave the draws as they were.
    efficiency = 1.0 if np.isnan(found) and np.ptp(log_ratios) == 0.0 else min(found, 1.0)
    return float(np.nan_to_num(min(distinct, everything * efficiency), nan=0.0))


def resample(weights: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Chooses draws in proportion to their weights, each expected number missed by less than one.

    Args:
        weights: Shape (n,), summing to one.
        count: How many to choose.
        generator: Gives the one uniform number that is needed.

    Returns:
        Positions, shape (count,), ascending.

    Source:
        Systematic resampling: Kitagawa (1996), JCGS 5(1), appendix.
    """
    edges = np.cumsum(weights)
    points = (np.arange(count) + generator.random()) / count * edges[-1]
    return np.minimum(np.searchsorted(edges, points, side="right"), len(weights) - 1)


def _refuse_impossible(log_ratios: np.ndarray) -> None:
    if np.isnan(log_ratios).any() or not np.isfinite(log_ratios).any():
        raise RefitNeeded(
            "The new rows have no likelihood, or none that is a number, at the draws of this "
            "posterior, so they cannot be reweighted (k-hat inf, 0 effective draws).",
            code="refit-needed",
            hint=REFIT,
        )


def _too_far(rows: int, k_hat: float, worth: float, total: int) -> RefitNeeded:
    moved = "row moves" if rows == 1 else "rows move"
    few = "" if total >= LEAST_EFFECTIVE else " The fit itself kept fewer draws than that."
    return RefitNeeded(
        f"{rows} new {moved} the posterior too far to reweight: k-hat {k_hat:.2f} (must be below "
        f"{LARGEST_K_HAT}), {worth:.0f} effective draws of {total} (need {LEAST_EFFECTIVE}).{few}",
        code="refit-needed",
        hint=REFIT,
    )

"""Effects judged by outcomes: doubly robust scores, refits on folds, and their bootstrap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate, run
from causal.findings.assignment import codes_of, means_by
from causal.policy.effects import compared_rows, row_effects, row_outcomes
from causal.studies import Experiment

BLOCK = 2**21
"""Numbers of one block of bootstrap weights: 16 MB."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What rows say about a model that never saw them.

    Attributes:
        effects: (row,) posterior mean effects by the fit to the other folds.
        scores: (row,) doubly robust scores with outcome models of the other folds.
        folds: (row,) the fold of each row.
        fits: One estimate per fold, fitted to the other folds.
    """

    effects: np.ndarray
    scores: np.ndarray
    folds: np.ndarray
    fits: tuple[Estimate, ...]


def doubly_robust(
    outcome: np.ndarray,
    received: np.ndarray,
    chances: np.ndarray,
    control: np.ndarray,
    treated: np.ndarray,
) -> np.ndarray:
    """Turns outcomes into noisy effects whose average is right if either model is.

    Args:
        outcome: (row,) numbers.
        received: (row,) booleans.
        chances: (row,) chances of treatment, between 0 and 1.
        control: (row,) expected outcomes without treatment.
        treated: (row,) expected outcomes with it.

    Source:
        Robins, Rotnitzky and Zhao (1994), JASA 89; as scores: Athey and Wager (2021), Policy
        learning with observational data, Econometrica 89, equation 8.

    Example:
        >>> one = np.ones(1)
        >>> doubly_robust(3 * one, one > 0, 0.5 * one, 0 * one, 2 * one)
        array([4.])
    """
    expected = np.where(received, treated, control)
    lean = (received - chances) / (chances * (1 - chances))
    return treated - control + lean * (outcome - expected)


def scores(estimate: Estimate, chances: object = None) -> np.ndarray:
    """Gives the doubly robust score of each row that the estimate compared.

    The outcome models are posterior means of the same rows, which `hold_out` avoids.

    Args:
        estimate: With an outcome model, or with effects over "row".
        chances: Of treatment: a number, or one per row. None takes those of an experiment: the
            treated share, block by block.

    Returns:
        (row,) scores.

    Raises:
        ModelError: Nothing is known about the chances, or about effects of rows.
        DataError: A chance is not between 0 and 1.
    """
    contrast = estimate.answer.contrast
    known = known_chances(estimate, chances)
    assert contrast is not None
    outcome, received = outcome_numbers(estimate), contrast.received
    if isinstance(estimate.prediction, bi.Fit):
        low, high = (arm.mean(axis=(0, 1)) for arm in row_outcomes(estimate))
    else:
        # With known chances any expected outcomes will do: a mean, moved by the effects.
        effects = row_effects(estimate).mean(axis=(0, 1))
        low = np.full(len(outcome), np.mean(outcome - effects * received))
        high = low + effects
    return doubly_robust(outcome, received, known, low, high)


def known_chances(estimate: Estimate, chances: object = None) -> np.ndarray:
    """(row,) chances of treatment: those given, or those of an experiment's blocks.

    Raises:
        ModelError: None are given and the study is no experiment.
        DataError: A chance is not between 0 and 1, or there is another number of them.
    """
    contrast, study = estimate.answer.contrast, estimate.study
    if contrast is None or (chances is None and not isinstance(study, Experiment)):
        raise bi.ModelError(
            "Outcomes can judge a rule only where the chances of treatment are known, and this is "
            "no experiment.",
            code="unknown-chances",
            hint="Give chances=, one per row compared, for example from a propensity model.",
        )
    size = contrast.table.n
    if chances is None:
        blocks = study.blocks if isinstance(study, Experiment) else None
        codes = (
            np.zeros(size, dtype=int)
            if blocks is None
            else codes_of(contrast.table.columns[blocks])
        )
        found = means_by(contrast.received.astype(float), codes)[codes]
    else:
        found = np.asarray(chances, dtype=float)
        if found.ndim == 0:
            found = np.full(size, float(found))
    if found.shape != (size,) or not ((found > 0) & (found < 1)).all():
        raise bi.DataError(
            f"There has to be one chance of treatment, above 0 and below 1, for each of the {size} "
            "rows compared.",
            code="bad-chances",
            hint="Leave out blocks in which everybody, or nobody, was treated.",
        )
    return found


def outcome_numbers(estimate: Estimate) -> np.ndarray:
    """(row,) outcomes as the outcome model counts them: 1 and 0 for two levels."""
    fit, contrast = estimate.prediction, estimate.answer.contrast
    assert contrast is not None
    if isinstance(fit, bi.Fit) and len(fit.model.design.response) == contrast.table.n:
        return np.asarray(fit.model.design.response, dtype=float)
    return contrast.table.columns[estimate.study.outcome].astype(float)


def hold_out(estimate: Estimate, folds: int = 5, chances: object = None, seed: int = 0) -> HeldOut:
    """Refits the estimate without each fold in turn, and predicts the rows left out.

    Args:
        estimate: With an outcome model.
        folds: How many; rows of one cluster of an experiment stay together.
        chances: Of treatment, as in `scores`.
        seed: Decides the folds.

    Raises:
        ModelError: As in `scores`.

    Source:
        Chernozhukov et al. (2018), Double/debiased machine learning, Econometrics Journal 21,
        definition 3.1 (cross-fitting).

    Example:
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> estimate = run(made.study, made.frame, Computation(draws=400, seed=1))
        >>> len(hold_out(estimate, folds=2).fits)
        2
    """
    contrast = estimate.answer.contrast
    known = known_chances(estimate, chances)
    assert contrast is not None
    table = contrast.table
    rng = np.random.default_rng(seed)
    groups = clusters_of(estimate)
    fold = (rng.permutation(int(groups.max()) + 1) % folds)[groups]
    whole = whole_rows(estimate)
    effects, low, high = (np.empty(table.n) for _ in range(3))
    fits = []
    for number in range(folds):
        out = fold == number
        fits.append(run(estimate.study, whole.take(~out), estimate.computation))
        controls, treated = row_outcomes(fits[-1], whole.take(out))
        low[out], high[out] = controls.mean(axis=(0, 1)), treated.mean(axis=(0, 1))
        effects[out] = row_effects(fits[-1], whole.take(out)).mean(axis=(0, 1))
    judged = doubly_robust(outcome_numbers(estimate), contrast.received, known, low, high)
    return HeldOut(effects, judged, fold, tuple(fits))


def whole_rows(estimate: Estimate) -> bi.Table:
    """The rows compared, with the columns that the study reads, as the user gave them."""
    return compared_rows(estimate, estimate.study.columns)


def clusters_of(estimate: Estimate) -> np.ndarray:
    """(row,) what was assigned together, as 0, 1, ...; the row's number without clusters."""
    contrast, study = estimate.answer.contrast, estimate.study
    assert contrast is not None
    if isinstance(study, Experiment) and study.clusters is not None:
        return codes_of(contrast.table.columns[study.clusters])
    return np.arange(contrast.table.n)


def bootstrap_weights(
    rng: np.random.Generator, draws: int, clusters: np.ndarray
) -> Iterator[np.ndarray]:
    """Yields blocks of (draw, row) weights that sum to one: the Bayesian bootstrap.

    Args:
        rng: Decides the weights.
        draws: How many in all.
        clusters: (row,) rows of one cluster share a weight.

    Source:
        Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9.
    """
    step = max(1, BLOCK // len(clusters))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        weights = rng.standard_exponential((size, int(clusters.max()) + 1))[:, clusters]
        yield weights / weights.sum(axis=1, keepdims=True)


def bootstrap_mean(
    values: np.ndarray, clusters: np.ndarray, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """(draw,) quasi-posterior draws of a mean.

    Args:
        values: (row,) numbers.
        clusters: (row,) rows of one cluster share a weight.
        rng: Decides the weights.
        draws: How many.
    """
    return np.concatenate([weights @ values for weights in bootstrap_weights(rng, draws, clusters)])

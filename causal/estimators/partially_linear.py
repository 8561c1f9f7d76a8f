"""Double machine learning's partially linear model: what is left of outcome and treatment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, override

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.bootstrap.bootstrap import METHOD, Bootstrap, Statistic, run_bootstrap
from causal.bootstrap.nuisance import fit_linear
from causal.bootstrap.propensity import (
    Arms,
    Propensity,
    fit_propensity,
    read_arms,
    refuse_groups,
)
from causal.bootstrap.weights import judge_propensity, judge_rows, judge_smooth
from causal.comparison import Comparison
from causal.estimand import ATE, ATO
from causal.estimator import Estimator
from causal.treatment import Contrast

SPLITS = 20
"""Random splits that the estimate of unweighted rows is averaged over, where rows are split."""

LEAST_ROWS = 4
"""Rows of each arm in each fold below which nuisances are not fitted; a convention."""

FEWEST = 0.02
"""Share of the treatment's variance that adjustment must leave, below which little is compared."""


@bi.checked_class
@dataclass(frozen=True)
class PartiallyLinear(Estimator):
    """Regresses what is left of the outcome on what is left of the treatment, after adjustment.

    Double machine learning for a partially linear model: both nuisances are linear regressions
    (logistic for the treatment) on the terms that are adjusted for, fitted to other rows than
    those that they predict. Each draw has its own random split, so its choice is part of the
    uncertainty. Where effects differ between rows it averages them by e(x) (1 - e(x)), so it
    answers for the effect where the arms overlap, and for no other average.

    Attributes:
        terms: Terms of both nuisances; None takes those of the default treatment's model.
        folds: Parts that the rows are split into; 1 fits and predicts the same rows, which will do
            for few terms and many rows. More parts waste fewer rows, and cost as much more.

    Source:
        Chernozhukov et al. (2018), Double/debiased machine learning, Econometrics Journal 21,
        equation 4.4; Robinson (1988), Econometrica 56.
    """

    terms: tuple[str, ...] | None = None
    folds: int = 2

    name: ClassVar[str] = "partially_linear"

    @override
    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses everything but the average effect where the arms overlap."""
        if not isinstance(comparison.estimand, ATO):
            return (
                "The partially linear model averages the rows' effects by e(x) (1 - e(x)): it "
                f"answers for causal.ATO(), not for {comparison.estimand!r}. Ask for causal.ATO(), "
                "or take causal.AIPW()."
            )
        return refuse_groups(comparison)

    @override
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Refits both nuisances for each draw of the rows' weights."""
        import pandas as pd

        check_folds(replace(comparison, estimand=ATE()).contrast(), self.folds)
        arms = read_arms(comparison, self.terms)
        propensity = fit_propensity(arms)
        seed = bi.streams_of(computation.seed).seed
        statistic = self.statistic(propensity, seed)
        found = run_bootstrap(statistic, len(arms.codes), computation.draws, seed)
        repeated = np.ones((SPLITS if self.folds > 1 else 1, len(arms.codes)))
        point = float(statistic(repeated)[0][:, 0].mean())
        unit = propensity.unit.chances(arms.basis.matrix)[:, 0]
        split = f", fitted to other rows than they predict ({self.folds} folds)"
        return Answer(
            found.draws[..., 0],
            f"By a partially linear model (double machine learning) of {len(arms.codes)} rows: "
            f"outcome and {arms.treatment} regressed on {' + '.join(arms.terms) or 'nothing'}"
            f"{split if self.folds > 1 else ''}. Where effects differ between rows, it "
            f"averages them by e(x) (1 - e(x)). {METHOD} With all rows weighing alike it gives "
            f"{point:.5g}.",
            contrast=arms.contrast(unit),
            tables={
                "point": pd.DataFrame(
                    {"estimate": [point]}, pd.Index([arms.estimand.name], name="estimand")
                )
            },
            findings=(
                judge_leftover(arms, found),
                *judge_propensity(propensity),
                *judge_smooth(found.smooth),
                *judge_rows(comparison.frame, arms),
            ),
            basis="quasi-posterior",
            seed=seed,
        )

    def statistic(self, propensity: Propensity, seed: int) -> Statistic:
        """The slope, and the variance left of the treatment, as a function of row weights."""
        arms = propensity.arms
        rng = bi.Streams(seed).generator("folds")
        matrix, treated = arms.basis.matrix, arms.had.astype(float)

        def compute(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            fold = split_rows(rng, arms.codes, len(weights), self.folds)
            outcome, chance = np.empty(weights.shape), np.empty(weights.shape)
            well = np.ones(len(weights), dtype=bool)
            for part in range(self.folds):
                held = (fold == part) & (self.folds > 1)
                others = np.where(held, 0.0, weights)
                others /= others.mean(axis=1, keepdims=True)
                chances, smooth = propensity.fit(others)
                fitted = fit_linear(matrix, arms.outcome, others) @ matrix.T
                mask = held if self.folds > 1 else np.ones_like(held)
                outcome[mask], chance[mask] = fitted[mask], chances[1][mask]
                well &= smooth
            left = treated - chance
            spread = (weights * left * left).sum(axis=1)
            slope = (weights * left * (arms.outcome - outcome)).sum(axis=1) / spread
            return np.stack([slope, spread / weights.sum(axis=1)], axis=-1), well

        return compute


def split_rows(rng: np.random.Generator, codes: np.ndarray, draws: int, folds: int) -> np.ndarray:
    """Splits the rows of each arm evenly and at random, anew for each draw.

    Returns:
        (draw, row) which of the folds a row is in.

    Example:
        >>> found = split_rows(np.random.default_rng(1), np.array([0, 0, 1, 1]), 3, 2)
        >>> (found[:, :2].sum(axis=1) == 1).all() and (found[:, 2:].sum(axis=1) == 1).all()
        np.True_
    """
    fold = np.empty((draws, len(codes)), dtype=int)
    for level in np.unique(codes):
        rows = np.flatnonzero(codes == level)
        fold[:, rows] = rng.permuted(np.tile(np.arange(len(rows)) % folds, (draws, 1)), axis=1)
    return fold


def check_folds(contrast: Contrast, folds: int) -> None:
    """Refuses arms that are too small to be split.

    Raises:
        ModelError: There are fewer than one fold.
        DataError: An arm has fewer than `LEAST_ROWS` rows per fold.
    """
    if folds < 1:
        raise bi.ModelError(
            f"Rows are split into one fold or more, and not into {folds}.",
            code="folds",
            hint="Write causal.PartiallyLinear(folds=2).",
        )
    treated, control = contrast.counts()
    if min(treated, control) >= LEAST_ROWS * folds:
        return
    few = contrast.received if treated < control else ~contrast.received
    rows = contrast.table.as_read(np.flatnonzero(few))
    name = contrast.treatment.column
    level = contrast.treatment.treated if treated < control else contrast.treatment.control
    raise bi.DataError(
        f"Only {len(rows)} rows have '{name}' = {level!r} ({bi.name_rows(rows)}); the "
        f"partially linear model needs {LEAST_ROWS} rows of each arm in each of its {folds} "
        f"fold{'s' * (folds > 1)}.",
        code="small-arm",
        column=name,
        rows=rows,
        hint="Take fewer folds, or standardisation, whose priors serve for few rows.",
    )


def judge_leftover(arms: Arms, found: Bootstrap) -> bi.Finding:
    """Says how much of the treatment's variance is left to compare after adjustment."""
    whole = float(np.var(arms.had))
    share = float(found.draws[..., 1].mean()) / whole
    return bi.Finding(
        f"After adjustment {share:.0%} of the variance of {arms.treatment} is left to compare.",
        "good" if share > 10 * FEWEST else "warning" if share > FEWEST else "bad",
        "treatment-left",
        {"share": share},
        ""
        if share > 10 * FEWEST
        else "The arms hardly overlap: leave out rows without counterparts.",
    )

"""How far a method errs, learned from donors that pretend to be treated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from causal.synthetic.donors import Block, Counterfactual, Method

MOST = 100
"""Placebo refits; more donors than this are sampled."""

GRID = np.linspace(0.0, 1.0, 101)
"""Shares of an error's variance that go with the misfit before treatment."""


@dataclass(frozen=True, eq=False)
class Placebos:
    """What a method makes of donors that were never treated: each of its gaps is an error.

    Attributes:
        rows: (placebo, pretender) which donors pretend.
        gaps: (placebo, time) outcome less what the other donors say it would be.
        misfits: (placebo,) root mean square of the gaps before.
        before: How many times come before.
        independent: How many placebos share no pretender.
    """

    rows: np.ndarray
    gaps: np.ndarray
    misfits: np.ndarray
    before: int
    independent: int

    @property
    def effects(self) -> np.ndarray:
        """(placebo,) average gaps after; the true effect is zero in each."""
        return self.gaps[:, self.before :].mean(axis=1)

    @property
    def ratios(self) -> np.ndarray:
        """(placebo,) root mean square gaps after, over those before."""
        after = np.sqrt(np.mean(self.gaps[:, self.before :] ** 2, axis=1))
        return after / np.maximum(self.misfits, 1e-12 * after.max())


def refit_placebos(method: Method, block: Block, rng: np.random.Generator) -> Placebos:
    """Lets donors pretend to be treated, one after the other, and fits each.

    Args:
        method: How donors are weighed.
        block: The real block; its treated row is left out, since it may be affected.
        rng: Chooses pretenders where not every donor takes its turn.

    Returns:
        One placebo per donor; where the treated row is an average of several units, or there are
        more than 100 donors, 100 random groups of as many donors.

    Source:
        Abadie, Diamond and Hainmueller (2010), section 3.4; Arkhangelsky et al. (2021), algorithm
        4, for several treated units.
    """
    total = len(block.donors)
    if block.count == 1:
        rows = np.arange(total)[:, None]
        if total > MOST:
            rows = np.sort(rng.permutation(total)[:MOST])[:, None]
    else:
        rows = np.stack([rng.permutation(total)[: block.count] for _ in range(MOST)])
    fits = [method.fit(block.placebo(row)) for row in rows]
    return Placebos(
        rows,
        np.stack([fit.gaps for fit in fits]),
        np.array([fit.misfit for fit in fits]),
        block.before,
        min(len(rows), total // block.count),
    )


@dataclass(frozen=True, eq=False)
class Errors:
    """The posterior of how far the method errs for the treated unit.

    Attributes:
        paths: (draw, time) draws of the error at each time.
        share: Posterior mean of the share of the errors' variance that goes with the misfit.
        scale: Posterior mean of the standard deviation of the average error after.
    """

    paths: np.ndarray
    share: float
    scale: float


def draw_errors(placebos: Placebos, misfit: float, rng: np.random.Generator, draws: int) -> Errors:
    """Draws the error that the method makes for the treated unit.

    The average errors of the placebos and of the treated unit are independent Gaussian with mean
    zero and variances s (1 - p + p m**2), m the unit's own misfit before treatment over the
    placebos' root mean square misfit: part of an error is what no fit could have foreseen, part
    goes with how badly the unit was fitted. With priors 1/s on s and uniform on p, p is integrated
    over a grid and s has a scaled inverse chi-square posterior. Paths of errors are random Gaussian
    combinations of the placebos' own gaps, so they keep the placebos' pattern over time.

    The placebos' errors hold everything: weights that were estimated, shocks after, a unit that is
    no mixture of others. So nothing of the method's own uncertainty is added to them.

    Args:
        placebos: The refits.
        misfit: Root mean square gap of the treated unit before.
        rng: Decides the draws.
        draws: How many.

    Returns:
        The draws. The average over the times after is Student-t with as many degrees of freedom as
        there are independent placebos.

    Source:
        Abadie, Diamond and Hainmueller (2010) for placebos in space, scaled by their fit before;
        Arkhangelsky et al. (2021), section 5, for a Gaussian of the placebos' variance. The share p
        and its posterior are this library's.
    """
    typical = np.mean(placebos.misfits**2)
    relative = placebos.misfits**2 / typical if typical > 0 else np.ones_like(placebos.misfits)
    own = misfit**2 / typical if typical > 0 else 1.0
    variances = 1 - GRID[:, None] + GRID[:, None] * relative
    # A misfit of zero would make a unit's error certain at p = 1; no error is.
    variances = np.maximum(variances, 1e-3)
    owns = np.maximum(1 - GRID + GRID * own, 1e-3)
    freedom, count = placebos.independent, len(placebos.misfits)
    scatter = np.maximum(np.mean(placebos.effects**2 / variances, axis=1), 1e-300)
    logs = -freedom / 2 * (np.log(variances).mean(axis=1) + np.log(scatter))
    chances = np.exp(logs - np.asarray(logsumexp(logs)))
    chosen = rng.choice(len(GRID), size=draws, p=chances)
    mixing = rng.standard_normal((draws, count)) / np.sqrt(variances[chosen] * count)
    widths = np.sqrt(owns[chosen] * freedom / rng.chisquare(freedom, draws))
    return Errors(
        widths[:, None] * (mixing @ placebos.gaps),
        float(chances @ GRID),
        float(chances @ np.sqrt(owns * scatter)),
    )


def rank_in_space(placebos: Placebos, fit: Counterfactual) -> float:
    """The share of units, the treated one among them, with as large a gap after for its misfit.

    Args:
        placebos: The refits.
        fit: The treated unit's own.

    Returns:
        The p-value of the permutation test; never below one over the number of units.

    Source:
        Abadie, Diamond and Hainmueller (2010), section 3.4.
    """
    after = np.sqrt(np.mean(fit.gaps[fit.block.before :] ** 2))
    own = after / max(fit.misfit, 1e-12 * after)
    return float((1 + np.count_nonzero(placebos.ratios >= own)) / (1 + len(placebos.ratios)))

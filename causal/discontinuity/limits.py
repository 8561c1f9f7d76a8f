"""The posterior of the limits at a cutoff, by an exact local regression on each side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.discontinuity.curve import Curve
from causal.discontinuity.local_polynomial import powers

ROUNDING = 1e-24
"""Share of its squared mean below which an outcome's variance is rounding error."""

PLACES = 51
"""Places at which the curve is kept, for pictures."""


@dataclass(frozen=True, eq=False)
class Limit:
    """The posterior of the limit of outcomes from one side: multivariate t, one for each bend.

    Attributes:
        weights: (bend,) posterior probabilities of the bends.
        centre: (bend, outcome) posterior means.
        noise: (bend, outcome, outcome) scales of the noise's inverse-Wishart.
        factor: (bend,) the limit's variance in units of the noise's.
        degrees: The inverse-Wishart's degrees of freedom.
        rows: How many rows the window holds.
        path: (place, outcome) posterior mean of the curve, from the cutoff to the window's edge.
        reach: The distance of the farthest row used.
    """

    weights: np.ndarray
    centre: np.ndarray
    noise: np.ndarray
    factor: np.ndarray
    degrees: float
    rows: int
    path: np.ndarray
    reach: float

    @property
    def mean(self) -> np.ndarray:
        """(outcome,) posterior means."""
        return self.weights @ self.centre

    @property
    def variance(self) -> np.ndarray:
        """(outcome, outcome) posterior variances, at least two degrees of freedom assumed."""
        slack = max(self.degrees - self.centre.shape[1] - 1, 1.0)
        within = np.einsum("b,b,bij->ij", self.weights, self.factor, self.noise) / slack
        away = self.centre - self.mean
        return within + np.einsum("b,bi,bj->ij", self.weights, away, away)

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draws limits, independent of each other.

        Args:
            rng: Decides the draws.
            size: How many.

        Returns:
            (size, outcome) draws.
        """
        chosen = rng.choice(len(self.weights), size, p=self.weights)
        count = self.centre.shape[1]
        values, vectors = np.linalg.eigh(self.noise)
        # A root by eigenvectors: an outcome without noise (nobody treated) has none to invert.
        roots = vectors * np.sqrt(np.clip(values, 0.0, None))[:, None, :]
        # Bartlett (1933): the inverse-Wishart's root is that of the noise times an inverse one.
        lower = np.tril(rng.normal(size=(size, count, count)), -1)
        for place in range(count):
            lower[:, place, place] = np.sqrt(rng.chisquare(self.degrees - place, size))
        turned = np.linalg.solve(np.swapaxes(lower, 1, 2), rng.normal(size=(size, count, 1)))
        moved = (roots[chosen] @ turned)[..., 0]
        return self.centre[chosen] + np.sqrt(self.factor[chosen])[:, None] * moved


def side_limit(x: np.ndarray, outcomes: np.ndarray, bandwidth: float, curve: Curve) -> Limit:
    """Computes the posterior of the limit at the cutoff from the rows on one side.

    Within the window the outcomes follow the curve, with normal noise that is correlated between
    outcomes. Rows count alike, so that this is a likelihood.

    Args:
        x: (n,) positions on one side, measured from the cutoff.
        outcomes: (n, outcome) outcomes.
        bandwidth: Rows farther away are left out; infinite takes all.
        curve: What the outcomes may look like.

    Returns:
        The posterior, exact: matrix-normal-inverse-Wishart for each bend, conjugate given the
        prior's scale, which is frozen at the noise of least squares. The noise's prior is
        invariant and leaves the degrees of freedom of least squares.

    Raises:
        DataError: The window holds too few distinct positions for the polynomial.

    Source:
        Rossi, Allenby and McCulloch (2005), Bayesian Statistics and Marketing, section 2.8.5.

    Example:
        >>> x = np.linspace(0, 1, 50)
        >>> y = (2 + x)[:, None] + 0.1 * np.random.default_rng(1).normal(size=(50, 1))
        >>> limit = side_limit(x, y, 1.0, Curve.polynomial(1))
        >>> abs(float(limit.mean[0]) - 2) < 0.1
        True
    """
    near = np.abs(x) <= bandwidth
    require_positions(x[near], bandwidth, curve.degree, outcomes.shape[1])
    reach = float(np.abs(x[near]).max())
    design = curve.design(np.abs(x[near]) / reach)
    middle = outcomes[near].mean(axis=0)
    value = outcomes[near] - middle
    plain = curve.degree + 1
    fixed = prior_precision(design[:, :plain], value, curve.prior)
    gram, moment, total = design.T @ design, design.T @ value, value.T @ value
    degrees = float(len(value) - plain)
    # An outcome without noise is left a hundred-thousandth of its spread, above rounding errors.
    floor = 1e-10 * np.diag(np.diag(total))
    varying = np.diag(total) > ROUNDING * middle**2 * len(value)
    places = curve.design(np.linspace(0.0, 1.0, PLACES))
    scores, centres, noises, factors, paths = [], [], [], [], []
    for bend in curve.bends:
        used = plain if bend == 0 else design.shape[1]
        precision = np.concatenate([fixed, np.full(used - plain, bend**-2.0 if bend else 0.0)])
        held = gram[:used, :used] + np.diag(precision)
        coefficients = np.linalg.solve(held, moment[:used])
        noise = total - coefficients.T @ moment[:used] + floor
        noise = np.where(varying[:, None] & varying, (noise + noise.T) / 2, 0.0)
        inner = noise[np.ix_(varying, varying)]
        spread = np.linalg.slogdet(held)[1] - np.log(precision[plain:]).sum()
        scores.append(-0.5 * (varying.sum() * spread + degrees * np.linalg.slogdet(inner)[1]))
        centres.append(coefficients[0] + middle)
        noises.append(noise)
        factors.append(float(np.linalg.inv(held)[0, 0]))
        paths.append(places[:, :used] @ coefficients + middle)
    weights = np.exp(np.array(scores) - max(scores))
    weights = weights / weights.sum()
    return Limit(
        weights,
        np.array(centres),
        np.array(noises),
        np.array(factors),
        degrees,
        len(value),
        np.einsum("b,bpo->po", weights, np.array(paths)),
        reach,
    )


def require_positions(near: np.ndarray, bandwidth: float, degree: int, outcomes: int) -> None:
    """Refuses windows with too few distinct positions or rows for the polynomial."""
    distinct, least = len(np.unique(near)), degree + 2
    if distinct >= least and len(near) >= degree + 2 + outcomes:
        return
    raise bi.DataError(
        f"{len(near)} rows with {distinct} distinct values lie within {bandwidth:.4g} of the "
        f"cutoff on one side; a polynomial of degree {degree} needs {least} distinct values and "
        f"{degree + 2 + outcomes} rows.",
        code="too-few-near-cutoff",
        hint="Ask for a wider bandwidth, or for a polynomial of a lower degree.",
    )


def prior_precision(
    design: np.ndarray, centred: np.ndarray, prior: bi.Normal | bi.Flat
) -> np.ndarray:
    """(degree + 1,) prior precisions of a polynomial's coefficients, in units of the noise's.

    Several outcomes share them; the weakest wins.
    """
    if isinstance(prior, bi.Flat):
        return np.zeros(design.shape[1])
    fitted = design @ np.linalg.lstsq(design, centred, rcond=None)[0]
    left = len(design) - design.shape[1]
    noise, spread = ((centred - fitted) ** 2).sum(axis=0) / left, centred.var(axis=0)
    shares = noise[spread > 0] / spread[spread > 0]
    share = float(shares.min()) if shares.size else 0.0
    scales = np.concatenate([[1.0], design[:, 1:].std(axis=0)])
    return share * (scales / prior.sd) ** 2


def covariate_slopes(
    sides: Sequence[np.ndarray],
    x: np.ndarray,
    outcomes: np.ndarray,
    covariates: np.ndarray,
    bandwidth: float,
    degree: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the slopes of outcomes in covariates, common to both sides of the cutoff.

    Args:
        sides: Two masks (n,), below and above.
        x: (n,) positions.
        outcomes: (n, outcome) outcomes.
        covariates: (n, covariate) numbers.
        bandwidth: The window.
        degree: Of the polynomial that both are cleared of first.

    Returns:
        (covariate, outcome) posterior means under flat priors, and their
        (outcome, covariate, covariate) variances, given each side's noise.

    Source:
        Calonico, Cattaneo, Farrell and Titiunik (2019), Regression discontinuity designs using
        covariates, Review of Economics and Statistics 101: slopes that differ between the sides
        would change what is estimated.
    """
    cleared = []
    for side in sides:
        near = side & (np.abs(x) <= bandwidth)
        require_positions(x[near], bandwidth, degree, outcomes.shape[1])
        design = powers(x[near] / float(np.abs(x[near]).max()), degree)
        both = np.column_stack([outcomes[near], covariates[near]])
        left = both - design @ np.linalg.lstsq(design, both, rcond=None)[0]
        # What follows the polynomial exactly has no slope of its own, but rounding errors have.
        total = ((both - both.mean(axis=0)) ** 2).sum(axis=0)
        left[:, (left**2).sum(axis=0) <= 1e-9 * total] = 0.0
        cleared.append(left)
    count = outcomes.shape[1]
    slopes, variances = [], []
    for place in range(count):
        gram = np.zeros((covariates.shape[1],) * 2)
        moment = np.zeros(covariates.shape[1])
        for rest in cleared:
            own = np.linalg.lstsq(rest[:, count:], rest[:, place], rcond=None)[0]
            noise = float((rest[:, place] - rest[:, count:] @ own).var()) or 1.0
            gram += rest[:, count:].T @ rest[:, count:] / noise
            moment += rest[:, count:].T @ rest[:, place] / noise
        inverse = np.linalg.pinv(gram, rcond=1e-10, hermitian=True)
        slopes.append(inverse @ moment)
        variances.append(inverse)
    return np.array(slopes).T, np.array(variances)

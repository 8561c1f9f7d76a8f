"""The posterior of an effect with instruments, by short Markov chains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

import bayesinf as bi
from causal.instruments.moments import Moments

SWEEPS = 3
"""How often noise and effect are drawn in turn, at least.

Where rows are many, the noise's posterior hardly depends on the effect, so that few sweeps do;
every draw comes from a chain of its own, which starts at the noise that the instruments leave over.
"""

SLOW = 100.0
"""Further sweeps, times instruments per degree of freedom: the noise then depends on the effect."""

MOST = 240
"""Sweeps after which a chain ends even if its quantiles still move."""

APART = 0.05
"""Shift of a quantile, in widths of the 95% interval, that asks for twice as many sweeps."""

ANGLES = 96
"""Directions at which the posterior of the effect is computed, dense where it is high."""

FEWEST = 500
"""Chains below which chance moves their quantiles too much to be judged by."""

BLOCK = 2000
"""Chains computed at once, so that directions times chains stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class StructuralDraws:
    """Draws of the model treatment = instruments, outcome = treatment, noise.

    Each is the end of a short Markov chain of its own: they are independent of each other, and
    approximately from the posterior.

    Attributes:
        effect: (draw,) effects of the treatment.
        first_stage: (draw, instrument) coefficients in the orthonormal instruments.
        noise: (draw, 2, 2) covariances of treatment's and outcome's noise, of the reduced form.
        sweeps: The length of the longest chain.
    """

    effect: np.ndarray
    first_stage: np.ndarray
    noise: np.ndarray
    sweeps: int


def draw_structure(
    moments: Moments, prior: bi.Normal | bi.Flat, rng: np.random.Generator, size: int
) -> StructuralDraws:
    """Draws from the posterior of the linear model with one treatment and correlated noise.

    The prior is the one that prefers no direction: with one instrument it is flat on what the
    instrument does to treatment and to outcome, with several it is Jeffreys's. A `bi.Normal` prior
    of the effect multiplies it. Given the noise, the effect's posterior is a function of one angle
    (integrated over the first stage in closed form) and is drawn by quadrature; the first stage
    and the noise follow exactly. They take turns until the effect's quantiles stay where they are.

    Args:
        moments: What the data say, of one treatment.
        prior: Of the effect: normal, or flat for the reference prior alone.
        rng: Decides the draws.
        size: How many.

    Source:
        Kleibergen and van Dijk (1998), Bayesian simultaneous equations analysis using reduced rank
        structures, Econometric Theory 14, for the prior; Hoogerheide, Kleibergen and van Dijk
        (2007), Journal of Econometrics 138. The integral over the first stage is the mean of a
        noncentral chi, a confluent hypergeometric function.

    Example:
        >>> from causal.instruments.moments import collect_moments
        >>> rng = np.random.default_rng(1)
        >>> z, u = rng.normal(size=(2, 500))
        >>> t = z + u + rng.normal(size=500)
        >>> moments = collect_moments(2 * t + u, t[:, None], {"z": z}, np.empty((500, 0)))
        >>> drawn = draw_structure(moments, bi.Flat(), rng, 1000)
        >>> bool(abs(np.median(drawn.effect) - 2) < 0.3)
        True
    """
    sizes = [min(BLOCK, size - start) for start in range(0, size, BLOCK)]
    blocks = [draw_block(moments, prior, rng, count) for count in sizes]
    effect, first_stage, noise, sweeps = zip(*blocks, strict=True)
    return StructuralDraws(
        np.concatenate(effect), np.concatenate(first_stage), np.concatenate(noise), max(sweeps)
    )


def draw_exactly_identified(
    moments: Moments, rng: np.random.Generator, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws the effects of as many treatments as there are instruments, with flat priors.

    Args:
        moments: What the data say.
        rng: Decides the draws.
        size: How many.

    Returns:
        (draw, treatment) effects, and (draw, instrument, treatment) coefficients of the first
        stages in the orthonormal instruments. What instruments do to treatments and outcome has
        its matrix-t posterior; the effects solve one for the other.
    """
    count = moments.noise.shape[0]
    values, vectors = np.linalg.eigh(moments.noise)
    # A root by eigenvectors: noises of treatments may follow each other, as those of schooling and
    # of experience, which is age less schooling.
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    lower = np.tril(rng.normal(size=(size, count, count)), -1)
    for place in range(count):
        lower[:, place, place] = np.sqrt(rng.chisquare(moments.degrees - place, size))
    step = rng.normal(size=(size, len(moments.names), count))
    # A row of noise with covariance root W**-1 root', where W is Wishart with root `lower`.
    moved = np.linalg.solve(np.swapaxes(lower, 1, 2), np.swapaxes(step, 1, 2))
    drawn = moments.reduced + np.swapaxes(root @ moved, 1, 2)
    first = drawn[:, :, :-1]
    return np.linalg.solve(first, drawn[:, :, -1:])[..., 0], first


def draw_block(
    moments: Moments, prior: bi.Normal | bi.Flat, rng: np.random.Generator, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Runs as many chains as draws are wanted, and keeps the last state of each.

    Returns:
        Effects, first stages and noises as in `StructuralDraws`, and how many sweeps were made.
    """
    count = moments.reduced.shape[0]
    weight = log_weight(count)
    scales = np.broadcast_to(moments.noise, (size, 2, 2))
    noise = draw_covariance(scales, moments.degrees, rng)
    wanted = min(SWEEPS + round(SLOW * count / moments.degrees), MOST)
    first_stage, seen = np.empty(0), []
    while len(seen) < wanted:
        effect, angle = draw_effect(moments.signal, noise, prior, weight, rng)
        seen.append(effect)
        first_stage = draw_first_stage(moments.reduced, noise, angle, rng)
        both = np.stack([first_stage, first_stage * effect[:, None]], axis=-1)
        left = moments.reduced - both
        scales = moments.noise + np.swapaxes(left, 1, 2) @ left
        proposed = draw_covariance(scales, moments.degrees + count, rng)
        # The prior's volume is not quite that of an inverse Wishart: Metropolis, mostly accepted.
        ratio = structural_variance(proposed, effect) / structural_variance(noise, effect)
        taken = np.log(rng.random(size)) < (count - 1) / 2 * np.log(ratio)
        noise = np.where(taken[:, None, None], proposed, noise)
        if len(seen) == wanted and size >= FEWEST and still_moving(np.array(seen)):
            wanted = min(2 * wanted, MOST)
    return seen[-1], first_stage, noise, len(seen)


def still_moving(seen: np.ndarray) -> bool:
    """Whether quantiles of the effect differ between the second quarter and the last half.

    Args:
        seen: (sweep, chain) effects.

    Example:
        >>> draws = np.random.default_rng(1).normal(size=(20, 1000))
        >>> still_moving(draws), still_moving(draws + 0.1 * np.arange(20)[:, None])
        (False, True)
    """
    half = len(seen) // 2
    early, late = (
        np.quantile(part, [0.025, 0.25, 0.5, 0.75, 0.975])
        for part in (seen[half // 2 : half], seen[half:])
    )
    return bool(np.abs(late - early).max() > APART * (late[-1] - late[0]))


def draw_effect(
    signal: np.ndarray,
    noise: np.ndarray,
    prior: bi.Normal | bi.Flat,
    weight: LogWeight,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draws the effect given the noise, the first stage integrated out.

    Args:
        signal: (2, 2) cross products of what instruments explain; zeros for the prior alone.
        noise: (draw, 2, 2) covariances.
        prior: Of the effect.
        weight: See `log_weight`.
        rng: Decides the draws.

    Returns:
        (draw,) effects, and the angles that they correspond to.
    """
    root = np.linalg.cholesky(noise)
    half = np.linalg.solve(root, np.broadcast_to(signal, noise.shape))
    turned = np.linalg.solve(root, np.swapaxes(half, 1, 2))
    across, middle = turned[:, 0, 0] - turned[:, 1, 1], (turned[:, 0, 0] + turned[:, 1, 1]) / 2
    apart = np.hypot(across, 2 * turned[:, 0, 1])
    best = np.arctan2(2 * turned[:, 0, 1], across) / 2
    # Tangents of a fine angle around the best one, scaled to the posterior's width there.
    fine = (np.arange(ANGLES) + rng.random()) / ANGLES * np.pi - np.pi / 2
    width = 1 / np.sqrt(1 + apart)[:, None]
    offset = np.arctan(width * np.tan(fine))
    stretch = -np.log(np.cos(fine) ** 2 + (width * np.sin(fine)) ** 2)
    size = (middle - apart / 2)[:, None] + apart[:, None] * np.cos(offset) ** 2
    score = weight(size / 2) + stretch
    slope = (root[:, 1, 1] / root[:, 0, 0])[:, None]
    centre = (root[:, 1, 0] / root[:, 0, 0])[:, None]
    if isinstance(prior, bi.Normal):
        effects = centre + slope * np.tan(best[:, None] + offset)
        score = score - 0.5 * ((effects - prior.mean) / prior.sd) ** 2
    chances = np.cumsum(np.exp(score - score.max(axis=1, keepdims=True)), axis=1)
    wanted = rng.random((len(noise), 1)) * chances[:, -1:]
    cell = np.minimum((chances < wanted).sum(axis=1), ANGLES - 1)
    within = (rng.random(len(noise)) - 0.5) / ANGLES * np.pi
    place = np.arctan(width[:, 0] * np.tan(fine[cell] + within))
    angle = best + place
    return centre[:, 0] + slope[:, 0] * np.tan(angle), angle


def draw_first_stage(
    reduced: np.ndarray,
    noise: np.ndarray,
    angle: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draws the first stage given effect and noise: a normal, weighted by its length.

    A draw comes from the normal itself or from the normal weighted by the distance to its mean;
    together they lie above the target, and rejection makes them it.

    Returns:
        (draw, instrument) coefficients in the orthonormal instruments.
    """
    count = reduced.shape[0]
    root = np.linalg.cholesky(noise)
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    turned = np.linalg.solve(root, np.broadcast_to(reduced.T, (len(noise), 2, count)))
    mean = np.einsum("dij,di->dj", turned, direction)
    length = np.linalg.norm(mean, axis=1)
    spread = np.sqrt(2) * np.exp(special.gammaln((count + 1) / 2) - special.gammaln(count / 2))
    found = np.empty((len(noise), count))
    open_ = np.arange(len(noise))
    while open_.size:
        step = rng.normal(size=(open_.size, count))
        far = rng.random(open_.size) * (length[open_] + spread) >= length[open_]
        norm = np.linalg.norm(step, axis=1)
        longer = np.sqrt(rng.chisquare(count + 1, open_.size)) / norm
        step = step * np.where(far, longer, 1.0)[:, None]
        draw = mean[open_] + step
        bound = length[open_] + np.linalg.norm(step, axis=1)
        taken = rng.random(open_.size) * bound < np.linalg.norm(draw, axis=1)
        found[open_[taken]] = draw[taken]
        open_ = open_[~taken]
    # In the direction's own units the treatment's coefficient is the length along the angle.
    return found * (root[:, 0, 0] * np.cos(angle))[:, None]


def draw_covariance(scales: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Draws (draw, 2, 2) covariances from inverse-Wishart distributions, by Bartlett's roots."""
    size = len(scales)
    lower = np.zeros((size, 2, 2))
    lower[:, 0, 0] = np.sqrt(rng.chisquare(degrees, size))
    lower[:, 1, 1] = np.sqrt(rng.chisquare(degrees - 1, size))
    lower[:, 1, 0] = rng.normal(size=size)
    root = np.linalg.solve(lower, np.swapaxes(np.linalg.cholesky(scales), 1, 2))
    return np.swapaxes(root, 1, 2) @ root


def structural_variance(noise: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """(draw,) variances of the outcome's noise beyond what it shares with the treatment's."""
    return noise[:, 1, 1] - 2 * effect * noise[:, 0, 1] + effect**2 * noise[:, 0, 0]


@dataclass(frozen=True, eq=False)
class LogWeight:
    """Logarithm of 1F1((k + 1) / 2, k / 2, x), tabulated; see `log_weight`."""

    roots: np.ndarray
    values: np.ndarray
    constant: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Its value at (...) numbers that are not negative."""
        x = np.maximum(x, 0.0)
        found = x + np.interp(np.sqrt(x), self.roots, self.values)
        far = x > self.roots[-1] ** 2
        if far.any():
            found[far] = x[far] + 0.5 * np.log(x[far]) + self.constant
        return found


@cache
def log_weight(count: int) -> LogWeight:
    """Tabulates the posterior weight of a direction, the first stage integrated out.

    Args:
        count: How many instruments there are.

    Example:
        >>> found = log_weight(1)(np.array([2.0]))[0]
        >>> bool(abs(found - np.log(special.hyp1f1(1.0, 0.5, 2.0))) < 1e-4)
        True
    """
    roots = np.linspace(0.0, 20.0 + np.sqrt(count), 1001)
    # The mean length is a Poisson mixture of mean lengths of central normals in more dimensions,
    # a sum of positive terms, which no number of instruments makes inaccurate.
    more = np.arange(int(roots[-1] ** 2 + 12 * roots[-1]) + 20)
    lengths = special.gammaln((count + 1) / 2 + more) - special.gammaln(count / 2 + more)
    means = np.maximum(roots[:, None] ** 2, 1e-300)
    terms = more * np.log(means) - means - special.gammaln(more + 1) + lengths - lengths[0]
    values = np.asarray(special.logsumexp(terms, axis=1))
    return LogWeight(roots, values, float(values[-1] - 0.5 * np.log(roots[-1] ** 2)))

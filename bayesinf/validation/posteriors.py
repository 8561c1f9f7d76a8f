"""Small posteriors summed over a dense grid with SciPy's densities, beside every engine's draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesinf.api import fit as fit_model
from bayesinf.data.examples import sleepstudy
from bayesinf.numerics.diagnostics import mcse_mean, mcse_sd
from bayesinf.posterior.summary import scalar_draws
from bayesinf.priors import HalfNormal, Normal
from bayesinf.validation.check import Check, priors_in_words

POINTS = 121
"""Points along each axis of a grid: sums over smooth densities are exact long before."""

SEED = 20_260_101
"""Of the draws that are compared."""

HERMITE = 31
"""Nodes of the quadrature over one group's effect."""

Axes = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Small:
    """A model with few unknowns, and its density written a second time.

    Attributes:
        name: What it is.
        formula: Of the model.
        frame: Its rows.
        family: Its family.
        priors: Of all slots.
        axes: Name and range of each unknown, wide enough to hold all of the posterior.
        log_density: Of the unknowns, each an array of the grid's shape; group effects are
            integrated out.
        engines: Names of the engines that are asked.
    """

    name: str
    formula: str
    frame: Mapping[str, np.ndarray]
    family: str
    priors: Mapping[str, Any]
    axes: Axes
    log_density: Callable[..., np.ndarray]
    engines: tuple[str, ...]


def posteriors() -> Iterator[Check]:
    """Every small model by every engine that it names."""
    for small in (location_scale(), logistic(), counts(), grouped_logistic(), grouped_gaussian()):
        mean, sd = grid_moments(small)
        for engine in small.engines:
            yield compared(small, engine, mean, sd)


def compared(small: Small, engine: str, mean: np.ndarray, sd: np.ndarray) -> Check:
    """One engine's draws beside the grid's means and sds."""
    fitted = fit_model(
        small.formula,
        small.frame,
        small.family,
        priors=dict(small.priors),
        engine=engine,
        seed=SEED,
    )
    names, every = scalar_draws(fitted.model, fitted.posterior.values)
    draws = every[..., [names.index(name) for name in small.axes]]
    away = np.abs(draws.mean((0, 1)) - mean) / mcse_mean(draws)
    wide = np.abs(draws.std((0, 1), ddof=1) - sd) / mcse_sd(draws)
    farthest = float(max(away.max(), wide.max()))
    return Check(
        "Exact posteriors",
        f"{small.name}, {engine}",
        "means and sds within 4 Monte Carlo errors",
        f"{farthest:.1f} Monte Carlo errors at most",
        farthest < 4.0,
        f"sums over a grid of {POINTS} points along each of {len(small.axes)} axes; prior "
        f"{priors_in_words(small.priors)}; seed {SEED}",
        {"errors": farthest, "draws": float(fitted.posterior.values.count)},
    )


def grid_moments(small: Small) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means and sds of the unknowns by summing over a grid."""
    axes = [np.linspace(low, high, POINTS) for low, high in small.axes.values()]
    mesh = np.meshgrid(*axes, indexing="ij")
    logs = small.log_density(*mesh)
    weight = np.exp(logs - logs.max())
    for axis in range(len(axes)):  # the trapezoid rule: an sd's density does not vanish at zero
        ends = np.ones(POINTS)
        ends[[0, -1]] = 0.5
        weight = weight * ends.reshape([-1 if k == axis else 1 for k in range(len(axes))])
    weight /= weight.sum()
    mean = np.array([(weight * values).sum() for values in mesh])
    second = np.array([(weight * values**2).sum() for values in mesh])
    return mean, np.sqrt(second - mean**2)


def location_scale() -> Small:
    """Nine outcomes of unknown mean and sd."""
    from scipy import stats

    y = np.array([1.2, 0.4, 2.1, 1.7, 0.3, 1.9, 1.1, 2.8, 0.9])

    def log_density(mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        rows = stats.norm.logpdf(y, mean[..., None], sigma[..., None]).sum(-1)
        return rows + stats.norm.logpdf(mean, 0, 2) + stats.halfnorm.logpdf(sigma, 0, 2)

    return Small(
        "Gaussian, mean and sd",
        "y ~ 1",
        {"y": y},
        "gaussian",
        {"Intercept": Normal(0, 2), "sigma": HalfNormal(2)},
        {"Intercept": (-1.6, 4.2), "sigma": (0.3, 5.0)},
        log_density,
        ("conjugate", "laplace", "hmc", "nuts"),
    )


def logistic() -> Small:
    """Ten days, and whether the reaction was slower than 300 ms, of one person."""
    from scipy import stats

    frame = sleepstudy()
    days = frame["Days"].to_numpy(float)[:60]
    slow = (frame["Reaction"].to_numpy(float)[:60] > 300.0).astype(float)
    centred = days - days.mean()

    def log_density(intercept: np.ndarray, slope: np.ndarray) -> np.ndarray:
        # The intercept's prior is at the mean of the days; the formula's intercept is at day 0.
        middle = intercept + slope * days.mean()
        predictor = middle[..., None] + slope[..., None] * centred
        rows = stats.bernoulli.logpmf(slow, 1.0 / (1.0 + np.exp(-predictor))).sum(-1)
        return rows + stats.norm.logpdf(middle, 0, 2) + stats.norm.logpdf(slope, 0, 1)

    return Small(
        "Bernoulli, line",
        "slow ~ Days",
        {"Days": days, "slow": slow},
        "bernoulli",
        {"Intercept": Normal(0, 2), "Days": Normal(0, 1)},
        {"Intercept": (-5.5, 2.0), "Days": (-0.4, 0.9)},
        log_density,
        ("laplace", "hmc", "nuts"),
    )


def counts() -> Small:
    """Twelve counts at unequal exposure."""
    from scipy import stats

    x = np.linspace(-1.0, 1.0, 12)
    exposure = np.array([1.0, 2, 1, 3, 2, 1, 1, 2, 4, 1, 2, 3])
    y = np.array([0.0, 2, 1, 2, 1, 0, 2, 3, 7, 1, 5, 9])

    def log_density(intercept: np.ndarray, slope: np.ndarray) -> np.ndarray:
        rate = exposure * np.exp(intercept[..., None] + slope[..., None] * x)
        rows = stats.poisson.logpmf(y, rate).sum(-1)
        return rows + stats.norm.logpdf(intercept, 0, 1) + stats.norm.logpdf(slope, 0, 1)

    return Small(
        "Poisson, line and exposure",
        "y ~ x + offset(log(exposure))",
        {"x": x, "exposure": exposure, "y": y},
        "poisson",
        {"Intercept": Normal(0, 1), "x": Normal(0, 1)},
        {"Intercept": (-1.8, 1.6), "x": (-1.5, 3.5)},
        log_density,
        ("laplace", "hmc", "nuts"),
    )


def grouped_logistic() -> Small:
    """Six groups of trials: the groups' effects are integrated out one by one."""
    from scipy import stats

    trials = np.array([10.0, 12, 8, 15, 9, 11])
    y = np.array([2.0, 9, 3, 6, 7, 1])
    nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE)
    weights = weights / weights.sum()

    def log_density(intercept: np.ndarray, sd: np.ndarray) -> np.ndarray:
        total = stats.norm.logpdf(intercept, 0, 1.5) + stats.halfnorm.logpdf(sd, 0, 1)
        predictor = intercept[..., None] + sd[..., None] * nodes
        for successes, count in zip(y, trials, strict=True):
            mass = stats.binom.pmf(successes, count, 1.0 / (1.0 + np.exp(-predictor)))
            total = total + np.log(mass @ weights)
        return total

    return Small(
        "Binomial, six groups",
        "y | trials(n) ~ 1 + (1 | g)",
        {"y": y, "n": trials, "g": np.array(list("abcdef"))},
        "binomial",
        {"Intercept": Normal(0, 1.5), "sd:g": HalfNormal(1)},
        {"Intercept": (-4.5, 4.0), "sd:g:Intercept": (1e-6, 5.0)},
        log_density,
        ("quadrature", "hmc", "nuts"),
    )


def grouped_gaussian() -> Small:
    """Five groups of four outcomes: the groups' effects have a closed form."""
    from scipy import stats

    generator = np.random.default_rng(5)
    groups, each = 5, 4
    g = np.repeat(np.arange(groups), each)
    y = np.round(generator.normal(size=groups)[g] + 0.7 * generator.normal(size=groups * each), 2)
    means = y.reshape(groups, each).mean(1)
    within = float(((y.reshape(groups, each) - means[:, None]) ** 2).sum())

    def log_density(intercept: np.ndarray, sigma: np.ndarray, sd: np.ndarray) -> np.ndarray:
        # Orthogonal contrasts within groups have variance sigma^2; group means are independent.
        inside = -(groups * (each - 1)) * np.log(sigma) - within / (2 * sigma**2)
        spread = np.sqrt(sd**2 + sigma**2 / each)[..., None]
        between = stats.norm.logpdf(means, intercept[..., None], spread).sum(-1)
        return (
            inside
            + between
            + stats.norm.logpdf(intercept, 0, 2)
            + stats.halfnorm.logpdf(sigma, 0, 2)
            + stats.halfnorm.logpdf(sd, 0, 1.5)
        )

    return Small(
        "Gaussian, five groups",
        "y ~ 1 + (1 | g)",
        {"y": y, "g": np.array(list("abcde"))[g]},
        "gaussian",
        {"Intercept": Normal(0, 2), "sigma": HalfNormal(2), "sd:g": HalfNormal(1.5)},
        {"Intercept": (-4.5, 4.5), "sigma": (0.3, 2.6), "sd:g:Intercept": (1e-6, 6.5)},
        log_density,
        ("marginal", "hmc", "nuts"),
    )

"""The posterior of a structural model's sizes, and what the series would have been."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy
from scipy.special import logsumexp, ndtri, softmax

import bayesinf as bi
from causal.series.coefficients import regress
from causal.series.state_space import StateSpace, draw_states, filter_covariances, surprises
from causal.series.structural import Scale, Structure

FREEDOM = 5
"""Degrees of freedom of the proposals: tails heavier than those of any posterior here."""

ROUNDS = 12
"""Proposals, each fitted to the weighted points of the one before; most series need three."""

GOOD = 0.4
"""Effective draws per point at which the proposals stop."""

LEAST = 0.1
"""Effective draws per point that a proposal is fitted to, by flattening weights if need be."""

POINTS = 1000
"""Points of a round, unless there are too many columns for them."""

NODES = 500
"""Settings of the sizes that paths are drawn at; each gets the same number of draws."""

BUDGET = 4_000_000
"""Numbers held at once for one round's likelihoods; more columns get fewer points."""

LOGS = np.linspace(-16.0, 10.0, 5201)
"""Logarithms of sds at which priors are tabulated: steps of half a percent."""


@dataclass(frozen=True, eq=False)
class Sizes:
    """Weighted settings of the sds, from importance sampling.

    Attributes:
        names: What each is the sd of.
        values: (size, point) sds.
        weights: (point,) weights with sum one.
        effective: How many draws the points are worth.
        evidence: Two independent estimates of the log marginal likelihood.
    """

    names: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    effective: float
    evidence: tuple[float, float]

    def by_name(self, points: np.ndarray) -> dict[str, np.ndarray]:
        """The sds at some points."""
        return {name: row[points] for name, row in zip(self.names, self.values, strict=True)}

    def mean(self, name: str) -> float:
        """Posterior mean of one sd."""
        return float(self.weights @ self.values[self.names.index(name)])

    def resample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Positions of points, each as often as its weight says, to the nearest whole number.

        Args:
            count: How many.
            rng: Decides the offset of the systematic resampling.
        """
        steps = (np.arange(count) + rng.random()) / count
        return np.minimum(np.searchsorted(self.weights.cumsum(), steps), len(self.weights) - 1)


def find_sizes(structure: Structure, rng: np.random.Generator, points: int = POINTS) -> Sizes:
    """Samples the sds of a structural model from their posterior, all states integrated out.

    Each sd is written as the quantile of its prior at the normal probability of a score, so scores
    are standard normal before the outcomes are seen, and stay so in directions that the outcomes
    say nothing about, such as towards zero. Scores are drawn from a Student-t that is fitted to the
    weighted draws of the round before; the last round's weights make the answer exact as its points
    grow.

    Args:
        structure: The model and the series.
        rng: Decides the points.
        points: How many points a round has, at most.

    Returns:
        The weighted points.

    Source:
        Cappe, Guillin, Marin and Robert (2004), Population Monte Carlo, Journal of Computational
        and Graphical Statistics 13.
    """
    priors = structure.sizes
    names, tables = tuple(priors), [tabulate(prior) for prior in priors.values()]
    times, columns = structure.columns.shape
    count = min(points, max(400, BUDGET // (times * (columns + 2))))
    scores = rng.standard_normal((len(names), count))
    sizes = sizes_at(scores, tables)
    # The first proposal is the prior: what is left of the weight is the likelihood.
    logs = log_likelihood_of(structure, names, sizes)
    for _ in range(ROUNDS):
        centre, shape = moments(scores, logs)
        proposal = scipy.stats.multivariate_t(centre, shape, FREEDOM, seed=rng)
        scores = proposal.rvs(count).reshape(count, len(names)).T
        sizes = sizes_at(scores, tables)
        logs = log_likelihood_of(structure, names, sizes) - 0.5 * (scores**2).sum(axis=0)
        logs -= proposal.logpdf(scores.T)
        if worth(logs) > GOOD * count:
            break
    weights = softmax(logs)
    halves = [float(logsumexp(part) - np.log(len(part))) for part in np.array_split(logs, 2)]
    return Sizes(names, sizes, weights, worth(logs), (halves[0], halves[1]))


def tabulate(prior: Scale) -> np.ndarray:
    """(log sd,) normal scores of a prior's cumulative probabilities at `LOGS`.

    Example:
        >>> table = tabulate(bi.HalfNormal(1))
        >>> float(np.exp(np.interp(0.0, table, LOGS)).round(3))  # the median of a half-normal
        0.674
    """
    density = np.exp(prior.log_density(np.exp(LOGS)) + LOGS)
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(LOGS)
    below = np.concatenate([[0.0], steps.cumsum()])
    above = np.concatenate([steps[::-1].cumsum()[::-1], [0.0]])
    whole = below[-1]
    # From the nearer end, so that neither tail is lost to rounding.
    return np.where(below < above, ndtri(below / whole), -ndtri(above / whole))


def sizes_at(scores: np.ndarray, tables: list[np.ndarray]) -> np.ndarray:
    """(size, point) sds at scores (size, point)."""
    return np.exp([np.interp(row, table, LOGS) for row, table in zip(scores, tables, strict=True)])


def log_likelihood_of(
    structure: Structure, names: tuple[str, ...], sizes: np.ndarray
) -> np.ndarray:
    """(point,) log likelihood at sds (size, point), everything else integrated out."""
    named = dict(zip(names, sizes, strict=True))
    # Noise of less than a millionth of the outcome's sd is a matter of rounding.
    named["noise"] = np.maximum(named["noise"], 1e-6)
    # Times after the last known outcome say nothing.
    end = int(np.flatnonzero(np.isfinite(structure.outcome))[-1]) + 1
    early = replace(structure, outcome=structure.outcome[:end], controls=structure.controls[:end])
    fitted = regress(early.states(named), early.outcome, early.columns, early.scales(named))
    return np.where(np.isfinite(fitted.log_likelihood), fitted.log_likelihood, -1e300)


def moments(scores: np.ndarray, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The centre and shape of the next proposal, a little wider than the weighted scores.

    Where few points carry all the weight, weights are flattened until enough points share it, so
    that proposals draw near to the posterior step by step.
    """
    power = 1.0
    if worth(logs) < LEAST * len(logs):
        low, high = 0.0, 1.0
        for _ in range(30):
            power = (low + high) / 2
            low, high = (power, high) if worth(power * logs) > LEAST * len(logs) else (low, power)
    weights = softmax(power * logs)
    centre = scores @ weights
    rest = scores - centre[:, None]
    shape = (rest * weights) @ rest.T
    return centre, 1.2 * shape + 0.003 * np.eye(len(scores))


def worth(logs: np.ndarray) -> float:
    """How many draws weighted points are worth.

    Example:
        >>> worth(np.zeros(7))
        7.0
    """
    return round(float(1 / np.sum(softmax(logs) ** 2)), 9)


@dataclass(frozen=True, eq=False)
class Forecast:
    """What a series would have been without the intervention.

    Attributes:
        paths: (draw, time) draws of the outcome at every time, its noise among it.
        coefficients: (draw, control) draws of the controls' coefficients.
        sizes: The sds.
        surprises: (time,) outcomes less forecasts from one time before, over their sd, averaged
            over the posterior; nan where the outcome is missing.
    """

    paths: np.ndarray
    coefficients: np.ndarray
    sizes: Sizes
    surprises: np.ndarray


def forecast(
    structure: Structure, streams: bi.Streams, draws: int, points: int = POINTS
) -> Forecast:
    """Draws the series at every time, given the outcomes that are known.

    Args:
        structure: The model and the series, whose outcomes from the intervention on are nan.
        streams: Random numbers.
        draws: How many.
        points: How many points the sds are sampled at.

    Returns:
        Independent draws, in random order.
    """
    sizes = find_sizes(structure, streams.generator("sizes"), points)
    rng = streams.generator("states")
    nodes = min(NODES, draws)
    each = -(-draws // nodes)
    chosen = sizes.by_name(sizes.resample(nodes, rng))
    model, columns = structure.states(chosen), structure.columns
    fitted = regress(model, structure.outcome, columns, structure.scales(chosen))
    coefficients = fitted.draw(rng, each)
    flat = coefficients.reshape(columns.shape[1], each * nodes)
    regression = (columns @ flat).reshape(len(columns), each, nodes)
    rest = structure.outcome[:, None, None] - regression
    states = draw_states(model, rest, rng, each)
    noise = np.sqrt(model.noise) * rng.standard_normal(rest.shape)
    paths = (states[:, 0] + regression + noise).reshape(len(columns), -1)
    order = rng.permutation(nodes * each)[:draws]
    controls = flat[columns.shape[1] - structure.controls.shape[1] :]
    return Forecast(paths.T[order], controls.T[order], sizes, one_ahead(model, rest))


def one_ahead(model: StateSpace, rest: np.ndarray) -> np.ndarray:
    """Errors of forecasts one time ahead, over their sds, averaged over the posterior.

    Args:
        model: The states at all points.
        rest: (time, draw, point) outcomes less the regression; nan where missing.

    Returns:
        (time,) errors; nan where missing.
    """
    seen = np.isfinite(rest[:, 0, 0])
    gains = filter_covariances(model, seen)
    errors = surprises(model, np.nan_to_num(rest[:, 0]), gains) / np.sqrt(gains.forecast)
    return np.where(seen, errors.mean(axis=1), np.nan)

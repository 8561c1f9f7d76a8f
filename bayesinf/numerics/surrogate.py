"""A smooth surrogate for a log density that costs much per evaluation, with a certificate.

In the coordinates of `numerics/warp.py` the log density is close to -|w|^2 / 2. What is left is
smooth, and a Gaussian process through some dozens of exact values describes it to hundredths of a
nat; thousands of draws of the sum cost nothing. Whether they are draws of the target is then asked
of the target itself, by fresh exact values.

How far a posterior mean can be off. Let q be the surrogate, p the target, m = (p + q) / 2, and g
any quantity, measured from its mean under m. By Cauchy and Schwarz

    |E_p g - E_q g|  =  |integral (p - q) g|  <=  D sd_m(g),     D^2 = integral (p - q)^2 / m

D is estimated at fresh places, half of them draws of the surrogate, half of a flatter version of it
that reaches a standard deviation further out: there a tail shows that the surrogate lacks. For
p / q = exp(e) with a small error e, D is the sd of e. At D = 0.05 no posterior mean is off by
more than a twentieth of a posterior standard deviation, and only means that move exactly as the
error does are off by that much; no probability is off by more than 0.025.

Source: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, equations 2.25, 4.19
and 5.8. Departure: no noise, and the process describes what a warped normal leaves over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.density import Value, evaluate
from bayesinf.numerics.mode import Mode
from bayesinf.numerics.warp import Warp, warp_at_mode

BOUND = 0.05
"""How far, in posterior standard deviations, a posterior mean may be off at the most: less than two
Monte Carlo errors of a thousand draws. At 0.1, sds of skewed targets were up to 8 % off."""

PER_AXIS = 10
"""Places of the first design per axis, besides those that the warp looked at."""

FEWEST_PLACES = 40

FRESH = 96
"""Fresh exact values of a round at the least: they tell the error's sd to a tenth of itself."""

ROUNDS = 6

LARGEST_DESIGN = 1000
"""More exact values than this would cost what importance sampling by exact values costs."""

SPREAD = 1.5
"""The design is this much wider than the target, so that tails are described too. Of widths 1.2,
1.5 and 1.6 it left the smallest errors on most of twelve posteriors."""

LENGTHS = np.geomspace(1.0, 32.0, 11)
"""Length scales to choose from, in standard deviations."""

NUGGET = 1e-8
"""Relative variance that keeps the process' covariance matrix invertible; 1e-4 of its sd."""

DEPTH = 60.0
"""Places so many nats below the mode say nothing about draws, and would bend the process."""


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A log density on standard coordinates: a normal one plus a Gaussian process.

    Attributes:
        warp: From standard coordinates to points.
        design: Shape (n, d). Where exact values are known.
        weights: Shape (n,). The process is offset + kernel @ weights.
        offset: Its mean.
        length: Its length scale.
    """

    warp: Warp
    design: np.ndarray
    weights: np.ndarray
    offset: float
    length: float

    def __call__(self, w: np.ndarray) -> np.ndarray:
        """The log density of the points at standard coordinates (n, d), shape (n,)."""
        left_over = self.offset + kernel(w, self.design, self.length) @ self.weights
        return left_over - 0.5 * (w**2).sum(axis=1)

    def in_coordinates(self, w: np.ndarray) -> np.ndarray:
        """The log density of the standard coordinates themselves."""
        return self(w) + self.warp.log_stretch(w)


@dataclass(frozen=True)
class Agreement:
    """How a surrogate compares with the target at fresh places.

    Attributes:
        bound: D: by how many posterior sds any posterior mean is off at the most.
        spread: The standard deviation of exact minus surrogate at draws of the surrogate, in nats.
        fresh: How many fresh exact values this rests on.
        places: How many exact values the surrogate was put through.
        evaluations: Exact values in all, with those of the search for the mode.
        used: Whether the draws are the surrogate's; else it only proposed, and each proposal was
            weighed by its exact value.
    """

    bound: float
    spread: float
    fresh: int
    places: int
    evaluations: int
    used: bool = True

    @property
    def agrees(self) -> bool:
        """Whether every posterior mean is as near as `BOUND` promises."""
        return self.bound <= BOUND


class Record:
    """A log density that remembers where it was asked, because every exact value is worth keeping.

    Attributes:
        points: The points asked for so far, one array (n, d) per question.
        heights: The log densities there.
    """

    def __init__(self, value: Value) -> None:
        self._value = value
        self.points: list[np.ndarray] = []
        self.heights: list[np.ndarray] = []

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """The log densities of points (n, d), shape (n,), which are remembered."""
        heights = evaluate(self._value, points)
        self.points.append(points)
        self.heights.append(heights)
        return heights

    @property
    def count(self) -> int:
        """How many exact values were asked for."""
        return sum(len(heights) for heights in self.heights)


def kernel(one: np.ndarray, other: np.ndarray, length: float) -> np.ndarray:
    """The rational quadratic covariance of exponent 2 between points, in units of the variance.

    Of five kernels tried on twelve posteriors of 2 to 10 dimensions (squared exponential, rational
    quadratic of exponent 1 and 2, Matern 5/2 and 7/2) it was within a third of the best on all but
    one; the others were twice the best on several.
    """
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2.0 * (one @ other.T)
    return (1.0 + np.maximum(squares, 0.0) / (4.0 * length**2)) ** -2


def fit(warp: Warp, design: np.ndarray, heights: np.ndarray) -> Surrogate:
    """Puts a surrogate through exact values, with the length scale of highest likelihood.

    Args:
        warp: The coordinates.
        design: Shape (n, d), distinct.
        heights: Shape (n,). The log densities there, finite.
    """
    left_over = heights + 0.5 * (design**2).sum(axis=1)
    best, found = np.inf, None
    for length in LENGTHS:
        covariance = kernel(design, design, length) + NUGGET * np.eye(len(design))
        try:
            factor = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            break  # longer ones are worse conditioned still
        half = np.linalg.solve(factor, np.column_stack([np.ones(len(design)), left_over]))
        information = half[:, 0] @ half[:, 0]
        offset = half[:, 0] @ half[:, 1] / information
        rest = half[:, 1] - offset * half[:, 0]
        log_det = np.log(np.diagonal(factor)).sum()
        square = max(float(rest @ rest), 1e-300)
        misfit = 0.5 * len(rest) * np.log(square) + log_det + 0.5 * np.log(information)
        if misfit < best:
            best, found = misfit, (np.linalg.solve(factor.T, rest), float(offset), float(length))
    assert found is not None, "the shortest length scale always has a factor"
    return Surrogate(warp, design, *found)


def first_places(d: int, generator: np.random.Generator) -> np.ndarray:
    """Spreads places under a normal `SPREAD` times as wide as a standard one, evenly on each axis.

    Source: McKay, Beckman and Conover (1979), Technometrics 21(2): Latin hypercubes. On a lattice
    of so few places whole sides stay empty: the mean of 40 was 0.5 off in three dimensions.
    """
    from scipy.special import ndtri

    count = max(FEWEST_PLACES, PER_AXIS * d)
    ranks = generator.permuted(np.tile(np.arange(count), (d, 1)), axis=1).T
    return SPREAD * ndtri((ranks + generator.random((count, d))) / count)


def begin(record: Record, mode: Mode, generator: np.random.Generator) -> Warp:
    """Looks along the axes and evaluates the first design; both stay in the record."""
    warp = warp_at_mode(record, mode)
    record(warp.points(first_places(len(mode.point), generator)))
    return warp


def through_record(record: Record, warp: Warp) -> Surrogate:
    """The surrogate through all recorded values that tell something, the highest first."""
    points, heights = np.concatenate(record.points), np.concatenate(record.heights)
    useful = np.flatnonzero(heights > heights.max() - DEPTH)
    useful = useful[np.argsort(-heights[useful], kind="stable")]
    coordinates = warp.coordinates(points[useful])
    kept = distinct(coordinates)[:LARGEST_DESIGN]
    return fit(warp, coordinates[kept], heights[useful[kept]])


def distinct(places: np.ndarray, apart: float = 0.05) -> np.ndarray:
    """Indices of places that are not within `apart` of an earlier one.

    Two values so close tell as much as one, and make the covariance matrix singular.
    """
    kept: list[int] = []
    for place, point in enumerate(places):
        near = ((places[kept] - point) ** 2).sum(axis=1) if kept else np.array([np.inf])
        if near.min() >= apart**2:
            kept.append(place)
    return np.array(kept)


def compare(
    record: Record, surrogate: Surrogate, places: np.ndarray, log_density: np.ndarray
) -> Agreement:
    """Compares a surrogate with the target at fresh places.

    Args:
        record: The target; the exact values stay in it.
        surrogate: The surrogate.
        places: Shape (n, d). Standard coordinates, drawn from a density that covers both.
        log_density: Shape (n,). That density, normalised.

    Returns:
        How they compare.
    """
    stretch = surrogate.warp.log_stretch(places)
    exact, smooth = record(surrogate.warp.points(places)), surrogate(places)
    target = relative(exact + stretch - log_density)
    own = relative(smooth + stretch - log_density)
    both = 0.5 * (target + own)
    parts = np.divide((target - own) ** 2, both, out=np.zeros_like(both), where=both > 0)
    differences = exact - smooth
    mean = own @ differences / own.sum()
    spread = float(np.sqrt(own @ (differences - mean) ** 2 / own.sum()))
    return Agreement(
        float(np.sqrt(parts.mean())), spread, len(places), len(surrogate.design), record.count
    )


def relative(logs: np.ndarray) -> np.ndarray:
    """Exponentials divided by their mean."""
    weights = np.exp(logs - logs.max())
    return weights / weights.mean()

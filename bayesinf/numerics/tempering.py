"""Sequential Monte Carlo: particles that follow a path of densities from a wide t to the target.

Tempered densities are `reference^(1 - t) target^t`. Islands of particles share temperatures, scales
and step sizes, but each resamples within itself: they are independent estimates of everything, so
that R-hat between them means what it says. Particles keep the order of their lineages, so that
effective sizes see how much relatives still resemble each other.

Letters: t is the temperature, from 0 (reference) to 1 (target); d the number of unknowns; n the
number of particles of all islands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import nan
from time import perf_counter

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.blas import single_threaded
from bayesinf.numerics.bridge import Bridge, Cloud, Ends, Moved, mix
from bayesinf.numerics.compiled import Slopes
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.pathfinder import Paths
from bayesinf.numerics.proposal import Student

WIDTH = 3.0
"""Sds of the first reference in sds of the approximations at the modes. Of two modes 12 sds apart,
one of which no climb had found, runs with 2 missed the other in half of the seeds tried, with 3 in
none."""

LATER_WIDTH = 1.5
"""Sds of later references in sds of the particles that a run before brought to the target."""

HEAVINESS = 4.0
"""Degrees of freedom of the references."""

RUNS = 4
"""The most runs. The second has a reference as wide as the first run found the target to be; when
its evidence is another, so has the third, and so on."""

AGREEMENT = 3.0
"""Standard errors that the evidences of two runs may differ by: a reference that misses a part of
the target loses that part's evidence."""

EFFECTIVE_SHARE = 0.5
"""Effective share of the worst island's particles after each rise in temperature (Jasra et al.
2011): smaller rises cost more moves than the evidence gains."""

MOST_RISES = 1000
"""Rises in temperature after which the path is given up."""


@dataclass(frozen=True)
class Islands:
    """How many particles there are, and how many draws are wanted of them.

    Attributes:
        count: Independent populations.
        particles: Particles in each.
        draws: Draws to keep of each.
    """

    count: int
    particles: int
    draws: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """Estimates of the log of the target's integral.

    Attributes:
        islands: One estimate per island.
        weight_error: Standard error of their mean that the weights of each step suggest.
    """

    islands: np.ndarray
    weight_error: float

    @property
    def value(self) -> float:
        """The log of the islands' mean estimate, which is unbiased before the log."""
        return float(np.logaddexp.reduce(self.islands) - np.log(len(self.islands)))

    @property
    def error(self) -> float:
        """Its standard error: the islands' scatter, or what the weights suggest if that is more.

        Few islands scatter little by chance; weights know nothing of particles that move too
        little. The larger of the two errs on the safe side.
        """
        scatter = float(np.std(self.islands, ddof=1)) / len(self.islands) ** 0.5
        return max(scatter, self.weight_error)

    def agrees(self, other: Evidence) -> bool:
        """Whether another estimate differs by no more than chance."""
        gap = abs(self.value - other.value)
        return gap <= AGREEMENT * float(np.hypot(self.error, other.error))


@dataclass(frozen=True, eq=False)
class Tempered:
    """Particles at the target, and what was learned on the way.

    Attributes:
        positions: Shape (island, draw, d).
        temperatures: The path of the last run, from 0 to 1.
        evidences: Of each run, the last one last.
        settled: Whether the evidences of the last two runs agree.
        moved: What the last moves did.
        interrupted: Whether the caller stopped the runs.
    """

    positions: np.ndarray
    temperatures: tuple[float, ...]
    evidences: tuple[Evidence, ...]
    settled: bool
    moved: Moved
    interrupted: bool


@dataclass(frozen=True, eq=False)
class _Run:
    """Particles on their way from one reference, and the evidence that the way has given so far."""

    cloud: Cloud
    bridge: Bridge
    temperatures: tuple[float, ...]
    gains: np.ndarray
    variance: float
    moved: Moved

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.gains, self.variance**0.5)

    def mixed(self, rng: np.random.Generator) -> _Run:
        cloud, bridge, moved = mix(self.cloud, self.bridge, rng)
        return replace(self, cloud=cloud, bridge=bridge, moved=moved)


def reference_around(paths: Paths) -> Student:
    """A t distribution that is wide around every mode that the paths found."""
    normals = [path.normal for path in paths.modes]
    centres = np.array([normal.mean for normal in normals])
    roots = np.array([normal.root() for normal in normals])
    within = np.mean(roots @ np.swapaxes(roots, 1, 2), axis=0)
    away = centres - centres.mean(axis=0)
    scale = WIDTH**2 * within + away.T @ away / len(normals)
    return Student.with_scale(centres.mean(axis=0), scale, HEAVINESS)


# Products with small matrices, thousands of times: threads would wait for each other.
@single_threaded()
def sample_tempered(
    slopes: Slopes,
    reference: Student,
    islands: Islands,
    rng: np.random.Generator,
    report: Callable[[Progress], None] | None = None,
) -> Tempered:
    """Draws from a target by runs of tempered particles, each from a better reference.

    Args:
        slopes: The target: from points (n, d) to log densities (n,) and gradients (n, d).
        reference: Where the particles of the first run start; normalised.
        islands: How many particles. Fewer draws than particles are picked at even distances; more
            come from further moves at the target.
        rng: The source of randomness.
        report: Told of the progress in percent. A KeyboardInterrupt keeps the particles of the last
            run that reached the target.

    Returns:
        The particles, with the estimates of the target's integral.

    Raises:
        SamplingError: When the target is zero at all first particles, is too far from the
            reference, or the first run is stopped before it reaches the target.

    Source:
        Del Moral, Doucet and Jasra (2006), JRSS B 68, section 3.3.2; Jasra, Stephens, Doucet and
        Tsagaris (2011), Scandinavian Journal of Statistics 38, for the choice of temperatures;
        Buchholz, Chopin and Jacob (2021), Bayesian Analysis 16, for Hamiltonian moves. Departures:
        islands share what is tuned; runs are repeated until their evidences agree.
    """
    began = perf_counter()

    def tell(runs: int, temperature: float) -> None:
        if report is not None:
            done = int(100 * (runs + temperature) / RUNS)
            report(Progress(done, 100, 0, perf_counter() - began, nan))

    runs: list[_Run] = []
    settled = interrupted = False
    kept: list[np.ndarray] = []
    try:
        while not settled and len(runs) < RUNS:
            start = _reference_from(runs[-1]) if runs else reference
            runs.append(_temper(Ends(slopes, start), islands, rng, partial(tell, len(runs))))
            settled = len(runs) > 1 and runs[-1].evidence.agrees(runs[-2].evidence)
        run = runs[-1]
        kept.append(run.cloud.points)
        while len(kept) * islands.particles < islands.draws:
            run = run.mixed(rng)
            kept.append(run.cloud.points)
            tell(RUNS, 0.0)
    except KeyboardInterrupt:
        interrupted = True
        if not runs:
            raise SamplingError(
                "The run was stopped before its particles reached the posterior, so there are no "
                "draws.",
                code="interrupted",
                hint="Let it run for longer, or ask for fewer particles.",
            ) from None
    return Tempered(
        _drawn(kept or [runs[-1].cloud.points], islands),
        runs[-1].temperatures,
        tuple(run.evidence for run in runs),
        settled,
        runs[-1].moved,
        interrupted,
    )


def _reference_from(run: _Run) -> Student:
    """A t distribution that is wider than the particles that a run brought to the target."""
    shape = run.bridge.fitted(run.cloud.points, np.ones(len(run.cloud.points)), 1.0)
    return Student(shape.centre, LATER_WIDTH * shape.root, HEAVINESS)


def _temper(
    ends: Ends, islands: Islands, rng: np.random.Generator, tell: Callable[[float], None]
) -> _Run:
    """Takes particles from the reference to the target."""
    cloud = ends.look(ends.reference.sample(rng, islands.count * islands.particles))
    if not np.isfinite(cloud.target.reshape(islands.count, -1)).any(axis=1).all():
        raise SamplingError(
            "The posterior density is zero at every particle of a wide t around the mode.",
            code="no-density",
            hint="The posterior may be improper: give every parameter a proper prior.",
        )
    run = _Run(
        cloud, Bridge.first(ends), (0.0,), np.zeros(islands.count), 0.0, Moved(0.0, 1.0, 0.0)
    )
    while run.temperatures[-1] < 1.0:
        run = _rise(run, islands, rng).mixed(rng)
        tell(run.temperatures[-1])
    return run


def _rise(run: _Run, islands: Islands, rng: np.random.Generator) -> _Run:
    """Raises the temperature, counts the evidence, and resamples each island."""
    temperature = run.temperatures[-1]
    if len(run.temperatures) > MOST_RISES:
        raise SamplingError(
            f"After {MOST_RISES} rises the temperature is {temperature:.2g} of 1: the posterior is "
            "too far from where the particles start.",
            code="tempering",
            hint="Give every parameter a proper prior of the size expected.",
        )
    ratios = run.cloud.ratios.reshape(islands.count, -1)
    left = 1.0 - temperature
    rise = next_rise(ratios, left)
    # The last rise ends at 1 exactly, whatever rounding says.
    temperature = 1.0 if rise == left else temperature + rise
    gains = np.logaddexp.reduce(rise * ratios, axis=1) - np.log(islands.particles)
    weights = np.exp(rise * ratios - gains[:, np.newaxis])
    return replace(
        run,
        cloud=run.cloud.take(resample(weights, rng)),
        bridge=run.bridge.fitted(run.cloud.points, weights.ravel(), temperature),
        temperatures=(*run.temperatures, temperature),
        gains=run.gains + gains,
        variance=run.variance + float(np.mean((weights - 1.0) ** 2)) / weights.size,
    )


def next_rise(ratios: np.ndarray, left: float) -> float:
    """The largest rise in temperature that leaves every island enough effective particles.

    Args:
        ratios: Log target over reference of the particles, shape (island, particle).
        left: The rise that ends at the target.

    Returns:
        A rise, `left` itself where it will do.
    """

    def share(rise: float) -> float:
        weights = np.exp(rise * (ratios - ratios.max(axis=1, keepdims=True)))
        return float((weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)).min()) / ratios.shape[1]

    # Particles outside the support are lost at any temperature: the share is of those inside.
    wanted = EFFECTIVE_SHARE * min(1.0, float(np.isfinite(ratios).mean(axis=1).min()))
    if share(left) >= wanted:
        return left
    low, high = 0.0, left
    while high - low > 1e-3 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if share(middle) >= wanted else (low, middle)
    return high


def resample(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Chooses each island's survivors by systematic resampling.

    Args:
        weights: Shape (island, particle), with mean 1 in each island.
        rng: The source of randomness.

    Returns:
        Indices into all particles, island after island, copies side by side, shape (n,).

    Source: Kitagawa (1996), Journal of Computational and Graphical Statistics 5(1), appendix.
    """
    count = weights.shape[1]
    chosen = []
    for island, own in enumerate(weights):
        ends = np.cumsum(own)
        marks = (np.arange(count) + rng.random()) / count * ends[-1]
        places = np.minimum(np.searchsorted(ends, marks, side="right"), count - 1)
        chosen.append(places + island * count)
    return np.concatenate(chosen)


def _drawn(kept: list[np.ndarray], islands: Islands) -> np.ndarray:
    """The draws wanted of each island, at even distances along its particles."""
    drawn = np.concatenate(
        [points.reshape(islands.count, islands.particles, -1) for points in kept], 1
    )
    wanted = min(islands.draws, drawn.shape[1])
    even = ((np.arange(wanted) + 0.5) * drawn.shape[1] / wanted).astype(int)
    return drawn[:, even]

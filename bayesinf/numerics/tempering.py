"""Sequential Monte Carlo: particles that follow a path of densities from a wide t to the target.

Tempered densities are `reference^(1 - t) target^t`. Islands of particles share temperatures, scales
and step sizes, but each resamples within itself: they are independent estimates of everything, so
that R-hat between them means what it says. Particles keep the order of their lineages, so that
effective sizes see how much relatives still resemble each other.

Letters: t is the temperature, from 0 (reference) to 1 (target); d the number of unknowns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, nan
from time import perf_counter

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.compiled import Slopes
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.pareto import normalise
from bayesinf.numerics.pathfinder import Paths
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.trajectories import Cloud, Stride, move

WIDTH = 2.0
"""Sds of the reference in sds of the approximations at the modes."""

HEAVINESS = 4.0
"""Degrees of freedom of the reference."""

EFFECTIVE_SHARE = 0.5
"""The worst island's effective share of particles after each rise in temperature, as in Jasra et al.
(2011): smaller rises cost more sweeps than the evidence gains."""

ALIKE = 0.1
"""Correlation of particles with where they stood before the sweeps, below which sweeps suffice."""

SWEEPS = 20
"""The most sweeps at one temperature."""

PATIENCE = 3
"""Sweeps without a fall in that correlation by a tenth, after which no more are tried: particles
that cannot cross between modes never lose it, and need not, since the weights tell the modes apart.
"""

MOST_TEMPERATURES = 1000
"""Rises in temperature after which the path is given up."""


@dataclass(frozen=True, eq=False)
class Tempered:
    """Particles at the target, and what was learned on the way.

    Attributes:
        positions: Shape (island, draw, d).
        temperatures: The path, from 0 to 1.
        log_evidences: Log of the target's integral, one estimate per island.
        weight_error: Standard error of their mean that the weights of each step suggest.
        acceptance: Mean acceptance rate of the last sweeps.
        likeness: The largest correlation of a coordinate with its value before the last sweeps.
        interrupted: Whether the caller stopped the last sweeps.
    """

    positions: np.ndarray
    temperatures: np.ndarray
    log_evidences: np.ndarray
    weight_error: float
    acceptance: float
    likeness: float
    interrupted: bool

    @property
    def log_evidence(self) -> float:
        """The log of the islands' mean estimate."""
        return float(np.logaddexp.reduce(self.log_evidences) - np.log(len(self.log_evidences)))

    @property
    def log_evidence_error(self) -> float:
        """Its standard error: the islands' scatter, or what the weights suggest if that is more.

        Few islands scatter little by chance; weights know nothing of particles that move too
        little. The larger of the two errs on the safe side.
        """
        count = len(self.log_evidences)
        scatter = float(np.std(self.log_evidences, ddof=1)) / count**0.5 if count > 1 else 0.0
        return max(scatter, self.weight_error)


def reference_around(paths: Paths) -> Student:
    """A t distribution that is wide around every mode that the paths found."""
    normals = [path.normal for path in paths.modes]
    centres = np.array([normal.mean for normal in normals])
    within = sum(root @ root.T for root in (normal.root() for normal in normals)) / len(normals)
    between = np.atleast_2d(np.cov(centres.T, bias=True)) if len(normals) > 1 else 0.0
    return Student.with_scale(centres.mean(axis=0), WIDTH**2 * within + between, HEAVINESS)


def temper(
    slopes: Slopes,
    reference: Student,
    islands: int,
    particles: int,
    draws: int,
    rng: np.random.Generator,
    report: Callable[[Progress], None] | None = None,
) -> Tempered:
    """Moves particles from a reference to a target.

    Args:
        slopes: The target: from points (n, d) to log densities (n,) and gradients (n, d).
        reference: Where the particles start; normalised.
        islands: Independent populations.
        particles: Particles in each.
        draws: Draws to keep of each island. Fewer than the particles are picked at even distances;
            more come from further sweeps at the target.
        rng: The source of randomness.
        report: Told of the temperature in percent. A KeyboardInterrupt at the target keeps the
            particles, before it there are none to keep.

    Returns:
        The particles, with the estimates of the target's integral.

    Raises:
        SamplingError: When the target is zero at all first particles, the particles die out, or
            the run is stopped before it reaches the target.

    Source:
        Del Moral, Doucet and Jasra (2006), JRSS B 68, section 3.3.2; Jasra, Stephens, Doucet and
        Tsagaris (2011), Scandinavian Journal of Statistics 38, for the choice of temperatures;
        Buchholz, Chopin and Jacob (2021), Bayesian Analysis 16, for the Hamiltonian moves.
    """
    began = perf_counter()

    def tell(temperature: float, swept: float = 0.0) -> None:
        if report is not None:
            done = int(99 * temperature + swept)
            report(Progress(done, 100, 0, perf_counter() - began, nan))

    cloud = Cloud.at(reference.sample(rng, islands * particles), slopes, reference)
    stride = Stride.first(cloud.points.shape[1])
    temperatures, evidences, variance = [0.0], np.zeros(islands), 0.0
    try:
        while temperatures[-1] < 1.0:
            ratios = cloud.log_ratio().reshape(islands, particles)
            rise = next_rise(ratios, 1.0 - temperatures[-1])
            if len(temperatures) > MOST_TEMPERATURES:
                raise SamplingError(
                    f"After {MOST_TEMPERATURES} rises the temperature is {temperatures[-1]:.2g} "
                    "of 1: the posterior is too far from where the particles start.",
                    code="tempering",
                    hint="Give every parameter a proper prior of the size expected.",
                )
            # The last rise ends at 1 exactly, whatever sums of floats say.
            last = rise >= 1.0 - temperatures[-1]
            temperatures.append(1.0 if last else temperatures[-1] + rise)
            weights = rise * ratios
            gains = np.logaddexp.reduce(weights, axis=1) - np.log(particles)
            evidences += gains
            shares = np.exp(weights - gains[:, np.newaxis])
            variance += float(np.mean((shares - 1.0) ** 2)) / (islands * particles)
            stride = stride.fitted(cloud.points, shares.ravel())
            cloud = cloud.take(lineages(shares, rng))
            if not last:
                cloud, stride, _ = mix(cloud, stride, temperatures[-1], slopes, reference, rng)
                tell(temperatures[-1])
    except KeyboardInterrupt:
        raise SamplingError(
            f"The run was stopped at temperature {temperatures[-1]:.2g} of 1, so there are no "
            "draws of the posterior.",
            code="interrupted",
            hint="Let it run for longer, or ask for fewer particles.",
        ) from None
    return _at_target(
        cloud, stride, slopes, reference, rng, tell, draws,
        Tempered(
            np.zeros((islands, particles, 0)), np.array(temperatures), evidences,
            variance**0.5, 0.0, 1.0, False,
        ),
    )  # fmt: skip

"""Normal approximations found on the way up to a mode, the best of each way kept.

Letters: alpha is the diagonal and beta gamma beta' the low-rank part of an inverse Hessian that the
climb's history stands for; s and y are the differences of successive points and gradients.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, log

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.density import Value
from bayesinf.numerics.importance import Proposal
from bayesinf.numerics.landscape import Landscape
from bayesinf.numerics.lbfgs import MEMORY, Climb, climb
from bayesinf.numerics.mode import EVIDENCE_GAP
from bayesinf.numerics.noise import standard_normal
from bayesinf.numerics.nuts import Progress

ELBO_DRAWS = 5
"""Draws that judge each point of a path: Zhang et al. (2022), section 3.4."""

SAME = 1.0
"""Two ends closer than one sd of the approximation are the same mode: importance weights would see
a second one that near."""


@dataclass(frozen=True, eq=False)
class LowRankNormal:
    """A normal distribution whose covariance is `diag(alpha) + beta gamma beta'`.

    Attributes:
        mean: Shape (d,).
        alpha: Positive, shape (d,).
        basis: Orthonormal columns Q of `beta / sqrt(alpha)`, shape (d, r).
        core: Symmetric square root of `I + Q' beta gamma beta' Q / alpha`, the covariance in that
            basis, shape (r, r).

    Source: Zhang et al. (2022), Pathfinder, JMLR 23(306), algorithm 4. Departure: a symmetric
        square root in place of a Cholesky factor, so that rounding cannot make it fail.
    """

    mean: np.ndarray
    alpha: np.ndarray
    basis: np.ndarray
    core: np.ndarray

    @property
    def log_det(self) -> float:
        """The log determinant of the covariance."""
        return float(np.log(self.alpha).sum() + 2.0 * np.linalg.slogdet(self.core)[1])

    def shape(self, noise: np.ndarray) -> np.ndarray:
        """Turns standard normals (n, d) into deviations from the mean (n, d)."""
        inside = noise @ self.basis
        return np.sqrt(self.alpha) * (noise + (inside @ self.core - inside) @ self.basis.T)

    def whiten(self, deviations: np.ndarray) -> np.ndarray:
        """The inverse of `shape`."""
        scaled = deviations / np.sqrt(self.alpha)
        inside = scaled @ self.basis
        whitened = np.linalg.solve(self.core, inside.T).T
        return scaled + (whitened - inside) @ self.basis.T

    def root(self) -> np.ndarray:
        """A matrix (d, d) whose product with its transpose is the covariance."""
        return self.shape(np.eye(len(self.mean))).T

    def conditional_sds(self) -> np.ndarray:
        """The sd of each coordinate given the others, shape (d,)."""
        inverse = np.linalg.inv(self.core)
        inside = ((self.basis @ inverse) ** 2 - self.basis**2).sum(axis=1)
        return np.sqrt(self.alpha / (1.0 + inside))

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draws n independent points, shape (n, d)."""
        return self.mean + self.shape(rng.standard_normal((n, len(self.mean))))

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Evaluates the normalised log density of points (n, d), shape (n,)."""
        return np.asarray(standard_normal(self.whiten(points - self.mean))) - 0.5 * self.log_det


@dataclass(frozen=True, eq=False)
class Pool:
    """What several paths found as one stand-in, with equal shares.

    Attributes:
        parts: Their normals.
    """

    parts: tuple[LowRankNormal, ...]

    @property
    def size(self) -> int:
        """The number of unknowns d."""
        return len(self.parts[0].mean)

    def draw(
        self, rng: np.random.Generator, n: int, noise: Proposal
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws n points (n, d) with their log densities (n,), each the map of one path's normal.

        Source: Veach and Guibas (1995) for the density of all parts together, the balance
            heuristic. Departure: Zhang et al. (2022) divide by the density of the draw's own path.
        """
        counts = np.bincount(rng.integers(len(self.parts), size=n), minlength=len(self.parts))
        points = [
            part.mean + part.shape(noise.sample(rng, count))
            for part, count in zip(self.parts, counts.tolist(), strict=True)
        ]
        mixed = rng.permutation(np.concatenate(points))
        logs = [
            noise.log_density(part.whiten(mixed - part.mean)) - 0.5 * part.log_det
            for part in self.parts
        ]
        return mixed, np.logaddexp.reduce(logs, axis=0) - log(len(self.parts))


@dataclass(frozen=True, eq=False)
class Path:
    """The best approximation along one climb.

    Attributes:
        normal: The approximation.
        elbo: Its evidence lower bound, from a few draws.
        end: Where the climb ended, shape (d,).
        steps: Steps of the climb.
        converged: Whether the climb ended at a mode.
    """

    normal: LowRankNormal
    elbo: float
    end: np.ndarray
    steps: int
    converged: bool


@dataclass(frozen=True, eq=False)
class Paths:
    """What several paths found.

    Attributes:
        all: One path per start with finite density, the best ELBO first.
        interrupted: Whether the caller stopped the climbs.
    """

    all: tuple[Path, ...]
    interrupted: bool

    @property
    def best(self) -> Path:
        """The path with the highest ELBO."""
        return self.all[0]

    def refuse_interrupted(self) -> None:
        """Raises an error for callers to whom the search for modes is only the beginning.

        Raises:
            SamplingError: When the caller of the search stopped it.
        """
        if self.interrupted:
            raise SamplingError(
                "The run was stopped while it searched for the mode, so there are no draws.",
                code="interrupted",
                hint="Let it run for longer.",
            )

    @property
    def kept(self) -> tuple[Path, ...]:
        """The paths whose ELBO is within `EVIDENCE_GAP` nats of the best, which is one of them.

        Where each normal reaches beyond a wall of the density no path has a finite ELBO.
        """
        near = tuple(path for path in self.all if path.elbo > self.best.elbo - EVIDENCE_GAP)
        return near or self.all[:1]

    @property
    def modes(self) -> tuple[Path, ...]:
        """The best path to each of the distinct ends that the kept paths reached."""
        distinct: list[Path] = []
        for path in self.kept:
            ends = [path.normal.whiten(path.end - other.end) for other in distinct]
            if all(np.linalg.norm(gap) > SAME for gap in ends):
                distinct.append(path)
        return tuple(distinct)


def find_paths(
    landscape: Landscape,
    starts: np.ndarray,
    rng: np.random.Generator,
    report: Callable[[Progress], None] | None = None,
) -> Paths:
    """Climbs from several starts and picks the best normal approximation along each way.

    Args:
        landscape: The log density, up to a constant.
        starts: Shape (s, d).
        rng: For the draws that judge the approximations.
        report: Told of the steps taken; a KeyboardInterrupt keeps the ways so far.

    Returns:
        The paths, the best first.

    Raises:
        SamplingError: When the density is zero at every start.

    Source:
        Zhang, Carpenter, Gelman and Vehtari (2022), Pathfinder: parallel quasi-Newton variational
        inference, JMLR 23(306), algorithm 1.
    """
    climbs = climb(landscape.slopes, starts, report=report)
    paths = [best_along(landscape.values, way, rng) for way in climbs]
    ordered = tuple(sorted(paths, key=lambda path: -path.elbo))
    return Paths(ordered, any(way.interrupted for way in climbs))


def best_along(values: Value, way: Climb, rng: np.random.Generator) -> Path:
    """The normal with the highest ELBO among those that the points of one climb suggest."""
    normals = normals_along(way)
    draws = np.stack([normal.sample(rng, ELBO_DRAWS) for normal in normals])
    logs = np.stack([normal.log_density(x) for normal, x in zip(normals, draws, strict=True)])
    heights = values(draws.reshape(-1, draws.shape[-1])).reshape(logs.shape)
    elbos = np.where(np.isfinite(heights), heights - logs, -inf).mean(axis=1)
    # Of equals (all draws outside the support) the last, which is nearest the mode.
    best = len(elbos) - 1 - int(np.argmax(elbos[::-1]))
    return Path(
        normals[best], float(elbos[best]), way.points[-1], len(way.points) - 1, way.converged
    )


def normals_along(way: Climb) -> list[LowRankNormal]:
    """The normal approximation at each point of a climb but its start.

    A climb without a step (it began at the mode) gives one with unit variances there.
    """
    alpha = np.ones(way.points.shape[1])
    history: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=MEMORY)
    normals = []
    for k in range(1, len(way.points)):
        step = way.points[k] - way.points[k - 1]
        bend = way.gradients[k - 1] - way.gradients[k]
        if step @ bend > 1e-12 * float(bend @ bend):
            alpha = updated_diagonal(alpha, step, bend)
            history.append((step, bend))
        normals.append(normal_at(way.points[k], way.gradients[k], alpha, history))
    return normals or [normal_at(way.points[0], way.gradients[0], alpha, history)]


def updated_diagonal(alpha: np.ndarray, step: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """Adapts the diagonal to the curvature seen along one step.

    Source: Gilbert and Lemarechal (1989), as in Zhang et al. (2022), algorithm 3.
    """
    a = bend @ (alpha * bend)
    b = bend @ step
    c = step @ (step / alpha)
    return 1.0 / (a / (b * alpha) + bend**2 / b - a * (step / alpha) ** 2 / (b * c))


def normal_at(
    point: np.ndarray,
    gradient: np.ndarray,
    alpha: np.ndarray,
    history: deque[tuple[np.ndarray, np.ndarray]],
) -> LowRankNormal:
    """The normal that the inverse Hessian at a point and one Newton step from there give.

    Source: Zhang et al. (2022), equation 2.2 and algorithms 3 and 4; Byrd, Nocedal and Schnabel
        (1994) for the compact form.
    """
    d = len(point)
    if not history:
        return LowRankNormal(point + alpha * gradient, alpha, np.zeros((d, 0)), np.zeros((0, 0)))
    s, y = (np.array(column).T for column in zip(*history, strict=True))
    products = s.T @ y
    eta = np.diagonal(products)
    beta = np.hstack([alpha[:, np.newaxis] * y, s])
    inverse = np.linalg.inv(np.triu(products))
    middle = inverse.T @ (np.diag(eta) + y.T @ (alpha[:, np.newaxis] * y)) @ inverse
    gamma = np.block([[np.zeros_like(inverse), -inverse], [-inverse.T, middle]])
    basis, coordinates = np.linalg.qr(beta / np.sqrt(alpha)[:, np.newaxis])
    # Positive definite but for rounding, which the floor mends.
    values, axes = np.linalg.eigh(np.eye(len(coordinates)) + coordinates @ gamma @ coordinates.T)
    root = np.sqrt(np.maximum(values, 1e-12 * values[-1]))
    core = (axes * root) @ axes.T
    centred = LowRankNormal(point, alpha, basis, core)
    # The square root's transpose: the covariance times the gradient, factor by factor.
    scaled = np.sqrt(alpha) * gradient
    half = scaled + basis @ (core @ (basis.T @ scaled) - basis.T @ scaled)
    return replace(centred, mean=point + centred.shape(half[np.newaxis])[0])

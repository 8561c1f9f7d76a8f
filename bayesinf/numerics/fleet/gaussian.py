"""Many Gaussian regressions in closed form, from their sums of squares and products.

As `numerics.linear` and `numerics.quadrature`, with the members side by side: given sigma the
coefficients are Gaussian, and the posterior of log sigma is tabulated. In this module p counts
coefficients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.linear import residual_square, tolerant_cholesky
from bayesinf.numerics.quadrature import DROP

NODES = 1001
"""Nodes of each table of log sigma. A normal density's sd covers 40 of them, that of few rows and a
heavy prior tail 20: taking the density as linear in between errs by 1e-4 to 3e-4 of its top."""

SEARCH = 0.25 * np.arange(-80, 161)
"""Where tops are looked for, in log sigma from the spread that least squares leaves."""

ZOOMS = 16
"""Rounds of a grid of nine points around the best of the round before, each four times as fine:
the last has steps of 0.25 / 4^16 = 6e-11."""

REACH = 2.0 ** np.arange(-14.0, 6.25, 0.25)
"""How far from the top the ends of the table may lie: from 6e-5 to 64, 19 % apart."""


@dataclass(frozen=True, eq=False)
class Sums:
    """What Gaussian regressions need to know of their rows.

    Attributes:
        gram: Shape (m, p, p). Weighted X'X.
        moment: Shape (m, p). Weighted X'y.
        square: Shape (m,). Weighted y'y.
        weight: Shape (m,). Sum of the weights.
    """

    gram: np.ndarray
    moment: np.ndarray
    square: np.ndarray
    weight: np.ndarray

    @property
    def log_spread(self) -> np.ndarray:
        """The logarithm of the spread that least squares leaves, shape (m,)."""
        fitted = np.einsum("mi,mij,mj->m", self.moment, np.linalg.pinv(self.gram), self.moment)
        left = np.maximum(self.square - fitted, np.maximum(1e-14 * self.square, 1e-300))
        return 0.5 * np.log(left / np.maximum(self.weight, 1.0))


@dataclass(frozen=True, eq=False)
class Pencils:
    """Prior and data precision of every member, diagonalised together; see `linear.Pencil`.

    Attributes:
        back: Shape (m, p, p). From diagonal coordinates to coefficients.
        still: Shape (m, p). What the prior adds to each precision.
        moving: Shape (m, p). What the data add at sigma 1.
        log_det: Shape (m,). The log determinant of what was factorised.
        prior_shift: Shape (m, p). The prior's precision times mean, in diagonal coordinates.
        data_shift: Shape (m, p). X'Wy in diagonal coordinates.
    """

    back: np.ndarray
    still: np.ndarray
    moving: np.ndarray
    log_det: np.ndarray
    prior_shift: np.ndarray
    data_shift: np.ndarray

    def at(self, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Precision and shift (m, n, p) in diagonal coordinates, at sigma (m, n)."""
        inverse = (1.0 / sigma**2)[..., None]
        precision = self.still[:, None] + self.moving[:, None] * inverse
        return precision, self.prior_shift[:, None] + self.data_shift[:, None] * inverse

    def coefficients(self, sigma: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Turns standard normals (m, n, p) into draws of the coefficients given sigma (m, n)."""
        precision, shift = self.at(sigma)
        diagonal = shift / precision + noise / np.sqrt(precision)
        return diagonal @ np.swapaxes(self.back, -1, -2)


def diagonalise(sums: Sums, mean: np.ndarray, precision: np.ndarray) -> Pencils:
    """Diagonalises prior and data precision of every member.

    Args:
        sums: Of the rows.
        mean: Prior means, shape (m, p).
        precision: Prior precisions, shape (m, p); 0 for a flat prior.

    Returns:
        The pencils; NaN where rows and priors do not determine the coefficients.
    """
    identity = np.eye(sums.moment.shape[1])
    diagonal = np.diagonal(sums.gram, axis1=1, axis2=2)
    # In units of one over the outcome squared, as the prior precisions are: in other units one of
    # the two parts would be lost to rounding.
    share = 1.0 / np.maximum(np.where(sums.square > 0, sums.square, diagonal.mean(1)), 1e-300)
    total = precision[:, :, None] * identity + share[:, None, None] * sums.gram
    unit = 1.0 / np.sqrt(np.maximum(np.diagonal(total, axis1=1, axis2=2), 1e-300))
    scale = unit[:, :, None] * unit[:, None, :]
    root = tolerant_cholesky(total * scale)
    broken = ~np.isfinite(root).all((1, 2))
    root[broken] = identity
    half = np.linalg.solve(root, sums.gram * scale)
    inner = np.linalg.solve(root, np.swapaxes(half, 1, 2))
    weights, rotation = np.linalg.eigh(0.5 * (inner + np.swapaxes(inner, 1, 2)))
    # As for one model: rounding in the direction of near copies must not explain the outcome.
    floor = len(identity) * np.finfo(float).eps / share[:, None]
    weights = np.clip(weights, floor, 1.0 / share[:, None])
    back = unit[:, :, None] * np.linalg.solve(np.swapaxes(root, 1, 2), rotation)
    back[broken] = np.nan
    log_root = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(1)
    return Pencils(
        back=back,
        still=np.clip(1.0 - share[:, None] * weights, 0.0, None),
        moving=weights,
        log_det=2.0 * (log_root - np.log(unit).sum(1)),
        prior_shift=np.einsum("mij,mi->mj", back, precision * mean),
        data_shift=np.einsum("mij,mi->mj", back, sums.moment),
    )


def log_evidence(
    pencils: Pencils, sums: Sums, mean: np.ndarray, precision: np.ndarray, sigma: np.ndarray
) -> np.ndarray:
    """The log likelihood (m, n) of sigma (m, n), coefficients integrated out, up to a constant."""
    inner, shift = pencils.at(sigma)
    volume = -0.5 * np.log(inner).sum(-1)
    around = (precision * mean**2).sum(1)[:, None]
    total = sums.square[:, None] / sigma**2 + around
    left = residual_square(total, (shift**2 / inner).sum(-1))
    return volume - sums.weight[:, None] * np.log(sigma) - 0.5 * left


@dataclass(frozen=True, eq=False)
class Tables:
    """Densities of log sigma on grids.

    Attributes:
        nodes: Shape (m, NODES), equally spaced.
        density: Shape (m, NODES), up to a constant.
        sound: Shape (m,). Whether one peak was found, and the density falls off on both sides.
    """

    nodes: np.ndarray
    density: np.ndarray
    sound: np.ndarray

    def draw(self, uniforms: np.ndarray) -> np.ndarray:
        """Turns uniform numbers (m, n) into draws of log sigma, by inverting the distribution.

        Within a cell the density is taken as linear, so that the inversion is a quadratic root.
        """
        step = (self.nodes[:, 1] - self.nodes[:, 0])[:, None]
        cells = 0.5 * (self.density[:, 1:] + self.density[:, :-1]) * step
        reached = np.cumsum(cells, axis=1)
        wanted = uniforms * reached[:, -1:]
        # One sorted row for all members: member k's cells lie between k and k + 1.
        member = np.arange(len(reached))[:, None]
        line = (member + np.minimum(reached / reached[:, -1:], 1.0)).ravel()
        found = np.searchsorted(line, (member + uniforms).ravel(), side="right")
        cell = np.clip(found.reshape(uniforms.shape) - member * cells.shape[1], 0, NODES - 2)
        low = np.take_along_axis(self.density, cell, 1)
        rise = (np.take_along_axis(self.density, cell + 1, 1) - low) / step
        before = np.take_along_axis(reached, cell, 1) - np.take_along_axis(cells, cell, 1)
        rest = np.maximum(wanted - before, 0.0)
        root = np.sqrt(np.maximum(low**2 + 2.0 * rise * rest, 0.0))
        within = np.clip(2.0 * rest / np.maximum(low + root, 1e-300), 0.0, step)
        return np.take_along_axis(self.nodes, cell, 1) + within


def tabulate(log_density: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> Tables:
    """Tabulates one density of log sigma per member over all of its mass.

    Args:
        log_density: From log sigma (m, n) to log densities (m, n), up to a constant.
        start: Shape (m,). Near each density's mass.

    Returns:
        The tables, each over all that lies within `quadrature.DROP` of the top.
    """

    def values(places: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return np.nan_to_num(log_density(places), nan=-np.inf, posinf=-np.inf)

    coarse = values(start[:, None] + SEARCH)
    top = start + SEARCH[coarse.argmax(1)]
    inner = coarse[:, 1:-1]
    peaks = (inner >= coarse[:, :-2]) & (inner > coarse[:, 2:])
    peaks &= inner > coarse.max(1, keepdims=True) - DROP
    one_peak = peaks.sum(1) <= 1
    step = SEARCH[1] - SEARCH[0]
    for _ in range(ZOOMS):
        grid = top[:, None] + step * np.linspace(-1.0, 1.0, 9)
        top = np.take_along_axis(grid, values(grid).argmax(1)[:, None], 1)[:, 0]
        step /= 4.0
    height = values(top[:, None])[:, 0]
    ends, fell = [], np.isfinite(height) & one_peak
    for sign in (-1.0, 1.0):
        below = values(top[:, None] + sign * REACH) <= height[:, None] - DROP
        fell = fell & below.any(1)
        ends.append(top + sign * REACH[below.argmax(1)])
    nodes = np.linspace(ends[0], ends[1], NODES, axis=1)
    finite_height = np.where(np.isfinite(height), height, 0.0)
    density = np.exp(values(nodes) - finite_height[:, None])
    return Tables(nodes, np.where(fell[:, None], density, 1.0), fell)

"""Draws of coefficients and of all group effects, given draws of the spreads of several terms.

Given the spreads everything is Gaussian. Where one factorisation per draw is affordable, each draw
has its own. Where not, a draw is the solution of S x = s + n with n ~ N(0, S), which has mean S^-1 s
and covariance S^-1 (perturbation and optimisation); S is the border's precision, and conjugate
gradients solve it with the factor at a neighbouring draw of the spreads, to a thousandth of a
posterior standard deviation in every direction.

Notation as in `model/crossed.py`; H = [Z'WZ C; C' V'WV] is the Gram matrix of all columns, of which
n is made without passing over the rows again.

Source: Papandreou and Yuille (2010), Gaussian sampling by local perturbations, section 2; Orieux,
Feron and Giovannelli (2012), IEEE Signal Processing Letters 19(5), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bayesinf.model.crossed import (
    CrossedIntegral,
    CrossedSpreads,
    integrate_crossed,
    inverse_scale_square,
    read_crossed,
)
from bayesinf.model.crossed_rows import CrossedRows
from bayesinf.model.marginal import level_precision
from bayesinf.numerics.blocks import block_cholesky, solve_lower, solve_upper
from bayesinf.numerics.conjugate_gradients import groups_of_neighbours, solve_together
from bayesinf.numerics.lapack import semidefinite_factor, solve_upper_factors

COLUMNS = 128
"""Draws that are solved together: their vectors then stay near the processor."""

GROUPS = 16
"""Places at which factors are taken, at the most."""

AFFORDABLE = 0.5
"""Seconds for which every draw has a factor of its own."""

LARGEST_BATCH = 4_000_000
"""Numbers per temporary array (32 MB)."""


@dataclass(frozen=True, eq=False)
class Latents:
    """Draws of everything that was integrated out.

    Attributes:
        coefficients: Shape (n, p).
        effects: One array (n, level, q) per term.
    """

    coefficients: np.ndarray
    effects: tuple[np.ndarray, ...]


def draw_crossed(
    rows: CrossedRows, flat: np.ndarray, seconds: float, generator: np.random.Generator
) -> Latents:
    """Draws coefficients and effects given each draw of the spreads.

    Args:
        rows: The model's sums.
        flat: Shape (n, size). Draws of the spreads.
        seconds: What one factorisation is predicted to take.
        generator: The source of randomness.

    Returns:
        One draw per row of `flat`.
    """
    signature, n = rows.signature, len(flat)
    latents = Latents(
        np.empty((n, signature.coefficients)),
        tuple(np.empty((n, group.levels, group.effects)) for group in signature.groups),
    )
    own_factors = seconds * n <= AFFORDABLE
    parts = _directly(rows, flat, generator) if own_factors else _together(rows, flat, generator)
    for places, border in parts:
        _keep(rows, read_crossed(signature, flat[places]), border, generator, places, latents)
    return latents


def _directly(
    rows: CrossedRows, flat: np.ndarray, generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of draws, and the border's draws (m, b) there, each by its own factor."""
    size = rows.gram.shape[0] - 1
    batch = max(1, min(1000, LARGEST_BATCH // max(size**2, 1)))
    for start in range(0, len(flat), batch):
        places = np.arange(start, min(start + batch, len(flat)))
        spreads = read_crossed(rows.signature, flat[places])
        integral = integrate_crossed(rows.signature, spreads, rows.evidence)
        noise = generator.standard_normal((len(places), size))
        yield places, solve_upper_factors(integral.border_factor, integral.half + noise).T


def _together(
    rows: CrossedRows, flat: np.ndarray, generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same by conjugate gradients, with the factors at a few neighbouring draws."""
    noise = Noise.of(rows)
    size = rows.gram.shape[0] - 1
    # A factor costs as much as products with a quarter as many vectors as it has rows.
    count = min(GROUPS, max(1, 4 * len(flat) // size))
    for group in groups_of_neighbours(flat, count):
        middle = flat[group].mean(axis=0)
        nearby = Nearby.at(rows, middle)
        for places in np.array_split(group, -(-len(group) // COLUMNS)):
            system = System(rows, read_crossed(rows.signature, flat[places]))
            right = system.shift() + noise.draw(system, generator)
            solved = solve_together(system.apply, nearby.preconditioner(system), right)
            border = solved.solution
            for late in np.flatnonzero(~solved.converged):
                border[:, late] = _solve(rows, flat[places[late]], right[:, late])
            yield places, border


def _solve(rows: CrossedRows, flat: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solves one system by its own factor."""
    from scipy.linalg import cho_solve

    factor = _integral(rows, flat).border_factor[0]
    return cho_solve((factor, True), right, check_finite=False)


def _integral(rows: CrossedRows, flat: np.ndarray) -> CrossedIntegral:
    spreads = read_crossed(rows.signature, flat[None])
    return integrate_crossed(rows.signature, spreads, rows.evidence)


class System:
    """The border's precision S and shift s at some draws of the spreads, never written out.

    Vectors have shape (m, b), one column per draw; the border's parts are its terms and, last, the
    coefficients, as a term of one effect.

    Attributes:
        rows: The model's sums.
        spreads: The draws.
        scale: Shape (q, q, 1, b). T of the eliminated term.
        level_factor: Shape (q, q, level, b). Cholesky factor of its M.
    """

    def __init__(self, rows: CrossedRows, spreads: CrossedSpreads) -> None:
        self.rows, self.spreads = rows, spreads
        scale = spreads.scale(rows.signature.eliminated)
        self.inverse = spreads.sigma**-2
        own = np.moveaxis(rows.own, 0, -1)
        precision = level_precision(scale[..., None], self.inverse, own)
        self.scale = scale[:, :, None]
        self.level_factor = block_cholesky(np.swapaxes(precision, 2, 3))
        self._cross, self._moment = rows.cross[:, :-1], rows.cross[:, [-1]].toarray()
        self._across = self._cross.T.tocsr()
        self._gram = rows.gram[:-1, :-1]
        self.precisions = [
            inverse_scale_square(spreads.scale(k))[:, :, None] for k in rows.signature.bordering
        ]
        self.precisions.append(rows.prior.precision[None, None, :, None])

    @property
    def batch(self) -> int:
        """How many draws there are."""
        return len(self.inverse)

    def by_level(self, values: np.ndarray) -> np.ndarray:
        """Vectors of the eliminated term (level * q, b) as (q, level, b)."""
        q = len(self.scale)
        return np.moveaxis(values.reshape(-1, q, values.shape[1]), 1, 0)

    def from_levels(self, values: np.ndarray) -> np.ndarray:
        """Products (m, b) of C' with what `by_level` makes."""
        q, levels, batch = values.shape
        return self._across @ np.moveaxis(values, 0, 1).reshape(levels * q, batch)

    def to_levels(self, vectors: np.ndarray) -> np.ndarray:
        """Products of C with vectors (m, b), as (q, level, b)."""
        return self.by_level(self._cross @ vectors)

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """T times vectors (q, level, b)."""
        return _multiply(self.scale, values)

    def pulled(self, values: np.ndarray) -> np.ndarray:
        """T' times vectors (q, level, b)."""
        return _multiply(np.swapaxes(self.scale, 0, 1), values)

    def taken(self, values: np.ndarray) -> np.ndarray:
        """A = T M^-1 T' / sigma^4 times vectors (q, level, b)."""
        half = solve_lower(self.level_factor, self.pulled(values) * self.inverse)
        return self.scaled(solve_upper(self.level_factor, half)) * self.inverse

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """S times each vector."""
        product = (self._gram @ vectors) * self.inverse
        product -= self.from_levels(self.taken(self.to_levels(vectors)))
        for part, precision in zip(self.parts(vectors), self.precisions, strict=True):
            product[part] += _multiply(precision, self.shaped(vectors[part], precision)).reshape(
                -1, self.batch
            )
        return product

    def parts(self, vectors: np.ndarray) -> list[slice]:
        """Where each bordering term and the coefficients lie in a vector."""
        signature = self.rows.signature
        sizes = [signature.groups[k].levels * signature.groups[k].effects
                 for k in signature.bordering]
        ends = np.cumsum([0, *sizes, signature.coefficients])
        return [slice(a, b) for a, b in zip(ends[:-1], ends[1:], strict=True)]

    def shaped(self, part: np.ndarray, precision: np.ndarray) -> np.ndarray:
        """A part of vectors (q * level, b) as (q, level, b)."""
        return part.reshape(len(precision), -1, part.shape[-1])

    def shift(self) -> np.ndarray:
        """The vectors s."""
        moment = np.broadcast_to(self._moment, (len(self._moment), self.batch))
        outcome = self.rows.gram[:-1, [-1]].toarray()
        total = outcome * self.inverse - self.from_levels(self.taken(self.by_level(moment)))
        prior = self.rows.prior
        if len(prior.mean):
            total[-len(prior.mean) :] += (prior.precision * prior.mean)[:, None]
        return total

    def rest(self, border: np.ndarray) -> np.ndarray:
        """What the outcome leaves for the eliminated term's levels, (q, level, b)."""
        return self.by_level(self._moment - self._cross @ border)


def _multiply(blocks: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Small matrices (q, q, ...) times vectors (q, ...)."""
    size = len(vectors)
    return np.stack([sum(blocks[i, j] * vectors[j] for j in range(size)) for i in range(size)])

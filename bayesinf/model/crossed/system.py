"""The precision of what borders the eliminated term, at many draws of the spreads at once.

It is never written out: products with it pass over the sums of the rows, which are sparse. Vectors
have shape (m, b), one column per draw; the border's parts are its terms and, last, the
coefficients, which are treated as a term of one effect. Small blocks have shape (q, q, level, b).

Notation as in `model/crossed/density.py`; H = [Z'WZ C; C' V'WV] is the Gram matrix of all columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.crossed.density import (
    CrossedSpreads,
    integrate_crossed,
    inverse_scale_square,
    read_crossed,
)
from bayesinf.model.crossed.rows import CrossedRows
from bayesinf.model.marginal import level_precision
from bayesinf.numerics.blocks import block_cholesky, solve_lower, solve_upper
from bayesinf.numerics.conjugate_gradients import Apply
from bayesinf.numerics.lapack import inverse_of, semidefinite_factor
from bayesinf.types import Array


class System:
    """The border's precision S and shift s at some draws of the spreads.

    Attributes:
        inverse: Shape (b,). 1 / sigma^2.
        scale: Shape (q, q, 1, b). T of the eliminated term.
        level_factor: Shape (q, q, level, b). Cholesky factor of its M.
        scales: T of each bordering term, (q, q, 1, b).
        precisions: Prior precision per level of each part, (q, q, 1, b) or (1, 1, p, 1).
    """

    def __init__(self, rows: CrossedRows, spreads: CrossedSpreads) -> None:
        self._rows = rows
        self.inverse = spreads.sigma**-2
        scale = spreads.scale(rows.signature.eliminated)
        own = np.moveaxis(rows.own, 0, -1)
        precision = level_precision(scale[..., None], self.inverse, own)
        self.scale = scale[:, :, None]
        self.level_factor = block_cholesky(np.swapaxes(precision, 2, 3))
        scales = [spreads.scale(k) for k in rows.signature.bordering]
        self.scales = [scale[:, :, None] for scale in scales]
        self.precisions = [inverse_scale_square(scale)[:, :, None] for scale in scales]
        self.precisions.append(rows.prior.precision[None, None, :, None])

    @property
    def batch(self) -> int:
        """How many draws there are."""
        return len(self.inverse)

    @property
    def parts(self) -> list[slice]:
        """Where each bordering term and the coefficients lie in a vector."""
        return self._rows.parts

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """S times each vector."""
        product = (self._rows.border_gram @ vectors) * self.inverse
        product -= self.from_levels(self._taken(self.by_level(self._rows.border_cross @ vectors)))
        for part, precision in zip(self.parts, self.precisions, strict=True):
            shaped = vectors[part].reshape(len(precision), -1, self.batch)
            product[part] += multiply(precision, shaped).reshape(-1, self.batch)
        return product

    def shift(self) -> np.ndarray:
        """The vectors s."""
        rows, prior = self._rows, self._rows.prior
        moment = np.broadcast_to(rows.moment, (len(rows.moment), self.batch))
        total = rows.border_moment * self.inverse - self.from_levels(
            self._taken(self.by_level(moment))
        )
        total[self.parts[-1]] += (prior.precision * prior.mean)[:, None]
        return total

    def draw_eliminated(self, border: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Draws the eliminated term's effects (q, level, b), given the border's (m, b)."""
        rest = self.by_level(self._rows.moment - self._rows.border_cross @ border)
        half = solve_lower(self.level_factor, self.pulled(rest) * self.inverse)
        noise = generator.standard_normal(half.shape)
        return multiply(self.scale, solve_upper(self.level_factor, half + noise))

    def reduced(self, noise: np.ndarray) -> np.ndarray:
        """T M^-1 / sigma^2 times vectors (q, level, b): what eliminating them takes through C."""
        half = solve_lower(self.level_factor, noise)
        return multiply(self.scale, solve_upper(self.level_factor, half)) * self.inverse

    def by_level(self, values: np.ndarray) -> np.ndarray:
        """Vectors of the eliminated term, (level * q, b), as (q, level, b)."""
        return np.moveaxis(values.reshape(-1, len(self.scale), self.batch), 1, 0)

    def from_levels(self, values: np.ndarray) -> np.ndarray:
        """C' times vectors (q, level, b), of shape (m, b)."""
        return self._rows.border_cross.T @ np.moveaxis(values, 0, 1).reshape(-1, self.batch)

    def pulled(self, values: np.ndarray) -> np.ndarray:
        """T' times vectors (q, level, b)."""
        return multiply(np.swapaxes(self.scale, 0, 1), values)

    def _taken(self, values: np.ndarray) -> np.ndarray:
        """A = T M^-1 T' / sigma^4 times vectors (q, level, b)."""
        return self.reduced(self.pulled(values) * self.inverse)


@dataclass(frozen=True, eq=False)
class Noise:
    """What makes vectors n ~ N(0, S) without passing over the rows again.

    Attributes:
        root: Shape (q, q, level, 1). R with R R' = Z'WZ of each level.
        back: Shape (q, q, level, 1). The pseudo-inverse of R'.
        left: Shape (m, rank). F with F F' = V'WV - C' (Z'WZ)^+ C.
    """

    root: np.ndarray
    back: np.ndarray
    left: np.ndarray

    @classmethod
    def of(cls, rows: CrossedRows) -> Noise:
        """Takes the roots of the rows' sums."""
        from scipy.sparse import bsr_array, csr_array

        values, axes = np.linalg.eigh(rows.own)
        values = np.where(values > 1e-12 * values[:, -1:], values, 0.0)
        roots = np.sqrt(values)
        inverses = np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 0)
        root, back = axes * roots[:, None], axes * inverses[:, None]
        levels = np.arange(len(back) + 1)
        turned = bsr_array((back.swapaxes(1, 2), levels[:-1], levels))
        wide = csr_array(turned) @ rows.border_cross
        left = (rows.border_gram - wide.T @ wide).toarray()
        return cls(_by_level(root), _by_level(back), semidefinite_factor(left))

    def draw(self, system: System, generator: np.random.Generator) -> np.ndarray:
        """Draws one vector per draw of the spreads, (m, b)."""
        levels, batch = self.root.shape[2], system.batch
        own, prior = generator.standard_normal((2, len(self.root), levels, batch))
        spread = np.sqrt(system.inverse)
        through = multiply(self.back, own) * spread
        through -= system.reduced(system.pulled(multiply(self.root, own)) * spread + prior)
        noise = system.from_levels(through)
        noise += self.left @ (generator.standard_normal((self.left.shape[1], batch)) * spread)
        for part, scale in zip(system.parts, system.scales, strict=False):
            fresh = generator.standard_normal((len(scale), _length(part) // len(scale), batch))
            noise[part] += solve_upper(scale, fresh).reshape(-1, batch)
        last = system.parts[-1]
        fresh = generator.standard_normal((_length(last), batch))
        noise[last] += np.sqrt(system.precisions[-1][0, 0]) * fresh
        return noise


@dataclass(frozen=True, eq=False)
class Nearby:
    """The inverse of S at one draw of the spreads, as a guess at its inverse at others.

    Both are first divided by the roots K of their diagonal blocks, which takes out most of what
    the draws differ in: the guess is K^-T (K_0' S_0^-1 K_0) K^-1.

    Attributes:
        inverse: Shape (m, m). S_0^-1.
        roots: K_0 of each part, (q, q, level, 1).
        grams: V'WV of each part's levels, (q, q, level, 1).
    """

    inverse: np.ndarray
    roots: list[Array]
    grams: list[np.ndarray]

    @classmethod
    def at(cls, rows: CrossedRows, flat: np.ndarray) -> Nearby:
        """Takes the inverse at one draw (size,) of the spreads."""
        system = System(rows, read_crossed(rows.signature, flat[None]))
        grams = [level_gram(rows, part, k) for part, k in zip(rows.parts, rows.widths, strict=True)]
        inverse = inverse_of(factor_at(rows, flat))
        return cls(inverse, _roots(system, grams), grams)

    def preconditioner(self, system: System) -> Apply:
        """The guess at the inverse of S at other draws."""
        ratios = [
            multiply_blocks(root, solve_lower(other, unit_blocks(other)))
            for root, other in zip(self.roots, _roots(system, self.grams), strict=True)
        ]
        parts = system.parts

        def precondition(vectors: np.ndarray) -> np.ndarray:
            turned = np.empty_like(vectors)
            for part, ratio in zip(parts, ratios, strict=True):
                shaped = vectors[part].reshape(len(ratio), -1, system.batch)
                turned[part] = multiply(ratio, shaped).reshape(-1, system.batch)
            turned = self.inverse @ turned
            for part, ratio in zip(parts, ratios, strict=True):
                shaped = turned[part].reshape(len(ratio), -1, system.batch)
                back = multiply(np.swapaxes(ratio, 0, 1), shaped)
                turned[part] = back.reshape(-1, system.batch)
            return turned

        return precondition


def factor_at(rows: CrossedRows, flat: np.ndarray) -> np.ndarray:
    """The Cholesky factor (m, m) of S at one draw (size,) of the spreads."""
    spreads = read_crossed(rows.signature, flat[None])
    return np.asarray(integrate_crossed(rows.signature, spreads, rows.evidence).border_factor[0])


def level_gram(rows: CrossedRows, part: slice, effects: int) -> np.ndarray:
    """V'WV within each level of one part of the border, (q, q, level, 1)."""
    levels = _length(part) // effects
    own = rows.border_gram[part, part].tocoo()
    a, b, level = own.row // levels, own.col // levels, own.row % levels
    within = level == own.col % levels
    blocks = np.zeros((effects, effects, levels, 1))
    blocks[a[within], b[within], level[within], 0] = own.data[within]
    return blocks


def _roots(system: System, grams: list[np.ndarray]) -> list[Array]:
    """K: the Cholesky factors of the diagonal blocks of prior and rows together."""
    return [
        block_cholesky(precision + gram * system.inverse)
        for precision, gram in zip(system.precisions, grams, strict=True)
    ]


def multiply(blocks: Array, vectors: Array) -> np.ndarray:
    """Small blocks (q, q, ...) times vectors (q, ...)."""
    return np.stack([sum(b * v for b, v in zip(row, vectors, strict=True)) for row in blocks])


def multiply_blocks(one: Array, other: Array) -> np.ndarray:
    """Products of small blocks (q, q, ...)."""
    return np.stack([multiply(one, other[:, j]) for j in range(len(other))], axis=1)


def unit_blocks(like: Array) -> np.ndarray:
    """Identity blocks (q, q, 1, 1) of the given blocks' size."""
    return np.eye(len(like))[:, :, None, None]


def _by_level(blocks: np.ndarray) -> np.ndarray:
    """Blocks (level, q, q) as (q, q, level, 1)."""
    return np.moveaxis(blocks, 0, -1)[..., None]


def _length(part: slice) -> int:
    return part.stop - part.start

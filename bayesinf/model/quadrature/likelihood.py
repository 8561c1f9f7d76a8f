"""How likely the rows of a block are when their group effects move.

`Direct` asks the family, for every family, in NumPy and in JAX. `Curved` serves the families whose
log density is `linear * eta - count * curve(eta - place)` with a curve of log(1 + exp) or exp
(Bernoulli and binomial under the logit link, Poisson, negative binomial), in NumPy: the linear part
is one number per group, and where all that moves is an intercept, exp(eta + move) is
exp(eta) * exp(move), so that no exponential is taken per row and node.

Arrays have axes (effect, row, group, point), as far as each has them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from bayesinf.families.bernoulli import Bernoulli
from bayesinf.families.binomial import Binomial
from bayesinf.families.negative_binomial import NegativeBinomial
from bayesinf.families.poisson import Poisson
from bayesinf.family import Family, Known
from bayesinf.links import Logit
from bayesinf.model.quadrature.rows import Block, Strip, Tally
from bayesinf.numerics.special import softplus
from bayesinf.types import Array, namespace

type Parameters = Mapping[str, Array]

SAFE = 1e30
"""Exponentials up to here are multiplied and added without care."""

LARGEST_LOG = 700.0
"""exp(700) is still a number."""


class Slopes(NamedTuple):
    """Derivatives of a block's log likelihood in the group effects.

    Attributes:
        first: Shape (group, point) per effect. The gradient.
        bend: Shape (group, point) for each pair of effects (a, c), c <= a. Minus the second
            derivatives; rows that bend upwards count as flat.
    """

    first: list[Array]
    bend: dict[tuple[int, int], Array]


class Likelihood(ABC):
    """The rows of a block, at given coefficients and family parameters."""

    @abstractmethod
    def log_density(self, move: Array) -> Array:
        """The log likelihood of each group, up to what its effects do not change.

        Args:
            move: The group effects, shape (effect, group, point).

        Returns:
            Shape (group, point).
        """

    @abstractmethod
    def slopes(self, move: Array) -> Slopes:
        """The derivatives of that in the effects."""


def predictors(block: Block, coefficients: Array) -> list[Array]:
    """The linear predictors without group effects, (row, group, point) for each strip.

    Args:
        block: The rows.
        coefficients: Shape (point, coefficient).
    """
    xp = namespace(coefficients)
    wide = xp.concatenate([coefficients, xp.ones((len(coefficients), 1))], axis=1).T
    return [
        (strip.population @ wide).reshape(*strip.response.shape[:2], -1) for strip in block
    ]


@final
@dataclass(frozen=True, eq=False)
class Direct(Likelihood):
    """Any family, by its own log density and slopes.

    Attributes:
        family: The outcome's family.
        block: The rows.
        fixed: The linear predictors without group effects.
        parameters: The family's parameters, shape (point,) each.
    """

    family: Family
    block: Block
    fixed: list[Array]
    parameters: Parameters

    def log_density(self, move: Array) -> Array:
        """The log likelihood of each group, with every constant."""
        total: Array = np.zeros(())
        for strip, predictor in zip(self.block, self.fixed, strict=True):
            eta = shifted(strip, predictor, move)
            rows = self.family.log_density(strip.response, eta, self.parameters, strip.known)
            total = total + weighted(strip, rows).sum(0)
        return total

    def slopes(self, move: Array) -> Slopes:
        """The derivatives of that in the effects."""
        xp = namespace(move, *self.fixed)
        found = Slopes([np.zeros(())] * len(move), pairs(len(move)))
        for strip, predictor in zip(self.block, self.fixed, strict=True):
            eta = shifted(strip, predictor, move)
            first, second = self.family.slopes(
                strip.response, eta, self.parameters, strip.known
            )
            bend = xp.maximum(-second, 0.0)
            gather(found, strip, weighted(strip, first), weighted(strip, bend))
        return found


@final
@dataclass(frozen=True, eq=False)
class Curved(Likelihood):
    """Families of the form `linear * eta - count * curve(eta)`, in NumPy.

    Attributes:
        block: The rows.
        fixed: The linear predictors without group effects, less the curve's place.
        powers: Their exponentials; 0 for rows of weight 0.
        counts: Weight times count of each row, (row, group, 1 or point) per strip, or None for 1.
        level: Shape (group, point). The linear part without group effects.
        tilt: Shape (group, point or 1) per effect. How the linear part changes with each.
        saturates: Whether the curve is log(1 + exp), else it is exp.
    """

    block: Block
    fixed: list[np.ndarray]
    powers: list[np.ndarray]
    counts: list[np.ndarray | None]
    level: np.ndarray
    tilt: list[np.ndarray]
    saturates: bool

    def log_density(self, move: np.ndarray) -> np.ndarray:
        """The log likelihood of each group, up to what its effects do not change."""
        total = self.level
        for tilt, own in zip(self.tilt, move, strict=True):
            total = total + tilt * own
        for k, count in enumerate(self.counts):
            power = self._power(k, move)
            largest = power.max() if power.size else 0.0
            if self.saturates and not largest < SAFE:
                rows = softplus(shifted(self.block[k], self.fixed[k], move))
                total = total - (rows if count is None else count * rows).sum(0)
            elif not self.saturates:
                total = total - (power if count is None else count * power).sum(0)
            elif count is None:
                total = total - log_product(power, float(largest))
            else:
                total = total - (count * np.log1p(power)).sum(0)
        return total

    def slopes(self, move: np.ndarray) -> Slopes:
        """The derivatives of that in the effects."""
        found = Slopes(list(self.tilt), pairs(len(move)))
        for k, (strip, count) in enumerate(zip(self.block, self.counts, strict=True)):
            # Beyond `SAFE` the share is 1 and its slope 0 to all digits.
            power = np.minimum(self._power(k, move), SAFE)
            first, bend = power, power
            if self.saturates:
                rest = 1.0 / (1.0 + power)
                first = power * rest
                bend = first * rest
            if count is not None:
                first, bend = count * first, count * bend
            gather(found, strip, -first, bend)
        return found

    def _power(self, k: int, move: np.ndarray) -> np.ndarray:
        """The exponentials of the linear predictors in a strip."""
        strip = self.block[k]
        if len(move) == 1 and strip.varying[0] is None:
            return self.powers[k] * np.exp(move[0])
        power = np.exp(shifted(strip, self.fixed[k], move))
        if strip.weights is not None and self.counts[k] is None:
            power *= strip.weights
        return power


def likelihood(
    family: Family, block: Block, coefficients: np.ndarray, parameters: Parameters
) -> Likelihood:
    """The likelihood of a block's rows in the cheapest form that serves their family, in NumPy.

    Args:
        family: The outcome's family.
        block: The rows.
        coefficients: Shape (point, coefficient).
        parameters: Shape (point,) each.
    """
    fixed = predictors(block, coefficients)
    if not has_curve(family):
        return Direct(family, block, fixed, parameters)
    place: Array | float = 0.0
    if isinstance(family, NegativeBinomial):
        place = np.log(parameters["shape"])
        fixed = [predictor - place for predictor in fixed]
    counts = [_counts(family, strip, parameters) for strip in block]
    effects = range(len(block[0].varying))
    tilt = [
        sum(_times(strip.varying[a], weighted(strip, strip.response)).sum(0) for strip in block)
        for a in effects
    ]
    level = sum(
        (weighted(strip, strip.response) * predictor).sum(0)
        for strip, predictor in zip(block, fixed, strict=True)
    )
    powers = [np.exp(predictor) for predictor in fixed]
    for strip, power, count in zip(block, powers, counts, strict=True):
        if strip.weights is not None and count is None:
            power *= strip.weights
    return Curved(
        block, fixed, powers, counts, level, tilt, not isinstance(family, Poisson)
    )


def has_curve(family: Family) -> bool:
    """Whether `Curved` serves a family."""
    if isinstance(family, Bernoulli | Binomial):
        return isinstance(family.link, Logit)
    return isinstance(family, Poisson | NegativeBinomial)


def left_out(family: Family, tally: Tally, parameters: Parameters) -> Array:
    """What `likelihood` leaves out of the log density, summed over all rows, (point,) or ().

    Args:
        family: The outcome's family.
        tally: The different outcomes.
        parameters: Shape (point,) each.
    """
    if not has_curve(family):
        return np.zeros(())
    y, zero = tally.response, np.zeros((len(tally.response), 1))
    whole = family.log_density(y, zero, parameters, Known(tally.trials))
    count: Array | float = 1.0 if tally.trials is None else tally.trials
    place: Array | float = 0.0
    if isinstance(family, NegativeBinomial):
        count, place = y + parameters["shape"], np.log(parameters["shape"])
    curve = 1.0 if isinstance(family, Poisson) else softplus(zero - place)
    return (tally.weights * (whole + y * place + count * curve)).sum(0)


def _counts(family: Family, strip: Strip, parameters: Parameters) -> np.ndarray | None:
    if isinstance(family, NegativeBinomial):
        return np.asarray(weighted(strip, strip.response + parameters["shape"]))
    if strip.trials is not None:
        return np.asarray(weighted(strip, strip.trials))
    weights = strip.weights
    # Rows of weight 0 have a power of 0, so that weights of 0 and 1 need no multiplication.
    if weights is None or np.isin(weights, (0.0, 1.0)).all():
        return None
    return np.asarray(weights)


def log_product(power: np.ndarray, largest: float) -> np.ndarray:
    """The sum of log(1 + power) over the first axis: logarithms of products, not of each factor."""
    factors = 1.0 + power
    length = max(1, int(LARGEST_LOG / np.log1p(max(largest, 1e-300))))
    total: np.ndarray | float = 0.0
    for start in range(0, len(factors), length):
        total = total + np.log(np.multiply.reduce(factors[start : start + length], axis=0))
    return np.asarray(total)


def shifted(strip: Strip, predictor: Array, move: Array) -> Array:
    """Linear predictors with group effects, (row, group, point)."""
    for column, own in zip(strip.varying, move, strict=True):
        predictor = predictor + _times(column, own)
    return predictor


def weighted(strip: Strip, values: Array) -> Array:
    """Values times the rows' weights."""
    return values if strip.weights is None else strip.weights * values


def pairs(size: int) -> dict[tuple[int, int], Array]:
    """A zero for each pair of effects."""
    return {(a, c): np.zeros(()) for a in range(size) for c in range(a + 1)}


def gather(found: Slopes, strip: Strip, first: Array, bend: Array) -> None:
    """Adds a strip's derivatives in the linear predictor to sums of them in the effects."""
    for a, column in enumerate(strip.varying):
        found.first[a] = found.first[a] + _times(column, first).sum(0)
        for c in range(a + 1):
            both = _times(strip.varying[c], _times(column, bend))
            found.bend[a, c] = found.bend[a, c] + both.sum(0)


def _times(column: Array | None, values: Array) -> Array:
    return values if column is None else column * values

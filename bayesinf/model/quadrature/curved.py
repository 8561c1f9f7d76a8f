"""Families whose rows bend by log(1 + exp) or exp: their likelihood at a fraction of the cost.

Bernoulli and binomial under the logit link, Poisson and negative binomial have log densities
`linear * eta - count * curve(eta - place)`, up to what does not depend on eta. The linear part is
one number per group. Where all that varies is an intercept, exp(eta + move) = exp(eta) * exp(move),
so that no exponential is taken per row and node; and the logarithms of many factors 1 + exp are the
logarithm of their product. In NumPy only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from bayesinf.families.bernoulli import Bernoulli
from bayesinf.families.binomial import Binomial
from bayesinf.families.negative_binomial import NegativeBinomial
from bayesinf.families.poisson import Poisson
from bayesinf.family import Family, Known
from bayesinf.links import Logit
from bayesinf.model.quadrature.likelihood import (
    DirectForm,
    Form,
    Likelihood,
    Parameters,
    Slopes,
    gather,
    join,
    pairs,
    predictor,
    shifted,
    times,
    weighted,
    with_offset,
)
from bayesinf.model.quadrature.rows import Bundle, Strip, Tally
from bayesinf.numerics.special import softplus
from bayesinf.types import Array

LARGEST_LOG = 700.0
"""exp(700) is still a number."""

SAFE = 1e100
"""Exponentials up to here are multiplied and added without care."""


@final
@dataclass(frozen=True, eq=False)
class CurvedForm(Form):
    """The rows of a bundle, with what of them does not change from point to point.

    Attributes:
        family: The outcome's family.
        bundle: The rows.
        moment: Shape (group, coefficient + 1). Sums of weight * outcome * columns.
        total: Shape (group, 1). Sums of weight * outcome.
        tilt: Shape (group, 1) per effect. Sums of weight * outcome * varying column.
        counts: Per block and strip, weight * count (row, group, 1), or None where all are 1 or 0.
    """

    family: Family
    bundle: Bundle
    moment: np.ndarray
    total: np.ndarray
    tilt: list[np.ndarray]
    counts: list[list[np.ndarray | None]]

    def at(self, coefficients: Array, parameters: Parameters) -> Likelihood:
        """The likelihood at some coefficients and parameters."""
        wide = with_offset(np.asarray(coefficients))
        level, shape, place = self.moment @ wide, np.zeros(()), np.zeros(())
        if isinstance(self.family, NegativeBinomial):
            shape = np.asarray(parameters["shape"])
            place = np.log(shape)
            level -= self.total * place
        rows = [
            [self._rows(strip, count, wide, shape, place) for strip, count in zip(*both, strict=True)]
            for both in zip(self.bundle.blocks, self.counts, strict=True)
        ]
        if any(part.fixed.max() > LARGEST_LOG for block in rows for part in block):
            return DirectForm(self.family, self.bundle).at(coefficients, parameters)
        return Curved(self, rows, level)

    @property
    def saturates(self) -> bool:
        """Whether the curve is log(1 + exp), else it is exp."""
        return not isinstance(self.family, Poisson)

    def _rows(
        self,
        strip: Strip,
        count: np.ndarray | None,
        wide: np.ndarray,
        shape: np.ndarray,
        place: np.ndarray,
    ) -> _Rows:
        fixed = predictor(strip, wide)
        if isinstance(self.family, NegativeBinomial):
            fixed -= place
            count = weighted(strip, strip.response + shape)
        mask = strip.weights if count is None else None
        only_intercept = len(self.tilt) == 1 and strip.varying[0] is None
        power = times(mask, np.exp(fixed)) if only_intercept else None
        return _Rows(strip, fixed, count, mask, power)


class _Rows(NamedTuple):
    """The rows of a strip at many points.

    Attributes:
        strip: The rows.
        fixed: Shape (row, group, point). Linear predictors without group effects, less the
            curve's place.
        count: Shape (row, group, 1 or point), or None where all are 1 or 0.
        mask: Shape (row, group, 1). 0 for rows that do not count; None where `count` says so.
        power: The exponentials of `fixed`, masked, where all that varies is an intercept.
    """

    strip: Strip
    fixed: np.ndarray
    count: np.ndarray | None
    mask: np.ndarray | None
    power: np.ndarray | None

    def power_at(self, move: np.ndarray, factor: np.ndarray) -> np.ndarray:
        """The exponentials of the linear predictors, masked."""
        if self.power is not None:
            return self.power * factor
        return times(self.mask, np.exp(shifted(self.strip, self.fixed, move)))


@final
@dataclass(frozen=True, eq=False)
class Curved(Likelihood):
    """The likelihood of a `CurvedForm`, without what its effects do not change.

    Attributes:
        form: The rows.
        rows: Per block and strip, the rows at the points.
        level: Shape (group, point). The linear part without group effects.
    """

    form: CurvedForm
    rows: list[list[_Rows]]
    level: np.ndarray

    def log_density(self, moves: np.ndarray) -> np.ndarray:
        """The log likelihood of each group, up to what its effects do not change."""
        total = self.level + sum(tilt * moves[:, a] for a, tilt in enumerate(self.form.tilt))
        factors = np.exp(moves[:, 0])
        for block, span in zip(self.rows, self.form.bundle.spans, strict=True):
            for rows in block:
                total[:, span] -= self._curve(rows, moves[:, :, span], factors[:, span])
        return total

    def slopes(self, move: np.ndarray) -> Slopes:
        """The derivatives of that in the effects."""
        factor, parts = np.exp(move[0]), []
        for block, span in zip(self.rows, self.form.bundle.spans, strict=True):
            part = Slopes([tilt[span] for tilt in self.form.tilt], pairs(len(move)))
            for rows in block:
                first = bend = rows.power_at(move[:, span], factor[span])
                if self.form.saturates:
                    rest = 1.0 / (1.0 + first)
                    first = 1.0 - rest
                    bend = first * rest
                gather(part, rows.strip, -times(rows.count, first), times(rows.count, bend))
            parts.append(part)
        return join(parts)

    def _curve(self, rows: _Rows, moves: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """The sums of count * curve over a strip's rows, (node, group, point)."""
        if not self.form.saturates and rows.power is not None:
            return times(rows.count, rows.power).sum(0) * factors
        found = np.empty(factors.shape)
        for node, (move, factor) in enumerate(zip(moves, factors, strict=True)):
            power = rows.power_at(move, factor)
            if not self.form.saturates:
                found[node] = times(rows.count, power).sum(0)
            elif not power.max() < SAFE:
                curve = softplus(shifted(rows.strip, rows.fixed, move))
                found[node] = times(rows.mask, times(rows.count, curve)).sum(0)
            elif rows.count is None:
                found[node] = log_product(1.0 + power)
            else:
                found[node] = (rows.count * np.log1p(power)).sum(0)
        return found


def log_product(factors: np.ndarray) -> np.ndarray:
    """The sum of the logarithms of factors of at least 1 over the first axis."""
    length = max(1, int(LARGEST_LOG / np.log(max(float(factors.max()), 2.0))))
    total = np.log(np.multiply.reduce(factors[:length], axis=0))
    for start in range(length, len(factors), length):
        total += np.log(np.multiply.reduce(factors[start : start + length], axis=0))
    return total


def best_form(family: Family, bundle: Bundle) -> Form:
    """The cheapest form that serves a family, in NumPy."""
    if not has_curve(family):
        return DirectForm(family, bundle)
    effects = range(len(bundle.blocks[0][0].varying))
    return CurvedForm(
        family,
        bundle,
        _totals(bundle, lambda strip: strip.population.reshape(*strip.response.shape[:2], -1)),
        _totals(bundle, lambda _: None),
        [_totals(bundle, lambda strip, a=a: strip.varying[a]) for a in effects],
        [[_counts(strip) for strip in block] for block in bundle.blocks],
    )


def _totals(bundle: Bundle, column: Callable[[Strip], Array | None]) -> np.ndarray:
    """Sums of weight * outcome * column over the rows of each group, (group, column)."""
    blocks = [
        sum(times(column(strip), weighted(strip, strip.response)).sum(0) for strip in block)
        for block in bundle.blocks
    ]
    return np.concatenate(blocks)


def has_curve(family: Family) -> bool:
    """Whether `CurvedForm` serves a family."""
    if isinstance(family, Bernoulli | Binomial):
        return isinstance(family.link, Logit)
    return isinstance(family, Poisson | NegativeBinomial)


def _counts(strip: Strip) -> np.ndarray | None:
    weights = None if strip.weights is None else np.asarray(strip.weights)
    if strip.trials is not None:
        return np.asarray(weighted(strip, strip.trials))
    if weights is None or ((weights == 0.0) | (weights == 1.0)).all():
        return None
    return weights


def left_out(family: Family, tally: Tally, parameters: Parameters) -> Array:
    """What `CurvedForm` leaves out of the log density, summed over all rows, (point,) or ().

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

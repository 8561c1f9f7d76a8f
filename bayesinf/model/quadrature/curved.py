"""Families whose rows bend by log(1 + exp) or exp: their likelihood at a fraction of the cost.

Bernoulli and binomial under the logit link, Poisson and negative binomial have log densities
`linear * eta - count * curve(eta - place)`, up to what does not depend on eta. The linear part is
one number per group. Where all that varies is an intercept, exp(eta + move) = exp(eta) * exp(move),
so that no exponential is taken per row and node; and the logarithms of many factors 1 + exp are the
logarithm of their product. In NumPy only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

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
"""Exponentials up to here are multiplied without care; beyond, predictors are taken one by one."""


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
        rows = []
        for block, counts in zip(self.bundle.blocks, self.counts, strict=True):
            part = []
            for strip, count in zip(block, counts, strict=True):
                if isinstance(self.family, NegativeBinomial):
                    count = np.asarray(weighted(strip, strip.response + shape))
                part.append(StripRows.at(strip, wide, place, count))
            rows.append(part)
        return Curved(self, rows, level)

    @property
    def nanoseconds(self) -> float:
        """A product and a sum where only an intercept varies, else an exponential as well."""
        return 2.0 if _moves_as_one(self.bundle.blocks[0][0]) else 4.0

    @property
    def saturates(self) -> bool:
        """Whether the curve is log(1 + exp), else it is exp."""
        return not isinstance(self.family, Poisson)


@final
@dataclass(frozen=True, eq=False)
class StripRows:
    """The rows of a strip at many points.

    Attributes:
        strip: The rows.
        wide: Shape (coefficient + 1, point). The coefficients, with a one for the offset.
        place: Shape (point,) or (). The curve's place.
        multiple: Weight * count, (row, group, 1 or point), or None where all are 1 or 0.
        fixed: Shape (row, group, point). The linear predictors without group effects, less the
            curve's place; their exponentials where all that varies is an intercept.
        largest: The largest of them.
    """

    strip: Strip
    wide: np.ndarray
    place: np.ndarray
    multiple: np.ndarray | None
    fixed: np.ndarray
    largest: float

    @classmethod
    def at(
        cls, strip: Strip, wide: np.ndarray, place: np.ndarray, multiple: np.ndarray | None
    ) -> StripRows:
        """The rows at some coefficients."""
        fixed = predictor(strip, wide) - place
        if _moves_as_one(strip):
            # Infinity is what the curves want there: they look at `largest` before they use it.
            with np.errstate(over="ignore"):
                np.exp(fixed, out=fixed)
        return cls(strip, wide, place, multiple, fixed, float(fixed.max()))

    def powers(self, moves: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
        """The exponentials of the predictors, in an array of its own, and a bound on them.

        Args:
            moves: Shape (node, effect, group, point).
        """
        if _moves_as_one(self.strip):
            factors = np.exp(moves[:, 0])
            for factor, bound in zip(factors, factors.max((1, 2)), strict=True):
                yield self.fixed * factor, self.largest * float(bound)
        else:
            for move in moves:
                power = shifted(self.strip, self.fixed, move)
                np.exp(power, out=power)
                yield power, float(power.max())

    def predictor(self, move: np.ndarray) -> np.ndarray:
        """The linear predictors with group effects, less the curve's place."""
        return shifted(self.strip, predictor(self.strip, self.wide) - self.place, move)


def _moves_as_one(strip: Strip) -> bool:
    """Whether all that varies is an intercept."""
    return len(strip.varying) == 1 and strip.varying[0] is None


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
    rows: list[list[StripRows]]
    level: np.ndarray

    def log_density(self, moves: Array) -> np.ndarray:
        """The log likelihood of each group, up to what its effects do not change."""
        moves = np.asarray(moves)
        curve = _log_one_plus if self.form.saturates else _exponential
        total = self.level + sum(tilt * moves[:, a] for a, tilt in enumerate(self.form.tilt))
        for block, span in zip(self.rows, self.form.bundle.spans, strict=True):
            for rows in block:
                total[:, span] -= curve(rows, moves[:, :, span])
        return total

    def slopes(self, move: Array) -> Slopes:
        """The derivatives of that in the effects."""
        move, parts = np.asarray(move), []
        for block, span in zip(self.rows, self.form.bundle.spans, strict=True):
            part = Slopes([tilt[span] for tilt in self.form.tilt], pairs(len(move)))
            for rows in block:
                first, _ = next(rows.powers(move[None, :, span]))
                bend = first
                if self.form.saturates:
                    rest = np.reciprocal(first + 1.0)
                    first = np.subtract(1.0, rest, out=first)
                    bend = first * rest
                first, bend = times(rows.multiple, first), times(rows.multiple, bend)
                gather(part, rows.strip, np.negative(first), bend)
            parts.append(part)
        return join(parts)


def _exponential(rows: StripRows, moves: np.ndarray) -> np.ndarray:
    """The sums of multiple * exp over a strip's rows, (node, group, point)."""
    if _moves_as_one(rows.strip):
        return times(rows.multiple, rows.fixed).sum(0) * np.exp(moves[:, 0])
    return np.stack([times(rows.multiple, power).sum(0) for power, _ in rows.powers(moves)])


def _log_one_plus(rows: StripRows, moves: np.ndarray) -> np.ndarray:
    """The sums of multiple * log(1 + exp) over a strip's rows, (node, group, point)."""
    found = np.empty((len(moves), *moves.shape[2:]))
    for node, (power, bound) in enumerate(rows.powers(moves)):
        if not bound < SAFE:
            curve = np.asarray(softplus(rows.predictor(moves[node])))
            found[node] = times(rows.multiple, curve).sum(0)
        elif rows.multiple is None:
            power += 1.0
            found[node] = log_product(power, 1.0 + bound)
        else:
            np.log1p(power, out=power)
            found[node] = times(rows.multiple, power).sum(0)
    return found


def log_product(factors: np.ndarray, bound: float) -> np.ndarray:
    """The sum of the logarithms of factors over the first axis.

    Args:
        factors: Numbers of at least 1.
        bound: None of them is larger.
    """
    length = max(1, int(LARGEST_LOG / np.log(max(bound, 2.0))))
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


def _totals(bundle: Bundle, column: Callable[[Strip], np.ndarray | None]) -> np.ndarray:
    """Sums of weight * outcome * column over the rows of each group, (group, column)."""
    blocks = [
        sum(times(column(strip), weighted(strip, strip.response)).sum(0) for strip in block)
        for block in bundle.blocks
    ]
    return np.concatenate([np.asarray(total) for total in blocks])


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

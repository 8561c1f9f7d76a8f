"""The few numbers that govern the rest: family parameters, group sds and correlations.

They are one flat vector: logarithms of the family's parameters, then for each group term of the
model the logarithms of its sds and its free correlations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesinf.model.latent.rows import LatentRows
from bayesinf.model.layout import GroupShape, correlation_factor
from bayesinf.prior import Prior, numbers_of, rebuild

STEP = 1e-4
"""Of central differences in logarithms: their error is about 1e-8."""


@dataclass(frozen=True)
class HyperLayout:
    """Where each hyperparameter sits.

    Attributes:
        parameters: How many parameters the family has.
        groups: The shapes of the group terms, in the model's order.
    """

    parameters: int
    groups: tuple[GroupShape, ...]

    @property
    def size(self) -> int:
        """Length of the flat vector."""
        return self.parameters + sum(g.effects + g.free_correlations for g in self.groups)

    def start(self, place: int) -> int:
        """Where the numbers of a group term begin."""
        before = self.groups[:place]
        return self.parameters + sum(g.effects + g.free_correlations for g in before)

    def sds(self, place: int) -> slice:
        """Where the log sds of a group term sit."""
        start = self.start(place)
        return slice(start, start + self.groups[place].effects)

    def free(self, place: int) -> slice:
        """Where the free correlations of a group term sit."""
        start = self.start(place) + self.groups[place].effects
        return slice(start, start + self.groups[place].free_correlations)

    def own(self, place: int) -> slice:
        """Where all numbers of a group term sit."""
        start = self.start(place)
        group = self.groups[place]
        return slice(start, start + group.effects + group.free_correlations)


class Hyper(NamedTuple):
    """Hyperparameters in their own units, each with the batch axes in front.

    Attributes:
        parameters: Shape (..., parameter).
        sds: Shape (..., effect) per group term, in the model's order.
        factors: Shape (..., effect, effect) per group term. Cholesky factor of the correlations.
        log_prior: Shape (...,). On the flat vector: with the Jacobian of its logarithms.
    """

    parameters: np.ndarray
    sds: tuple[np.ndarray, ...]
    factors: tuple[np.ndarray, ...]
    log_prior: np.ndarray

    def scale(self, place: int) -> np.ndarray:
        """diag(sd) L of a group term: what turns standard normals into effects."""
        return self.sds[place][..., :, None] * self.factors[place]

    def precision(self, place: int) -> np.ndarray:
        """The prior precision of one level's effects, (..., effect, effect)."""
        inverse = np.linalg.inv(self.scale(place))
        return inverse.swapaxes(-1, -2) @ inverse


def hyper_layout(rows: LatentRows) -> HyperLayout:
    """Where the hyperparameters of these rows' model sit."""
    groups = sorted(rows.factors, key=lambda factor: factor.place)
    return HyperLayout(len(rows.parameters), tuple(factor.shape for factor in groups))


def read_hyper(rows: LatentRows, flat: np.ndarray) -> Hyper:
    """Reads hyperparameters out of flat vectors (..., size)."""
    layout = hyper_layout(rows)
    count = layout.parameters
    parameters = np.exp(flat[..., :count]) + rows.lowers
    sds, factors = [], []
    log_prior = flat[..., :count].sum(-1)
    for place, group in enumerate(layout.groups):
        logs = flat[..., layout.sds(place)]
        sds.append(np.exp(logs))
        factor, jacobian = correlation_factor(flat[..., layout.free(place)], group)
        factors.append(np.asarray(factor))
        log_prior = log_prior + logs.sum(-1) + jacobian
        if group.free_correlations:
            prior = rows.correlation_priors[place]
            log_prior = log_prior + np.asarray(prior.log_density(factor))
    scalars = np.concatenate([parameters, *sds], axis=-1)
    log_prior = log_prior + log_density_of_scalars(rows, scalars, rows.coefficients).sum(-1)
    return Hyper(parameters, tuple(sds), tuple(factors), log_prior)


def log_density_of_scalars(rows: LatentRows, values: np.ndarray, first: int) -> np.ndarray:
    """The log prior density of each scalar, those from position `first` on, (..., scalar)."""
    found = np.zeros(values.shape)
    for where, prior in zip(rows.governed, rows.priors, strict=True):
        inside = [k for k, p in enumerate(where) if first <= p < first + values.shape[-1]]
        if not inside:
            continue
        places = np.array(where)[inside]
        own = _pick(prior, inside, len(where))
        found[..., places - first] = np.asarray(own.log_density(values[..., places - first]))
    return found


def _pick(prior: Prior, inside: list[int], count: int) -> Prior:
    if len(inside) == count:
        return prior
    return rebuild(type(prior), None, [np.asarray(n)[inside] for n in numbers_of(prior)])


def slopes_of_log_prior(rows: LatentRows, flat: np.ndarray) -> np.ndarray:
    """The slope of the hyperparameters' log prior, (..., size), by central differences."""
    size = flat.shape[-1]
    steps = STEP * np.concatenate([np.eye(size), -np.eye(size)])
    both = read_hyper(rows, flat[..., None, :] + steps).log_prior
    return (both[..., :size] - both[..., size:]) / (2 * STEP)


def coefficient_slopes(rows: LatentRows, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivatives of the coefficients' log priors, by central differences.

    Args:
        rows: Gives the priors and the steps: a twentieth of each coefficient's uncertainty, so that
            rounding cannot be seen beside the likelihood.
        values: Shape (..., coefficient).

    Returns:
        Two arrays of that shape.
    """
    step = 0.05 * rows.units
    sides = np.stack([values + step, values, values - step])
    ahead, here, behind = log_density_of_scalars(rows, sides, 0)
    return (ahead - behind) / (2 * step), (ahead - 2 * here + behind) / step**2

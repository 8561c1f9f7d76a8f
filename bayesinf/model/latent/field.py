"""The joint density of a group model in coordinates that are almost independent and standard.

Trajectories are short where the density looks like a standard normal. Three steps bring it there:
the coordinates are whitened by the Laplace approximation; the latents' mode is followed as the
hyperparameters move; and each effect is centred as far as its own rows determine it, so that its
conditional spread does not move with the hyperparameters either.

Notation: w are standard coordinates, t the hyperparameters, s the group sds and s0 those at the
mode. t = t0 + K w_t with K K' = S. An effect is u = (s / s0)^(1 - c) z, where c = 1 - V / s0^2 and
V is its posterior variance: c is 1 for a group with many rows (the centred form), 0 for one
without (the non-centred form). z = z0 + J (t - t0) + F'^-1 w_z, with F F' the latents' precision
and J the derivative of z's mode.

Source: Papaspiliopoulos, Roberts and Skold (2007) for partial centring; Monnahan et al. (2026) for
whitening by the joint precision. Departure: the mode's response J takes the place of the
hyperparameters' rows in the joint Hessian.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from bayesinf.model.latent.approximate import Approximation
from bayesinf.model.latent.conditional import named_parameters
from bayesinf.model.latent.hyper import (
    STEP,
    Hyper,
    HyperLayout,
    coefficient_slopes,
    hyper_layout,
    log_density_of_scalars,
    read_hyper,
    slopes_of_log_prior,
)
from bayesinf.model.latent.rows import Factor, LatentRows
from bayesinf.model.layout import correlation_factor

ROWS_AT_ONCE = 1024
"""Rows of a block: with 32 chains a temporary array is 256 kB, which stays in the cache."""


class GroupField:
    """The log density of standard coordinates and its gradient, for many chains at once.

    Points are columns: arrays of shape (size, chain).
    """

    def __init__(self, approximation: Approximation) -> None:
        self._approximation = approximation
        self._mode = approximation.evidence
        self._own = self._mode.conditional.hyper

    @property
    def rows(self) -> LatentRows:
        """The model's rows."""
        return self._approximation.rows

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return self.rows.size + len(self._mode.flat)

    @cached_property
    def _layout(self) -> HyperLayout:
        return hyper_layout(self.rows)

    @cached_property
    def _spread(self) -> np.ndarray:
        """K, the lower factor of the hyperparameters' covariance."""
        return np.linalg.cholesky(self._approximation.covariance)

    @cached_property
    def _places(self) -> list[slice]:
        """Where each factor's effects sit among the latents."""
        starts = np.cumsum([0, *(factor.size for factor in self.rows.factors)])
        return [slice(a, b) for a, b in zip(starts[:-1], starts[1:], strict=True)]

    @cached_property
    def _freedom(self) -> list[np.ndarray]:
        """1 - c for each factor's effects, shape (level, effect)."""
        arrow = self._mode.conditional.arrow
        levels = np.diagonal(arrow.level_covariances(), axis1=1, axis2=2).ravel()
        variances = np.concatenate([levels, np.diagonal(arrow.border_covariance())])
        found = []
        for factor, place in zip(self.rows.factors, self._places, strict=True):
            own = variances[place].reshape(-1, factor.shape.effects)
            found.append(np.clip(own / self._own.sds[factor.place] ** 2, 0.0, 1.0))
        return found

    @cached_property
    def _response(self) -> np.ndarray:
        """J, in the coordinates z: shape (latent, hyperparameter)."""
        found = self._mode.response.copy()
        for factor, place, freedom in zip(
            self.rows.factors, self._places, self._freedom, strict=True
        ):
            effects = self._mode.conditional.latents[place].reshape(freedom.shape)
            q = factor.shape.effects
            for k, hyper in enumerate(range(len(self._mode.flat))[self._layout.sds(factor.place)]):
                rows = np.arange(place.start + k, place.stop, q)
                found[rows, hyper] -= freedom[:, k] * effects[:, k]
        return found

    def unwhiten(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latents z (latent, chain) and hyperparameters (hyperparameter, chain) of points."""
        count = self.rows.size
        moved = self._spread @ points[count:]
        still = self._mode.conditional
        latents = still.latents[:, None] + still.arrow.upper(points[:count])
        return latents + self._response @ moved, self._mode.flat[:, None] + moved

    def decentre(self, latents: np.ndarray, hyper: Hyper) -> tuple[np.ndarray, list[np.ndarray]]:
        """Effects and coefficients (latent, chain) out of z, and the factors (s / s0)^(1 - c)."""
        found, stretches = latents.copy(), []
        for factor, place, freedom in zip(
            self.rows.factors, self._places, self._freedom, strict=True
        ):
            ratio = np.log(hyper.sds[factor.place] / self._own.sds[factor.place])
            stretch = np.exp(freedom[..., None] * ratio.T)
            stretches.append(stretch)
            found[place] *= stretch.reshape(-1, stretch.shape[-1])
        return found, stretches

    def values(self, points: np.ndarray) -> np.ndarray:
        """Log densities (chain,) of points (size, chain), up to a constant."""
        return self._evaluate(points, want_gradient=False)[0]

    def gradients(self, points: np.ndarray) -> np.ndarray:
        """Gradients (size, chain) of the log density."""
        return self._evaluate(points, want_value=False)[1]

    def both(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log densities (chain,) and their gradients (size, chain)."""
        return self._evaluate(points)

    def _evaluate(
        self, points: np.ndarray, want_value: bool = True, want_gradient: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        latents, flat = self.unwhiten(points)
        hyper = read_hyper(self.rows, flat.T)
        effects, stretches = self.decentre(latents, hyper)
        sums = self._over_rows(hyper, effects, want_value, want_gradient)
        value, gradient = np.empty(0), np.empty(0)
        if want_value:
            value = self._prior(hyper, effects) + sum(part.value for part in sums)
        if want_gradient:
            inner = sum(part.latents for part in sums[1:]) + sums[0].latents
            outer = slopes_of_log_prior(self.rows, flat.T).T
            outer[: len(self.rows.parameters)] += sum(part.parameters for part in sums)
            self._add_prior_slopes(hyper, flat, effects, stretches, inner, outer)
            outer += self._response.T @ inner
            gradient = np.concatenate(
                [self._mode.conditional.arrow.lower(inner), self._spread.T @ outer]
            )
        return value, gradient

    @cached_property
    def _parts(self) -> list[LatentRows]:
        """The rows in blocks that fit the cache, which threads share among them."""
        count = len(self.rows.evidence.response)
        length = max(ROWS_AT_ONCE, 2 * self.rows.size)
        pieces = -(-count // length)
        edges = np.linspace(0, count, pieces + 1).astype(int)
        return [self.rows.part(slice(a, b)) for a, b in itertools.pairwise(edges.tolist())]

    def _over_rows(
        self, hyper: Hyper, effects: np.ndarray, want_value: bool, want_gradient: bool
    ) -> list[RowSums]:
        parts = self._parts

        def add(part: LatentRows) -> RowSums:
            return sum_over_rows(part, hyper, effects, want_value, want_gradient)

        if len(parts) == 1:
            return [add(parts[0])]
        return list(workers().map(add, parts))

    def _prior(self, hyper: Hyper, effects: np.ndarray) -> np.ndarray:
        """The log prior of the latents in z and of the hyperparameters."""
        rows = self.rows
        coefficients = effects[rows.effects :].T
        total = log_density_of_scalars(rows, coefficients, 0).sum(-1) + hyper.log_prior
        for factor, place, freedom in zip(rows.factors, self._places, self._freedom, strict=True):
            standard = _standardise(hyper, factor, effects[place])
            scale = np.diagonal(hyper.scale(factor.place), axis1=-2, axis2=-1)
            total = total - 0.5 * (standard**2).sum((0, 1))
            total = total - factor.shape.levels * np.log(scale).sum(-1)
            # The determinant of u as a function of z.
            total = total + np.log(hyper.sds[factor.place]) @ freedom.sum(0)
        return total

    def _add_prior_slopes(
        self,
        hyper: Hyper,
        flat: np.ndarray,
        effects: np.ndarray,
        stretches: list[np.ndarray],
        inner: np.ndarray,
        outer: np.ndarray,
    ) -> None:
        """Adds the priors' slopes in place: in z to `inner`, in the hyperparameters to `outer`."""
        rows, layout = self.rows, self._layout
        inner[rows.effects :] += coefficient_slopes(rows, effects[rows.effects :].T)[0].T
        for k, factor in enumerate(rows.factors):
            place = self._places[k]
            own = effects[place].reshape(factor.shape.levels, factor.shape.effects, -1)
            pull = _unstandardise(hyper, factor, _standardise(hyper, factor, effects[place]))
            slope = inner[place].reshape(own.shape) - pull
            # u moves with s through the stretch; its prior moves with s directly.
            moved = self._freedom[k][..., None] * (own * slope + 1.0)
            outer[layout.sds(factor.place)] += (moved + own * pull - 1.0).sum(0)
            if factor.shape.free_correlations:
                outer[layout.free(factor.place)] += _correlation_slopes(
                    hyper, factor, own, flat, layout
                )
            inner[place] = (slope * stretches[k]).reshape(factor.size, -1)


@dataclass(frozen=True, eq=False)
class RowSums:
    """What some of the rows add to the log density and its slopes.

    Attributes:
        value: Shape (chain,).
        latents: Shape (latent, chain).
        parameters: Shape (parameter, chain). In the logarithms of the family's parameters.
    """

    value: np.ndarray
    latents: np.ndarray
    parameters: np.ndarray


def sum_over_rows(
    rows: LatentRows, hyper: Hyper, effects: np.ndarray, want_value: bool, want_gradient: bool
) -> RowSums:
    """Adds up log densities and slopes of rows."""
    predictor = rows.predictor(effects)
    # A view with the chains in front, as families want it; memory is still walked row by row.
    eta = predictor.T
    named = named_parameters(rows, hyper)
    weights, outcome = rows.evidence.weights, rows.evidence.response
    value, latents, parameters = np.empty(0), np.empty(0), np.empty(0)
    if want_value:
        density = rows.family.log_density(outcome, eta, named, rows.known)
        value = np.asarray(density) @ weights
    if want_gradient:
        slope = np.asarray(rows.family.slope(outcome, eta, named, rows.known)).T
        latents = rows.gather(weights[:, None] * slope)
        if rows.parameters:
            own = rows.family.parameter_slopes(outcome, eta, named, rows.known)
            sums = np.array([np.asarray(own[name]) @ weights for name in rows.parameters])
            parameters = sums * (hyper.parameters - rows.lowers).T
        else:
            parameters = np.zeros((0, predictor.shape[1]))
    return RowSums(value, latents, parameters)


@cache
def workers() -> ThreadPoolExecutor:
    """Threads for blocks of rows: NumPy releases the interpreter while it computes."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="rows")


def _standardise(hyper: Hyper, factor: Factor, effects: np.ndarray) -> np.ndarray:
    """T^-1 u for effects (level * effect, chain): shape (level, effect, chain)."""
    q = factor.shape.effects
    own = effects.reshape(factor.shape.levels, q, -1)
    if q == 1:
        return own / hyper.sds[factor.place][:, 0]
    inverse = np.linalg.inv(hyper.scale(factor.place))
    return np.einsum("kij,ljk->lik", inverse, own)


def _unstandardise(hyper: Hyper, factor: Factor, standard: np.ndarray) -> np.ndarray:
    """T'^-1 v: the pull of the prior on the effects."""
    if factor.shape.effects == 1:
        return standard / hyper.sds[factor.place][:, 0]
    inverse = np.linalg.inv(hyper.scale(factor.place))
    return np.einsum("kji,ljk->lik", inverse, standard)


def _correlation_slopes(
    hyper: Hyper, factor: Factor, effects: np.ndarray, flat: np.ndarray, layout: HyperLayout
) -> np.ndarray:
    """Slopes of the effects' log prior in the free correlations, by central differences."""
    scaled = effects / hyper.sds[factor.place].T
    square = np.einsum("lik,ljk->kij", scaled, scaled)
    free = flat[layout.free(factor.place)].T

    def log_density(values: np.ndarray) -> np.ndarray:
        lower = np.asarray(correlation_factor(values, factor.shape)[0])
        inverse = np.linalg.inv(lower)
        quadratic = np.einsum("...ia,...ab,...ib->...", inverse, square, inverse)
        logs = np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(-1)
        return -0.5 * quadratic - factor.shape.levels * logs

    found = np.empty(free.shape)
    for k in range(free.shape[1]):
        step = STEP * np.eye(free.shape[1])[k]
        found[:, k] = (log_density(free + step) - log_density(free - step)) / (2 * STEP)
    return found.T

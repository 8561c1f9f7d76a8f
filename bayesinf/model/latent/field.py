"""The joint density of a group model in coordinates that are almost independent and standard.

Trajectories are short where the density looks like a standard normal. Three steps bring it there:
each effect is centred as far as its own rows determine it (`centring`); what is left of the way in
which the latents' mode moves with the hyperparameters is followed; and everything is whitened by
the Laplace approximation.

Notation: w are standard coordinates, t the hyperparameters, t = t0 + K m(w_t) with K K' = S and m
the maps of `skew`; the latents' coordinates are z = z0 + J (t - t0) + F'^-1 w_z, with F F' the
latents' precision and J how the mode of z moves.

Source: Monnahan et al. (2026), SparseNUTS, for whitening by the joint precision. Departure: the
mode's response J takes the place of the hyperparameters' rows in the joint Hessian.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayesinf.model.latent.approximate import Approximation
from bayesinf.model.latent.centring import (
    Centring,
    Placement,
    centre_by_information,
    slopes_in_spreads,
)
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
from bayesinf.model.latent.skew import Skew, measure_skew
from bayesinf.model.layout import correlation_factor
from bayesinf.numerics.blocks import solve_lower, solve_upper
from bayesinf.numerics.parallel import cores

FARTHEST = 60.0
"""In logarithms: a trajectory that takes a spread beyond exp(60) times its mode is lost anyway, and
smaller ones than exp(-60) are zero to any outcome."""

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
    def _skew(self) -> Skew:
        """What makes the hyperparameters' axes nearly normal."""
        return measure_skew(self.rows, self._mode, self._spread)

    @cached_property
    def _places(self) -> list[slice]:
        """Where each factor's effects sit among the latents."""
        edges = itertools.accumulate((factor.size for factor in self.rows.factors), initial=0)
        return [slice(start, stop) for start, stop in itertools.pairwise(edges)]

    @cached_property
    def _centrings(self) -> list[Centring]:
        """The coordinates of each factor's effects."""
        top, found = self._mode.conditional, []
        for factor, place in zip(self.rows.factors, self._places, strict=True):
            effects = top.latents[place].reshape(-1, factor.shape.effects)
            information = factor.blocks(top.weights)
            found.append(centre_by_information(factor, effects, information, self._own))
        return found

    @cached_property
    def _response(self) -> np.ndarray:
        """J, in the coordinates z: shape (latent, hyperparameter)."""
        found = self._mode.response.copy()
        for factor, place, centring in zip(
            self.rows.factors, self._places, self._centrings, strict=True
        ):
            moved = centring.response(self.rows, self._layout, self._mode.flat)
            own = self._layout.own(factor.place)
            found[place, own] -= moved.swapaxes(0, 1).reshape(factor.size, -1)
        return found

    def unwhiten(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latents z (latent, chain) and hyperparameters (hyperparameter, chain) of points."""
        count = self.rows.size
        moved = np.clip(self._spread @ self._skew.places(points[count:]), -FARTHEST, FARTHEST)
        still = self._mode.conditional
        latents = still.latents[:, None] + still.arrow.upper(points[:count])
        return latents + self._response @ moved, self._mode.flat[:, None] + moved

    def decentre(self, latents: np.ndarray, hyper: Hyper) -> tuple[np.ndarray, list[Placement]]:
        """Effects and coefficients (latent, chain) out of z, and the maps that made them."""
        found, placements = latents.copy(), []
        for factor, place, centring in zip(
            self.rows.factors, self._places, self._centrings, strict=True
        ):
            placement = centring.place(hyper)
            effects = placement.effects(_by_effect(latents[place], factor))
            found[place] = effects.swapaxes(0, 1).reshape(factor.size, -1)
            placements.append(placement)
        return found, placements

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
        # Far trajectories overflow; their density is zero or not a number, and they are refused.
        with np.errstate(all="ignore"):
            return self._evaluate_quietly(points, want_value, want_gradient)

    def _evaluate_quietly(
        self, points: np.ndarray, want_value: bool, want_gradient: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        latents, flat = self.unwhiten(points)
        hyper = read_hyper(self.rows, flat.T)
        effects, placements = self.decentre(latents, hyper)
        sums = self._over_rows(hyper, effects, want_value, want_gradient)
        value, gradient = np.empty(0), np.empty(0)
        if want_value:
            value = self._prior(hyper, effects, placements) + sum(part.value for part in sums)
            value = value + np.log(self._skew.slopes(points[self.rows.size :])).sum(0)
        if want_gradient:
            inner = sum(part.latents for part in sums[1:]) + sums[0].latents
            outer = slopes_of_log_prior(self.rows, flat.T).T
            outer[: len(self.rows.parameters)] += sum(part.parameters for part in sums)
            self._add_prior_slopes(hyper, flat, latents, effects, placements, inner, outer)
            outer += self._response.T @ inner
            normal = points[self.rows.size :]
            outer = self._skew.slopes(normal) * (self._spread.T @ outer)
            outer += self._skew.log_slope_changes(normal)
            gradient = np.concatenate([self._mode.conditional.arrow.lower(inner), outer])
        return value, gradient

    @cached_property
    def _parts(self) -> list[LatentRows]:
        """The rows in blocks that fit the cache, which threads share among them."""
        count = len(self.rows.response)
        length = max(ROWS_AT_ONCE, 2 * self.rows.size)
        pieces = -(-count // length)
        edges = np.linspace(0, count, pieces + 1).astype(int)
        return [self.rows.part(slice(a, b)) for a, b in itertools.pairwise(edges.tolist())]

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        """Threads for blocks of rows: NumPy lets go of Python's lock while it computes."""
        return ThreadPoolExecutor(cores(), thread_name_prefix="rows")

    def _over_rows(
        self, hyper: Hyper, effects: np.ndarray, want_value: bool, want_gradient: bool
    ) -> list[RowSums]:
        parts = self._parts

        def add(part: LatentRows) -> RowSums:
            # A thread does not inherit its parent's error state; see `_evaluate`.
            with np.errstate(all="ignore"):
                return sum_over_rows(part, hyper, effects, want_value, want_gradient)

        if len(parts) == 1:
            return [add(parts[0])]
        return list(self._workers.map(add, parts))

    def _prior(self, hyper: Hyper, effects: np.ndarray, placements: list[Placement]) -> np.ndarray:
        """The log prior of the latents in z and of the hyperparameters."""
        rows = self.rows
        coefficients = effects[rows.effects :].T
        total = log_density_of_scalars(rows, coefficients, 0).sum(-1) + hyper.log_prior
        for factor, place, placement in zip(rows.factors, self._places, placements, strict=True):
            standard = _standardise(hyper, factor, _by_effect(effects[place], factor))
            scale = np.diagonal(hyper.scale(factor.place), axis1=-2, axis2=-1)
            total = total - 0.5 * (standard**2).sum((0, 1))
            total = total - factor.shape.levels * np.log(scale).sum(-1)
            total = total + placement.log_determinant()
        return total

    def _add_prior_slopes(
        self,
        hyper: Hyper,
        flat: np.ndarray,
        latents: np.ndarray,
        effects: np.ndarray,
        placements: list[Placement],
        inner: np.ndarray,
        outer: np.ndarray,
    ) -> None:
        """Adds the priors' slopes in place: in z to `inner`, in the hyperparameters to `outer`."""
        rows, layout = self.rows, self._layout
        inner[rows.effects :] += coefficient_slopes(rows, effects[rows.effects :].T)[0].T
        for factor, place, placement in zip(rows.factors, self._places, placements, strict=True):
            own = _by_effect(effects[place], factor)
            pull = _unstandardise(hyper, factor, _standardise(hyper, factor, own))
            slopes = _by_effect(inner[place], factor) - pull
            coordinates = _by_effect(latents[place], factor)
            outer[layout.own(factor.place)] += slopes_in_spreads(
                rows, layout, flat.T, placement.centring, coordinates, slopes
            )
            outer[layout.sds(factor.place)] += (own * pull - 1.0).sum(1)
            if factor.shape.free_correlations:
                outer[layout.free(factor.place)] += _correlation_slopes(
                    hyper, factor, own, flat, layout
                )
            inner[place] = placement.pull_back(slopes).swapaxes(0, 1).reshape(factor.size, -1)


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
    weights, outcome = rows.weights, rows.response
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


def _by_effect(values: np.ndarray, factor: Factor) -> np.ndarray:
    """Puts values (level * effect, chain) into (effect, level, chain)."""
    return values.reshape(factor.shape.levels, factor.shape.effects, -1).swapaxes(0, 1)


def _standardise(hyper: Hyper, factor: Factor, effects: np.ndarray) -> np.ndarray:
    """T^-1 u for effects (effect, level, chain), same shape."""
    if factor.shape.effects == 1:
        return effects / hyper.sds[factor.place][:, 0]
    return np.asarray(solve_lower(_scale_blocks(hyper, factor), effects))


def _unstandardise(hyper: Hyper, factor: Factor, standard: np.ndarray) -> np.ndarray:
    """T'^-1 v: the pull of the prior on the effects."""
    if factor.shape.effects == 1:
        return standard / hyper.sds[factor.place][:, 0]
    return np.asarray(solve_upper(_scale_blocks(hyper, factor), standard))


def _scale_blocks(hyper: Hyper, factor: Factor) -> np.ndarray:
    return np.moveaxis(hyper.scale(factor.place), 0, -1)[:, :, None, :]


def _correlation_slopes(
    hyper: Hyper, factor: Factor, effects: np.ndarray, flat: np.ndarray, layout: HyperLayout
) -> np.ndarray:
    """Slopes of the effects' log prior in the free correlations, by central differences."""
    scaled = effects / hyper.sds[factor.place].T[:, None, :]
    square = np.einsum("ilk,jlk->kij", scaled, scaled)
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

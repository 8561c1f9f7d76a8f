"""How far the effects of one term are centred: as far as their own rows determine them.

Given the spreads, an effect u is roughly N(V b, V) with V = (W + P)^-1: W is what its rows say (the
information, taken at the mode), P the prior's precision, which moves with the spreads. In the
coordinate z with u = N'^-1 (N^-1 b + N0'(z - u0)), N N' = W + P, this stays N(u0, V0) whatever the
spreads are. An effect with many rows is thereby centred (u = z), one without is not (u moves with
its spread), and those between lie between, all the way into the neck of the funnel.

Notation: N0, V0, u0 are N, V and u at the mode; b = V0^-1 u0.

Source: Papaspiliopoulos, Roberts and Skold (2007), A general framework for the parametrization of
hierarchical models, section 3. Departure: the weight of the two forms follows the spreads along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.latent.hyper import STEP, Hyper, HyperLayout, read_hyper
from bayesinf.model.latent.rows import Factor, LatentRows
from bayesinf.numerics.blocks import block_cholesky, solve_lower, solve_upper


@dataclass(frozen=True, eq=False)
class Centring:
    """The coordinates of one term's effects.

    Attributes:
        factor: The term.
        information: Shape (effect, effect, level). W.
        mode: Shape (effect, level). u0.
        shift: Shape (effect, level). b.
        root: Shape (effect, effect, level). N0.
    """

    factor: Factor
    information: np.ndarray
    mode: np.ndarray
    shift: np.ndarray
    root: np.ndarray

    def place(self, hyper: Hyper) -> Placement:
        """The map from z to u at these hyperparameters, one per chain."""
        precision = np.moveaxis(hyper.precision(self.factor.place), 0, -1)
        return Placement(
            self, np.asarray(block_cholesky(self.information[..., None] + precision[:, :, None, :]))
        )

    def response(self, rows: LatentRows, layout: HyperLayout, flat: np.ndarray) -> np.ndarray:
        """How u moves with each hyperparameter of the term at z = u0: (effect, level, own)."""
        own = range(len(flat))[layout.own(self.factor.place)]
        moved = [
            self._effects_at(rows, flat + STEP * np.eye(len(flat))[k])
            - self._effects_at(rows, flat - STEP * np.eye(len(flat))[k])
            for k in own
        ]
        return np.stack(moved, axis=-1) / (2 * STEP)

    def _effects_at(self, rows: LatentRows, flat: np.ndarray) -> np.ndarray:
        placement = self.place(read_hyper(rows, flat[None]))
        return placement.effects(self.mode[..., None])[..., 0]


@dataclass(frozen=True, eq=False)
class Placement:
    """The map from z to u for some chains.

    Attributes:
        centring: The coordinates.
        factor: Shape (effect, effect, level, chain). N.
    """

    centring: Centring
    factor: np.ndarray

    def effects(self, coordinates: np.ndarray) -> np.ndarray:
        """Turns z into u, both (effect, level, chain)."""
        own = self.centring
        inner = np.asarray(solve_lower(self.factor, own.shift[..., None]))
        away = coordinates - own.mode[..., None]
        inner = inner + _times_transposed(own.root, away)
        return np.asarray(solve_upper(self.factor, inner))

    def log_determinant(self) -> np.ndarray:
        """The log determinant of du/dz over all levels, up to a constant, (chain,)."""
        return -np.log(np.einsum("kklc->klc", self.factor)).sum((0, 1))

    def pull_back(self, slopes: np.ndarray) -> np.ndarray:
        """Turns slopes in u into slopes in z, both (effect, level, chain)."""
        return _times(self.centring.root, np.asarray(solve_lower(self.factor, slopes)))


def slopes_in_spreads(
    rows: LatentRows,
    layout: HyperLayout,
    flat: np.ndarray,
    centring: Centring,
    coordinates: np.ndarray,
    slopes: np.ndarray,
) -> np.ndarray:
    """Slopes in a term's own hyperparameters by way of its coordinates.

    Args:
        rows: The model's rows.
        layout: Where the hyperparameters sit.
        flat: Shape (chain, hyperparameter).
        centring: The term's coordinates.
        coordinates: z, shape (effect, level, chain).
        slopes: Of the log density in u, same shape.

    Returns:
        Shape (own hyperparameter, chain): how `slopes . u + log det du/dz` moves at fixed z. By
        central differences, but for a single effect in closed form.
    """
    if centring.factor.shape.effects == 1:
        spread = np.exp(flat[:, layout.sds(centring.factor.place)])[:, 0]
        return _slopes_of_one(centring, spread, coordinates[0], slopes[0])
    own = range(flat.shape[1])[layout.own(centring.factor.place)]
    found = []
    for k in own:
        step = STEP * np.eye(flat.shape[1])[k]
        sides = []
        for sign in (1, -1):
            placement = centring.place(read_hyper(rows, flat + sign * step))
            inner = (slopes * placement.effects(coordinates)).sum((0, 1))
            sides.append(inner + placement.log_determinant())
        found.append((sides[0] - sides[1]) / (2 * STEP))
    return np.array(found)


def _slopes_of_one(
    centring: Centring, spread: np.ndarray, coordinates: np.ndarray, slopes: np.ndarray
) -> np.ndarray:
    """For one effect per level: V moves by 2 V f with log s, where f = V / s^2; its root by f."""
    precision = spread**-2
    variance = 1.0 / (centring.information[0, 0][:, None] + precision)
    freedom = variance * precision
    centre = variance * centring.shift[0][:, None]
    away = coordinates - centring.mode[0][:, None]
    stretch = np.sqrt(variance) * centring.root[0, 0][:, None]
    moved = freedom * (2.0 * centre + stretch * away)
    return (slopes * moved + freedom).sum(0)[None]


def centre_by_information(
    factor: Factor, effects: np.ndarray, information: np.ndarray, hyper: Hyper
) -> Centring:
    """Chooses the coordinates of a term's effects at the mode.

    Args:
        factor: The term.
        effects: Shape (level, effect). Its mode.
        information: Shape (level, effect, effect). What the rows of each level say of its effects
            when everything else is known: how far others are unknown is for the whitening.
        hyper: The hyperparameters at the mode.

    Returns:
        The coordinates.
    """
    prior = hyper.precision(factor.place)
    precision = information + prior
    shift = (precision @ effects[..., None])[..., 0]
    return Centring(
        factor,
        np.moveaxis(information, 0, -1),
        effects.T,
        shift.T,
        np.moveaxis(np.linalg.cholesky(precision), 0, -1),
    )


def _times(blocks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Lower-triangular blocks (q, q, level) times values (q, level, chain)."""
    size = len(blocks)
    return np.stack(
        [sum(blocks[i, j][:, None] * values[j] for j in range(i + 1)) for i in range(size)]
    )


def _times_transposed(blocks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The transposes of lower-triangular blocks (q, q, level) times values (q, level, chain)."""
    size = len(blocks)
    return np.stack(
        [sum(blocks[j, i][:, None] * values[j] for j in range(i, size)) for i in range(size)]
    )

"""Coordinates in which a posterior is almost a standard normal, and the way back to its unknowns.

Group models are whitened by their Laplace approximation (`model.latent`); every other model by the
curvature at its mode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesinf.model.fact import count_of
from bayesinf.model.latent import GroupField, approximate, latent_rows
from bayesinf.model.latent.hyper import read_hyper
from bayesinf.model.latent.second_modes import TwoPlaces, second_modes
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.compiled import compiled_gradient, compiled_value_and_gradient
from bayesinf.numerics.mode import EVIDENCE_GAP
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.random import Streams
from bayesinf.numerics.rotation import Field
from bayesinf.posterior.draws import Draws, uncentre
from bayesinf.posterior.program import ProgramDraws
from bayesinf.posterior.settling import settle
from bayesinf.posterior.target import Target, target_of
from bayesinf.posterior.verdict import Finding

CHAINS = 32
"""About how many points a call of the field has, by which a device is chosen."""


@dataclass(frozen=True, eq=False)
class Whitened:
    """A posterior in standard coordinates. Points are columns: (draw, size, chain).

    Attributes:
        field: The density and its gradient.
        watch: From points to the quantities (chain, draw, quantity) that must be known well.
        read: From points to draws of every unknown.
        modes: How many modes the search found.
        gap: Log evidence of the best mode minus that of the second; infinite for one mode.
        doubt: Why the coordinates cannot be trusted; empty where they can.
        target: What was whitened, where it was not a group model.
        notes: What else there is to say.
    """

    field: Field
    watch: Callable[[np.ndarray], np.ndarray]
    read: Callable[[np.ndarray], Draws | ProgramDraws]
    modes: int
    gap: float
    doubt: str = ""
    target: Target | None = None
    notes: tuple[Finding, ...] = ()


def whiten(model: Model | Program, streams: Streams) -> Whitened:
    """Finds the mode of a model and the coordinates around it.

    Raises:
        SamplingError: When a group model has no mode.
    """
    if isinstance(model, Model) and model.layout.groups:
        return _whiten_groups(model)
    return _whiten_target(target_of(model), streams)


def _whiten_groups(model: Model) -> Whitened:
    approximation = approximate(latent_rows(model))
    field = GroupField(approximation)
    return Whitened(
        field,
        lambda points: watched(model, field, points),
        lambda points: read_groups(model, field, points),
        approximation.modes,
        approximation.gap,
        "" if approximation.agree else "the starts found different modes",
        notes=_judge_effects(model, second_modes(field.rows, approximation.evidence.conditional)),
    )


def _judge_effects(model: Model, found: list[TwoPlaces]) -> tuple[Finding, ...]:
    if not found:
        return ()
    group = model.design.rows.groups[found[0].factor]
    first = f"'{group.names[found[0].effect]}' of level '{group.levels[found[0].level]}'"
    more = f" and {count_of(len(found) - 1, 'other effect')}" if len(found) > 1 else ""
    return (
        Finding(
            f"The rows agree with two different values of {first} of '{group.factor}'{more}: "
            "chains that begin at one of them may never see the other.",
            "bad",
            "effect-modes",
            {"effects": float(len(found))},
            "Look at the rows of that level; they may belong to two groups.",
        ),
    )


def watched(model: Model, field: GroupField, points: np.ndarray) -> np.ndarray:
    """Coefficients and hyperparameters (chain, draw, quantity) at points (draw, size, chain)."""
    latents, hyper = _columns(field, points)
    coefficients = uncentre(latents[field.rows.effects :].T, model.design.centre)
    return _by_chain(np.concatenate([coefficients, hyper.T], axis=1), points.shape)


def read_groups(model: Model, field: GroupField, points: np.ndarray) -> Draws:
    """Draws of every unknown of a group model at points (draw, size, chain)."""
    rows, shape = field.rows, points.shape
    latents, flat = _columns(field, points)
    hyper = read_hyper(rows, flat.T)
    effects = field.decentre(latents, hyper)[0]
    coefficients = uncentre(effects[rows.effects :].T, model.design.centre)
    found: dict[int, np.ndarray] = {}
    place = 0
    for factor in rows.factors:
        own = effects[place : place + factor.size].T
        own = own.reshape(-1, factor.shape.levels, factor.shape.effects)
        found[factor.place] = _by_chain(own, shape)
        place += factor.size
    return Draws(
        _by_chain(coefficients, shape),
        _by_chain(hyper.parameters, shape),
        tuple(_by_chain(sds, shape) for sds in hyper.sds),
        tuple(_by_chain(f @ f.swapaxes(-1, -2), shape) for f in hyper.factors),
        tuple(found[place] for place in range(len(rows.factors))),
    )


def _columns(field: GroupField, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latents and hyperparameters of all draws of all chains, as columns."""
    return field.unwhiten(points.swapaxes(0, 1).reshape(field.size, -1))


def _by_chain(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Puts values (draw * chain, ...) into (chain, draw, ...)."""
    draws, _, chains = shape
    return np.ascontiguousarray(values.reshape(draws, chains, *values.shape[1:]).swapaxes(0, 1))


class TargetField:
    """A target's density in standard coordinates: flat = place + root w, points as columns."""

    def __init__(self, target: Target, place: np.ndarray, root: np.ndarray) -> None:
        self._place, self._root = place, root
        self._both = compiled_value_and_gradient(target.density, target.data, CHAINS)
        self._gradient = compiled_gradient(target.density, target.data, CHAINS)

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return len(self._place)

    def flat(self, points: np.ndarray) -> np.ndarray:
        """The target's flat vectors (chain, size) of points (size, chain)."""
        return self._place + points.T @ self._root.T

    def gradients(self, points: np.ndarray) -> np.ndarray:
        """Gradients (size, chain) at points (size, chain)."""
        return self._root.T @ self._gradient(self.flat(points)).T

    def both(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log densities (chain,) and gradients (size, chain)."""
        values, gradients = self._both(self.flat(points))
        return values, self._root.T @ gradients.T


def _whiten_target(given: Target, streams: Streams) -> Whitened:
    settled = settle(given, streams)
    target, modes = settled.target, settled.modes
    place, root, doubt = modes.best.point, np.eye(target.size), ""
    if not modes.best.converged:
        doubt = "no mode with definite curvature was found"
    else:
        root = Student.at_mode(place, modes.best.hessian).cholesky
        doubt = "" if modes.gap > EVIDENCE_GAP else "the starts found different modes"
    field = TargetField(target, place, root)

    def flat(points: np.ndarray) -> np.ndarray:
        return field.flat(points.swapaxes(0, 1).reshape(field.size, -1))

    return Whitened(
        field,
        lambda points: _by_chain(flat(points), points.shape),
        lambda points: target.read(_by_chain(flat(points), points.shape)),
        max(1, len(modes.all)),
        modes.gap,
        doubt,
        target,
        settled.notes,
    )

"""Draws of every unknown of a model, in the user's units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.layout import Values
from bayesinf.model.model import Model


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws with leading axes (chain, draw), as NumPy arrays in double precision.

    Attributes:
        coefficients: Shape (chain, draw, coefficient); the intercept is that of uncentred columns.
        parameters: Shape (chain, draw, parameter): sigma and the like.
        sds: Shape (chain, draw, effect) per group term.
        correlations: Shape (chain, draw, effect, effect) per group term.
        effects: Shape (chain, draw, level, effect) per group term.
    """

    coefficients: np.ndarray
    parameters: np.ndarray
    sds: tuple[np.ndarray, ...] = ()
    correlations: tuple[np.ndarray, ...] = ()
    effects: tuple[np.ndarray, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Number of chains and of draws in each."""
        chains, draws = self.coefficients.shape[:2]
        return chains, draws

    @property
    def count(self) -> int:
        """Number of draws in all chains together."""
        return self.shape[0] * self.shape[1]

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by a plain name, for storage."""
        named = {"coefficients": self.coefficients, "parameters": self.parameters}
        for k in range(len(self.sds)):
            named[f"sds.{k}"] = self.sds[k]
            named[f"correlations.{k}"] = self.correlations[k]
            named[f"effects.{k}"] = self.effects[k]
        return named

    @classmethod
    def from_arrays(cls, named: dict[str, np.ndarray], groups: int) -> Draws:
        """The inverse of `arrays`."""
        return cls(
            named["coefficients"],
            named["parameters"],
            tuple(named[f"sds.{k}"] for k in range(groups)),
            tuple(named[f"correlations.{k}"] for k in range(groups)),
            tuple(named[f"effects.{k}"] for k in range(groups)),
        )

    def take(self, index: np.ndarray) -> Draws:
        """Rearranges draws: `index` (chain, draw) counts them chain after chain."""

        def pick(values: np.ndarray) -> np.ndarray:
            return values.reshape(self.count, *values.shape[2:])[index]

        return Draws(
            pick(self.coefficients),
            pick(self.parameters),
            tuple(pick(values) for values in self.sds),
            tuple(pick(values) for values in self.correlations),
            tuple(pick(values) for values in self.effects),
        )


def draws_of_values(model: Model, values: Values) -> Draws:
    """Turns unknowns of the centred design, with axes (chain, draw), into draws in user's units."""
    correlations = tuple(
        np.asarray(factor) @ np.swapaxes(np.asarray(factor), -1, -2)
        for factor in values.correlations
    )
    return Draws(
        uncentre(np.asarray(values.coefficients), model.design.centre),
        np.asarray(values.parameters),
        tuple(np.asarray(sd) for sd in values.sds),
        correlations,
        tuple(np.asarray(effect) for effect in values.effects()),
    )


def uncentre(coefficients: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Moves the intercept from the centred columns to the columns as they are."""
    if not np.any(centre):
        return coefficients
    moved = coefficients.copy()
    moved[..., 0] = coefficients[..., 0] - coefficients @ centre
    return moved


def recentre(coefficients: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """The inverse of `uncentre`."""
    if not np.any(centre):
        return coefficients
    moved = coefficients.copy()
    moved[..., 0] = coefficients[..., 0] + coefficients @ centre
    return moved


def centred_scalars(model: Model, draws: Draws) -> np.ndarray:
    """Coefficients of the centred design, parameters and sds in one array (chain, draw, scalar)."""
    coefficients = recentre(draws.coefficients, model.design.centre)
    return np.concatenate([coefficients, draws.parameters, *draws.sds], axis=-1)

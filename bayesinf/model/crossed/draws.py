"""Draws of coefficients and of all group effects, given draws of the spreads of several terms.

Given the spreads everything is Gaussian. Where one factorisation per draw is affordable, each draw
has its own. Where not, a draw is the solution of S x = s + n with n ~ N(0, S), which has mean
S^-1 s and covariance S^-1 (perturbation and optimisation); S is the border's precision, and
conjugate gradients solve it with the factor at a neighbouring draw of the spreads, to a thousandth
of a posterior standard deviation in every direction.

Source: Papandreou and Yuille (2010), Gaussian sampling by local perturbations, section 2; Orieux,
Feron and Giovannelli (2012), IEEE Signal Processing Letters 19(5), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bayesinf.model.crossed.density import integrate_crossed, read_crossed
from bayesinf.model.crossed.rows import CrossedRows
from bayesinf.model.crossed.system import Nearby, Noise, System, factor_at
from bayesinf.numerics.conjugate_gradients import groups_of_neighbours, solve_together
from bayesinf.numerics.lapack import solve_upper_factors

COLUMNS = 128
"""Draws that are solved together: their vectors then stay near the processor."""

GROUPS = 16
"""Places at which factors are taken, at the most."""

LARGEST_BATCH = 4_000_000
"""Numbers per temporary array (32 MB)."""


@dataclass(frozen=True, eq=False)
class Latents:
    """Draws of everything that was integrated out.

    Attributes:
        coefficients: Shape (n, p).
        effects: One array (n, level, q) per term.
    """

    coefficients: np.ndarray
    effects: tuple[np.ndarray, ...]


def draw_crossed(
    rows: CrossedRows, flat: np.ndarray, generator: np.random.Generator, affordable: float = 0.5
) -> Latents:
    """Draws coefficients and effects given each draw of the spreads.

    Args:
        rows: The model's sums.
        flat: Shape (n, size). Draws of the spreads.
        generator: The source of randomness.
        affordable: Seconds that factorisations may take for every draw to have its own.

    Returns:
        One draw per row of `flat`.
    """
    signature, n = rows.signature, len(flat)
    latents = Latents(
        np.empty((n, signature.coefficients)),
        tuple(np.empty((n, group.levels, group.effects)) for group in signature.groups),
    )
    own_factors = rows.seconds * n <= affordable
    parts = _directly(rows, flat, generator) if own_factors else _together(rows, flat, generator)
    for places, system, border in parts:
        _keep(rows, system, border, generator, places, latents)
    return latents


def _directly(
    rows: CrossedRows, flat: np.ndarray, generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, System, np.ndarray]]:
    """Places of draws, their system, and the border's draws (m, b), each by its own factor."""
    size = rows.size
    batch = max(1, min(1000, LARGEST_BATCH // max(size**2, 1)))
    for start in range(0, len(flat), batch):
        places = np.arange(start, min(start + batch, len(flat)))
        spreads = read_crossed(rows.signature, flat[places])
        integral = integrate_crossed(rows.signature, spreads, rows.evidence)
        noise = generator.standard_normal((len(places), size))
        border = solve_upper_factors(integral.border_factor, integral.half + noise).T
        yield places, System(rows, spreads), border


def _together(
    rows: CrossedRows, flat: np.ndarray, generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, System, np.ndarray]]:
    """The same by conjugate gradients, with the factors at a few neighbouring draws."""
    noise = Noise.of(rows)
    size = rows.size
    # A factor costs as much as products with a quarter as many vectors as it has rows.
    count = min(GROUPS, max(1, 4 * len(flat) // size))
    for group in groups_of_neighbours(flat, count):
        middle = flat[group].mean(axis=0)
        nearby = Nearby.at(rows, middle)
        for places in np.array_split(group, -(-len(group) // COLUMNS)):
            system = System(rows, read_crossed(rows.signature, flat[places]))
            right = system.shift() + noise.draw(system, generator)
            solved = solve_together(system.apply, nearby.preconditioner(system), right)
            border = solved.solution
            for late in np.flatnonzero(~solved.converged):
                border[:, late] = _solve(rows, flat[places[late]], right[:, late])
            yield places, system, border


def _solve(rows: CrossedRows, flat: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solves one system by its own factor."""
    from scipy.linalg import cho_solve

    return cho_solve((factor_at(rows, flat), True), right, check_finite=False)


def _keep(
    rows: CrossedRows,
    system: System,
    border: np.ndarray,
    generator: np.random.Generator,
    places: np.ndarray,
    latents: Latents,
) -> None:
    """Draws the eliminated term's effects given the border's (m, b), and writes all down."""
    signature, batch = rows.signature, len(places)
    for k, part in zip(signature.bordering, system.parts, strict=False):
        effects = border[part].reshape(signature.groups[k].effects, -1, batch)
        latents.effects[k][places] = effects.T
    latents.coefficients[places] = border[system.parts[-1]].T
    latents.effects[signature.eliminated][places] = system.draw_eliminated(border, generator).T

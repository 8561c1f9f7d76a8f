"""How plausible hyperparameters are, by Laplace's approximation, with the exact slope of that.

Notation: t holds the hyperparameters, x(t) the latents' mode, H = A'WA + P; the log evidence is
log p(y, x(t) | t) + log p(t) + (d log 2 pi - log det H) / 2.

Source: Kristensen et al. (2016), TMB, section 2, for the idea; the slope is derived here by the
implicit function theorem: H dx/dt = d gradient / dt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.latent.conditional import (
    Conditional,
    find_conditional,
    log_likelihood,
    row_slopes,
)
from bayesinf.model.latent.hyper import (
    STEP,
    hyper_layout,
    read_hyper,
    slopes_of_log_prior,
)
from bayesinf.model.latent.rows import Factor, LatentRows
from bayesinf.numerics.arrow import Arrow

BEND = 1e-4
"""Step in the predictor for the derivative of W; its error is about 1e-8."""

LARGEST_EXACT_TRACE = 2_000_000_000
"""Rows times border squared above which leverages are estimated with fixed probes."""

PROBES = 64
"""Fixed standard normal vectors: the noise they leave averages over rows."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The log evidence of hyperparameters, with what was computed on the way.

    Attributes:
        flat: Shape (hyperparameter,).
        value: The log evidence, with the log prior of the hyperparameters.
        slope: Shape (hyperparameter,).
        response: Shape (latent, hyperparameter). How the latents' mode moves.
        conditional: The mode.
    """

    flat: np.ndarray
    value: float
    slope: np.ndarray
    response: np.ndarray
    conditional: Conditional


def weigh(rows: LatentRows, flat: np.ndarray, start: np.ndarray) -> Evidence:
    """Computes the log evidence and its slope.

    Args:
        rows: The model's rows.
        flat: Shape (hyperparameter,).
        start: Shape (latent,). Where the search for the mode begins.

    Returns:
        The evidence.

    Raises:
        SamplingError: When the latents have no mode.
    """
    found = find_conditional(rows, flat, start)
    value = (
        found.log_density
        + float(found.hyper.log_prior)
        + 0.5 * rows.size * float(np.log(2 * np.pi))
        - 0.5 * found.arrow.log_determinant()
    )
    direct, forcing, bending = _direct_slopes(rows, flat, found)
    response = found.arrow.solve(forcing)
    leverage = _leverages(rows, found.arrow)
    third = leverage * _bend_of_weights(rows, found)
    trace = third @ rows.predictor(response) - _offset_share(rows, third)
    slope = slopes_of_log_prior(rows, flat) + direct - 0.5 * (trace + leverage @ bending)
    return Evidence(flat, value, slope, response, found)


def _offset_share(rows: LatentRows, third: np.ndarray) -> float:
    """`predictor` adds the offset, which a derivative does not have."""
    return float(third @ rows.offset)


def _direct_slopes(
    rows: LatentRows, flat: np.ndarray, found: Conditional
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes at fixed latents: of the log density and log determinant, of the gradient, of W."""
    size = len(flat)
    direct, forcing = np.zeros(size), np.zeros((rows.size, size))
    bending = np.zeros((len(found.predictor), size))
    layout, place = hyper_layout(rows), 0
    covariances = _effect_covariances(rows, found.arrow)
    for factor, covariance in zip(rows.factors, covariances, strict=True):
        q, levels = factor.shape.effects, factor.shape.levels
        effects = found.latents[place : place + factor.size].reshape(levels, q)
        prior = np.linalg.inv(found.hyper.precision(factor.place))
        surplus = effects.T @ effects + covariance - levels * prior
        for k in range(size)[layout.own(factor.place)]:
            change = _change_of_precision(rows, flat, factor, k)
            direct[k] -= 0.5 * float((change * surplus).sum())
            forcing[place : place + factor.size, k] = -(effects @ change).ravel()
        place += factor.size
    for k in range(layout.parameters):
        ahead, behind = (_likelihood_at(rows, flat, found, k, sign * STEP) for sign in (1, -1))
        direct[k] = (ahead[0] - behind[0]) / (2 * STEP)
        forcing[:, k] = rows.gather((ahead[1] - behind[1]) / (2 * STEP))
        bending[:, k] = (ahead[2] - behind[2]) / (2 * STEP)
    return direct, forcing, bending


def _likelihood_at(
    rows: LatentRows, flat: np.ndarray, found: Conditional, k: int, step: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """The log likelihood, its slopes and W with one hyperparameter moved, at the same latents."""
    moved = flat.copy()
    moved[k] += step
    hyper = read_hyper(rows, moved)
    value = float(rows.weights @ log_likelihood(rows, hyper, found.predictor))
    return value, *row_slopes(rows, hyper, found.predictor)


def _change_of_precision(rows: LatentRows, flat: np.ndarray, factor: Factor, k: int) -> np.ndarray:
    """How the prior precision of a level's effects moves with one hyperparameter."""
    step = STEP * np.eye(len(flat))[k]
    ahead = read_hyper(rows, flat + step).precision(factor.place)
    behind = read_hyper(rows, flat - step).precision(factor.place)
    return (ahead - behind) / (2 * STEP)


def _effect_covariances(rows: LatentRows, arrow: Arrow) -> list[np.ndarray]:
    """Sums over levels of the covariance of each factor's effects, (effect, effect) each."""
    found = [arrow.level_covariances().sum(0)]
    border, place = arrow.border_covariance(), 0
    for factor in rows.factors[1:]:
        levels, q = factor.shape.levels, factor.shape.effects
        own = border[place : place + factor.size, place : place + factor.size]
        blocks = own.reshape(levels, q, levels, q)
        found.append(np.einsum("lalb->ab", blocks))
        place += factor.size
    return found


def _leverages(rows: LatentRows, arrow: Arrow) -> np.ndarray:
    """The variance of each row's linear predictor, a' H^-1 a, shape (row,)."""
    count, border = len(rows.response), len(arrow.corner)
    if count * border**2 > LARGEST_EXACT_TRACE:
        probes = np.random.default_rng(0).standard_normal((rows.size, PROBES))
        moved = rows.predictor(arrow.upper(probes)) - rows.offset[:, None]
        return (moved**2).mean(1)
    first, *others = rows.factors
    whole = np.concatenate(
        [
            arrow.quadratic(first.codes[part], first.matrix[part], _border_rows(rows, others, part))
            for part in _parts(count, border)
        ]
    )
    return whole


def _border_rows(rows: LatentRows, others: list[Factor], part: slice) -> np.ndarray:
    return np.hstack(
        [*(factor.indicator[part].toarray() for factor in others), rows.population[part]]
    )


def _parts(count: int, width: int) -> list[slice]:
    length = max(1, 2_000_000 // max(width, 1))
    return [slice(start, start + length) for start in range(0, count, length)]


def _bend_of_weights(rows: LatentRows, found: Conditional) -> np.ndarray:
    """The derivative of W in each row's predictor."""
    ahead = row_slopes(rows, found.hyper, found.predictor + BEND)[1]
    behind = row_slopes(rows, found.hyper, found.predictor - BEND)[1]
    return (ahead - behind) / (2 * BEND)

"""Where effects and coefficients lie when the hyperparameters are given: mode and curvature.

Notation: x holds the latents (effects, then coefficients), A the matrix from latents to predictors,
P the prior precision of the effects, W minus the second derivatives of the rows' log densities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.model.latent.hyper import (
    Hyper,
    coefficient_slopes,
    log_density_of_scalars,
    read_hyper,
)
from bayesinf.model.latent.rows import LatentRows
from bayesinf.numerics.arrow import Arrow

TOLERANCE = 1e-9
"""In nats: the gain that one more Newton step would promise."""

MOST_STEPS = 60
"""A log-concave model takes 4 to 8; more means that the density has no mode."""


@dataclass(frozen=True, eq=False)
class Conditional:
    """The latents' mode given the hyperparameters, and the Gaussian that touches it.

    Attributes:
        hyper: The hyperparameters.
        latents: Shape (latent,). The mode.
        predictor: Shape (row,). The linear predictor there.
        weights: Shape (row,). W, at least 0.
        arrow: The factor of A'WA + P.
        log_density: Of outcomes and latents at the mode, given the hyperparameters.
    """

    hyper: Hyper
    latents: np.ndarray
    predictor: np.ndarray
    weights: np.ndarray
    arrow: Arrow
    log_density: float


def find_conditional(rows: LatentRows, flat: np.ndarray, start: np.ndarray) -> Conditional:
    """Climbs to the latents' mode by Newton steps, shortened where the density would not rise.

    Args:
        rows: The model's rows.
        flat: Shape (hyperparameter,).
        start: Shape (latent,). Where to begin.

    Returns:
        The mode with its curvature.

    Raises:
        SamplingError: When no mode is found: the coefficients are not determined.
    """
    hyper = read_hyper(rows, flat)
    precisions = [hyper.precision(factor.place) for factor in rows.factors]
    here, predictor = start, rows.predictor(start)
    height = log_joint(rows, hyper, precisions, here, predictor)
    if not np.isfinite(height):
        here = np.zeros(rows.size)
        predictor = rows.predictor(here)
        height = log_joint(rows, hyper, precisions, here, predictor)
    for _ in range(MOST_STEPS):
        gradient, weights, arrow = _curvature(rows, hyper, precisions, here, predictor)
        step = arrow.solve(gradient)
        gain = 0.5 * float(gradient @ step)
        if gain <= TOLERANCE * max(1.0, 1e-3 * abs(height)):
            return Conditional(hyper, here, predictor, weights, arrow, height)
        moved = rows.predictor(here + step) - predictor
        for length in 0.5 ** np.arange(30.0):
            trial = log_joint(
                rows, hyper, precisions, here + length * step, predictor + length * moved
            )
            if trial > height:
                break
        else:
            return Conditional(hyper, here, predictor, weights, arrow, height)
        here, height = here + length * step, trial
        predictor = predictor + length * moved
    raise SamplingError(
        f"The coefficients' mode was not found in {MOST_STEPS} Newton steps: rows and priors "
        "may not determine them.",
        code="no-conditional-mode",
        hint="Give the coefficients proper priors, such as the defaults.",
    )


def log_joint(
    rows: LatentRows,
    hyper: Hyper,
    precisions: list[np.ndarray],
    latents: np.ndarray,
    predictor: np.ndarray,
) -> float:
    """The log density of outcomes and latents, given the hyperparameters."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # Far steps overflow to a density of zero, which is their right weight.
        likelihood = float(rows.weights @ log_likelihood(rows, hyper, predictor))
    total, place = likelihood, 0
    for factor, precision in zip(rows.factors, precisions, strict=True):
        effects = latents[place : place + factor.size].reshape(-1, factor.shape.effects)
        place += factor.size
        total += 0.5 * factor.shape.levels * float(np.linalg.slogdet(precision)[1])
        total -= 0.5 * float(((effects @ precision) * effects).sum())
        total -= 0.5 * factor.size * float(np.log(2 * np.pi))
    return total + float(log_density_of_scalars(rows, latents[place:], 0).sum())


def named_parameters(rows: LatentRows, hyper: Hyper) -> dict[str, np.ndarray]:
    """The family's parameters by name, ready to broadcast over rows."""
    return {name: hyper.parameters[..., k, None] for k, name in enumerate(rows.parameters)}


def log_likelihood(rows: LatentRows, hyper: Hyper, predictor: np.ndarray) -> np.ndarray:
    """The log density of each row."""
    return np.asarray(
        rows.family.log_density(rows.response, predictor, named_parameters(rows, hyper), rows.known)
    )


def row_slopes(
    rows: LatentRows, hyper: Hyper, predictor: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted first derivatives of the rows' log densities, and W."""
    first, second = rows.family.slopes(
        rows.response, predictor, named_parameters(rows, hyper), rows.known
    )
    weights = rows.weights
    # Where a family is not log-concave (Student's t), rows that bend upwards count as flat.
    return weights * np.asarray(first), np.maximum(-weights * np.asarray(second), 0.0)


def _curvature(
    rows: LatentRows,
    hyper: Hyper,
    precisions: list[np.ndarray],
    latents: np.ndarray,
    predictor: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, Arrow]:
    """The gradient, W, and the factor of the precision."""
    slopes, weights = row_slopes(rows, hyper, predictor)
    gradient, place = rows.gather(slopes), 0
    for factor, precision in zip(rows.factors, precisions, strict=True):
        effects = latents[place : place + factor.size].reshape(-1, factor.shape.effects)
        gradient[place : place + factor.size] -= (effects @ precision).ravel()
        place += factor.size
    first, second = coefficient_slopes(rows, latents[place:])
    gradient[place:] += first
    arrow = rows.precision(weights, precisions, np.maximum(-second, 0.0))
    return gradient, weights, arrow

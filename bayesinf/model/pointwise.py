"""Log densities at draws, in NumPy: the log likelihood of every row, and the log prior."""

from __future__ import annotations

import numpy as np

from bayesinf.design import Rows
from bayesinf.family import Known
from bayesinf.model.density import linear_predictor
from bayesinf.model.model import Model

LARGEST_BLOCK = 4_000_000
"""Numbers per temporary array (32 MB): rows are taken in stretches of this many row-draw pairs."""


def row_stretches(rows: int, draws: int) -> list[slice]:
    """Cuts rows into stretches so that no array of stretch x draws passes `LARGEST_BLOCK`."""
    length = max(1, LARGEST_BLOCK // max(draws, 1))
    return [slice(start, min(start + length, rows)) for start in range(0, rows, length)]


def predictor_draws(
    rows: Rows, coefficients: np.ndarray, effects: tuple[np.ndarray, ...]
) -> np.ndarray:
    """The linear predictor of rows at draws.

    Args:
        rows: The rows, uncentred.
        coefficients: Shape (draw, coefficient), of uncentred columns.
        effects: Shape (draw, level, effect) per group term; levels as the rows' codes count them.

    Returns:
        Shape (draw, row).
    """
    return np.asarray(
        linear_predictor(
            coefficients,
            effects,
            rows.population,
            tuple(group.codes for group in rows.groups),
            tuple(group.matrix for group in rows.groups),
            rows.offset,
        )
    )


def family_parameters(model: Model, parameters: np.ndarray) -> dict[str, np.ndarray]:
    """Draws (draw, parameter) of the family's parameters as named columns (draw, 1)."""
    return {parameter.name: parameters[:, k, None] for k, parameter in enumerate(model.parameters)}


def log_likelihood_at(
    model: Model,
    rows: Rows,
    response: np.ndarray,
    coefficients: np.ndarray,
    parameters: np.ndarray,
    effects: tuple[np.ndarray, ...],
) -> np.ndarray:
    """The log likelihood (draw, row) of any rows at flat draws, before weights."""
    predictor = predictor_draws(rows, coefficients, effects)
    known = Known(rows.known.trials, rows.known.standard_error)
    return np.asarray(
        model.family.log_density(response, predictor, family_parameters(model, parameters), known)
    )


def log_likelihood_draws(
    model: Model,
    coefficients: np.ndarray,
    parameters: np.ndarray,
    effects: tuple[np.ndarray, ...],
) -> np.ndarray:
    """The weighted log likelihood of the training rows, shape (chain, draw, row)."""
    chains, draws = coefficients.shape[:2]
    design = model.design
    flat = coefficients.reshape(chains * draws, -1)
    flat_parameters = parameters.reshape(chains * draws, -1)
    flat_effects = tuple(effect.reshape(chains * draws, *effect.shape[2:]) for effect in effects)
    found = np.empty((chains * draws, len(design.response)))
    for rows in row_stretches(len(design.response), chains * draws):
        found[:, rows] = log_likelihood_at(
            model,
            design.rows.take(rows),
            design.response[rows],
            flat,
            flat_parameters,
            flat_effects,
        )
    if design.weights is not None:
        found *= design.weights
    return found.reshape(chains, draws, -1)


def log_prior_draws(
    model: Model, scalars: np.ndarray, correlations: tuple[np.ndarray, ...] = ()
) -> np.ndarray:
    """The log prior density of coefficients, parameters, sds and correlations at draws.

    Args:
        model: Gives the priors.
        scalars: Shape (chain, draw, scalar), coefficients being those of the centred design.
        correlations: Correlation matrices (chain, draw, effect, effect) per group term; their LKJ
            density is left without its constant.

    Returns:
        Shape (chain, draw). Group effects are not included.
    """
    total = np.zeros(scalars.shape[:-1])
    for position, prior in enumerate(model.scalar_priors):
        total = total + np.asarray(prior.log_density(scalars[..., position]))
    for matrix, prior in zip(correlations, model.correlation_priors, strict=True):
        total = total + (prior.concentration - 1.0) * np.linalg.slogdet(matrix)[1]
    return total

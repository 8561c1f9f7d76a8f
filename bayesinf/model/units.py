"""Where the unknowns of a model are to be expected, and in which units: what samplers start from.

Nothing here changes a posterior. A sampler sees `(flat - place) / width`, so that reaction times in
milliseconds and in years are the same problem to it.
"""

from __future__ import annotations

import numpy as np

from bayesinf.design import Design
from bayesinf.links import Identity, ProbabilityLink
from bayesinf.model.layout import Layout
from bayesinf.model.model import Model
from bayesinf.numerics.rows import moment, residual

ROWS_THAT_COUNT = 100
"""A posterior narrows with the rows; beyond this many the warm-up finds out how much."""

GROUP_SHARE = 0.3
"""Group spreads are expected at this share of what is left of the outcome."""


def expected_units(model: Model, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Places and widths of the flat vector.

    Args:
        model: Its rows and link give the scales.
        layout: The model's layout, or a wider one with added levels.

    Returns:
        Two arrays of shape (layout.size,). Coefficients lie at least squares under an identity
        link, else at the link of the mean outcome; standardised effects at 0 with width 1.
    """
    coefficients, left = _coefficients(model)
    rows = len(model.design.response)
    spread = np.sqrt(np.diagonal(model.design.products) / max(rows, 1))
    narrowing = np.sqrt(min(rows, ROWS_THAT_COUNT))
    widths = left / np.where(spread > 0, spread, 1.0) / narrowing
    places = [coefficients, [_log_parameter(name, left) for name in layout.parameters]]
    sizes = [widths, np.ones(len(layout.parameters))]
    for group, shape in zip(model.design.rows.groups, layout.groups, strict=True):
        scale = np.sqrt((group.matrix**2).mean(axis=0))
        sds = np.log(GROUP_SHARE * left / np.where(scale > 0, scale, 1.0))
        rest = shape.free_correlations + shape.levels * shape.effects
        places += [sds, np.zeros(rest)]
        sizes += [np.ones(len(sds) + rest)]
    return np.concatenate(places), np.concatenate(sizes)


def prior_place(model: Model, layout: Layout, place: np.ndarray) -> np.ndarray:
    """The flat vector with the coefficients where their priors are centred.

    Where prior and data disagree the posterior may lie there rather than at least squares, with a
    residual spread as large as that makes it.
    """
    centre = place.copy()
    for k, name in enumerate(model.design.names):
        prior = model.priors[name]
        centre[k] = getattr(prior, "mean", getattr(prior, "location", place[k]))
    if "sigma" in layout.parameters and isinstance(model.family.link, Identity):
        left = _left(model.design, centre[: layout.coefficients])
        position = layout.coefficients + layout.parameters.index("sigma")
        centre[position] = np.log(max(left, 1e-300))
    return centre


def _coefficients(model: Model) -> tuple[np.ndarray, float]:
    """Where the coefficients are expected, and what spread they leave on the predictor's scale."""
    design = model.design
    if isinstance(model.family.link, Identity):
        found = _least_squares(design)
        left = _left(design, found)
        usual = model.family.outcome_scale(design.response - design.rows.offset)
        return found, left if left > 1e-12 * usual else usual
    found = np.zeros(len(design.names))
    if design.has_intercept:
        known = design.rows.known
        weights = np.ones(len(design.response)) if design.weights is None else design.weights
        trials = weights if known.trials is None else weights * known.trials
        share = float(weights @ design.response / trials.sum())
        low = 0.5 / float(trials.sum())
        high = 1.0 - low if isinstance(model.family.link, ProbabilityLink) else np.inf
        centre = np.asarray(model.family.link.forward(np.clip(share, low, high)))
        found[0] = float(centre) - float(design.rows.offset.mean())
    return found, 1.0


def _least_squares(design: Design) -> np.ndarray:
    """The coefficients of least squares, from the products of the columns at length one."""
    length = np.sqrt(np.diagonal(design.products))
    unit = np.where(length > 0, length, 1.0)
    outcome = design.response - design.rows.offset
    moments = moment(design.rows.population, design.centre, outcome) / unit
    return np.linalg.lstsq(design.products / unit / unit[:, None], moments)[0] / unit


def _left(design: Design, coefficients: np.ndarray) -> float:
    """The root mean square of what the coefficients leave of the outcome."""
    outcome = design.response - design.rows.offset
    squares = residual(design.rows.population, design.centre, coefficients, outcome)
    return float(np.sqrt(squares / len(outcome)))


def _log_parameter(name: str, left: float) -> float:
    return float(np.log(left)) if name == "sigma" else 0.0

"""Posterior moments without a sampler, of the two large workloads: by algebra, in NumPy alone.

Notation: X is the centred design (n rows, p columns), y the outcome, b the coefficients with prior
means m and precisions P, T the matrix that moves the intercept back to the columns as they are.
"""

from __future__ import annotations

import numpy as np

from bayesinf.model.model import Model
from bayesinf.model.structure import gaussian_coefficients

Moments = dict[str, list[float]]
"""By name: mean, sd, error of the mean, error of the sd."""

NODES = 4001
"""Of the trapezoid rule in log sigma; its error is far below rounding for a smooth density."""

WIDTH = 12.0
"""Half the grid's width, in posterior sds of log sigma."""


def quadrature(model: Model) -> Moments:
    """Gaussian regression with Normal coefficients: closed form given sigma, and a grid over it.

    Source: with the least-squares estimate g and its sum of squares s, the evidence of sigma is
    `-n log sigma - s / (2 sigma^2) - (g - m)' (1 / P + sigma^2 (X'X)^-1)^-1 (g - m) / 2` less half
    the log determinant of `X'X / sigma^2 + P`.
    """
    columns, outcome, mean, precision = _parts(model)
    gram = columns.T @ columns
    inverse = np.linalg.inv(gram)
    found = np.linalg.lstsq(columns, outcome)[0]
    squares = float(((outcome - columns @ found) ** 2).sum())
    rows = len(outcome)
    centre, width = 0.5 * np.log(squares / rows), WIDTH / np.sqrt(2 * rows)
    grid = np.linspace(centre - width, centre + width, NODES)
    move = _move(model)
    heights, means, covariances = [], [], []
    for sigma in np.exp(grid):
        information = gram / sigma**2 + np.diag(precision)
        covariance = np.linalg.inv(information)
        apart = found - mean
        surprise = apart @ np.linalg.solve(np.diag(1 / precision) + sigma**2 * inverse, apart)
        heights.append(
            -rows * np.log(sigma)
            - 0.5 * (squares / sigma**2 + surprise + np.linalg.slogdet(information)[1])
            + float(model.priors["sigma"].log_density(np.array(sigma)))
            + np.log(sigma)
        )
        means.append(move @ covariance @ (gram @ found / sigma**2 + precision * mean))
        covariances.append(np.diag(move @ covariance @ move.T))
    weights = np.exp(np.array(heights) - max(heights))
    weights /= weights.sum()
    expected = weights @ np.array(means)
    spread = weights @ (np.array(covariances) + (np.array(means) - expected) ** 2)
    level = float(weights @ np.exp(grid))
    level_sd = float(np.sqrt(weights @ (np.exp(grid) - level) ** 2))
    moments = dict(
        zip(model.design.names, zip(expected, np.sqrt(spread), strict=True), strict=True)
    )
    return {
        name: [float(value), float(sd), 0.0, 0.0]
        for name, (value, sd) in {**moments, "sigma": (level, level_sd)}.items()
    }


def expansion(model: Model) -> Moments:
    """Logistic regression with Normal coefficients and very many rows: mode, curvature, skewness.

    The mean is the mode plus the first term of its expansion in 1/n; that term's size is stated as
    the error, which the terms left out stay far below. The sd is that of the curvature, with a
    relative error of the order p/n.

    Source: Tierney and Kadane (1986), JASA 81(393): expansions around the posterior mode.
    """
    columns, outcome, mean, precision = _parts(model)
    here = np.zeros(columns.shape[1])
    step = np.ones_like(here)
    while np.abs(step).max() > 1e-10:
        shares = 1 / (1 + np.exp(-(columns @ here)))
        weights = shares * (1 - shares)
        information = (columns * weights[:, None]).T @ columns + np.diag(precision)
        slope = columns.T @ (outcome - shares) - precision * (here - mean)
        step = np.linalg.solve(information, slope)
        here = here + step
    covariance = np.linalg.inv(information)
    leverages = ((columns @ covariance) * columns).sum(axis=1)
    bend = -weights * (1 - 2 * shares)
    correction = 0.5 * covariance @ (columns.T @ (bend * leverages))
    move = _move(model)
    means, corrections = move @ (here + correction), np.abs(move @ correction)
    sds = np.sqrt(np.diag(move @ covariance @ move.T))
    share = columns.shape[1] / len(outcome)
    return {
        name: [float(means[k]), float(sds[k]), float(corrections[k]), float(share * sds[k])]
        for k, name in enumerate(model.design.names)
    }


METHODS = {"quadrature": quadrature, "expansion": expansion}


def _parts(model: Model) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X, y, m and P."""
    design = model.design
    prior = gaussian_coefficients(model)
    plain = not design.rows.groups and design.weights is None and not design.rows.offset.any()
    if not plain or not prior.holds or min(prior.precision) <= 0:
        raise ValueError("Exact moments are for plain regressions with Normal coefficients.")
    columns = design.rows.population - design.centre
    return columns, design.response, np.array(prior.mean), np.array(prior.precision)


def _move(model: Model) -> np.ndarray:
    """T: the intercept of the columns as they are, and the slopes."""
    move = np.eye(len(model.design.names))
    move[0] -= model.design.centre
    return move

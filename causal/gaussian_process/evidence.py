"""The evidence for hyperparameters: outcomes' marginal density, its gradient and its maximum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from scipy.linalg import LinAlgError, cho_solve, cholesky, get_lapack_funcs

from causal.gaussian_process.hyperparameters import PARTS, Hyperparameters
from causal.gaussian_process.kernel import Named, Rows, climb, pieces_of

FARTHEST = 8.0
"""Logarithms stay this close to their prior medians: a factor of 3,000 either way."""

IMPOSSIBLE = 1e10
"""What the search is told where the covariance cannot be factorised."""


@dataclass(frozen=True, eq=False)
class Observed:
    """Outcomes of rows, the controls first.

    Attributes:
        rows: What they were like.
        controls: How many of them are controls.
        outcome: (row,) outcomes of mean 0 and standard deviation 1.
    """

    rows: Rows
    controls: int
    outcome: np.ndarray

    def members(self, part: str) -> slice:
        """The rows whose outcomes a part enters."""
        begins = {"shared": 0, "control": 0, "treated": self.controls}[part]
        ends = self.controls if part == "control" else len(self.outcome)
        return slice(begins, ends)

    def take(self, kept: np.ndarray) -> Observed:
        """Some of the rows, given by positions in rising order."""
        controls = int(np.count_nonzero(kept < self.controls))
        return Observed(self.rows.take(kept), controls, self.outcome[kept])


def noise_of(named: Named) -> tuple[float, float]:
    """Standard deviations of the controls' and the treated rows' noise."""
    level, ratio = float(named["noise"][0]), float(np.sqrt(named["noise ratio"][0]))
    return level / ratio, level * ratio


def noise_variances(data: Observed, named: Named) -> np.ndarray:
    """(row,) variances of the noise."""
    control, treated = noise_of(named)
    found = np.full(len(data.outcome), treated**2, data.outcome.dtype)
    found[: data.controls] = control**2
    return found


def log_posterior(
    data: Observed, given: Hyperparameters, logs: np.ndarray
) -> tuple[float, np.ndarray]:
    """The log density of the hyperparameters given the outcomes, up to a constant.

    Args:
        data: Rows and outcomes.
        given: Names and prior of the hyperparameters.
        logs: Their logarithms.

    Returns:
        The density and its gradient by the logarithms.

    Source:
        Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, equations 2.30 and
        5.9.
    """
    named = given.named(logs)
    pieces = {part: pieces_of(part, data.rows.take(data.members(part)), named) for part in PARTS}
    covariance = pieces["shared"].total()
    for part in PARTS[1:]:
        members = data.members(part)
        covariance[members, members] += pieces[part].total()
    variances = noise_variances(data, named)
    np.fill_diagonal(covariance, covariance.diagonal() + variances)
    triangle = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    weights = cho_solve((triangle, True), data.outcome, check_finite=False)
    prior, gradient = given.log_prior(logs)
    value = prior - data.outcome @ weights / 2 - np.log(triangle.diagonal()).sum()
    slope = slope_of(triangle, weights)
    by_row = 2 * slope.diagonal() * variances
    control, treated = by_row[: data.controls].sum(), by_row[data.controls :].sum()
    gradient[given.places["noise"]] += control + treated
    gradient[given.places["noise ratio"]] += (treated - control) / 2
    for part in PARTS:
        members = data.members(part)
        rows = data.rows.take(members)
        for name, along in climb(part, rows, named, pieces[part], slope[members, members]).items():
            gradient[given.places[name]] += along
    return float(value), gradient


def slope_of(triangle: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The derivative of the evidence by each covariance: (w w' - K^-1) / 2."""
    (invert,) = get_lapack_funcs(("potri",), (triangle,))
    inverse, _ = invert(triangle, lower=1, overwrite_c=1)
    lower = np.tril(inverse)
    lower += np.tril(inverse, -1).T
    lower *= -0.5
    lower += np.outer(weights / 2, weights)
    return lower


def maximise(
    data: Observed, given: Hyperparameters, start: np.ndarray, iterations: int
) -> np.ndarray:
    """Climbs to hyperparameters of high density (L-BFGS).

    Args:
        data: Rows and outcomes.
        given: Names and prior of the hyperparameters.
        start: Logarithms to begin with.
        iterations: At most so many steps; relevances of covariates that do not matter drift
            slowly to zero without changing the surfaces, and need not arrive there.

    Returns:
        Logarithms of the hyperparameters.
    """

    def downhill(logs: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            value, gradient = log_posterior(data, given, logs)
        except LinAlgError:
            return IMPOSSIBLE, np.zeros(len(logs))
        return -value, -gradient

    found = scipy.optimize.minimize(
        downhill,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(given.center - FARTHEST, given.center + FARTHEST, strict=True)),
        options={"maxiter": iterations, "maxcor": 20},
    )
    return found.x

"""Regressions fitted for many vectors of row weights at once: linear, logistic, multinomial.

A Bayesian bootstrap refits everything for each vector of weights. All fits share one design, so
each step of all of them is a few products of matrices. Columns are made orthonormal first, which
fitted values do not notice and rounding does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular

import bayesinf as bi

RANK = 1e-9
"""A column that the others explain up to this share of the largest one's length is left out."""

STEPS = 30
"""Newton steps; logistic regressions that have a finite answer need fewer than 15."""

SMALL = 1e-9
"""A step at which Newton stops, in the linear predictor of a typical row."""

ROUGH = 0.05
"""A step up to which the curvature of the step before still serves."""

LEAST = 1e-12
"""Chances are not let below this, so that weights by one over a chance stay finite numbers."""

BLOCK = 2**20
"""Numbers of one block of an intermediate result (8 MB), which stays near the processor."""


@dataclass(frozen=True, eq=False)
class Basis:
    """A design with orthonormal columns, and how to bring other rows into it.

    Attributes:
        matrix: (row, coefficient) with matrix' matrix = row count times the identity.
        kept: (coefficient,) positions of the columns that are not explained by the others.
        triangle: (coefficient, coefficient) with columns[:, kept] = matrix @ triangle.
        rest: (column, dropped) combinations of all columns that are zero in every row.
    """

    matrix: np.ndarray
    kept: np.ndarray
    triangle: np.ndarray
    rest: np.ndarray

    def of(self, columns: np.ndarray) -> np.ndarray:
        """Brings other rows into this basis.

        Args:
            columns: (row, column) the same columns of other rows.

        Returns:
            (row, coefficient).

        Raises:
            DataError: Their fitted values would depend on what was left out, so that the data do
                not decide them.
        """
        scale = np.abs(columns).max(axis=0, initial=0.0) @ np.abs(self.rest)
        if (np.abs(columns @ self.rest) > 1e-6 * (scale + 1e-300)).any():
            raise bi.DataError(
                "Some rows ask for predictions that these data do not decide: a combination of the "
                "model's columns never occurred under the treatment that they are set to.",
                code="not-estimable",
                hint="Leave products with the treatment out of the model, or levels that only one "
                "arm has out of the data.",
            )
        return solve_triangular(self.triangle, columns[:, self.kept].T, trans=1).T


def weak_penalty(basis: Basis) -> np.ndarray:
    """The precision of a weak prior, under which logistic regressions have an answer always.

    Each column's coefficient has a Normal prior with sd 2.5 / sd(column), the intercept a flat one.

    Args:
        basis: The design; a constant column is the intercept.

    Returns:
        (coefficient, coefficient) in the basis.

    Source:
        Gelman, Jakulin, Pittau and Su (2008), Annals of Applied Statistics 2, for the scale 2.5;
        theirs is a Cauchy prior.
    """
    spread = (basis.matrix @ basis.triangle).std(axis=0)
    inverse = np.linalg.inv(basis.triangle)
    return inverse.T @ (np.square(spread / 2.5)[:, None] * inverse)


def orthonormal(columns: np.ndarray) -> Basis:
    """Makes the columns of a design orthonormal; those that others explain are left out.

    Args:
        columns: (row, column) the design, with its intercept.

    Example:
        >>> basis = orthonormal(np.array([[1.0, 2.0, 4.0], [1.0, 3.0, 6.0], [1.0, 1.0, 2.0]]))
        >>> basis.matrix.shape
        (3, 2)
    """
    lengths = np.linalg.norm(columns, axis=0)
    scaled = columns / np.where(lengths > 0, lengths, 1.0)
    _, triangle, order = qr(scaled, mode="economic", pivoting=True)  # pyright: ignore[reportAssignmentType]
    sizes = np.abs(np.diag(triangle))
    rank = int(np.count_nonzero(sizes > RANK * max(sizes.max(initial=0.0), 1e-300)))
    # Columns keep their order, because an intercept that comes first is easier to follow.
    kept = np.sort(order[:rank])
    unit, upper = np.linalg.qr(columns[:, kept])
    root = np.sqrt(len(columns))
    dropped = np.setdiff1d(np.arange(columns.shape[1]), kept)
    rest = np.zeros((columns.shape[1], len(dropped)))
    rest[dropped, np.arange(len(dropped))] = 1.0
    rest[kept] = -solve_triangular(upper, unit.T @ columns[:, dropped])
    return Basis(unit * root, kept, upper / root, rest)


def weighted_squares(matrix: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Computes matrix' diag(w) matrix for many weights w, block of rows by block of rows.

    Args:
        matrix: (row, coefficient).
        weights: (draw, row).

    Returns:
        (draw, coefficient, coefficient).
    """
    size = matrix.shape[1]
    first, second = np.triu_indices(size)
    pairs = np.zeros((len(weights), len(first)))
    step = max(BLOCK // max(len(first), 1), 1)
    for begin in range(0, len(matrix), step):
        rows = slice(begin, begin + step)
        pairs += weights[:, rows] @ (matrix[rows, first] * matrix[rows, second])
    full = np.empty((len(weights), size, size))
    full[:, first, second] = pairs
    full[:, second, first] = pairs
    return full


def fit_linear(matrix: np.ndarray, response: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fits a linear regression by weighted least squares, once per vector of weights.

    Args:
        matrix: (row, coefficient) an orthonormal design, as of `orthonormal`.
        response: (row,) what is regressed.
        weights: (draw, row) row weights that are not negative.

    Returns:
        (draw, coefficient).

    Example:
        >>> x = orthonormal(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])).matrix
        >>> fitted = fit_linear(x, np.array([1.0, 3.0, 5.0]), np.array([[1.0, 2.0, 3.0]])) @ x.T
        >>> fitted.round(6).tolist()
        [[1.0, 3.0, 5.0]]
    """
    right = weights @ (matrix * response[:, None])
    return (invert(weighted_squares(matrix, weights)) @ right[..., None])[..., 0]


def invert(gram: np.ndarray) -> np.ndarray:
    """Inverts (..., p, p) matrices that are positive definite; where one nearly is, ridge helps."""
    size = gram.shape[-1]
    breath = 1e-13 * np.trace(gram, axis1=-2, axis2=-1)[..., None, None] / size
    return np.linalg.inv(gram + (breath + 1e-300) * np.eye(size))


@dataclass(frozen=True, eq=False)
class Choice:
    """Coefficients of multinomial logistic regressions of a level on a design.

    Attributes:
        coefficients: (draw, level - 1, coefficient); the first level is the reference.
        converged: (draw,) booleans; False where no finite answer was found.
    """

    coefficients: np.ndarray
    converged: np.ndarray

    def chances(self, matrix: np.ndarray) -> np.ndarray:
        """The chance of each level in some rows.

        Args:
            matrix: (row, coefficient) in the basis of the fit.

        Returns:
            (level, draw, row), nowhere below `LEAST`.
        """
        found = softmax(np.moveaxis(self.coefficients, 1, 0) @ matrix.T)
        return np.maximum(found, LEAST, out=found)


def softmax(predictors: np.ndarray) -> np.ndarray:
    """Turns (level - 1, ...) linear predictors into (level, ...) chances, the reference first."""
    chances = np.empty((len(predictors) + 1, *predictors.shape[1:]))
    if len(predictors) == 1:
        with np.errstate(over="ignore"):
            np.exp(predictors[0], out=chances[0])
            chances[0] += 1
            np.reciprocal(chances[0], out=chances[0])
        np.subtract(1, chances[0], out=chances[1])
        return chances
    top = np.maximum(predictors.max(axis=0), 0.0)
    np.exp(-top, out=chances[0])
    np.exp(predictors - top, out=chances[1:])
    chances /= chances.sum(axis=0)
    return chances


def fit_choice(
    matrix: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    penalty: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> Choice:
    """Fits a logistic regression (multinomial beyond two levels) once per vector of weights.

    Newton's method for all vectors together. Maximum likelihood, so a flat prior, unless a penalty
    is given.

    Args:
        matrix: (row, coefficient) an orthonormal design, as of `orthonormal`.
        codes: (row,) levels as 0, 1, ...; every level occurs. Values between 0 and 1 are
            fractions of successes.
        weights: (draw, row) row weights, of mean about one.
        penalty: (coefficient, coefficient) precision of a Normal prior around zero; None is flat.
        start: (level - 1, coefficient) where to begin; None is zero.

    Returns:
        The coefficients, and which draws converged: none does where the arms are separated.

    Example:
        >>> x = orthonormal(np.array([[1.0, 0], [1, 0], [1, 0], [1, 1], [1, 1], [1, 1]])).matrix
        >>> codes = np.array([0, 0, 1, 0, 1, 1])
        >>> fit_choice(x, codes, np.ones((1, 6))).chances(x)[1, 0].round(3).tolist()
        [0.333, 0.333, 0.333, 0.667, 0.667, 0.667]
    """
    size = matrix.shape[1]
    others = max(int(np.ceil(codes.max())), 1)
    reached = indicators(codes, others)
    coefficients = np.zeros((len(weights), others, size))
    if start is not None:
        coefficients[:] = start
    ridge = np.zeros((size, size)) if penalty is None else penalty
    inverse = np.empty((len(weights), others * size, others * size))
    step = before = np.full(len(weights), np.inf)
    for _ in range(STEPS):
        moving = np.flatnonzero(step >= SMALL)
        if not len(moving):
            break
        counted = weights if len(moving) == len(weights) else weights[moving]
        predictors = np.moveaxis(coefficients[moving], 1, 0) @ matrix.T
        chances = softmax(predictors)[1:]
        # Far from the answer, or where steps hardly shrink, the curvature is computed anew.
        rough = (step[moving] > ROUGH) | (step[moving] > before[moving] / 8)
        bent = curvature(matrix, counted[rough], chances[:, rough], ridge)
        inverse[moving[rough]] = invert(bent)
        pull = gradient(matrix, counted, reached[:, None] - chances)
        pull -= coefficients[moving] @ ridge
        change = inverse[moving] @ pull.reshape(len(moving), -1, 1)
        # A long step may leap over the answer; it is cut to what Newton can be trusted with.
        before = step.copy()
        step[moving] = np.linalg.norm(change, axis=(1, 2))
        change *= np.minimum(1.0, 4.0 / np.maximum(step[moving], 1e-300))[:, None, None]
        coefficients[moving] += change.reshape(len(moving), others, size)
    largest = np.sqrt(np.square(coefficients).sum(axis=(1, 2)))
    return Choice(coefficients, (step < SMALL) & np.isfinite(largest))


def indicators(codes: np.ndarray, others: int) -> np.ndarray:
    """(level - 1, row) how far each row is of each level but the first."""
    if others == 1:
        return np.asarray(codes, dtype=float)[None]
    return (np.arange(1, others + 1)[:, None] == codes).astype(float)


def gradient(matrix: np.ndarray, weights: np.ndarray, lacking: np.ndarray) -> np.ndarray:
    """How the log likelihoods rise with their coefficients.

    Args:
        matrix: (row, coefficient) the design.
        weights: (draw, row).
        lacking: (level - 1, draw, row) how far the chance of each level is from what happened.

    Returns:
        (draw, level - 1, coefficient).
    """
    return np.stack([(weights * part) @ matrix for part in lacking], axis=1)


def curvature(
    matrix: np.ndarray, weights: np.ndarray, chances: np.ndarray, ridge: np.ndarray
) -> np.ndarray:
    """How the gradients of the negative log likelihoods change with the coefficients.

    Args:
        matrix: (row, coefficient) the design.
        weights: (draw, row).
        chances: (level - 1, draw, row) fitted chances of each level but the first.
        ridge: (coefficient, coefficient) precision of the prior.

    Returns:
        (draw, (level - 1) coefficients, (level - 1) coefficients).
    """
    others, draws, size = len(chances), len(weights), matrix.shape[1]
    found = np.empty((draws, others, size, others, size))
    for a in range(others):
        weighted = weights * chances[a]
        for b in range(a + 1):
            block = weighted_squares(matrix, weighted * ((a == b) - chances[b]))
            found[:, a, :, b] = found[:, b, :, a] = block + (ridge if a == b else 0.0)
    return found.reshape(draws, others * size, others * size)

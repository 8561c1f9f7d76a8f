"""Gaussian linear regression given the residual sd: evidence and conditional coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesinf.types import Array, namespace


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Independent Gaussian beliefs about coefficients; precision 0 stands for a flat prior.

    Attributes:
        mean: Shape (p,).
        precision: Shape (p,).
    """

    mean: np.ndarray
    precision: np.ndarray

    @property
    def log_constant(self) -> float:
        """The logarithm of the proper priors' normalising constants, without the exponent."""
        proper = self.precision > 0
        return 0.5 * float(np.log(self.precision[proper] / (2 * np.pi)).sum())


@dataclass(frozen=True, eq=False)
class Conditional:
    """Gaussian posteriors of coefficients, one per value of sigma.

    Attributes:
        factor: Shape (..., p, p). Cholesky factor of the posterior precision.
        mean: Shape (..., p).
    """

    factor: Array
    mean: Array

    def draw(self, noise: np.ndarray) -> np.ndarray:
        """Turns standard normals (..., p) into draws of the coefficients."""
        spread = np.linalg.solve(np.swapaxes(self.factor, -1, -2), noise[..., None])[..., 0]
        return np.asarray(self.mean) + spread


class Integrated(NamedTuple):
    """The logarithm of the integral of `exp(shift' b - b' precision b / 2)`, in two parts.

    Attributes:
        fitted: Shape (...,). `shift' mean`, twice the exponent at the mean.
        log_volume: Shape (...,). `(p log 2 pi - log det precision) / 2`.
    """

    fitted: Array
    log_volume: Array


def condition(precision: Array, shift: Array) -> tuple[Conditional, Integrated]:
    """The Gaussian with the given precision matrix and `precision @ mean`, and its integral.

    Args:
        precision: Shape (..., p, p).
        shift: Shape (..., p).

    Returns:
        The Gaussian, and the two parts of its log integral.
    """
    xp = namespace(precision, shift)
    size = precision.shape[-1]
    scale = 1.0 / xp.sqrt(xp.diagonal(precision, axis1=-2, axis2=-1))
    scaled = precision * scale[..., :, None] * scale[..., None, :]
    scaled_factor = tolerant_cholesky(scaled)
    half = xp.linalg.solve(scaled_factor, (shift * scale)[..., None])
    mean = xp.linalg.solve(xp.swapaxes(scaled_factor, -1, -2), half)[..., 0] * scale
    factor = scaled_factor / scale[..., :, None]
    log_det = 2 * xp.log(xp.diagonal(factor, axis1=-2, axis2=-1)).sum(-1)
    fitted = (half[..., 0] ** 2).sum(-1)
    return Conditional(factor, mean), Integrated(fitted, 0.5 * (size * np.log(2 * np.pi) - log_det))


def residual_square(total: Array, fitted: Array) -> Array:
    """The sum of squares that is left over, never below what rounding hides.

    A difference of sums keeps about 15 digits of the larger one. Where predictors reproduce the
    outcome exactly, less than that is left and would be noise of either sign; what is added keeps
    sigma's posterior proper, at about 1e-7 of the outcome's size.
    """
    xp = namespace(total, fitted)
    return xp.maximum(total - fitted, 0.0) + 1e-14 * total


def tolerant_cholesky(matrices: Array) -> Array:
    """Cholesky factors of many matrices; NaN where one is not positive definite.

    NumPy refuses the whole batch for one such matrix, which far proposals do produce; JAX gives
    NaN.
    """
    xp = namespace(matrices)
    if xp is not np:
        return xp.linalg.cholesky(matrices)
    try:
        return np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        finite = np.isfinite(matrices).all((-2, -1), keepdims=True)
        identity = np.eye(matrices.shape[-1])
        lowest = np.linalg.eigvalsh(np.where(finite, matrices, identity))[..., :1, None]
        sound = finite & (lowest > 1e-14)
        return np.where(sound, np.linalg.cholesky(np.where(sound, matrices, identity)), np.nan)


@dataclass(frozen=True, eq=False)
class Pencil:
    """Prior and data precision of the coefficients, diagonalised together once for every sigma.

    With `S = Lambda + c G = R R'` and `R^-1 G R^-T = Q diag(w) Q'`, the posterior precision at
    sigma is `R Q diag(1 - c w + w / sigma^2) Q' R'`: one number per coefficient depends on sigma.

    Attributes:
        back: Shape (p, p). `R^-T Q`, from diagonal coordinates to coefficients.
        still: Shape (p,). `1 - c w`, what the prior adds.
        moving: Shape (p,). `w`, what the data add at sigma 1.
        log_det: The log determinant of `S`.
        prior_shift: Shape (p,). The prior's precision times mean, in diagonal coordinates.
        data_shift: Shape (p,). X'Wy in diagonal coordinates.
    """

    back: np.ndarray
    still: np.ndarray
    moving: np.ndarray
    log_det: float
    prior_shift: np.ndarray
    data_shift: np.ndarray

    def at(self, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Precision and shift (s, p) in diagonal coordinates, for each value of sigma (s,)."""
        inverse = (1.0 / np.asarray(sigma) ** 2)[:, None]
        return self.still + self.moving * inverse, self.prior_shift + self.data_shift * inverse


def diagonalise(
    gram: np.ndarray,
    moment: np.ndarray,
    prior: Gaussian,
    square: float = 0.0,
    basis: np.ndarray | None = None,
) -> Pencil:
    """Diagonalises prior and data precision together.

    The sum `S` must let both be seen: where the data's part is 1e16 times the prior's, `1 - c w`
    is rounding. `c = 1 / y'Wy` is in units of 1 / outcome^2, as precisions of coefficients
    are, so that the outcome's unit does not matter.

    Args:
        gram: Shape (p, p). X'WX; positive definite on the coefficients with flat priors.
        moment: Shape (p,). X'Wy.
        prior: Of the coefficients.
        square: y'Wy; 0 takes an outcome of size 1.
        basis: Shape (p, p), upper triangular. What X was multiplied by before its products were
            taken (`Orthonormal`); None where it was not.

    Returns:
        The pencil, of the coefficients of X as it was.
    """
    size = len(moment)
    diagonal = np.diagonal(gram)
    level = square if square > 0 else float(diagonal.mean()) if size else 1.0
    share = 1.0 / max(level, 1e-300)
    turned = np.eye(size) if basis is None else basis
    total = (turned.T * prior.precision) @ turned + share * gram
    unit = 1.0 / np.sqrt(np.diagonal(total))
    root = np.linalg.cholesky(total * unit[:, None] * unit)
    inner = np.linalg.solve(root, np.linalg.solve(root, gram * unit[:, None] * unit).T)
    weights, rotation = np.linalg.eigh(0.5 * (inner + inner.T))
    # What rounding leaves of nearly parallel columns must not look like rows that explain anything.
    weights = np.clip(weights, size * np.finfo(float).eps / share, 1.0 / share)
    inside = unit[:, None] * np.linalg.solve(root.T, rotation)
    back = turned @ inside
    volume = np.log(np.abs(np.diagonal(turned))).sum() + np.log(unit).sum()
    return Pencil(
        back=back,
        still=np.clip(1.0 - share * weights, 0.0, None),
        moving=weights,
        log_det=2 * float(np.log(np.diagonal(root)).sum() - volume),
        prior_shift=back.T @ (prior.precision * prior.mean),
        data_shift=inside.T @ moment,
    )


@dataclass(frozen=True, eq=False)
class Orthonormal:
    """Columns that nearly repeat each other, combined into orthonormal ones.

    X'X keeps the square of what tells such columns apart, and so loses twice the digits.

    Attributes:
        columns: Shape (n, p). Orthonormal, or those of further rows in the same basis.
        basis: Shape (p, p), upper triangular: the columns as they were, times this, are `columns`.
    """

    columns: np.ndarray
    basis: np.ndarray

    def fit(self, original: np.ndarray, outcome: np.ndarray) -> np.ndarray:
        """Least squares of an outcome (n,) on the columns as they were (n, p), refined twice."""
        found = np.zeros(original.shape[1])
        for _ in range(3):
            found += self.basis @ (self.columns.T @ (outcome - original @ found))
        return found

    def left(self, outcome: np.ndarray) -> float:
        """The sum of squares that least squares leave of an outcome (n,)."""
        rest = outcome - self.columns @ (self.columns.T @ outcome)
        return float(rest @ rest)


INDEPENDENT = 1e-11
"""What must be left of a column of length one after the columns before it are taken out: with less,
its digits are those of rounding."""


def orthonormalise(columns: np.ndarray) -> Orthonormal | None:
    """Combines columns (n, p), n at least p, into orthonormal ones; None where they depend.

    Source: Golub and Van Loan (2013), Matrix Computations, 4th edition, sections 5.2 and 5.3;
    columns are brought to length one first (section 5.3.10).
    """
    from scipy.linalg import solve_triangular

    length = np.linalg.norm(columns, axis=0)
    if not length.all():
        return None
    orthonormal, triangle = np.linalg.qr(columns / length)
    if np.abs(np.diagonal(triangle)).min() < INDEPENDENT:
        return None
    basis = solve_triangular(triangle, np.eye(len(length))) / length[:, None]
    return Orthonormal(orthonormal, basis)


def coefficient_moments(
    pencil: Pencil, sigma: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the coefficients over a tabulated posterior of sigma.

    Args:
        pencil: Of the rows and the prior.
        sigma: Shape (s,). Nodes.
        weight: Shape (s,). Their probabilities, which sum to one.

    Returns:
        Shapes (p,) and (p, p).
    """
    precision, shift = pencil.at(sigma)
    means = shift / precision
    centre = weight @ means
    away = means - centre
    inner = np.diag(weight @ (1.0 / precision)) + (away * weight[:, None]).T @ away
    return pencil.back @ centre, pencil.back @ inner @ pencil.back.T


def draw_coefficients(pencil: Pencil, sigma: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Turns standard normals (s, p) into draws of the coefficients given each sigma (s,)."""
    precision, shift = pencil.at(sigma)
    return (shift / precision + noise / np.sqrt(precision)) @ pencil.back.T


def log_evidence(
    pencil: Pencil, square: float, weight: float, prior: Gaussian, sigma: np.ndarray
) -> np.ndarray:
    """The log likelihood of sigma with the coefficients integrated out, shape (s,).

    Args:
        pencil: Of the rows and the prior.
        square: y'Wy.
        weight: Sum of the weights.
        prior: Of the coefficients; a flat one counts as density 1.
        sigma: Shape (s,).

    Source: Bishop (2006), equation 3.86, for any diagonal Gaussian prior.
    """
    precision, shift = pencil.at(sigma)
    size = precision.shape[1]
    log_det = pencil.log_det + np.log(precision).sum(-1)
    volume = 0.5 * (size * np.log(2 * np.pi) - log_det)
    total = square / sigma**2 + float(prior.precision @ prior.mean**2)
    left = residual_square(total, (shift**2 / precision).sum(-1))
    likelihood = -0.5 * weight * np.log(2 * np.pi * sigma**2)
    return likelihood + prior.log_constant + volume - 0.5 * left

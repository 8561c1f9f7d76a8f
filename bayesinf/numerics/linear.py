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
    outcome exactly, less than that is left and would be noise of either sign; the floor keeps
    sigma's posterior proper, at about 1e-7 of the outcome's size.
    """
    xp = namespace(total, fitted)
    return xp.maximum(total - fitted, 1e-14 * total)


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


def coefficient_posterior(
    gram: np.ndarray, moment: np.ndarray, prior: Gaussian, sigma: np.ndarray
) -> Conditional:
    """The coefficients' posterior given sigma, for each value of sigma.

    Args:
        gram: Shape (p, p). X'WX.
        moment: Shape (p,). X'Wy.
        prior: Of the coefficients.
        sigma: Shape (s,).

    Returns:
        Gaussians with leading axis (s,).
    """
    return condition(*_natural(gram, moment, prior, sigma))[0]


def log_evidence(
    gram: np.ndarray,
    moment: np.ndarray,
    square: float,
    weight: float,
    prior: Gaussian,
    sigma: np.ndarray,
) -> np.ndarray:
    """The log likelihood of sigma with the coefficients integrated out, shape (s,).

    Source: Bishop (2006), equation 3.86, for any diagonal Gaussian prior. A flat prior counts as
    density 1.
    """
    integrated = condition(*_natural(gram, moment, prior, sigma))[1]
    likelihood = -0.5 * weight * np.log(2 * np.pi * sigma**2)
    total = square / sigma**2 + float(prior.precision @ prior.mean**2)
    left = residual_square(total, integrated.fitted)
    return likelihood + prior.log_constant + integrated.log_volume - 0.5 * left


def _natural(
    gram: np.ndarray, moment: np.ndarray, prior: Gaussian, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    inverse = (1.0 / np.asarray(sigma) ** 2)[:, None]
    precision = np.diag(prior.precision) + inverse[..., None] * gram
    return precision, prior.precision * prior.mean + inverse * moment

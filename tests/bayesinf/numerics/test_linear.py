"""Gaussian regression given sigma, against dense multivariate normals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from bayesinf.numerics.linear import (
    Gaussian,
    coefficient_moments,
    diagonalise,
    draw_coefficients,
    log_evidence,
    orthonormalise,
    tolerant_cholesky,
)


@pytest.fixture
def rows():
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(12, 3))
    return columns, columns @ [1.0, -2.0, 0.5] + rng.normal(size=12)


PRIOR = Gaussian(np.array([0.5, -1.0, 0.0]), np.array([0.25, 1.0, 4.0]))


def test_evidence_is_the_multivariate_normal_density(rows) -> None:
    columns, outcome = rows
    sigma = np.array([0.5, 1.0, 3.0])
    pencil = diagonalise(columns.T @ columns, columns.T @ outcome, PRIOR)
    found = log_evidence(pencil, float(outcome @ outcome), 12.0, PRIOR, sigma)
    for value, one in zip(found, sigma, strict=True):
        covariance = columns @ np.diag(1 / PRIOR.precision) @ columns.T + one**2 * np.eye(12)
        expected = multivariate_normal(columns @ PRIOR.mean, covariance).logpdf(outcome)
        assert value == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("precision", [[0, 0, 0], [0, 1, 0], [0.25, 1, 4]], ids=str)
def test_draws_have_the_posterior_mean_and_covariance(rows, precision: list[float]) -> None:
    """Flat, mixed and proper priors; with flat ones the mean is least squares."""
    columns, outcome = rows
    prior = Gaussian(np.array([0.0, -1.0, 0.0]) * (np.array(precision) > 0), np.array(precision))
    pencil = diagonalise(columns.T @ columns, columns.T @ outcome, prior)
    sigma = np.full(100_000, 2.0)
    noise = np.random.default_rng(2).standard_normal((100_000, 3))
    draws = draw_coefficients(pencil, sigma, noise)
    exact = np.linalg.inv(np.diag(prior.precision) + columns.T @ columns / 4)
    mean = exact @ (prior.precision * prior.mean + columns.T @ outcome / 4)
    centre = draw_coefficients(pencil, sigma[:1], np.zeros((1, 3)))[0]
    assert np.allclose(centre, mean, rtol=1e-10)
    assert np.allclose(np.cov(draws.T), exact, atol=5 * np.diag(exact).max() * np.sqrt(2 / 1e5))


@pytest.mark.parametrize("unit", [1e-9, 1e9, 1e12])
def test_the_unit_of_the_outcome_does_not_matter(rows, unit: float) -> None:
    """Draws are multiplied by the unit; the evidence changes by the density's Jacobian."""
    columns, outcome = rows
    sigma, noise = np.array([0.5, 1.0, 3.0]), np.random.default_rng(3).standard_normal((3, 3))
    found = []
    for one in (1.0, unit):
        prior, y = Gaussian(one * PRIOR.mean, PRIOR.precision / one**2), one * outcome
        square = float(y @ y)
        pencil = diagonalise(columns.T @ columns, columns.T @ y, prior, square)
        evidence = log_evidence(pencil, square, 12.0, prior, one * sigma) + 12 * np.log(one)
        found.append((draw_coefficients(pencil, one * sigma, noise) / one, evidence))
    assert np.allclose(found[1][0], found[0][0], rtol=1e-9)
    assert np.allclose(found[1][1], found[0][1], rtol=1e-9)


def test_one_bad_matrix_does_not_spoil_the_others() -> None:
    good = np.array([[2.0, 0.5], [0.5, 1.0]])
    found = tolerant_cholesky(np.stack([good, -good, np.full((2, 2), np.nan)]))
    assert np.allclose(found[0] @ found[0].T, good)
    assert np.isnan(found[1:]).any(axis=(1, 2)).all()


def test_another_basis_changes_nothing(rows) -> None:
    """Evidence, moments and draws are those of the columns as they were."""
    columns, outcome = rows
    turned = orthonormalise(columns)
    assert turned is not None
    assert np.allclose(turned.columns, columns @ turned.basis, rtol=1e-12)
    assert np.allclose(turned.columns.T @ turned.columns, np.eye(3), atol=1e-14)
    plain = diagonalise(columns.T @ columns, columns.T @ outcome, PRIOR)
    other = diagonalise(
        turned.columns.T @ turned.columns, turned.columns.T @ outcome, PRIOR, basis=turned.basis
    )
    sigma, weight = np.array([0.5, 1.0, 3.0]), np.array([0.2, 0.5, 0.3])
    square = float(outcome @ outcome)
    assert np.allclose(
        log_evidence(other, square, 12.0, PRIOR, sigma),
        log_evidence(plain, square, 12.0, PRIOR, sigma),
        rtol=1e-12,
    )
    for found, wanted in zip(
        coefficient_moments(other, sigma, weight),
        coefficient_moments(plain, sigma, weight),
        strict=True,
    ):
        assert np.allclose(found, wanted, rtol=1e-11)


def test_moments_are_those_of_the_mixture(rows) -> None:
    columns, outcome = rows
    pencil = diagonalise(columns.T @ columns, columns.T @ outcome, PRIOR)
    sigma, weight = np.array([0.5, 3.0]), np.array([0.3, 0.7])
    means, seconds = [], []
    for one in sigma:
        covariance = np.linalg.inv(np.diag(PRIOR.precision) + columns.T @ columns / one**2)
        mean = covariance @ (PRIOR.precision * PRIOR.mean + columns.T @ outcome / one**2)
        means.append(mean)
        seconds.append(covariance + np.outer(mean, mean))
    centre, covariance = coefficient_moments(pencil, sigma, weight)
    assert np.allclose(centre, weight @ np.array(means), rtol=1e-11)
    expected = np.tensordot(weight, np.array(seconds), 1) - np.outer(centre, centre)
    assert np.allclose(covariance, expected, rtol=1e-9)


def test_least_squares_of_columns_that_nearly_repeat() -> None:
    """Whole numbers, so that the truth is exact; the columns' condition number is 2e8."""
    columns = np.vander(np.arange(21.0), 6, increasing=True)
    truth = np.array([1.0, -2.0, 3.0, -4.0, 5.0, -6.0])
    turned = orthonormalise(columns)
    assert turned is not None
    assert np.allclose(turned.fit(columns, columns @ truth), truth, rtol=1e-9)


@pytest.mark.parametrize("last", [0.0, 1.0], ids=["nothing", "a copy"])
def test_columns_that_depend_have_no_orthonormal_basis(last: float) -> None:
    x = np.random.default_rng(2).normal(size=30)
    assert orthonormalise(np.column_stack([np.ones(30), x, last * x])) is None

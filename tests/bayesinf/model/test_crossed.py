"""The density of several group terms against the same Gaussian integral by dense linear algebra."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

import bayesinf as bi
from bayesinf.model.crossed import CrossedSpreads, crossed_density, integrate_crossed, read_crossed
from bayesinf.model.crossed_rows import CrossedRows, crossed_rows
from bayesinf.model.marginal import marginal_density, marginal_evidence, marginal_signature


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 48
    return pd.DataFrame(
        {
            "x": rng.normal(1, 2, n),
            "z": rng.normal(size=n),
            "g": rng.permutation(np.repeat(list("abcdefgh"), 6)),
            "h": rng.permutation(np.repeat(list("klmnop"), 8)),
            "k": rng.permutation(np.repeat(list("uvw"), 16)),
            "y": rng.normal(50, 3, n),
            "w": rng.uniform(0.5, 2, n),
        }
    )


FORMULAS = {
    "two factors": "y ~ x + (1 | g) + (1 | h)",
    "three factors": "y ~ x + z + (1 | g) + (1 | h) + (1 | k)",
    "slopes in both": "y ~ x + (x | g) + (x + z | h)",
    "independent slopes": "y ~ x + (1 + x || g) + (1 + z || h)",
    "one factor twice": "y ~ x + (1 | g) + (0 + x | g)",
    "nested": "y ~ x + (1 | g) + (1 | g:h)",
    "known errors": "y | se(w) ~ x + (1 | g) + (1 | h)",
    "weights": "y | weights(w) ~ x + (x | h) + (1 | g)",
    "no intercept": "y ~ 0 + x + (1 | g) + (1 | h)",
    "no coefficients": "y ~ 0 + (1 | g) + (1 | h)",
    "offset": "y ~ x + offset(z) + (1 | g) + (1 | h)",
    "one term": "y ~ x + (x | g)",
}


def wide_columns(model: bi.Model) -> np.ndarray:
    """Coefficients, then each term's effects level by level."""
    rows = model.design.rows
    parts = [rows.population - model.design.centre]
    for group in rows.groups:
        q, place = len(group.names), np.arange(len(group.codes))
        columns = np.zeros((len(place), len(group.levels) * q))
        for j in range(q):
            columns[place, group.codes * q + j] = group.matrix[:, j]
        parts.append(columns)
    return np.hstack(parts)


def dense(
    model: bi.Model, spreads: CrossedSpreads, point: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log evidence, and mean and covariance of coefficients and effects, by dense algebra."""
    design, wide = model.design, wide_columns(model)
    priors = [model.priors[name] for name in design.names]
    mean, covariance = np.zeros(wide.shape[1]), np.zeros((wide.shape[1],) * 2)
    mean[: len(priors)] = [p.mean for p in priors]
    covariance[: len(priors), : len(priors)] = np.diag([p.sd**2 for p in priors])
    start = len(priors)
    for term, group in enumerate(model.layout.groups):
        scale = spreads.scale(term)[..., point]
        end = start + group.levels * group.effects
        covariance[start:end, start:end] = np.kron(np.eye(group.levels), scale @ scale.T)
        start = end
    n, error = len(design.response), design.rows.known.standard_error
    noise = np.full(n, spreads.sigma[point] ** 2) if error is None else error**2
    if design.weights is not None:
        noise = noise / design.weights
    outcome = design.response - design.rows.offset
    total = wide @ covariance @ wide.T + np.diag(noise)
    evidence = multivariate_normal(wide @ mean, total).logpdf(outcome)
    if design.weights is not None:
        # A weight is a power of the likelihood: its normalising constant is that of sigma^2, not
        # of sigma^2 / w, and counts w times.
        sigma2 = spreads.sigma[point] ** 2
        plain = -0.5 * np.log(2 * np.pi * noise).sum()
        evidence += -0.5 * (design.weights * np.log(2 * np.pi * sigma2)).sum() - plain
    gain = covariance @ wide.T @ np.linalg.inv(total)
    return evidence, mean + gain @ (outcome - wide @ mean), covariance - gain @ wide @ covariance


def points(rows: CrossedRows, seed: int, count: int, width: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, width, (count, rows.signature.size))


@pytest.mark.parametrize("name", FORMULAS)
def test_the_evidence_is_the_dense_one(name: str, frame: pd.DataFrame) -> None:
    model = bi.model(FORMULAS[name], frame)
    rows = crossed_rows(model)
    spreads = read_crossed(rows.signature, points(rows, 1, 3, 0.6))
    found = integrate_crossed(rows.signature, spreads, rows.evidence).log_evidence
    for point in range(3):
        assert found[point] == pytest.approx(dense(model, spreads, point)[0], rel=1e-9)


@pytest.mark.parametrize("formula", ["y ~ x + z + (x | g)", "y | se(w) ~ 0 + x + (1 | h)"])
def test_one_term_has_the_density_of_one_term(formula: str, frame: pd.DataFrame) -> None:
    model = bi.model(formula, frame)
    rows = crossed_rows(model)
    flat = points(rows, 5, 4, 0.8)
    signature, (evidence, _) = marginal_signature(model), marginal_evidence(model)
    assert signature.size == rows.signature.size
    np.testing.assert_allclose(
        crossed_density(rows.signature)(flat, rows.evidence),
        marginal_density(signature)(flat, evidence),
        rtol=1e-10,
    )

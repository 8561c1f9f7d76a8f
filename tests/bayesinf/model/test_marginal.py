"""The marginal density against the same Gaussian integral by dense linear algebra."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

import bayesinf as bi
from bayesinf.model.marginal import (
    draw_latents,
    integrate,
    marginal_density,
    marginal_evidence,
    marginal_signature,
    read_spreads,
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 24
    return pd.DataFrame(
        {
            "x": rng.normal(1, 2, n),
            "z": rng.normal(size=n),
            "g": rng.permutation(np.repeat(list("abcdef"), 4)),
            "y": rng.normal(50, 3, n),
            "w": rng.uniform(0.5, 2, n),
        }
    )


FORMULAS = {
    "correlated": "y ~ x + z + (x | g)",
    "independent": "y ~ x + (1 + x || g)",
    "three effects": "y ~ x + (x + z | g)",
    "known errors": "y | se(w) ~ x + (1 | g)",
    "no intercept": "y ~ 0 + x + (1 | g)",
    "offset": "y ~ x + offset(z) + (1 | g)",
}


def dense(model: bi.Model, spreads, row: int) -> tuple[float, np.ndarray, np.ndarray]:
    """Log evidence, and mean and covariance of (coefficients, effects), by dense algebra."""
    design = model.design
    group = design.rows.groups[0]
    n, q, levels = len(design.response), len(group.names), len(group.levels)
    indicator = np.zeros((n, levels * q))
    for i in range(n):
        indicator[i, group.codes[i] * q : (group.codes[i] + 1) * q] = group.matrix[i]
    scale = spreads.scale[row]
    population = design.rows.population - design.centre
    wide = np.hstack([population, indicator])
    priors = [model.priors[name] for name in design.names]
    mean = np.concatenate([[p.mean for p in priors], np.zeros(levels * q)])
    covariance = np.zeros((wide.shape[1],) * 2)
    covariance[: len(priors), : len(priors)] = np.diag([p.sd**2 for p in priors])
    covariance[len(priors) :, len(priors) :] = np.kron(np.eye(levels), scale @ scale.T)
    error = design.rows.known.standard_error
    noise = np.diag(np.full(n, spreads.sigma[row] ** 2) if error is None else error**2)
    outcome = design.response - design.rows.offset
    total = wide @ covariance @ wide.T + noise
    evidence = multivariate_normal(wide @ mean, total).logpdf(outcome)
    gain = covariance @ wide.T @ np.linalg.inv(total)
    return (
        evidence,
        mean + gain @ (outcome - wide @ mean),
        covariance - gain @ wide @ covariance,
    )


@pytest.mark.parametrize("name", FORMULAS)
def test_the_evidence_is_the_dense_one(name: str, frame: pd.DataFrame) -> None:
    model = bi.model(FORMULAS[name], frame)
    signature = marginal_signature(model)
    evidence, _ = marginal_evidence(model)
    flat = np.random.default_rng(1).normal(0, 0.6, (3, signature.size))
    spreads = read_spreads(signature, flat)
    found = integrate(spreads, evidence).log_evidence
    for row in range(3):
        assert found[row] == pytest.approx(dense(model, spreads, row)[0], rel=1e-9)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_latents_have_the_dense_mean_and_covariance(name: str, frame: pd.DataFrame) -> None:
    model = bi.model(FORMULAS[name], frame)
    signature = marginal_signature(model)
    evidence, level = marginal_evidence(model)
    flat = np.random.default_rng(2).normal(0, 0.4, signature.size)
    spreads = read_spreads(signature, np.tile(flat, (20_000, 1)))
    coefficients, effects = draw_latents(spreads, evidence, np.random.default_rng(3))
    if model.design.has_intercept:
        coefficients[:, 0] += level
    draws = np.hstack([coefficients, effects.reshape(len(effects), -1)])
    _, mean, covariance = dense(model, spreads, 0)
    sd = np.sqrt(np.diag(covariance))
    assert np.all(np.abs(draws.mean(0) - mean) < 4.5 * sd / np.sqrt(len(draws)))
    standard = (draws - mean) / sd
    correlation = covariance / np.outer(sd, sd)
    assert np.abs(standard.T @ standard / len(draws) - correlation).max() < 0.05


def test_weights_are_powers_of_the_likelihood(frame: pd.DataFrame) -> None:
    """Whole weights are repeated rows."""
    counts = np.tile([1, 2, 3, 1], 6)
    twice = frame.loc[np.repeat(frame.index, counts)]
    weighted = bi.model("y | weights(c) ~ 0 + x + (1 | g)", frame.assign(c=counts))
    repeated = bi.model("y ~ 0 + x + (1 | g)", twice, priors=weighted.priors)
    flat = np.random.default_rng(4).normal(0, 0.5, (4, 2))
    values = [
        marginal_density(marginal_signature(model))(flat, marginal_evidence(model)[0])
        for model in (weighted, repeated)
    ]
    assert np.allclose(values[0], values[1], rtol=1e-12)

"""The density of several group terms against the same Gaussian integral by dense linear algebra."""

from __future__ import annotations

import jax
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.stats import multivariate_normal

import bayesinf as bi
from bayesinf.model.crossed.density import (
    CrossedSpreads,
    crossed_density,
    integrate_crossed,
    read_crossed,
)
from bayesinf.model.crossed.draws import Latents, draw_crossed
from bayesinf.model.crossed.rows import CrossedRows, crossed_rows
from bayesinf.model.crossed.system import Nearby, Noise, System, factor_at
from bayesinf.model.marginal import marginal_density, marginal_evidence, marginal_signature
from bayesinf.numerics.combination import combine
from bayesinf.numerics.conjugate_gradients import solve_together
from bayesinf.numerics.precision import double


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


@pytest.mark.parametrize("name", ["slopes in both", "weights"])
def test_full_sums_over_levels_are_the_listed_ones(name: str, frame: pd.DataFrame) -> None:
    model = bi.model(FORMULAS[name], frame)
    listed, full = crossed_rows(model), crossed_rows(model, most_terms=0)
    assert listed.evidence.wide is None and full.evidence.wide is not None
    flat = points(listed, 9, 3, 0.6)
    density = crossed_density(listed.signature)
    np.testing.assert_allclose(
        density(flat, full.evidence), density(flat, listed.evidence), rtol=1e-11
    )


@pytest.mark.parametrize("full", [False, True])
def test_it_is_the_same_in_jax(full: bool, frame: pd.DataFrame) -> None:
    """What Hamiltonian Monte Carlo falls back on, dense or sparse."""
    rows = crossed_rows(bi.model(FORMULAS["slopes in both"], frame), 0 if full else 10**9)
    flat, density = points(rows, 9, 3, 0.6), crossed_density(rows.signature)
    table = rows.evidence.border
    sparse = combine(coo_array(table.values), table.size, densest=2.0)
    assert sparse.starts is not None
    for evidence in (rows.evidence, rows.evidence._replace(border=sparse)):
        with double():
            found = jax.jit(density)(jax.numpy.asarray(flat), evidence)
        np.testing.assert_allclose(found, density(flat, rows.evidence), rtol=1e-10)
        np.testing.assert_allclose(density(flat, evidence), density(flat, rows.evidence))


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


def stacked(model: bi.Model, latents: Latents, level: float) -> np.ndarray:
    """Coefficients and effects in the order of `wide_columns`."""
    coefficients = latents.coefficients.copy()
    if model.design.has_intercept:
        coefficients[:, 0] += level
    flat = [effects.reshape(len(effects), -1) for effects in latents.effects]
    return np.hstack([coefficients, *flat])


@pytest.mark.parametrize("affordable", [1e9, 0.0], ids=["own factors", "conjugate gradients"])
@pytest.mark.parametrize("name", FORMULAS)
def test_the_latents_have_the_dense_mean_and_covariance(
    name: str, affordable: float, frame: pd.DataFrame
) -> None:
    model = bi.model(FORMULAS[name], frame)
    rows = crossed_rows(model)
    flat = np.tile(points(rows, 2, 1, 0.4), (6000, 1))
    latents = draw_crossed(rows, flat, np.random.default_rng(3), affordable)
    draws = stacked(model, latents, rows.level)
    _, mean, covariance = dense(model, read_crossed(rows.signature, flat[:1]), 0)
    sd = np.sqrt(np.diag(covariance))
    assert np.all(np.abs(draws.mean(0) - mean) < 4.5 * sd / np.sqrt(len(draws)))
    standard = (draws - mean) / sd
    correlation = covariance / np.outer(sd, sd)
    assert np.abs(standard.T @ standard / len(draws) - correlation).max() < 0.08


@pytest.mark.parametrize("name", ["three factors", "slopes in both", "no coefficients"])
def test_conjugate_gradients_solve_each_draw_of_the_spreads(name: str, frame: pd.DataFrame) -> None:
    """To a thousandth of a posterior sd in every direction, also far from the factor's place."""
    rows = crossed_rows(bi.model(FORMULAS[name], frame))
    flat = points(rows, 6, 50, 0.7)
    system = System(rows, read_crossed(rows.signature, flat))
    right = system.shift() + Noise.of(rows).draw(system, np.random.default_rng(7))
    nearby = Nearby.at(rows, flat.mean(axis=0))
    solved = solve_together(system.apply, nearby.preconditioner(system), right)
    assert solved.converged.all()
    for k in range(50):
        factor = factor_at(rows, flat[k])
        error = factor.T @ (solved.solution[:, k]) - np.linalg.solve(factor, right[:, k])
        assert np.linalg.norm(error) < 5e-3

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit

import bayesinf as bi
from causal.mediation import (
    Paths,
    average_paths,
    confounded_indirect,
    correlation_to_zero,
    judge_share,
    read_paths,
)
from causal.population import SAMPLE, Superpopulation

ROWS, DRAWS, SHAPE = 4, 4, (2, 2)


def paths_of(rng, spread=True, noise=True) -> Paths:
    """Random coefficients of x, t (and t x) for the mediator, and of 1, t, m, t m for y."""
    x = rng.normal(size=ROWS)
    ones = np.ones(ROWS)
    mediators = np.array([np.column_stack([ones, level * ones, x]) for level in (0, 1)])
    bases = np.array([np.column_stack([ones, level * ones, 0 * x, 0 * x]) for level in (0, 1)])
    slopes = np.array([np.column_stack([0 * x, 0 * x, ones, level * ones]) for level in (0, 1)])
    return Paths(
        rng.normal(size=(DRAWS, 3)),
        rng.uniform(0.5, 1.5, DRAWS) if spread else None,
        mediators,
        rng.normal(size=(DRAWS, 4)),
        rng.uniform(0.5, 1.5, DRAWS) if noise else None,
        bases,
        slopes,
        SHAPE,
    )


def by_hand(paths: Paths, draw: int, level: int, other: int) -> float:
    """E[Y(level, M(other))] of one draw by general numerical integration."""
    b, c = paths.mediator[draw], paths.outcome[draw]
    total = 0.0
    for row in range(ROWS):
        eta = float(paths.mediators[other, row] @ b)

        def outcome(m: float) -> float:
            found = c[0] + c[1] * level + (c[2] + c[3] * level) * m
            return float(found if paths.noise is not None else expit(found))

        if paths.spread is None:
            total += (1 - expit(eta)) * outcome(0) + expit(eta) * outcome(1)
        else:
            sd = float(paths.spread[draw])

            def weighted(z: float, e: float = eta, s: float = sd) -> float:
                return outcome(e + s * z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

            total += quad(weighted, -9, 9)[0]
    return total / ROWS


@pytest.mark.parametrize("spread", [True, False])
@pytest.mark.parametrize("noise", [True, False])
def test_paths_against_numerical_integration(spread, noise, generator):
    paths = paths_of(generator, spread, noise)
    found = average_paths(paths, [], SAMPLE, generator).outcomes.reshape(DRAWS, 2, 2)
    for draw in range(DRAWS):
        for level in (0, 1):
            for other in (0, 1):
                expected = by_hand(paths, draw, level, other)
                assert found[draw, level, other] == pytest.approx(expected, abs=5e-5)


def test_controlled_effects_hold_the_mediator(generator):
    paths = paths_of(generator)
    found = average_paths(paths, [0.0, 2.0], SAMPLE, generator).controlled.reshape(DRAWS, 2)
    assert np.allclose(found[:, 0], paths.outcome[:, 1])
    assert np.allclose(found[:, 1], paths.outcome[:, 1] + 2 * paths.outcome[:, 3])


def test_the_population_weighs_rows(generator):
    paths = paths_of(generator)
    found = average_paths(paths, [], Superpopulation(), np.random.default_rng(1))
    still = average_paths(paths, [], SAMPLE, np.random.default_rng(1))
    assert found.outcomes.shape == (*SHAPE, 2, 2) and found.mediators.shape == (*SHAPE, 2)
    assert not np.allclose(found.outcomes, still.outcomes)
    # Treatment moves the mediator alike in all rows, however they are weighed.
    moved = found.mediators[..., 1] - found.mediators[..., 0]
    assert np.allclose(moved.ravel(), paths.mediator[:, 1])


def test_the_sensitivity_curve_is_that_of_the_theorem(generator):
    # Imai, Keele and Yamamoto (2010), theorem 4, in their own symbols: beta2 sigma1 / sigma2
    # (rho~ - rho sqrt((1 - rho~^2) / (1 - rho^2))), rho~ and sigma1 of the regression without M.
    beta, gamma, sigma2, sigma3 = generator.uniform(0.5, 2, size=(4, 1, 5))
    sigma1 = np.sqrt(gamma**2 * sigma2**2 + sigma3**2)
    reached = gamma * sigma2 / sigma1
    for rho in (-0.7, 0.0, 0.4):
        root = np.sqrt((1 - reached**2) / (1 - rho**2))
        expected = beta * sigma1 / sigma2 * (reached - rho * root)
        found = confounded_indirect(beta * gamma, beta, sigma2, sigma3, [rho])[..., 0]
        assert np.allclose(found, expected)
    assert np.allclose(correlation_to_zero(beta * gamma, beta, sigma2, sigma3), reached)


def test_the_curve_finds_the_truth_where_errors_are_correlated():
    rng, size, rho = np.random.default_rng(3), 200_000, 0.5
    t = (rng.random(size) < 0.5) * 1.0
    error = rng.normal(size=size)
    m = 1.5 * t + error
    y = t + 0.8 * m + 2 * (rho * error + np.sqrt(1 - rho**2) * rng.normal(size=size))
    matrix = np.column_stack([np.ones(size), t, m])
    c, (rest,), *_ = np.linalg.lstsq(matrix, y)
    beta = m[t == 1].mean() - m[t == 0].mean()
    sigma2, sigma3 = error.std(), np.sqrt(rest / size)
    found = confounded_indirect(
        *(np.array([[v]]) for v in (beta * c[2], beta, sigma2, sigma3)), [rho]
    )
    assert beta * c[2] == pytest.approx(1.5 * (0.8 + 1.0), abs=0.05)
    assert found.item() == pytest.approx(1.5 * 0.8, abs=0.05)


@pytest.fixture
def frame(generator) -> pd.DataFrame:
    t = np.arange(60) % 2
    m = t + generator.normal(size=60)
    return pd.DataFrame({"t": t, "m": m, "y": m + generator.normal(size=60)})


def test_a_model_that_bends_is_refused(frame):
    mediator, bent = bi.fit("m ~ t", frame, seed=1), bi.fit("y ~ t + I(m**2)", frame, seed=1)
    with pytest.raises(bi.ModelError, match="bends with the mediator 'm'"):
        read_paths(mediator, bent, bi.Table.read(frame), ("t", "m"), (0, 1))


def test_designs_are_taken_apart(frame):
    fits = bi.fit("m ~ t", frame, seed=1), bi.fit("y ~ t * scale(m)", frame, seed=1)
    paths = read_paths(*fits, bi.Table.read(frame), ("t", "m"), (0, 1))
    rebuilt = np.where(
        frame[["t"]] == 1,
        paths.bases[1] + frame[["m"]].to_numpy() * paths.slopes[1],
        paths.bases[0] + frame[["m"]].to_numpy() * paths.slopes[0],
    )
    assert np.allclose(rebuilt, fits[1].model.design.rows.population)


def test_a_share_of_nothing_is_withheld(generator):
    assert judge_share(1 + 0.1 * generator.normal(size=(4, 100))) == ()
    assert judge_share(generator.normal(size=(4, 100)))[0].code == "share-withheld"

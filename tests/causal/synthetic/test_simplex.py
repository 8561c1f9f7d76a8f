import numpy as np
import pytest
from scipy.optimize import minimize

from causal.synthetic.simplex import (
    Exact,
    FrankWolfe,
    freedom_used,
    nearest_point,
    project_posterior,
)


def objective(weights, columns, target, penalty):
    return penalty**2 * weights @ weights + np.mean((columns @ weights - target) ** 2)


def by_a_general_optimiser(columns, target, penalty):
    count = columns.shape[1]
    found = minimize(
        objective,
        np.full(count, 1 / count),
        (columns, target, penalty),
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return found.x


@pytest.mark.parametrize("penalty", [0.05, 1.0])
@pytest.mark.parametrize(("rows", "count"), [(12, 5), (8, 20)])
def test_the_minimum_is_that_of_a_general_optimiser(generator, rows, count, penalty):
    columns, target = generator.normal(size=(rows, count)), generator.normal(size=rows)
    found = Exact().solve(columns, target, penalty)
    other = by_a_general_optimiser(columns, target, penalty)
    assert found.min() >= 0 and found.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found, other, atol=2e-5)
    assert objective(found, columns, target, penalty) <= (
        objective(other, columns, target, penalty) + 1e-12
    )


def test_the_minimum_keeps_the_conditions_of_optimality(generator):
    columns, target = generator.normal(size=(15, 60)), generator.normal(size=15)
    found = Exact().solve(columns, target, 0.3)
    slope = columns.T @ (columns @ found - target) / 15 + 0.3**2 * found
    active = found > 1e-12
    assert np.ptp(slope[active]) < 1e-10
    assert slope[~active].min() > slope[active].mean() - 1e-10


def test_frank_and_wolfe_come_near_the_minimum(generator):
    columns, target = generator.normal(size=(20, 8)), generator.normal(size=20)
    found = FrankWolfe(steps=100_000, tolerance=1e-8).solve(columns, target, 0.5, 1.0)
    np.testing.assert_allclose(found, Exact().solve(columns, target, 0.5), atol=1e-3)


def test_frank_and_wolfe_end_where_a_column_is_the_target():
    found = FrankWolfe().solve(np.array([[1.0, 5.0], [2.0, 9.0]]), np.array([1.0, 2.0]), 0.0, 1.0)
    assert found[0] > 0.999


def test_a_corner_at_the_origin_has_all_weight():
    assert nearest_point(np.array([[0.0, 1.0], [0.0, 2.0]])).tolist() == [1.0, 0.0]


def test_projected_draws_are_weights_about_the_minimum(generator):
    truth = np.array([0.6, 0.4, 0.0, 0.0])
    columns = generator.normal(size=(400, 4))
    target = columns @ truth + 0.1 * generator.normal(size=400)
    best = Exact().solve(columns, target, 1e-6)
    draws = project_posterior(columns, target, 1e-6, best, generator, 300)
    assert draws.min() >= 0
    np.testing.assert_allclose(draws.sum(axis=1), 1)
    # Within a face the posterior is the regression's: sd sigma / |a - b| of the one free direction.
    expected = 0.1 / np.linalg.norm(columns[:, 0] - columns[:, 1])
    assert draws[:, 0].std() == pytest.approx(expected, rel=0.35)
    assert (draws[:, 2] == 0).mean() > 0.05


def test_projected_draws_spread_over_weights_that_fit_equally_well(generator):
    # Three donors on a line through the target: a segment of weights fits without any error.
    columns = np.array([[0.0, 1.0, 2.0]]).repeat(6, axis=0) * np.arange(1, 7)[:, None]
    target = np.arange(1.0, 7.0)
    best = Exact().solve(columns, target, 1e-6)
    draws = project_posterior(columns, target, 1e-6, best, generator, 200)
    np.testing.assert_allclose(draws @ [0, 1, 2], 1, atol=1e-3)
    assert np.ptp(draws[:, 1]) > 0.5


def test_degrees_of_freedom_shrink_with_the_ridge(generator):
    columns, weights = generator.normal(size=(10, 4)), np.array([0.2, 0.3, 0.5, 0.0])
    assert freedom_used(columns, 0.0, weights) == pytest.approx(2)
    assert 0 < freedom_used(columns, 1.0, weights) < 2
    assert freedom_used(columns, 1.0, np.array([1.0, 0, 0, 0])) == 0

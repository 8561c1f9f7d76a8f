import numpy as np
import pytest
from scipy.optimize import minimize

import bayesinf as bi
from causal.bootstrap.nuisance import fit_choice, fit_linear, orthonormal, weak_penalty

ROWS = 120


@pytest.fixture
def columns(generator) -> np.ndarray:
    x = generator.normal(size=(ROWS, 2))
    return np.column_stack([np.ones(ROWS), 50 + 3 * x[:, 0], x[:, 1], (50 + 3 * x[:, 0]) ** 2])


def bootstrap(generator, draws=4) -> np.ndarray:
    weights = generator.standard_exponential((draws, ROWS))
    return weights / weights.mean(axis=1, keepdims=True)


def test_a_basis_is_orthonormal_and_spans_the_same(columns):
    basis = orthonormal(columns)
    assert np.allclose(basis.matrix.T @ basis.matrix, ROWS * np.eye(4), atol=1e-9)
    assert np.allclose(basis.matrix @ basis.triangle, columns)
    assert np.allclose(basis.of(columns[:7]), basis.matrix[:7])


def test_columns_that_others_explain_are_left_out(columns):
    more = np.column_stack([columns, columns[:, 1] - 2 * columns[:, 2], np.zeros(ROWS)])
    basis = orthonormal(more)
    assert basis.matrix.shape == (ROWS, 4)
    assert np.allclose(basis.of(more[:9]), basis.matrix[:9])


def test_what_the_data_do_not_decide_is_refused(columns):
    # The last column is always twice the third, until somebody sets it to something else.
    more = np.column_stack([columns, 2 * columns[:, 2]])
    other = more.copy()
    other[:, -1] = 0
    with pytest.raises(bi.DataError, match="do not decide") as caught:
        orthonormal(more).of(other)
    assert caught.value.code == "not-estimable"


def test_least_squares_for_each_vector_of_weights(columns, generator):
    y, weights = generator.normal(size=ROWS), bootstrap(generator)
    basis = orthonormal(columns)
    fitted = fit_linear(basis.matrix, y, weights) @ basis.matrix.T
    for found, weight in zip(fitted, weights, strict=True):
        root = np.sqrt(weight)
        expected, *_ = np.linalg.lstsq(columns * root[:, None], y * root, rcond=None)
        assert np.allclose(found, columns @ expected, atol=1e-8)


def optimum(columns, codes, weight, ridge=None) -> np.ndarray:
    """The fitted chances by a general optimiser, for the plain softmax likelihood."""
    others = int(codes.max())
    scaled = columns / np.abs(columns).max(axis=0)

    def deviance(flat: np.ndarray) -> float:
        eta = np.column_stack([np.zeros(ROWS), scaled @ flat.reshape(others, -1).T])
        log_chance = eta - np.logaddexp.reduce(eta, axis=1, keepdims=True)
        lost = -weight @ log_chance[np.arange(ROWS), codes]
        return lost if ridge is None else lost + flat @ ridge @ flat / 2

    start = np.zeros(others * scaled.shape[1])
    best = minimize(deviance, start, method="BFGS", options={"gtol": 1e-9, "maxiter": 5000})
    eta = np.column_stack([np.zeros(ROWS), scaled @ best.x.reshape(others, -1).T])
    return np.exp(eta - np.logaddexp.reduce(eta, axis=1, keepdims=True)).T


@pytest.mark.parametrize("levels", [2, 3])
def test_logistic_regression_for_each_vector_of_weights(levels, generator):
    columns = np.column_stack([np.ones(ROWS), generator.normal(size=(ROWS, 2))])
    codes = np.argmax(columns[:, [1, 2, 0]][:, :levels] + generator.gumbel(size=(ROWS, levels)), 1)
    weights, basis = bootstrap(generator, 3), orthonormal(columns)
    fit = fit_choice(basis.matrix, codes, weights)
    assert fit.converged.all() and fit.coefficients.shape == (3, levels - 1, 3)
    found = fit.chances(basis.matrix)
    assert found.shape == (levels, 3, ROWS) and np.allclose(found.sum(axis=0), 1)
    for draw, weight in enumerate(weights):
        assert np.allclose(found[:, draw], optimum(columns, codes, weight), atol=1e-5)


def test_a_penalty_is_a_normal_prior_on_the_columns(generator):
    columns = np.column_stack([np.ones(ROWS), generator.uniform(-1, 1, size=ROWS)])
    columns[0, 1] = 1.0  # the largest, so that the optimiser's scaling changes nothing
    codes = (generator.random(ROWS) < 0.5) * 1
    basis, weight = orthonormal(columns), np.ones((1, ROWS))
    found = fit_choice(basis.matrix, codes, weight, weak_penalty(basis)).chances(basis.matrix)
    ridge = np.diag([0.0, (columns[:, 1].std() / 2.5) ** 2])
    assert np.allclose(found[:, 0], optimum(columns, codes, weight[0], ridge), atol=1e-5)


def test_separated_arms_are_noticed_and_a_weak_prior_helps(generator):
    x = np.sort(generator.normal(size=ROWS))
    basis = orthonormal(np.column_stack([np.ones(ROWS), x]))
    codes, weights = (np.arange(ROWS) >= ROWS // 2) * 1, bootstrap(generator)
    assert not fit_choice(basis.matrix, codes, weights).converged.any()
    helped = fit_choice(basis.matrix, codes, weights, weak_penalty(basis))
    assert helped.converged.all()
    assert np.isfinite(1 / helped.chances(basis.matrix)).all()


def test_one_empty_cell_separates_too(generator):
    group = generator.integers(0, 3, size=ROWS)
    codes = np.where(group == 2, 1, (generator.random(ROWS) < 0.5) * 1)
    dummies = (group[:, None] == np.arange(1, 3)).astype(float)
    basis = orthonormal(np.column_stack([np.ones(ROWS), dummies]))
    assert not fit_choice(basis.matrix, codes, np.ones((1, ROWS))).converged.any()


def test_fractions_of_successes():
    columns = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    fit = fit_choice(orthonormal(columns).matrix, np.array([0.2, 0.4, 0.5, 0.9]), np.ones((1, 4)))
    found = fit.chances(orthonormal(columns).matrix)[1, 0]
    assert found == pytest.approx([0.3, 0.3, 0.7, 0.7])

import numpy as np
import pytest
from scipy import stats

import bayesinf as bi
from causal.discontinuity import Curve, side_limit
from causal.discontinuity.limits import covariate_slopes, prior_precision


@pytest.fixture
def side(generator):
    x = generator.random(80)
    y = 1 + x - 2 * x**2 + 0.3 * generator.normal(size=80)
    return x, y


def test_a_polynomial_with_flat_priors_is_least_squares(side, generator, within):
    x, y = side
    design = x[:, None] ** np.arange(3)
    gram = np.linalg.inv(design.T @ design)
    coefficients = gram @ design.T @ y
    error = np.sqrt(((y - design @ coefficients) ** 2).sum() / 77 * gram[0, 0])
    limit = side_limit(x, y[:, None], np.inf, Curve.polynomial(2))
    assert limit.mean[0] == pytest.approx(coefficients[0], rel=1e-8)
    draws = limit.draw(generator, 40_000)[:, 0]
    for share in (0.025, 0.25, 0.9):
        cut = coefficients[0] + error * stats.t.ppf(share, 77)
        assert within(np.mean(draws < cut), share, np.sqrt(share * (1 - share) / 40_000))


def test_the_bend_by_quadrature_of_the_dense_model(side):
    # The same model written with covariances: y ~ N(polynomial, s^2 (I + bend^2 B B')).
    x, y = side
    bends, place = (0.5, 5.0), x / x.max()
    curve = Curve(2, bi.Flat(), bends)
    columns = curve.design(place)
    plain, pieces = columns[:, :3], columns[:, 3:]
    means, scores = [], []
    for bend in bends:
        covariance = np.eye(80) + bend**2 * pieces @ pieces.T
        inverse = np.linalg.inv(covariance)
        gram = plain.T @ inverse @ plain
        found = np.linalg.solve(gram, plain.T @ inverse @ y)
        left = y - plain @ found
        scores.append(
            -0.5 * np.linalg.slogdet(covariance)[1]
            - 0.5 * np.linalg.slogdet(gram)[1]
            - 77 / 2 * np.log(left @ inverse @ left)
        )
        means.append(found[0])
    weights = np.exp(np.array(scores) - max(scores))
    weights /= weights.sum()
    limit = side_limit(x, y[:, None], np.inf, curve)
    assert np.allclose(limit.weights, weights, rtol=1e-6)
    assert np.allclose(limit.centre[:, 0], means, rtol=1e-6)


def test_two_outcomes_are_drawn_jointly(generator, within):
    x = generator.random(200)
    first = x + generator.normal(size=200)
    second = 2 * x + 0.8 * first + 0.1 * generator.normal(size=200)
    limit = side_limit(x, np.column_stack([first, second]), np.inf, Curve())
    draws = limit.draw(generator, 20_000)
    error = np.sqrt(np.diag(limit.variance) / 20_000)
    assert within(draws.mean(axis=0), limit.mean, error)
    assert np.allclose(np.cov(draws.T), limit.variance, rtol=0.06)
    assert np.corrcoef(draws.T)[0, 1] > 0.9


def test_an_outcome_that_does_not_vary_has_no_noise(generator):
    x = generator.random(100)
    limit = side_limit(x, np.column_stack([x + generator.normal(size=100), 0 * x]), 1.0, Curve())
    draws = limit.draw(generator, 500)
    assert np.isfinite(draws).all()
    assert np.allclose(draws[:, 1], 0)
    assert draws[:, 0].std() > 0


def test_priors_are_wide_in_the_units_of_the_data(side):
    x, y = side
    design = x[:, None] ** np.arange(3)
    found = prior_precision(design, (y - y.mean())[:, None], bi.Normal(0, 10))
    assert np.all(found < 0.01 * np.diag(design.T @ design))
    assert not prior_precision(design, y[:, None], bi.Flat()).any()
    scaled = side_limit(1000 * x, 7 * y[:, None], np.inf, Curve())
    assert scaled.mean == pytest.approx(7 * side_limit(x, y[:, None], np.inf, Curve()).mean)


def test_too_few_positions_are_refused():
    x = np.repeat([0.1, 0.2, 0.3], 10)
    with pytest.raises(bi.DataError, match="30 rows with 3 distinct values") as caught:
        side_limit(x, np.ones((30, 1)), 1.0, Curve())
    assert caught.value.code == "too-few-near-cutoff"


def test_common_slopes_against_one_regression(generator):
    x = generator.uniform(-1, 1, 400)
    z = generator.normal(size=(400, 2))
    y = (x >= 0) + x + z @ [1.0, -2.0] + generator.normal(size=400)
    sides = (x < 0, x >= 0)
    slopes, variances = covariate_slopes(sides, x, y[:, None], z, np.inf, 1)
    design = np.column_stack([sides[0], sides[1], sides[0] * x, sides[1] * x, z])
    expected = np.linalg.lstsq(design, y, rcond=None)[0][-2:]
    # The sides' noise is judged apart, so that the weights differ a little.
    assert np.allclose(slopes[:, 0], expected, atol=0.02)
    assert np.allclose(np.sqrt(np.diag(variances[0])), 0.05, rtol=0.2)


def test_an_outcome_without_noise_has_a_sharp_limit(generator):
    x = generator.random(100)
    limit = side_limit(x, (3 + x)[:, None], np.inf, Curve())
    assert limit.mean[0] == pytest.approx(3, abs=1e-3)
    assert limit.draw(generator, 100).std() < 1e-3

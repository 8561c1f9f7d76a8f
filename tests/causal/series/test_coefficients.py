import numpy as np
import pytest

from causal.series.coefficients import regress
from causal.series.state_space import StateSpace, draw_states, log_likelihood


@pytest.fixture
def case(generator):
    """A local trend with two constant coefficients: apart, and carried as states."""
    times, points = 16, 3
    columns = generator.normal(size=(times, 2))
    scales = generator.uniform(0.5, 2, (2, points))
    trend = StateSpace(
        np.column_stack([np.ones(times), np.zeros(times)]),
        np.array([[1.0, 1.0], [0.0, 1.0]]),
        generator.uniform(0.2, 1, points),
        generator.uniform(0.01, 0.3, (2, points)),
        np.array([0.5, 0.1]),
        generator.uniform(0.5, 2, (2, points)),
    )
    moves = np.eye(4)
    moves[:2, :2] = trend.moves
    whole = StateSpace(
        np.hstack([trend.loads, columns]),
        moves,
        trend.noise,
        np.vstack([trend.shocks, np.zeros((2, points))]),
        np.append(trend.start, [0.0, 0.0]),
        np.vstack([trend.spread, scales**2]),
    )
    outcome = generator.normal(size=times).cumsum()
    outcome[[4, 13, 14, 15]] = np.nan
    return trend, columns, scales, whole, outcome


def test_the_likelihood_is_that_of_coefficients_carried_as_states(case):
    trend, columns, scales, whole, outcome = case
    found = regress(trend, outcome, columns, scales).log_likelihood
    np.testing.assert_allclose(found, log_likelihood(whole, outcome), rtol=1e-10)


def test_draws_are_those_of_coefficients_carried_as_states(case, generator, within):
    trend, columns, scales, whole, outcome = case
    size = 20_000
    found = regress(trend, outcome, columns, scales).draw(generator, size)
    other = draw_states(whole, outcome, generator, size)[-1, 2:]
    for point in range(3):
        for column in range(2):
            ours, theirs = found[column, :, point], other[column, :, point]
            sd = theirs.std()
            assert within(ours.mean(), theirs.mean(), sd * np.sqrt(2 / size))
            assert within(ours.std(), sd, sd / np.sqrt(size))
    one = np.corrcoef(found[:, :, 0])[0, 1]
    assert one == pytest.approx(np.corrcoef(other[:, :, 0])[0, 1], abs=0.04)


def test_without_columns_the_likelihood_is_the_filters(case):
    trend, columns, _, _, outcome = case
    found = regress(trend, outcome, columns[:, :0], np.empty((0, 3)))
    np.testing.assert_allclose(found.log_likelihood, log_likelihood(trend, outcome))
    assert found.draw(np.random.default_rng(1), 5).shape == (0, 5, 3)

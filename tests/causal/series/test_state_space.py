import numpy as np
import pytest
from scipy.stats import multivariate_normal

from causal.series.state_space import (
    StateSpace,
    draw_states,
    filter_covariances,
    log_likelihood,
    surprises,
)


def local_trend(rng, times=14, points=3):
    """Level, slope and one control, at several points."""
    loads = np.column_stack([np.ones(times), np.zeros(times), rng.normal(size=times)])
    moves = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    shocks = np.vstack([rng.uniform(0.1, 1, (2, points)), np.zeros(points)])
    return StateSpace(
        loads,
        moves,
        rng.uniform(0.2, 1, points),
        shocks,
        np.array([1.0, 0.2, 0.0]),
        rng.uniform(0.5, 2, (3, points)),
    )


def dense(model, point):
    """Mean and covariance of all states and outcomes, written out without any recursion."""
    times, states = model.loads.shape
    powers = [np.linalg.matrix_power(model.moves, k) for k in range(times)]
    mean = np.concatenate([powers[t] @ model.start for t in range(times)])
    cov = np.zeros((times * states, times * states))
    for s in range(times):
        for t in range(times):
            block = powers[s] @ np.diag(model.spread[:, point]) @ powers[t].T
            for u in range(min(s, t)):
                shock = np.diag(model.shocks[:, point])
                block = block + powers[s - 1 - u] @ shock @ powers[t - 1 - u].T
            cov[s * states : (s + 1) * states, t * states : (t + 1) * states] = block
    loads = np.zeros((times, times * states))
    for t in range(times):
        loads[t, t * states : (t + 1) * states] = model.loads[t]
    return mean, cov, loads


@pytest.fixture
def case(generator):
    model = local_trend(generator)
    outcome = generator.normal(size=14).cumsum()
    outcome[[3, 4, 11, 12, 13]] = np.nan
    return model, outcome


def test_the_likelihood_is_that_of_one_large_gaussian(case):
    model, outcome = case
    found, seen = log_likelihood(model, outcome), np.isfinite(outcome)
    for point in range(3):
        mean, cov, loads = dense(model, point)
        whole = loads @ cov @ loads.T + model.noise[point] * np.eye(14)
        exact = multivariate_normal((loads @ mean)[seen], whole[np.ix_(seen, seen)])
        assert found[point] == pytest.approx(exact.logpdf(outcome[seen]), abs=1e-9)


def test_draws_have_the_moments_of_the_large_gaussian(case, generator, within):
    model, outcome = case
    seen, size = np.isfinite(outcome), 20_000
    draws = draw_states(model, outcome, generator, size)
    assert draws.shape == (14, 3, size, 3)
    for point in range(3):
        mean, cov, loads = dense(model, point)
        cross = cov @ loads[seen].T
        whole = loads[seen] @ cross + model.noise[point] * np.eye(seen.sum())
        gain = np.linalg.solve(whole, cross.T).T
        exact = mean + gain @ (outcome[seen] - loads[seen] @ mean)
        left = cov - gain @ cross.T
        flat = draws[..., point].reshape(14 * 3, size)
        sd = np.sqrt(np.diag(left))
        assert within(flat.mean(axis=1), exact, sd / np.sqrt(size), times=4.5)
        assert within(flat.std(axis=1), sd, sd / np.sqrt(2 * size), times=4.5)
        correlation = np.corrcoef(flat)
        expected = left / np.outer(sd, sd)
        np.testing.assert_allclose(correlation, expected, atol=0.04)


def test_states_that_stay_take_the_short_way(generator):
    model = local_trend(generator)
    still = StateSpace(model.loads, np.eye(3), model.noise, model.shocks, model.start, model.spread)
    turned = StateSpace(
        model.loads,
        np.eye(3) + 1e-300,
        model.noise,
        model.shocks,
        model.start,
        model.spread,
    )
    outcome = generator.normal(size=14)
    assert still.still and not turned.still
    np.testing.assert_allclose(log_likelihood(still, outcome), log_likelihood(turned, outcome))


def test_surprises_are_those_of_each_point_alone(case):
    model, outcome = case
    seen = np.isfinite(outcome)
    together = surprises(model, outcome[:, None], filter_covariances(model, seen))
    alone = model.take(np.array([1]))
    single = surprises(alone, outcome[:, None], filter_covariances(alone, seen))
    np.testing.assert_allclose(together[:, 1], single[:, 0])
    assert (together[~seen] == 0).all()


def test_gains_that_have_settled_are_kept(generator):
    times = 400
    model = StateSpace(
        np.ones((times, 1)),
        np.eye(1),
        np.array([1.0, 0.5]),
        np.array([[0.2, 0.4]]),
        np.zeros(1),
        np.ones((1, 2)),
    )
    outcome = generator.normal(size=times).cumsum()
    whole = log_likelihood(model, outcome)
    # A missing last outcome keeps the filter from taking the short way, and adds nothing.
    longer = StateSpace(
        np.ones((times + 1, 1)), model.moves, model.noise, model.shocks, model.start, model.spread
    )
    np.testing.assert_allclose(log_likelihood(longer, np.append(outcome, np.nan)), whole)

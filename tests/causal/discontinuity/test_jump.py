import numpy as np
import pytest

from causal.discontinuity import Curve, default_jump, jump_at_zero, window_for


def data(rng, size=600):
    x = rng.uniform(-1, 1, size)
    return x, 0.7 * (x >= 0) + np.sin(2 * x) + 0.3 * rng.normal(size=size)


def test_draws_agree_with_moments(generator, within):
    x, y = data(generator)
    jump = default_jump(x, y)
    below, above = jump.draw(generator, 20_000)
    draws = (above - below)[:, 0]
    assert within(draws.mean(), jump.centre[0], jump.sd[0] / np.sqrt(20_000))
    assert draws.std() == pytest.approx(jump.sd[0], rel=0.03)
    assert abs(jump.centre[0] - 0.7) < 4 * jump.sd[0]
    assert jump.tail[0] == pytest.approx(2 * (draws < 0).mean(), abs=0.01)


def test_covariates_sharpen_the_jump_without_moving_it(generator):
    x, y = data(generator)
    z = generator.normal(size=(600, 1))
    plain = jump_at_zero(x, (y + 2 * z[:, 0])[:, None], 0.8)
    sharper = jump_at_zero(x, (y + 2 * z[:, 0])[:, None], 0.8, covariates=z)
    without = jump_at_zero(x, y[:, None], 0.8)
    assert sharper.sd[0] < 0.3 * plain.sd[0]
    assert sharper.centre[0] == pytest.approx(without.centre[0], abs=0.5 * without.sd[0])
    assert sharper.doubt[0] > 0


def test_turning_the_running_variable_over_turns_the_jump_over(generator):
    x, y = data(generator)
    there = jump_at_zero(x, y[:, None], 0.8)
    back = jump_at_zero(-x, y[:, None], 0.8)
    assert back.centre[0] == pytest.approx(-there.centre[0])
    assert back.sd[0] == pytest.approx(there.sd[0])


def test_intervals_hold_the_truth_on_a_curve_that_bends_at_the_cutoff():
    # Calonico, Cattaneo and Titiunik (2014), model 2: a small version of the benchmark's card.
    held = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = 2 * rng.beta(2, 4, 500) - 1
        below = np.polyval([0.03, 0.23, 1.45, 3.28, 2.30, 3.71], x)
        above = np.polyval([9.83, -45.02, 74.30, -54.81, 18.49, 0.26], x)
        y = np.where(x < 0, below, above) + 0.1295 * rng.normal(size=500)
        jump = default_jump(x, y)
        held.append(abs(jump.centre[0] + 3.45) < 2 * jump.sd[0])
    assert np.mean(held) >= 0.85


def test_the_default_window_is_finite_and_positive(generator):
    x, y = data(generator)
    assert 0 < window_for(x, y) <= 2
    rigid = jump_at_zero(x, y[:, None], window_for(x, y), Curve.polynomial(2))
    assert rigid.sd[0] < default_jump(x, y).sd[0]

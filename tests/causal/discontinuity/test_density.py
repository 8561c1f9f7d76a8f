import numpy as np
import pytest

from causal.discontinuity import density_jump
from causal.discontinuity.density import log_limit


def test_a_parabola_in_the_log_is_found():
    place = (np.arange(200) + 0.5) / 200
    counts = np.round(np.exp(6 + place - 2 * place**2))
    limit, variance = log_limit(place, counts)
    assert limit == pytest.approx(6, abs=0.01)
    # A parabola's limit has nine times the variance of a mean of the same counts.
    assert variance == pytest.approx(9 / counts.sum(), rel=0.3)


@pytest.mark.parametrize("make", [np.random.Generator.normal, np.random.Generator.exponential])
def test_smooth_densities_pass_and_keep_their_rate(make):
    scores = []
    for seed in range(150):
        found = density_jump(make(np.random.default_rng(seed), size=1500) - 0.7)
        assert found is not None
        scores.append(found.log_ratio / found.error)
    assert np.mean(np.abs(scores) > 1.96) < 0.1
    assert np.std(scores) == pytest.approx(1, abs=0.2)


def test_sorting_is_noticed(generator):
    x = generator.normal(size=4000)
    moved = (x > -0.2) & (x < 0) & (generator.random(4000) < 0.6)
    found = density_jump(np.where(moved, -x, x))
    assert found is not None
    assert found.log_ratio > 3 * found.error
    assert 1 < found.detectable < 2.5


def test_whole_numbers_are_counted_in_their_own_cells():
    scores = []
    for seed in range(100):
        years = np.round(np.random.default_rng(seed).normal(40, 10, 3000)) - 38
        found = density_jump(years)
        assert found is not None
        scores.append(found.log_ratio / found.error)
    assert np.mean(np.abs(scores) > 1.96) < 0.12


def test_too_few_distinct_values_say_nothing():
    assert density_jump(np.repeat([-1.0, 0.0, 1.0], 50)) is None
    assert density_jump(np.array([-1.0, 1.0])) is None

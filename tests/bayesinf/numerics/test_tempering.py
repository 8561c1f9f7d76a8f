"""Particles against densities with known integrals, two modes and a funnel among them."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.errors import SamplingError
from bayesinf.numerics.diagnostics import mcse_mean, r_hat
from bayesinf.numerics.landscape import Landscape
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.pathfinder import find_paths
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.tempering import (
    EFFECTIVE_SHARE,
    Evidence,
    Islands,
    Tempered,
    next_rise,
    reference_around,
    resample,
    sample_tempered,
)
from tests.bayesinf.numerics.targets import (
    LOG_TWO_PI,
    Normal,
    banana,
    funnel,
    half_line,
    look,
    starts,
    two_modes,
)
from tests.conftest import within


def run(land: Landscape, size: int, seed: int = 1, **options) -> Tempered:
    paths = find_paths(land, starts(size, 12), np.random.default_rng(0))
    islands = Islands(4, 500, options.pop("draws", 500))
    rng = np.random.default_rng(seed)
    return sample_tempered(land.slopes, reference_around(paths), islands, rng, **options)


@pytest.mark.parametrize("size", [1, 8])
def test_a_normal_is_sampled_with_its_evidence(size: int) -> None:
    normal = Normal.of(size)
    found = run(normal.landscape, size)
    assert found.positions.shape == (4, 500, size)
    assert found.settled and found.temperatures[0] == 0.0 and found.temperatures[-1] == 1.0
    within(found.positions.mean((0, 1)), normal.mean, mcse_mean(found.positions))
    products = (found.positions - normal.mean) ** 2
    within(products.mean((0, 1)), np.diagonal(normal.covariance), mcse_mean(products))
    evidence = found.evidences[-1]
    within(evidence.value, normal.log_evidence, evidence.error)
    assert evidence.error < 0.1


def test_two_modes_are_found_with_their_weights() -> None:
    """0.3 and 0.7 in four dimensions, 12 sds apart; the integral is 1."""
    found = run(look(two_modes, {"place": np.array(3.0)}, 4), 4)
    above = (found.positions[..., :1] > 0).astype(float)
    error = float(mcse_mean(above)[0])
    within(above.mean(), 0.3, error)
    assert error < 0.03
    within(found.evidences[-1].value, 0.0, found.evidences[-1].error)
    assert (r_hat(found.positions) < 1.02).all()


def test_a_mode_that_no_climb_found_is_found_by_the_wide_reference() -> None:
    land = look(two_modes, {"place": np.array(3.0)}, 4)
    paths = find_paths(land, np.full((1, 4), -3.0), np.random.default_rng(0))
    assert len(paths.modes) == 1
    islands, rng = Islands(4, 500, 500), np.random.default_rng(0)
    found = sample_tempered(land.slopes, reference_around(paths), islands, rng)
    above = (found.positions[..., :1] > 0).astype(float)
    within(above.mean(), 0.3, float(mcse_mean(above)[0]))


def test_a_banana_is_sampled_though_its_mode_says_little() -> None:
    found = run(look(banana, {"sd": np.array(2.0)}, 2), 2)
    exact = LOG_TWO_PI + np.log(2.0 * 0.5)
    within(found.evidences[-1].value, exact, found.evidences[-1].error)
    within(found.positions[..., 1].mean(), 4.0, mcse_mean(found.positions)[1])


def test_a_funnel_is_either_right_or_doubted() -> None:
    found = run(look(funnel, {"sd": np.array(3.0)}, 3), 3)
    assert found.moved.broken > 0.05 or not found.settled, "the verdict warns"
    assert found.positions[..., 0].std() > 2.4, "finer steps follow it into the neck"


def test_more_and_fewer_draws_than_particles() -> None:
    normal = Normal.of(2)
    assert run(normal.landscape, 2, draws=100).positions.shape == (4, 100, 2)
    more = run(normal.landscape, 2, draws=1200).positions
    assert more.shape == (4, 1200, 2)
    assert len(np.unique(more.reshape(-1, 2), axis=0)) > 4700, "further moves, not copies"


def test_the_same_seed_gives_the_same_particles() -> None:
    land = Normal.of(2).landscape
    np.testing.assert_array_equal(run(land, 2).positions, run(land, 2).positions)
    assert (run(land, 2, seed=2).positions != run(land, 2).positions).any()


def test_a_rise_leaves_the_worst_island_the_share_that_is_wanted() -> None:
    ratios = np.random.default_rng(0).normal(0.0, [[3.0], [6.0]], (2, 4000))
    rise = next_rise(ratios, 1.0)
    weights = np.exp(rise * ratios)
    shares = weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1) / 4000
    assert shares.min() == pytest.approx(EFFECTIVE_SHARE, abs=0.01)
    assert next_rise(0.01 * ratios, 0.7) == 0.7


def test_particles_outside_the_support_do_not_stop_the_rise() -> None:
    ratios = np.zeros((2, 100))
    ratios[:, :70] = -np.inf
    assert next_rise(ratios, 1.0) == 1.0


def test_resampling_is_within_islands_and_even() -> None:
    weights = np.array([[2.0, 0.0, 1.5, 0.5], [1.0, 1.0, 1.0, 1.0]])
    counts = np.zeros((2, 4))
    rng = np.random.default_rng(0)
    for _ in range(4000):
        chosen = resample(weights, rng)
        assert (np.diff(chosen) >= 0).all(), "lineages stay in order"
        counts += np.bincount(chosen, minlength=8).reshape(2, 4)
    np.testing.assert_allclose(counts / 4000, weights, atol=0.04)


def test_the_error_of_the_evidence_is_the_larger_of_two() -> None:
    islands = np.log(np.array([0.8, 1.2, 1.1, 0.9]))
    scatter = islands.std(ddof=1) / 2
    assert Evidence(islands, 0.01).error == pytest.approx(scatter)
    assert Evidence(islands, 0.5).error == 0.5
    assert Evidence(islands, 0.5).value == pytest.approx(0.0)
    assert Evidence(islands, 0.01).agrees(Evidence(islands + 0.2, 0.01))
    assert not Evidence(islands, 0.01).agrees(Evidence(islands + 2.0, 0.01))


def stop_after(percent: int):
    def report(progress: Progress) -> None:
        if progress.done >= percent:
            raise KeyboardInterrupt

    return report


def test_an_interrupt_before_the_target_is_an_error() -> None:
    with pytest.raises(SamplingError, match="before its particles reached") as caught:
        run(Normal.of(8).landscape, 8, report=stop_after(1))
    assert caught.value.code == "interrupted"


def test_an_interrupt_after_it_keeps_the_particles() -> None:
    normal = Normal.of(8)
    found = run(normal.landscape, 8, report=stop_after(26))
    assert found.interrupted and len(found.evidences) == 1
    within(found.positions.mean((0, 1)), normal.mean, mcse_mean(found.positions))


def test_a_target_that_is_zero_at_all_particles_is_an_error() -> None:
    land = look(half_line, {"rate": np.array(1.0)}, 1)
    far = Student(np.array([-1e6]), np.eye(1), 4.0)
    with pytest.raises(SamplingError, match="zero at every particle"):
        sample_tempered(land.slopes, far, Islands(4, 100, 100), np.random.default_rng(0))

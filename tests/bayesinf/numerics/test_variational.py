"""Guides fitted to densities whose best approximation is known in closed form."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from bayesinf.errors import SamplingError
from bayesinf.numerics.guides import guide_named
from bayesinf.numerics.noise import Standard
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.variational import BLOCK, Fitted, Frame, Search, fit_guide
from tests.bayesinf.numerics.targets import LOG_TWO_PI, Normal, funnel, gaussian, half_line

NORMAL = Normal.of(4)
SEARCH = Search(steps=5000, particles=32, learning_rate=0.05)


def rough(normal: Normal) -> Frame:
    """Coordinates that are off by half an sd, and by a factor in width."""
    sds = np.sqrt(np.diagonal(normal.covariance))
    return Frame(normal.mean + 0.5 * sds, 1.6 * sds)


def fitted(name: str, normal: Normal = NORMAL, **options) -> Fitted:
    guide = guide_named(name, normal.size)
    return fit_guide(gaussian, normal.data, guide, rough(normal), SEARCH, 1, **options)


def covariance_of(found: Fitted) -> np.ndarray:
    """Of a normal guide, through the frame."""
    z = np.vstack([np.zeros(found.size), np.eye(found.size)])
    points = np.asarray(found.frame.points(found.guide.forward(found.parameters, z)[0]))
    factor = (points[1:] - points[0]).T
    return factor @ factor.T


def test_a_full_rank_guide_becomes_the_normal_itself() -> None:
    found = fitted("full-rank")
    assert found.converged
    np.testing.assert_allclose(covariance_of(found), NORMAL.covariance, atol=2e-3)
    points, log_density = found.draw(np.random.default_rng(0), 1000, Standard(4))
    ratios = gaussian(points, NORMAL.data) - log_density
    np.testing.assert_allclose(ratios, NORMAL.log_evidence, atol=0.03)
    assert found.elbos[-1] == pytest.approx(NORMAL.log_evidence, abs=0.005)


def test_a_mean_field_guide_has_the_conditional_spreads() -> None:
    """The best independent normals: same mean, precisions on the diagonal, a bound too low."""
    found = fitted("mean-field")
    assert found.converged
    precisions = np.diagonal(NORMAL.precision)
    sds = np.sqrt(np.diagonal(covariance_of(found)))
    np.testing.assert_allclose(sds, 1 / np.sqrt(precisions), rtol=0.03)
    bound = 0.5 * (4 * LOG_TWO_PI - np.log(precisions).sum())
    assert found.elbos[-1] == pytest.approx(bound, abs=0.05)
    assert bound < NORMAL.log_evidence - 0.1


def test_a_low_rank_guide_finds_the_one_direction_of_correlation() -> None:
    direction = np.array([1.0, -2.0, 0.5, 1.5, 0.0, 1.0])
    normal = Normal(np.zeros(6), np.eye(6) + np.outer(direction, direction))
    found = fitted("low-rank", normal)
    np.testing.assert_allclose(covariance_of(found), normal.covariance, atol=0.15)
    assert found.elbos[-1] == pytest.approx(normal.log_evidence, abs=0.03)


def test_a_flow_bends_where_a_normal_cannot() -> None:
    data, frame = {"sd": np.array(1.0)}, Frame(np.zeros(3), np.ones(3))
    exact = 1.5 * LOG_TWO_PI
    bounds = {
        name: fit_guide(funnel, data, guide_named(name, 3), frame, SEARCH, 1).elbos[-1]
        for name in ("full-rank", "flow")
    }
    assert bounds["full-rank"] < exact - 0.15
    assert exact - 0.05 < bounds["flow"] < exact + 0.02


def test_too_few_steps_are_said_to_be_too_few() -> None:
    found = fit_guide(
        gaussian,
        NORMAL.data,
        guide_named("full-rank", 4),
        Frame(NORMAL.mean + 100.0, np.ones(4)),
        Search(2 * BLOCK, 8, 0.05),
        1,
    )
    assert not found.converged and found.steps == 2 * BLOCK


def test_the_same_seed_gives_the_same_guide_and_other_data_compile_nothing() -> None:
    one = fitted("full-rank")
    compiled: list[str] = []

    def listen(event: str, _: float, **__: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        other = fitted("full-rank")
        fitted("full-rank", Normal.of(4, seed=1))
        assert compiled == []
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    for name, value in one.parameters.items():
        np.testing.assert_array_equal(value, other.parameters[name])


def stop_at(steps: int):
    def report(progress: Progress) -> None:
        if progress.done >= steps:
            raise KeyboardInterrupt

    return report


def test_an_interrupt_keeps_the_guide_so_far() -> None:
    found = fitted("full-rank", report=stop_at(3 * BLOCK))
    assert found.interrupted and not found.converged
    assert found.steps == 3 * BLOCK
    points, log_density = found.draw(np.random.default_rng(0), 10, Standard(4))
    assert np.isfinite(points).all() and np.isfinite(log_density).all()


def test_steps_outside_the_support_are_left_out_or_refused() -> None:
    """A normal guide always reaches below zero, where the density has no gradient."""
    guide, data = guide_named("full-rank", 1), {"rate": np.array(1.0)}
    inside = Frame(np.array([3.0]), np.array([0.3]))
    found = fit_guide(half_line, data, guide, inside, Search(200, 4, 0.01), 1)
    assert np.isfinite(found.parameters["mean"]).all()
    outside = Frame(np.array([-3.0]), np.array([0.3]))
    with pytest.raises(SamplingError, match="not finite in any step"):
        fit_guide(half_line, data, guide, outside, Search(200, 4, 0.01), 1)

"""Values and gradients of many points, against NumPy and differences; few programs are compiled."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from bayesinf.numerics import landscape
from bayesinf.numerics.landscape import survey
from tests.bayesinf.numerics.targets import Normal, funnel, gaussian, half_line, look

NORMAL = Normal.of(3)


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("count", [1, 5, 300])
def test_values_and_gradients_are_those_of_the_density(traced: bool, count: int) -> None:
    land = look(gaussian, NORMAL.data, 3, traced)
    points = np.random.default_rng(0).normal(size=(count, 3))
    values, gradients = land.slopes(points)
    np.testing.assert_allclose(values, gaussian(points, NORMAL.data), rtol=1e-12)
    np.testing.assert_allclose(land.values(points), values, rtol=1e-12)
    np.testing.assert_allclose(gradients, -(points - NORMAL.mean) @ NORMAL.precision, rtol=1e-10)


def test_batches_bound_the_memory_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    whole = look(gaussian, NORMAL.data, 3).slopes(points)
    monkeypatch.setattr(landscape, "LARGEST_BATCH", 16)
    seen: list[int] = []

    def counted(flat, data):
        seen.append(len(flat))
        return gaussian(flat, data)

    parts = survey(counted, NORMAL.data, 3, 1, traced=False)
    np.testing.assert_allclose(parts.slopes(points)[1], whole[1])
    np.testing.assert_allclose(parts.values(points), whole[0])
    assert max(seen) <= 16


def test_outside_the_support_there_is_no_slope() -> None:
    values, gradients = look(half_line, {"rate": 1.0}, 1).slopes(np.array([[2.0], [-1.0]]))
    assert values[0] == pytest.approx(2 * np.log(2) - 2)
    assert values[1] == -np.inf and gradients[1, 0] == 0.0


def test_what_overflows_is_zero_density() -> None:
    values, gradients = look(funnel, {"sd": 3.0}, 3).slopes(np.array([[-2000.0, 1.0, 1.0]]))
    assert values[0] == -np.inf and not gradients.any()


def test_sizes_within_a_bucket_and_other_data_compile_nothing() -> None:
    compiled: list[str] = []

    def listen(event: str, _: float, **__: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(event)

    jax.clear_caches()
    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        look(gaussian, NORMAL.data, 3).slopes(np.zeros((17, 3)))
        assert compiled, "the counter counts"
        compiled.clear()
        look(gaussian, Normal.of(3, seed=1).data, 3).slopes(np.zeros((24, 3)))
        assert compiled == []
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)

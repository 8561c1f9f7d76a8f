import numpy as np
import pytest
from scipy import stats

from causal.instruments import anderson_rubin, collect_moments
from tests.causal.instruments.made import moments, rows


def rejected(y, t, z, effect):
    """The F test of the instruments in what the effect leaves of the outcome."""
    left = y - effect * t
    design = np.column_stack([np.ones(len(y)), z])
    rest = left - design @ np.linalg.lstsq(design, left, rcond=None)[0]
    plain = ((left - left.mean()) ** 2).sum()
    degrees = len(y) - design.shape[1]
    f = (plain - rest @ rest) / z.shape[1] / (rest @ rest / degrees)
    return f > stats.f.ppf(0.95, z.shape[1], degrees)


@pytest.mark.parametrize("strength", [0.01, 0.05, 0.1, 0.5])
@pytest.mark.parametrize("count", [1, 3])
def test_the_set_is_where_the_test_does_not_reject(generator, strength, count):
    y, t, z = rows(generator, strength=strength, count=count)
    named = {f"z{k}": z[:, k] for k in range(count)}
    found = anderson_rubin(collect_moments(y, t[:, None], named, np.empty((400, 0))))
    for effect in np.concatenate([np.linspace(-3, 5, 41), [-1e6, 1e6]]):
        assert found.holds(effect) == (not rejected(y, t, z, effect))


def test_it_holds_the_effect_as_often_as_it_says(generator):
    held = [anderson_rubin(moments(generator, strength=0.02)).holds(1.0) for _ in range(600)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_all_shapes_are_told(generator):
    shapes = {}
    for _ in range(200):
        for strength in (0.02, 0.5):
            found = anderson_rubin(moments(generator, strength=strength))
            shapes[found.shape] = found
    assert {"interval", "rays", "line"} <= set(shapes)
    assert shapes["interval"].bounded and not shapes["line"].bounded
    assert "every number" in shapes["line"].sentence()
    assert "unbounded: all below" in shapes["rays"].sentence()


def test_instruments_that_contradict_each_other_leave_nothing(generator):
    y, t, z = rows(generator, count=2)
    y = y + 3 * z[:, 0] - 3 * z[:, 1]
    named = {"a": z[:, 0], "b": z[:, 1]}
    found = anderson_rubin(collect_moments(y, t[:, None], named, np.empty((400, 0))))
    assert found.shape == "empty"
    assert not found.holds(0.0)
    assert "no effect agrees" in found.sentence()

import numpy as np
import pytest

import bayesinf as bi
from causal.series.structural import LocalLevel, LocalTrend, Structure, waves


@pytest.mark.parametrize("seasons", [2, 3, 4, 7, 12])
def test_waves_make_every_pattern_with_mean_zero(generator, seasons):
    columns = waves(3 * seasons, seasons)
    assert columns.shape == (3 * seasons, seasons - 1)
    pattern = generator.normal(size=seasons)
    target = np.tile(pattern - pattern.mean(), 3)
    fitted = columns @ np.linalg.lstsq(columns, target)[0]
    np.testing.assert_allclose(fitted, target, atol=1e-10)


def test_long_cycles_are_made_of_slow_waves():
    assert waves(100, 52).shape == (100, 20)
    assert waves(5, None).shape == (5, 0)


def test_a_structure_has_the_sds_of_its_parts():
    outcome, controls = np.zeros(6), np.ones((6, 2))
    assert list(Structure(outcome, controls[:, :0]).sizes) == ["noise", "level"]
    whole = Structure(outcome, controls, LocalTrend(), 4, {"level": bi.HalfNormal(0.01)})
    assert list(whole.sizes) == ["noise", "level", "slope", "season", "controls"]
    assert whole.sizes["level"] == bi.HalfNormal(0.01)
    sizes = {name: np.full(2, place + 1.0) for place, name in enumerate(whole.sizes)}
    assert whole.columns.shape == (6, 5)
    assert whole.scales(sizes)[:, 0].tolist() == [4.0, 4.0, 4.0, 5.0, 5.0]
    states = whole.states(sizes)
    assert states.moves.tolist() == [[1, 1], [0, 1]]
    assert states.shocks[:, 0].tolist() == [4.0, 9.0]
    assert states.noise.tolist() == [1.0, 1.0]


def test_a_level_stays_but_for_shocks():
    model = Structure(np.zeros(3), np.empty((3, 0)), LocalLevel())
    states = model.states({"noise": np.ones(1), "level": np.ones(1)})
    assert states.still
    assert model.scales({"noise": np.ones(1), "level": np.ones(1)}).shape == (0, 1)

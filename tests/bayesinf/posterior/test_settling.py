from __future__ import annotations

import numpy as np

from bayesinf.model.program import read_program
from bayesinf.numerics.random import Streams
from bayesinf.posterior.settling import settle
from bayesinf.posterior.target import target_of
from tests.bayesinf.model import programs


def test_a_model_with_a_mode_is_left_as_it_is_written() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=30)
    data = {"x": x, "y": 1 + 2 * x + rng.normal(size=30)}
    target = target_of(read_program(programs.straight, data))
    settled = settle(target, Streams(1))
    assert settled.target is target and settled.notes == ()
    slope, intercept = np.polyfit(x, data["y"], 1)
    assert np.allclose(settled.modes.best.point[:2], [intercept, slope], atol=0.02)
    assert settled.modes.agree


def test_a_funnel_is_settled_in_units_of_its_spread() -> None:
    target = target_of(read_program(programs.centred, programs.EIGHT))
    settled = settle(target, Streams(1))
    assert settled.target is not target
    assert [note.code for note in settled.notes] == ["decentred"]
    assert settled.modes.best.converged
    draws = settled.target.read(np.random.default_rng(2).normal(size=(2, 3, 10)))
    assert set(draws.arrays()) == {"mu", "tau", "theta"}

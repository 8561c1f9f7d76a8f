"""Calibration has power: planted bugs are caught at six rows, and the right programs pass."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import cells
from benchmarks.mutations import (
    InterceptUncentred,
    LikelihoodDropped,
    Mutation,
    OffsetIgnored,
    WeightsIgnored,
    WideSigma,
)
from benchmarks.shapes import ALL as SHAPES
from benchmarks.stages import Program, in_two_stages

ROWS = 6


def calibrated(bug: Mutation, count: int, planted: bool) -> dict[str, Any]:
    model, engine = SHAPES[bug.shape](ROWS), cells.engine_named("fleet")
    if not planted:
        return in_two_stages(Program(model, engine), count, seed=1)
    return in_two_stages(Program(model, engine, bug.model, bug.answer), count, seed=1)


CASES = [
    pytest.param(LikelihoodDropped(), 80, "log likelihood", id="likelihood"),
    pytest.param(OffsetIgnored(), 400, "Intercept", id="offset"),
    pytest.param(InterceptUncentred(), 400, "Intercept", id="intercept"),
    pytest.param(WeightsIgnored(), 5000, "Intercept", id="weights", marks=pytest.mark.slow),
    pytest.param(WideSigma(), 5000, "log prior", id="sigma", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("bug", "count", "quantity"), CASES)
def test_a_planted_bug_is_caught_in_both_stages(bug: Mutation, count: int, quantity: str) -> None:
    found = calibrated(bug, count, planted=True)
    assert not found["passes"]
    assert found["second"][quantity] < 1e-4
    if quantity == "log likelihood":
        # No other quantity can know: the prior is returned, and truths are drawn from it.
        assert set(found["second"]) == {quantity}


@pytest.mark.parametrize(("bug", "count", "quantity"), CASES)
def test_the_right_program_passes(bug: Mutation, count: int, quantity: str) -> None:
    found = calibrated(bug, count, planted=False)
    assert found["passes"]
    assert found["first"][quantity] > 1e-3


def test_weights_do_what_smaller_errors_would() -> None:
    """The weighted program that `WeightsIgnored` spoils is right."""
    model, engine = SHAPES[WeightsIgnored.shape](ROWS), cells.engine_named("fleet")
    found = in_two_stages(Program(model, engine, WeightsIgnored().weighted), 400, seed=1)
    assert found["passes"] and min(found["first"].values()) > 1e-3

"""The fleet's way as an engine: the contract of all engines holds, and it is calibrated."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.criticism.calibration import calibrate
from bayesinf.criticism.simulation import simulate
from bayesinf.fleet.engine import Fleet
from tests.contracts.engine_contract import CHECKS, models


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_contract_of_engines(check) -> None:
    check(Fleet())


def test_it_refuses_group_effects() -> None:
    assert Fleet().refuses(models()["grouped"]) is not None
    assert Fleet().refuses(models()["counts"]) is None


@pytest.mark.parametrize("name", ["gaussian", "bernoulli", "robust"])
def test_it_is_calibrated(name: str) -> None:
    data = simulate(models()[name], bi.Streams(1), 150)
    found = calibrate(Fleet(draws=400), data)
    assert found.passes(), found
    assert np.median(found.ess) > 250

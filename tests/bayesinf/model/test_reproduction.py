"""Outcomes that are reproduced exactly are refused where sigma has nothing to keep it from zero."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.errors import ModelError
from bayesinf.model.reproduction import power_at_zero

type Frame = dict[str, np.ndarray]


def frame(rows: int, levels: int) -> Frame:
    rng = np.random.default_rng(3)
    codes = np.arange(rows) % levels
    return {
        "g": codes.astype(str),
        "level": rng.normal(size=levels)[codes],
        "slope": rng.normal(size=levels)[codes],
        "x": rng.normal(size=rows),
        "noise": rng.normal(size=rows),
    }


def code(formula: str, data: Frame, family: str = "gaussian", **priors: bi.Prior) -> str:
    try:
        bi.model(formula, data, family, priors=priors)
    except ModelError as error:
        assert error.column == "y"
        return error.code
    return "proper"


@pytest.mark.parametrize(("rows", "levels"), [(40, 8), (4000, 200)])
@pytest.mark.parametrize("family", ["gaussian", "student_t"])
def test_groups_that_reproduce_the_outcome(rows: int, levels: int, family: str) -> None:
    data = frame(rows, levels)
    constant, sloped = data["level"], data["level"] + data["slope"] * data["x"]
    noisy = constant + 1e-6 * data["noise"]
    assert code("y ~ 1 + (1 | g)", data | {"y": constant}, family) == "improper-posterior"
    assert code("y ~ x + (1 | g)", data | {"y": constant + data["x"]}, family) == (
        "improper-posterior"
    )
    assert code("y ~ x + (x | g)", data | {"y": sloped}, family) == "improper-posterior"
    assert code("y ~ 1 + (1 | g)", data | {"y": noisy}, family) == "proper"
    assert code("y ~ x + (1 | g)", data | {"y": sloped}, family) == "proper"


def test_a_normal_outcome_without_groups_is_a_finding() -> None:
    data = frame(40, 8)
    data["y"] = 1.0 + 2.0 * data["x"]
    assert code("y ~ x", data) == "proper"
    assert code("y ~ x", data, "student_t") == "improper-posterior"


def test_one_row_per_group_leaves_no_row_over() -> None:
    data = frame(40, 40)
    assert code("y ~ x + (1 | g)", data | {"y": data["noise"]}) == "proper"


def test_a_prior_away_from_zero_keeps_sigma_there() -> None:
    data = frame(40, 8)
    data["y"] = data["level"]
    assert code("y ~ 1 + (1 | g)", data, sigma=bi.InverseGamma(3, 1)) == "proper"
    assert code("y ~ 1 + (1 | g)", data, sigma=bi.LogNormal(0, 1)) == "proper"
    assert code("y ~ 1 + (1 | g)", data, sigma=bi.Gamma(34, 1)) == "proper"
    assert code("y ~ 1 + (1 | g)", data, sigma=bi.Gamma(31, 1)) == "improper-posterior"


@pytest.mark.parametrize(
    ("prior", "power"),
    [
        (bi.HalfStudentT(3, 1), 0.0),
        (bi.Exponential(2), 0.0),
        (bi.Gamma(2.5, 1), 1.5),
        (bi.LogFlat(), -1.0),
        (bi.LogNormal(0, 3), np.inf),
        (bi.InverseGamma(1, 1), np.inf),
    ],
)
def test_powers_at_zero(prior: bi.Prior, power: float) -> None:
    assert power_at_zero(prior) == pytest.approx(power, abs=1e-6)

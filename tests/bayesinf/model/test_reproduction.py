"""Outcomes that are reproduced exactly are refused where sigma has nothing to keep it from zero."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.errors import ModelError
from bayesinf.model.reproduction import Spread, power_at_zero
from bayesinf.term import Effects

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


@pytest.mark.parametrize(
    ("rows", "levels", "groups"),
    [
        (10, 9, "(1 | g)"),
        (600, 300, "(1 + x | g)"),
        (600, 300, "(1 | g) + (1 | h)"),
        (600, 300, "(1 | id)"),
        (1200, 300, "(1 | g) + (1 | id)"),
    ],
)
def test_columns_that_reproduce_the_outcome_without_the_groups(
    rows: int, levels: int, groups: str
) -> None:
    """The groups' sds go to zero with sigma: one power each, however many levels there are."""
    data = frame(rows, levels)
    codes = np.arange(rows)
    data |= {"h": (codes // levels).astype(str), "id": codes.astype(str)}
    formula = f"y ~ x + {groups}"
    assert code(formula, data | {"y": 1.0 + 3.0 * data["x"]}) == "improper-posterior"
    assert code(formula, data | {"y": data["noise"]}) == "proper"


def test_one_group_reproduces_the_outcome_and_another_goes_to_zero() -> None:
    data = frame(40, 8)
    data |= {"id": np.arange(40).astype(str), "y": data["level"] + data["x"]}
    assert code("y ~ x + (1 | g) + (1 | id)", data) == "improper-posterior"


@pytest.mark.parametrize(
    ("rows", "expected"), [(3, "proper"), (4, "improper-posterior"), (6, "improper-posterior")]
)
def test_powers_of_sigma_are_counted(rows: int, expected: str) -> None:
    """Two columns, an sd that goes to zero, and sigma itself: by quadrature over sigma and sd."""
    data = frame(rows, 3)
    data["y"] = 1.0 + 3.0 * data["x"]
    formula = "y ~ x + (1 | g)"
    assert code(formula, data, sigma=bi.HalfNormal(1)) == expected
    columns = np.column_stack([np.ones(rows), data["x"]])
    effects = (data["g"][:, None] == np.unique(data["g"])).astype(float)
    shares = np.exp(np.linspace(-12, 12, 400))

    def log_mass(sigma: float) -> float:
        """Over the sd, as a share of sigma up to where the mass lies; coefficients normal."""
        found = []
        for share in shares[shares * sigma < 1]:
            spread = (share * sigma) ** 2 * effects @ effects.T
            covariance = sigma**2 * np.eye(rows) + spread
            inverse = np.linalg.inv(covariance)
            inner = columns.T @ inverse @ columns
            logs = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(inner)[1]
            found.append(-0.5 * logs + np.log(share * sigma))
        return float(np.logaddexp.reduce(found))

    power = (log_mass(1e-5) - log_mass(1e-4)) / np.log(0.1)
    assert ("proper" if power > -0.9 else "improper-posterior") == expected


def test_a_prior_of_an_sd_away_from_zero_keeps_it_there() -> None:
    data = frame(10, 9)
    data["y"] = 2.0 * data["x"]
    away = {"sd:g": bi.InverseGamma(3, 1)}
    assert code("y ~ x + (1 | g)", data, **away) == "proper"
    assert code("y ~ x + (1 | g)", data, **{"sd:g": bi.Gamma(3, 1)}) == "improper-posterior"


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


def test_effects_of_one_sd_leave_what_least_squares_leaves() -> None:
    rng = np.random.default_rng(7)
    codes, values = rng.integers(0, 6, 50), rng.normal(size=50)
    values[codes == 2] = 0.0  # a level without a value takes nothing out
    group = Effects("g", tuple("abcdefg"), codes, values[:, None], ("x",), False)
    spread = Spread(group, 0, 1.0)
    columns = rng.normal(size=(50, 3))
    block = np.eye(7)[codes] * values[:, None]
    left = columns - block @ np.linalg.lstsq(block, columns, rcond=None)[0]
    np.testing.assert_allclose(spread.left_of(columns), left, atol=1e-12)


@pytest.mark.parametrize("mean", [0.0, 1e3, 1e8])
def test_levels_of_thousands_of_rows_far_from_zero(mean: float) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 10_000)
    data = {"g": codes.astype(str), "y": (mean + rng.random(3))[codes]}
    assert code("y ~ 1 + (1 | g)", data) == "improper-posterior"
    noisy = data["y"] + max(mean, 1.0) * 1e-9 * rng.normal(size=10_000)
    assert code("y ~ 1 + (1 | g)", data | {"y": noisy}) == "proper"


def test_columns_that_the_effects_say_explain_no_other_outcome() -> None:
    """Left over of z and w is rounding, which would explain any outcome of a level of two rows."""
    for seed in range(25):
        rng = np.random.default_rng(seed)
        codes = np.repeat([0, 1, 2], [320, 2, 4])
        x = np.where(codes == 0, 0.0, np.where(codes == 2, 1.0, rng.normal(size=326)))
        data = {"g": codes.astype(str), "x": x}
        data["z"], data["w"] = (np.array([1.0, *rng.normal(size=2)])[codes] * x for _ in range(2))
        data["y"] = np.where(codes == 0, 0.0, np.where(codes == 2, 3.0, rng.normal(size=326)))
        assert code("y ~ 0 + z + w + (0 + x | g)", data) == "proper"

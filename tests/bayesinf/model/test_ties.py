"""Outcomes more than half of which are equal leave Student's t no posterior."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.errors import ModelError

type Frame = dict[str, np.ndarray]


def spending(zeros: int, rows: int = 50) -> Frame:
    rng = np.random.default_rng(1)
    codes = np.arange(rows)
    return {
        "spend": np.where(codes < zeros, 0.0, 1.0 + rng.gamma(2.0, size=rows)),
        "arm": np.resize(["a", "b"], rows),
        "x": rng.normal(size=rows),
        "g": (codes % 5).astype(str),
    }


def code(formula: str, frame: Frame, family: str = "student_t", **priors: bi.Prior) -> str:
    try:
        bi.model(formula, frame, family, priors=priors)
    except ModelError as error:
        assert error.column == "spend"
        return error.code
    return "proper"


@pytest.mark.parametrize(
    ("formula", "fewest"),
    [
        ("spend ~ 1", 26),
        ("spend ~ arm", 27),
        ("spend ~ x", 27),
        ("spend ~ 0 + x", 26),
        ("spend ~ arm + (1 | g)", 27),
    ],
)
def test_how_many_equal_outcomes_are_too_many(formula: str, fewest: int) -> None:
    """By m - r - 1 - (1 with a group) >= n - m: an even total of 2 m is rounded up."""
    assert code(formula, spending(fewest)) == "improper-posterior"
    assert code(formula, spending(fewest - 1)) == "proper"
    assert code(formula, spending(fewest), "gaussian") == "proper"


def test_the_integral_over_sigma_grows_without_bound() -> None:
    """The mass below sigma, by quadrature over the mean at nu of 1.05, for 32 and 25 of 50."""
    for zeros, expected in ((32, "improper-posterior"), (25, "proper")):
        y, nu = spending(zeros)["spend"], 1.05

        def log_density(sigma: float, y: np.ndarray = y, nu: float = nu) -> float:
            mean = sigma * np.sinh(np.linspace(-6, 6, 1201))
            rows = -0.5 * (nu + 1) * np.log1p(((y - mean[:, None]) / sigma) ** 2 / nu)
            logs = rows.sum(axis=1) - len(y) * np.log(sigma) + np.log(np.hypot(sigma, mean))
            return float(np.logaddexp.reduce(logs))

        power = (log_density(1e-5) - log_density(1e-4)) / np.log(0.1)
        assert ("improper-posterior" if power <= -1.0 else "proper") == expected
        assert code("spend ~ 1", spending(zeros), sigma=bi.HalfNormal(1)) == expected


def test_each_arm_has_an_outcome_of_its_own() -> None:
    frame = spending(0, 60)
    first = frame["arm"] == "a"
    many = np.arange(60) < 40
    frame["spend"] = np.where(many, np.where(first, 2.0, 5.0), frame["spend"])
    assert code("spend ~ arm", frame) == "improper-posterior"
    assert code("spend ~ 1", frame) == "proper"


def test_a_prior_of_sigma_away_from_zero() -> None:
    assert code("spend ~ arm", spending(40), sigma=bi.LogNormal(0, 1)) == "proper"
    assert code("spend ~ arm", spending(28), sigma=bi.Gamma(8, 1)) == "proper"
    assert code("spend ~ arm", spending(40), sigma=bi.Gamma(8, 1)) == "improper-posterior"


def test_the_sentence_names_the_outcome_and_its_count() -> None:
    with pytest.raises(ModelError, match=r"28 of 50 outcomes 'spend'.*: 0 \(28 times\)\."):
        bi.model("spend ~ arm", spending(28), "student_t")

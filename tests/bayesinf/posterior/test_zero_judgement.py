"""Varying slopes of columns far from zero."""

from __future__ import annotations

import pytest

import bayesinf as bi


def codes(formula: str, shift: float) -> list[str]:
    frame = bi.examples.sleepstudy()
    fit = bi.fit(formula, frame.assign(Days=frame["Days"] + shift), seed=1)
    return [finding.code for finding in fit.verdict.of("warning")]


@pytest.mark.parametrize("shift", [100, 40, -60])
def test_a_slope_that_varies_far_from_zero_is_told(shift: float) -> None:
    assert codes("Reaction ~ Days + (Days | Subject)", shift) == ["far-from-zero"]


@pytest.mark.parametrize(
    ("formula", "shift"),
    [
        ("Reaction ~ Days + (Days | Subject)", 0),
        ("Reaction ~ Days + (1 | Subject)", 2010),
        ("Reaction ~ Days + (center(Days) | Subject)", 2010),
    ],
)
def test_others_are_not(formula: str, shift: float) -> None:
    assert codes(formula, shift) == []


def test_the_advice_works() -> None:
    """Centred, the year is as good as the day."""
    frame = bi.examples.sleepstudy()
    year = frame.assign(Year=frame["Days"] + 2010)
    fit = bi.fit("Reaction ~ Year + (center(Year) | Subject)", year, seed=1)
    spread = fit.summary().loc["sd:Subject:center(Year)", "mean"]
    assert spread == pytest.approx(6.4, abs=0.3)

import numpy as np
import pytest

from causal.instruments import AndersonRubin, Strength, checks

LINE = AndersonRubin("line", -np.inf, np.inf, 0.95)
INTERVAL = AndersonRubin("interval", 0.1, 0.9, 0.95)


def test_overlap(generator):
    draws = generator.normal(size=20_000)
    assert checks.prior_overlap(draws, generator.normal(size=20_000)) > 0.95
    assert checks.prior_overlap(draws, 3 + generator.normal(size=20_000)) < 0.2


@pytest.mark.parametrize(
    ("f", "found", "overlap", "severity"),
    [
        (0.8, LINE, 0.9, "bad"),
        (6.0, LINE, 0.2, "bad"),
        (6.0, INTERVAL, 0.7, "bad"),
        (6.0, INTERVAL, 0.2, "warning"),
        (60.0, INTERVAL, 0.7, "good"),
        (2.0, None, None, "bad"),
        (60.0, None, None, "good"),
    ],
)
def test_strength(f, found, overlap, severity):
    finding = checks.judge_strength(Strength(f, f, 0.01), found, overlap, "educ")
    assert finding.severity == severity
    assert finding.code == "weak-instrument"
    assert f"F = {f:.2f}" in finding.sentence


def test_agreement():
    agrees = checks.judge_agreement(1.0, 0.3, 1, 0.01)
    assert agrees is not None and agrees.severity == "good"
    differs = checks.judge_agreement(9.0, 0.002, 1, 0.2)
    assert differs is not None and differs.severity == "warning"
    assert checks.judge_agreement(0.0, 1.0, 0, 0.0) is None


def test_the_set_is_told():
    assert checks.judge_set(INTERVAL).evidence == {"lower": 0.1, "upper": 0.9}
    assert checks.judge_set(LINE).evidence == {}
    empty = AndersonRubin("empty", -np.inf, np.inf, 0.95)
    assert checks.judge_set(empty).severity == "warning"


def test_what_would_explain_it_away(generator):
    reduced = 0.5 + 0.1 * generator.normal(size=4000)
    finding = checks.judge_exclusion(reduced, "near", "wage", 2.0)
    assert finding.evidence["direct"] == pytest.approx(0.5, abs=0.02)
    assert finding.evidence["limit"] == pytest.approx(0.3, abs=0.02)
    nothing = checks.judge_exclusion(reduced - 0.5, "near", "wage", 2.0)
    assert "holds no effect as it is" in nothing.sentence


def test_least_squares_stands_beside(generator):
    finding = checks.judge_least_squares(generator.normal(size=4000), 0.0)
    assert finding.evidence["above"] == pytest.approx(0.5, abs=0.05)

import numpy as np
import pandas as pd
import pytest

from causal.discontinuity import checks


def jumps(*lines):
    return pd.DataFrame(lines, columns=["jump", "sd", "tail"], index=list("abcdef"[: len(lines)]))


@pytest.mark.parametrize(
    ("log_ratio", "severity"), [(0.1, "good"), (0.25, "warning"), (0.6, "bad"), (-0.6, "bad")]
)
def test_density(log_ratio, severity):
    columns = ["log ratio", "error", "detectable", "rows", "bandwidth"]
    table = pd.DataFrame([(log_ratio, 0.1, 1.3, 500, 1.0)], columns=columns)
    finding = checks.judge_density(table, "score")
    assert finding.severity == severity
    assert "probability 0.8" in finding.sentence
    for untold in (table.iloc[:0], table.assign(detectable=9.0)):
        assert checks.judge_density(untold, "score").code == "density-untested"


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ([(0.1, 0.2, 0.6), (0.1, 0.05, 0.04)], "good"),  # 0.04 twice is no surprise
        ([(0.1, 0.2, 0.6), (0.1, 0.03, 0.001)], "warning"),
        ([(0.1, 0.2, 0.6), (0.9, 0.03, 1e-9)], "bad"),
        ([(0.1, 0.2, 0.6), (0.1, 0.001, 1e-9)], "warning"),  # sure, but small
    ],
)
def test_jumps_that_should_be_zero(lines, severity):
    finding = checks.judge_covariates(jumps(*lines))
    assert finding.severity == severity
    assert finding.code == "covariate-jumps"
    placebo = checks.judge_placebos(jumps(*lines), 1.0)
    assert placebo is not None and placebo.severity == severity


def test_nothing_to_check_is_said_or_passed_over():
    assert checks.judge_covariates(jumps()).severity == "note"
    assert checks.judge_placebos(jumps(), 1.0) is None
    assert checks.judge_donut(jumps(), 1.0, 0.1) is None


def test_donut():
    table = pd.DataFrame({"jump": [1.0, 2.0], "sd": [0.11, 0.12], "tail": 0.0}, index=[0.1, 0.2])
    moved = checks.judge_donut(table, 1.0, 0.1)
    assert moved is not None and moved.severity == "warning"
    assert "within 0.2 of" in moved.sentence
    steady = checks.judge_donut(table.iloc[:1], 1.0, 0.1)
    assert steady is not None and steady.severity == "good"


def test_bandwidths():
    table = pd.DataFrame({"jump": [0.9, 1.0, 1.3], "sd": 0.1}, index=[0.5, 1.0, 2.0])
    beyond = checks.judge_bandwidths(table, (0.8, 1.2))
    assert beyond is not None and beyond.severity == "warning"
    within = checks.judge_bandwidths(table, (0.8, 1.4))
    assert within is not None and within.severity == "good"
    assert checks.judge_bandwidths(table.iloc[:1], (0.8, 1.4)) is None


def test_robust_interval():
    table = pd.DataFrame([{"corrected": 1.0, "lower": 0.5, "upper": 1.5, "bandwidth": 0.2}])
    assert checks.judge_robust(table, 1.2).severity == "note"
    assert checks.judge_robust(table, 1.7).severity == "warning"


@pytest.mark.parametrize(("jump", "severity"), [(0.5, "good"), (0.25, "warning"), (0.1, "bad")])
def test_first_stage(jump, severity):
    assert checks.judge_first_stage(jump, 0.1, "took").severity == severity


def test_a_first_stage_without_noise_is_strong():
    assert checks.judge_first_stage(1.0, 0.0, "took").severity == "good"


def test_positions(generator):
    few = checks.judge_positions(np.repeat(np.arange(-5.0, 5.0), 9), 9.0, "age")
    assert few is not None and few.severity == "warning"
    tied = checks.judge_positions(np.repeat(np.arange(-50.0, 50.0), 9), 90.0, "age")
    assert tied is not None and tied.severity == "note"
    assert checks.judge_positions(generator.normal(size=200), 1.0, "age") is None

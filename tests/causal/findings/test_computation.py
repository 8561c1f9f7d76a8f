import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.findings.computation import judge_draws, judge_lost, judge_missing, judge_model


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"x": rng.normal(size=40), "y": rng.normal(size=40)})


def test_good_draws_are_good(generator):
    (finding,) = judge_draws("ATE", generator.normal(size=(4, 1000)))
    assert finding.severity == "good"
    assert 0.99 < finding.evidence["r_hat"] < 1.01


def test_chains_that_disagree_are_bad(generator):
    draws = generator.normal(size=(4, 1000)) + np.arange(4)[:, None]
    (finding,) = judge_draws("ATE", draws)
    assert finding.severity == "bad"
    assert "R-hat of the ATE itself" in finding.sentence


def test_few_effective_draws_are_a_warning(generator):
    (finding,) = judge_draws("ATE", generator.normal(size=(4, 60)))
    assert finding.severity == "warning"


def test_constant_draws_are_not_called_good():
    (finding,) = judge_draws("ATE", np.ones((4, 100)))
    assert finding.severity != "good"


def test_a_sound_model_says_so(frame):
    fit = bi.fit("y ~ x", frame, seed=1)
    assert [found.code for found in judge_model(fit)] == ["model"]


def test_a_models_doubts_are_passed_on():
    separated = pd.DataFrame({"x": np.arange(20.0), "y": (np.arange(20) > 9) * 1})
    fit = bi.fit("y ~ x", separated, family="bernoulli", seed=1)
    found = {finding.code: finding for finding in judge_model(fit)}
    assert found["model-separation"].severity == "warning"
    assert found["model-separation"].sentence.startswith("Outcome model: ")


@pytest.mark.parametrize(("lost", "severity"), [(1, "note"), (5, "warning")])
def test_dropped_rows_are_counted(frame, lost, severity):
    holes = frame.assign(x=frame["x"].where(np.arange(40) >= lost))
    (finding,) = judge_missing(bi.fit("y ~ x", holes, seed=1))
    assert finding.severity == severity
    assert finding.sentence.startswith(f"{lost} of 40 row")
    assert judge_missing(bi.fit("y ~ x", frame, seed=1)) == ()


@pytest.mark.parametrize(("lost", "severity"), [(1, "note"), (6, "warning")])
def test_rows_that_miss_a_value_are_counted(lost, severity):
    (finding,) = judge_lost(lost, 100 - lost)
    assert finding.severity == severity and finding.code == "missing-rows"
    assert finding.sentence == f"{lost} of 100 rows miss a value and were left out."
    assert judge_lost(0, 100) == ()

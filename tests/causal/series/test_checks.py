import numpy as np
import pytest

import bayesinf as bi
from causal.series.checks import (
    Forecasted,
    average_effect,
    judge_controls,
    judge_drift,
    judge_gaps,
    judge_length,
    judge_residuals,
    judge_series,
    judge_sizes,
    judge_time,
)
from causal.series.forecast import Forecast, Sizes, forecast
from causal.series.series import read_series
from causal.series.structural import LocalLevel
from causal.studies.interrupted_series import InterruptedSeries


@pytest.fixture(scope="module")
def found():
    frame = InterruptedSeries.example(np.random.default_rng(5)).frame
    series = read_series(frame, "y", "day", 70, ("x",))
    structure = series.structure(LocalLevel(), None, {})
    made = forecast(structure, bi.Streams(1), 500)
    return Forecasted(series, structure, made, average_effect(series, made.paths), 1)


def errors(values):
    sizes = Sizes(("noise",), np.ones((1, 4)), np.full(4, 0.25), 4.0, (0.0, 0.0))
    return Forecast(np.zeros((2, 3)), np.zeros((2, 0)), sizes, np.asarray(values, float))


def test_all_checks_speak_with_numbers(found):
    codes = [finding.code for finding in judge_series(found)]
    assert codes == ["sizes", "residuals", "placebo-in-time", "controls-break"]
    for finding in judge_series(found):
        assert all(np.isfinite(value) for value in finding.evidence.values())


def test_the_average_effect_is_in_the_outcomes_unit(found):
    assert found.effect.mean() == pytest.approx(10, abs=2)
    assert judge_gaps(found.series) == () and judge_length(found.series) == ()
    assert judge_drift(found) == ()


def test_independent_errors_pass_and_alternating_ones_do_not(generator):
    noise = generator.normal(size=60)
    assert judge_residuals(errors([np.nan, *noise])).severity == "good"
    found = judge_residuals(errors(noise * 0.2 + np.tile([1, -1], 30)))
    assert found.severity == "warning" and found.evidence["lag"] in (1, 2)


def test_sds_from_few_points_are_no_answer():
    assert judge_sizes(errors([0.0])).severity == "good"
    sizes = Sizes(("noise",), np.ones((1, 1000)), np.full(1000, 1e-3), 5.0, (0.0, 2.0))
    poor = Forecast(np.zeros((2, 3)), np.zeros((2, 0)), sizes, np.zeros(3))
    assert judge_sizes(poor).severity == "bad"


def test_a_placebo_in_time_needs_times(found):
    short = found.series.earlier(20)
    assert len(judge_time(found)) == 1
    few = Forecasted(short.earlier(5), found.structure, found.forecast, found.effect, 1)
    assert judge_time(few) == ()


def test_controls_that_stay_are_good(found):
    (finding,) = judge_controls(found)
    assert finding.severity == "good" and "'x'" in finding.sentence

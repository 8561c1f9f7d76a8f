import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import PlaceboOutcome
from causal.checks.placebo_outcome import replace_outcome
from causal.studies import Experiment

STREAMS = bi.Streams(1)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    size = 400
    x, u = rng.normal(size=(2, size))
    t = (rng.random(size) < 1 / (1 + np.exp(-x - u))).astype(int)
    before = x + u + rng.normal(size=size)
    y = 0.5 * t + x + u + rng.normal(size=size)
    won = np.where(before > 0, "yes", "no")
    return pd.DataFrame({"y": y, "t": t, "x": x, "u": u, "before": before, "won": won})


def test_a_confounder_that_was_left_out_is_found(frame):
    hidden = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    (finding,) = PlaceboOutcome("before").run(hidden, STREAMS).findings
    assert finding.severity == "bad"
    assert finding.evidence["null_effect"] > 0.5
    known = causal.estimate(frame, "y", "t", adjust=["x", "u"], seed=1)
    assert PlaceboOutcome("before").run(known, STREAMS).findings[0].severity in ("good", "note")


def test_it_is_the_study_about_the_other_column_without_it_among_the_adjusters(frame, within):
    found = causal.estimate(frame, "y", "t", adjust=["x", "before"], estimand="ATT", seed=1)
    refits = PlaceboOutcome("before").run(found, STREAMS).refits
    single = causal.estimate(frame, "before", "t", adjust=["x"], estimand="ATT", seed=2).draws
    error = single.std() * np.sqrt(2 / single.size)
    assert within(refits.means[0], single.mean(), error)
    assert refits.sds[0] == pytest.approx(single.std(), rel=0.05)


def test_two_levels_of_text_will_do(frame):
    found = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    (finding,) = PlaceboOutcome("won").run(found, STREAMS).findings
    assert finding.severity == "bad" and finding.evidence["null_effect"] < 1


def test_an_experiment_leaves_the_column_out_too(frame):
    found = causal.estimate(frame, "y", "t", graph="t -> y; x -> y; before -> y", seed=1)
    assert isinstance(found.study, Experiment)
    assert "before" not in replace_outcome(found.study, "before").adjustment


def test_a_formula_of_the_outcome_is_not_that_of_the_placebo(frame):
    found = causal.estimate(frame, "y", "t", adjust=["x"], formula="y ~ t + x", seed=1)
    assert replace_outcome(found.study, "before").model.formula is None


def test_outcome_and_treatment_are_no_placebos(frame):
    found = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    assert "own outcome or treatment" in PlaceboOutcome("t").refuses(found)
    with pytest.raises(bi.DataError, match="nowhere"):
        PlaceboOutcome("nowhere").run(found, STREAMS)

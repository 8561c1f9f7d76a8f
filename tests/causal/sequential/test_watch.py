import numpy as np
import pytest

import bayesinf as bi
from causal.sequential.looks import Looks, ProbabilityAbove
from causal.sequential.outcomes import Means, Proportions
from causal.sequential.watch import watch

PLAN = Looks(100, ProbabilityAbove(0.99), 1000)


def arriving(effect, rows=1000, seed=1):
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, rows)
    return {"y": 5 + effect * arm + rng.normal(size=rows), "arm": np.array(["old", "new"])[arm]}


def test_each_look_is_the_posterior_of_the_rows_so_far():
    frame = arriving(0.15)
    found = watch(
        frame, "y", "arm", PLAN, kind=Means(prior=float("inf")), control="old", trials=200, seed=1
    )
    for rows, line in found.table.iterrows():
        y, t = frame["y"][:rows], frame["arm"][:rows] == "new"
        assert line["mean"] == pytest.approx(y[t].mean() - y[~t].mean())
        assert line["treated"] == t.sum()
    assert not found.table["stop"].iloc[:-1].any()


def test_it_stops_where_the_plan_says_and_says_what_that_is_worth():
    found = watch(arriving(0.8), "y", "arm", PLAN, control="old", effects=[0.3], trials=500, seed=1)
    assert found.decision == "stopped" and found.table["above"].iloc[-1] > 0.99
    assert len(found.table) < 5
    sentence = found.sentence()
    assert "the plan says: stopped: one arm is better" in sentence
    assert "false alarms" in sentence
    assert list(found.characteristics.table.index)[1] == "effect 0.3"
    assert found.outcome.sd == pytest.approx(1, abs=0.1)
    from matplotlib.figure import Figure

    found.picture().draw(Figure().subplots())


def test_it_goes_on_or_reaches_the_horizon():
    plan = Looks(100, ProbabilityAbove(0.9999), 1000)
    assert watch(arriving(0, 450), "y", "arm", plan, trials=100).decision == "go on"
    assert watch(arriving(0), "y", "arm", plan, trials=100).decision == "reached the horizon"


def test_two_levels_are_proportions():
    rng = np.random.default_rng(2)
    arm = np.arange(2000) % 2
    won = np.where(rng.random(2000) < 0.1 + 0.1 * arm, "yes", "no")
    found = watch({"won": won, "arm": arm}, "won", "arm", PLAN, trials=200, seed=1)
    assert isinstance(found.outcome, Proportions)
    assert found.table["mean"].iloc[-1] > 0
    assert 0.05 < found.outcome.control < 0.15


def test_too_early_is_refused():
    with pytest.raises(bi.DataError, match="first look is at 100 rows"):
        watch(arriving(0, 50), "y", "arm", PLAN)
    frame = {"y": np.arange(200.0), "arm": np.repeat([0, 1], 100)}
    with pytest.raises(bi.DataError, match="fewer than two"):
        watch(frame, "y", "arm", PLAN)


def trial(rows=400):
    rng = np.random.default_rng(3)
    arm = rng.integers(0, 2, rows)
    state = np.where(rng.random(rows) < 0.1 + 0.7 * arm, "dead", "alive").astype(object)
    state[rng.choice(rows, 150, replace=False)] = None
    return {"y": state, "t": np.array(["A", "B"])[arm]}


def test_it_names_the_arms_the_level_that_counts_as_1_and_the_rows_left_out():
    plan = Looks(50, ProbabilityAbove(0.99), 400)
    found = watch(trial(), "y", "t", plan, trials=200, seed=1)
    sentence = found.sentence()
    assert sentence.startswith("After 1 look and 50 rows the plan says: stopped")
    assert "The effect of t ('B' against 'A') on y = 'dead' is 0." in sentence
    assert "Of y, 'dead' counts as 1 and 'alive' as 0." in sentence
    assert sentence.count("150 of 400 rows miss a value and were left out.") == 1
    codes = {finding.code for finding in found.findings}
    assert codes == {"control-by-alphabet", "outcome-by-alphabet", "missing-rows"}
    assert repr(found).count("[WARNING]") == 3


def test_numbers_and_a_named_control_need_no_word():
    frame = {**arriving(0.8), "t": np.arange(1000) % 2}
    found = watch(frame, "y", "t", PLAN, trials=100, seed=1)
    assert "The effect of t on y is" in found.sentence()
    assert found.findings == () and found.coding == ""
    named = watch(frame, "y", "arm", PLAN, control="old", trials=100, seed=1)
    assert named.subject == "arm ('new' against 'old') on y" and named.findings == ()


def test_a_code_among_the_outcomes_is_told():
    frame = arriving(0.8)
    frame["y"][:30] = -999.0
    found = watch(frame, "y", "arm", PLAN, control="old", trials=100, seed=1)
    assert [finding.severity for finding in found.findings] == ["warning"]

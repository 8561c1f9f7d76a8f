import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.bootstrap.propensity import (
    fit_propensity,
    floored,
    read_arms,
    refuse_groups,
    require_levels,
)
from causal.comparison import Comparison
from causal.estimand import ATC, ATE, ATT, CATE
from causal.formula import Adjuster
from causal.treatment import order_levels

ROWS = 90


@pytest.fixture
def frame(generator) -> pd.DataFrame:
    arm = np.array(["b", "placebo", "a"])[generator.integers(0, 3, size=ROWS)]
    x = generator.normal(size=ROWS)
    return pd.DataFrame({"y": generator.normal(size=ROWS), "arm": arm, "x": x, "won": x > 0})


def asked(frame, estimand=None, outcome="y", control=None) -> Comparison:
    adjusters = (Adjuster("x", ("x",)),)
    return Comparison(
        frame, outcome, "arm", estimand or ATE(), adjusters, f"{outcome} ~ arm + x", control=control
    )


def test_the_control_comes_first(frame):
    table = bi.Table.read(frame)
    assert order_levels(table, "arm", None) == ("placebo", "a", "b")
    assert order_levels(table, "arm", "b") == ("b", "a", "placebo")
    numbers = bi.Table.read({"t": [2, 0, 1]})
    assert order_levels(numbers, "t", None) == (0, 1, 2)
    with pytest.raises(bi.DataError, match="no level 'c'"):
        order_levels(table, "arm", "c")
    with pytest.raises(bi.DataError, match="21 levels"):
        require_levels(bi.Table.read({"t": np.arange(21)}), "t")


def test_arms_are_read(frame):
    arms = read_arms(asked(frame), None)
    assert arms.labels == ("placebo", "a", "b")
    assert (frame["arm"].to_numpy()[arms.of(1)] == "a").all()
    assert arms.terms == ("scale(x)", "I(scale(x)**2)")
    assert arms.names == ("Intercept", "scale(x)", "I(scale(x) ** 2)")
    assert np.array_equal(arms.outcome, frame["y"])


def test_rows_are_complete_in_all_that_is_read(frame):
    frame.loc[3, "x"], frame.loc[5, "y"] = np.nan, np.nan
    frame["g"] = np.where(np.arange(ROWS) == 7, None, "g")
    arms = read_arms(asked(frame, CATE(("g",))), ("x",))
    assert len(arms.codes) == ROWS - 3 and arms.groups.labels == ("all", "g = 'g'")


def test_outcomes_of_two_levels_are_zeros_and_ones(frame):
    assert np.array_equal(read_arms(asked(frame, outcome="won"), ("1",)).outcome, frame["won"] * 1)


def test_chances_are_shares_without_terms(frame):
    arms = read_arms(asked(frame), ())
    chances, well = fit_propensity(arms).fit(np.ones((1, ROWS)))
    shares = np.bincount(arms.codes) / ROWS
    assert well.all() and np.allclose(chances[:, 0], shares[:, None])


def test_separation_asks_for_a_prior(frame):
    frame["arm"] = np.where(frame["x"] > 0, "drug", "control")
    propensity = fit_propensity(read_arms(asked(frame), ("x",)))
    assert propensity.penalty is not None
    weights = np.random.default_rng(1).standard_exponential((5, ROWS))
    chances, well = propensity.fit(weights / weights.mean(axis=1, keepdims=True))
    assert well.all() and np.isfinite(1 / chances).all()


def test_no_row_stands_for_more_than_all_rows():
    chances = np.array([[[1 - 1e-9, 0.2]], [[4e-10, 0.3]], [[6e-10, 0.5]]])
    found = floored(chances, np.array([1, 2]))
    assert np.allclose(found.sum(axis=0), 1)
    assert found[1, 0, 0] == 0.5 and np.array_equal(found[:, :, 1], chances[:, :, 1])
    # What a row did not have is not divided by.
    assert np.array_equal(floored(chances, np.array([0, 2])), chances)


def test_group_terms_are_refused(frame):
    grouped = Comparison(frame, "y", "arm", ATE(), (Adjuster("(1|g)", ("g",), "group"),), "y ~ arm")
    assert "(g)" in str(refuse_groups(grouped)) and refuse_groups(asked(frame)) is None


@pytest.mark.parametrize("estimand", [ATT(), ATC()])
def test_averages_over_one_arm_are_refused_where_there_are_several(frame, estimand):
    with pytest.raises(bi.ModelError, match="which arm's rows"):
        read_arms(asked(frame, estimand), None)
    two = frame[frame["arm"] != "b"]
    assert len(read_arms(asked(two, estimand), None).labels) == 2

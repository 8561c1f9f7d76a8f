import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.comparison import Comparison
from causal.estimand import ATE, ATO, ATT
from causal.estimators.partially_linear import PartiallyLinear, split_rows
from causal.formula import Adjuster

ROWS = 400


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x = rng.normal(size=ROWS)
    t = (rng.random(ROWS) < 1 / (1 + np.exp(-x))) * 1
    arm = np.array(["a", "b", "c"])[np.arange(ROWS) % 3]
    y = 1 + 2 * t + x + rng.normal(size=ROWS)
    return pd.DataFrame({"y": y, "t": t, "x": x, "arm": arm})


def answered(frame, estimator, estimand=None, treatment="t", draws=400) -> Answer:
    adjusters = (Adjuster("x", ("x",)),)
    asked = Comparison(frame, "y", treatment, estimand or ATO(), adjusters, f"y ~ {treatment} + x")
    assert estimator.refuses(asked) is None
    return estimator.answer(asked, Computation(draws=draws, seed=2))


def logistic(x, t) -> np.ndarray:
    matrix = np.column_stack([np.ones(len(x)), x])
    b = np.zeros(2)
    for _ in range(25):
        p = 1 / (1 + np.exp(-matrix @ b))
        b += np.linalg.solve(matrix.T @ (matrix * (p * (1 - p))[:, None]), matrix.T @ (t - p))
    return 1 / (1 + np.exp(-matrix @ b))


def test_without_folds_it_is_equation_4_4_by_hand(frame):
    found = answered(frame, PartiallyLinear(("x",), folds=1))
    t, y, x = (frame[name].to_numpy(float) for name in ("t", "y", "x"))
    left = t - logistic(x, t)
    slope, intercept = np.polyfit(x, y, 1)
    expected = left @ (y - intercept - slope * x) / (left @ left)
    assert found.tables["point"]["estimate"].iloc[0] == pytest.approx(expected, abs=1e-8)


def test_folds_keep_the_effect_and_tell_of_it(frame):
    one = answered(frame, PartiallyLinear(("x",), folds=1))
    five = answered(frame, PartiallyLinear(("x",), folds=5))
    assert five.draws.mean() == pytest.approx(one.draws.mean(), abs=0.2 * one.draws.std())
    assert one.draws.std() <= five.draws.std() < 1.2 * one.draws.std()
    assert "5 folds" in five.method and "folds" not in one.method
    assert five.basis == "quasi-posterior"


def test_the_truth_is_found(frame):
    found = answered(frame, PartiallyLinear(("x",)), ATO())
    assert abs(found.draws.mean() - 2) < 3 * found.draws.std()


def test_hardly_any_overlap_is_a_finding(frame):
    # Of 400 rows two are not where x puts them.
    t = (frame["x"] > 0).to_numpy() * 1
    t[np.argsort(np.abs(frame["x"].to_numpy()))[:40:10]] ^= 1
    found = answered(frame.assign(t=t), PartiallyLinear(("x",), folds=1))
    left = next(finding for finding in found.findings if finding.code == "treatment-left")
    assert left.severity in ("warning", "bad") and np.isfinite(found.draws).all()


def test_what_it_refuses(frame):
    asked = Comparison(frame, "y", "t", ATT(), (), "y ~ t")
    assert "causal.ATO()" in str(PartiallyLinear().refuses(asked))
    asked = Comparison(frame, "y", "t", ATE(), (), "y ~ t")
    assert "Ask for causal.ATO()" in str(PartiallyLinear().refuses(asked))
    with pytest.raises(bi.DataError, match="3 levels"):
        answered(frame, PartiallyLinear(), treatment="arm")


def test_where_effects_differ_it_is_the_overlap_weighted_effect():
    rng = np.random.default_rng(5)
    x = rng.normal(size=4000)
    chance = 1 / (1 + np.exp(-2 * x))
    t = (rng.random(4000) < chance) * 1
    y = t * x**2 + x + 0.5 * rng.normal(size=4000)
    found = answered(pd.DataFrame({"y": y, "t": t, "x": x}), PartiallyLinear(("x", "I(x**2)")))
    truth = np.average(x**2, weights=chance * (1 - chance))
    assert abs(found.draws.mean() - truth) < 4 * found.draws.std()
    assert truth < 0.5 * np.mean(x**2)


@pytest.mark.parametrize("rows", [6, 8, 14])
def test_few_rows_are_refused_in_a_sentence(frame, rows):
    few = pd.concat([frame[frame["t"] == level].head(rows // 2) for level in (0, 1)])
    with pytest.raises(bi.DataError, match="4 rows of each arm in each of its 2 folds"):
        answered(few, PartiallyLinear(("x",)))


def test_folds_have_both_arms_and_the_fewest_rows_serve(frame):
    codes = np.repeat([0, 1], [8, 11])
    found = split_rows(np.random.default_rng(1), codes, 50, 2)
    assert (found[:, codes == 0].sum(axis=1) == 4).all()
    assert (found[:, codes == 1].sum(axis=1) == 5).all()
    assert len(np.unique(found, axis=0)) > 40
    few = pd.concat([frame[frame["t"] == level].head(8) for level in (0, 1)])
    assert np.isfinite(answered(few, PartiallyLinear(("x",))).draws).all()
    with pytest.raises(bi.ModelError, match="one fold or more"):
        answered(frame, PartiallyLinear(("x",), folds=0))

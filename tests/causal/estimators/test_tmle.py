import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.comparison import Comparison
from causal.estimand import ATE, ATT, CATE
from causal.estimators.aipw import AIPW
from causal.estimators.tmle import TMLE, fluctuate, settle_bounds
from causal.formula import Adjuster

ROWS = 300


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x = rng.normal(size=ROWS)
    t = (rng.random(ROWS) < expit(x)) * 1
    y = 1 + t * (2 + x) + x + rng.normal(size=ROWS)
    won = (rng.random(ROWS) < expit(x + t)) * 1
    return pd.DataFrame({"y": y, "t": t, "x": x, "won": won, "g": rng.integers(0, 2, ROWS)})


def answered(frame, estimand=None, formula="y ~ t * x", estimator=None) -> Answer:
    adjusters = (Adjuster("x", ("x",)),)
    asked = Comparison(frame, formula.split()[0], "t", estimand or ATE(), adjusters, formula)
    estimator = estimator or TMLE(("x",))
    assert estimator.refuses(asked) is None
    return estimator.answer(asked, Computation(draws=400, seed=2))


def test_the_fluctuation_is_the_root_of_the_weighted_errors(generator):
    starts, weights = generator.normal(size=(4, 30)), generator.random((4, 30))
    outcome = generator.random(30)
    found = fluctuate(starts, outcome, weights)
    for start, weight, shift in zip(starts, weights, found, strict=True):
        root = brentq(lambda e, s=start, w=weight: w @ (outcome - expit(s + e)), -9, 9)
        assert shift == pytest.approx(root, abs=1e-8)


def test_outcomes_all_at_a_bound_stay_finite():
    found = fluctuate(np.zeros((1, 3)), np.ones(3), np.ones((1, 3)))
    assert np.isfinite(found).all() and expit(found[0]) > 0.999


def test_the_point_is_the_textbooks(frame):
    found = answered(frame, formula="won ~ t + x")
    t, y, x = (frame[name].to_numpy(float) for name in ("t", "won", "x"))
    fits = [bi.model("t ~ x", frame), bi.model("won ~ t + x", frame)]
    b = [newton(fit.design.rows.population, r) for fit, r in zip(fits, (t, y), strict=True)]
    e = expit(b[0][0] + b[0][1] * x)
    moved = []
    for level, chance in ((1, e), (0, 1 - e)):
        start = b[1][0] + b[1][1] * level + b[1][2] * x
        rows = t == level
        pull = lambda s, r=rows, c=chance, q=start: np.sum((y - expit(q + s))[r] / c[r])  # noqa: E731
        moved.append(expit(start + brentq(pull, -9, 9)).mean())
    assert found.tables["point"]["estimate"].to_numpy() == pytest.approx(
        [moved[0] - moved[1], *moved], abs=1e-8
    )


def newton(matrix, t) -> np.ndarray:
    b = np.zeros(matrix.shape[1])
    for _ in range(25):
        p = expit(matrix @ b)
        b += np.linalg.solve(matrix.T @ (matrix * (p * (1 - p))[:, None]), matrix.T @ (t - p))
    return b


@pytest.mark.parametrize("estimand", [ATE(), ATT()])
def test_it_agrees_with_aipw_where_both_models_are_right(frame, estimand):
    targeted = answered(frame, estimand)
    augmented = answered(frame, estimand, estimator=AIPW(("x",)))
    apart = np.abs(targeted.draws - augmented.draws) / augmented.draws.std()
    assert np.median(apart) < 0.1
    assert targeted.draws.std() == pytest.approx(augmented.draws.std(), rel=0.05)


def test_averages_stay_within_the_bounds(frame):
    # Few treated rows with tiny chances throw AIPW out of the range of a probability.
    found = answered(frame, formula="won ~ t + x")
    for part in found.parts.values():
        assert (part > 0).all() and (part < 1).all()


def test_the_score_equation_of_each_group_is_solved(frame):
    found = answered(frame, CATE(("g",)))
    inside = frame[frame["g"] == 1].reset_index(drop=True)
    assert found.effects["group"].draws[..., 1].mean() == pytest.approx(
        float(np.mean(2 + inside["x"])), abs=4 * found.effects["group"].draws[..., 1].std()
    )


def test_bounds_have_to_hold_the_outcomes():
    outcome = np.array([1.0, 5.0])
    assert settle_bounds(outcome, None) == (1.0, 5.0)
    assert settle_bounds(outcome, (0, 10)) == (0, 10)
    for bounds in ((2, 10), (0, 4), (3, 3)):
        with pytest.raises(bi.DataError, match="does not fit the bounds"):
            settle_bounds(outcome, bounds)
    with pytest.raises(bi.DataError, match="does not fit"):
        settle_bounds(np.ones(3), None)


def test_wide_bounds_change_little(frame):
    low, high = frame["y"].min() - 1, frame["y"].max() + 1
    wide = answered(frame, estimator=TMLE(("x",), (low, high)))
    assert wide.draws.mean() == pytest.approx(answered(frame).draws.mean(), abs=0.02)
    assert logit(0.5) == 0

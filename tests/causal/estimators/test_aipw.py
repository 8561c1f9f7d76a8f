import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.bootstrap.propensity import fit_propensity, read_arms
from causal.comparison import Comparison, OutcomeModel
from causal.estimand import ATC, ATE, ATO, ATT, CATE, QuantileEffect
from causal.estimators.aipw import AIPW, statistic
from causal.formula import Adjuster

ROWS = 300


def make(seed: int = 4, rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    t = (rng.random(rows) < 1 / (1 + np.exp(-x))) * 1
    y = 1 + t * (2 + x) + x + rng.normal(size=rows)
    won = (rng.random(rows) < 1 / (1 + np.exp(-(x + t)))) * 1
    return pd.DataFrame({"y": y, "t": t, "x": x, "won": won, "g": rng.integers(0, 3, rows)})


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return make()


def comparison(frame, estimand=None, formula="y ~ t * x", model=None) -> Comparison:
    outcome = formula.split()[0]
    adjusters = (Adjuster("x", ("x",)),)
    return Comparison(
        frame, outcome, "t", estimand or ATE(), adjusters, formula, model or OutcomeModel()
    )


def answered(frame, estimand=None, formula="y ~ t * x", terms=("x",), draws=400) -> Answer:
    asked = comparison(frame, estimand, formula)
    assert AIPW(terms).refuses(asked) is None
    return AIPW(terms).answer(asked, Computation(draws=draws, seed=2))


def newton(matrix, t, weights) -> np.ndarray:
    b = np.zeros(matrix.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-matrix @ b))
        bent = matrix.T @ (matrix * (weights * p * (1 - p))[:, None])
        b += np.linalg.solve(bent, matrix.T @ (weights * (t - p)))
    return b


def by_hand(frame, weights, estimand) -> float:
    """The formula of the textbook for one vector of weights, with one arm's regression each."""
    t, y, x = (frame[name].to_numpy(float) for name in ("t", "y", "x"))
    matrix = np.column_stack([np.ones(len(x)), x])
    e = 1 / (1 + np.exp(-matrix @ newton(matrix, t, weights)))
    m = []
    for level in (1, 0):
        root = np.sqrt(weights[t == level])
        b, *_ = np.linalg.lstsq(matrix[t == level] * root[:, None], y[t == level] * root)
        m.append(matrix @ b)
    base, tilt = {
        ATE(): (1.0 + 0 * e, 1.0 + 0 * e),
        ATT(): (t, e),
        ATC(): (1 - t, 1 - e),
        ATO(): (e * (1 - e), e * (1 - e)),
    }[estimand]
    rows = base * (m[0] - m[1]) + tilt * (t * (y - m[0]) / e - (1 - t) * (y - m[1]) / (1 - e))
    return float(weights @ rows / (weights @ base))


@pytest.mark.parametrize("estimand", [ATE(), ATT(), ATC(), ATO()])
def test_the_point_and_each_draw_are_the_textbooks(frame, estimand):
    found = answered(frame, estimand)
    expected = by_hand(frame, np.ones(ROWS), estimand)
    assert found.tables["point"]["estimate"].iloc[0] == pytest.approx(expected, abs=1e-8)
    asked = comparison(frame, estimand)
    arms = read_arms(asked, ("x",))
    weights = np.random.default_rng(8).standard_exponential((3, ROWS))
    weights /= weights.mean(axis=1, keepdims=True)
    values, _ = statistic(asked, fit_propensity(arms))(weights)
    for draw, row in enumerate(weights):
        expected = by_hand(frame, row, estimand)
        assert values[draw, 1, 0] - values[draw, 0, 0] == pytest.approx(expected, abs=1e-8)


def test_either_model_may_be_wrong():
    large = make(seed=9, rows=4000)
    truth = float(np.mean(2 + large["x"]))
    wrong_outcome = answered(large, formula="y ~ t", draws=200)
    wrong_chance = answered(large, terms=("1",), draws=200)
    both = answered(large, formula="y ~ t", terms=("1",), draws=200)
    for found in (wrong_outcome, wrong_chance):
        assert abs(found.draws.mean() - truth) < 4 * found.draws.std()
    assert abs(both.draws.mean() - truth) > 8 * both.draws.std()


def test_a_binary_outcome_has_a_logistic_model(frame):
    found = answered(frame, formula="won ~ t + x")
    t, y, x = (frame[name].to_numpy(float) for name in ("t", "won", "x"))
    matrix = np.column_stack([np.ones(ROWS), x])
    e = 1 / (1 + np.exp(-matrix @ newton(matrix, t, np.ones(ROWS))))
    full = np.column_stack([matrix, t])
    b = newton(full, y, np.ones(ROWS))
    m1, m0 = (1 / (1 + np.exp(-(matrix @ b[:2] + b[2] * level))) for level in (1, 0))
    expected = np.mean(m1 - m0 + t * (y - m1) / e - (1 - t) * (y - m0) / (1 - e))
    assert found.tables["point"]["estimate"].iloc[0] == pytest.approx(expected, abs=1e-8)
    assert (np.abs(found.draws) < 1).all()


def test_effects_within_groups_average_to_the_whole(frame):
    found = answered(frame, CATE(("g",)))
    assert found.effects["group"].draws.shape == (4, 100, 3)
    shares = frame["g"].value_counts(normalize=True).sort_index().to_numpy()
    means = found.effects["group"].draws.mean(axis=(0, 1))
    assert means @ shares == pytest.approx(found.draws.mean(), abs=0.1 * found.draws.std())


def test_draws_have_the_sd_of_the_influence_function():
    large = make(seed=6, rows=2000)
    found = answered(large, draws=2000)
    t, y, x = (large[name].to_numpy(float) for name in ("t", "y", "x"))
    e = 1 / (1 + np.exp(-x))
    rows = 2 + x + t * (y - (3 + 2 * x)) / e - (1 - t) * (y - (1 + x)) / (1 - e)
    assert found.draws.std() == pytest.approx(rows.std() / np.sqrt(2000), rel=0.08)
    assert found.basis == "quasi-posterior" and "AIPW" in found.method


@pytest.mark.parametrize(("rows", "strength"), [(40, 0.0), (60, 1.2)])
def test_tiny_chances_of_a_draw_do_not_carry_the_answer(rows, strength):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=rows)
        t = (rng.random(rows) < 1 / (1 + np.exp(-strength * x))) * 1
        small = pd.DataFrame({"y": x + rng.normal(size=rows), "t": t, "x": x})
        wide = ("scale(x)", "I(scale(x)**2)", "I(scale(x)**3)")
        found = answered(small, formula="y ~ t + x", terms=wide, draws=2000)
        assert np.abs(found.draws).max() < 10


def test_what_it_refuses(frame):
    assert "averages" in str(AIPW().refuses(comparison(frame, QuantileEffect())))
    flat = OutcomeModel(priors={"t": bi.Flat()})
    assert "flat priors" in str(AIPW().refuses(comparison(frame, model=flat)))
    counts = comparison(frame, formula="g ~ t + x", model=OutcomeModel(family="poisson"))
    assert "linear or logistic" in str(AIPW().refuses(counts))
    grouped = comparison(frame, formula="y ~ t + x + (1 | g)")
    assert "without group terms" in str(AIPW().refuses(grouped))


def test_a_product_that_one_arm_never_shows_is_refused(frame):
    alone = frame.assign(t=np.where(frame["g"] == 2, 1, frame["t"]))
    with pytest.raises(bi.DataError, match="exact linear combination"):
        answered(alone, formula="y ~ t * C(g)")

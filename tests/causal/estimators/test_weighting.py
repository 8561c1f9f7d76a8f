import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.bootstrap.propensity import fit_propensity, read_arms
from causal.comparison import Comparison
from causal.estimand import ATC, ATE, ATO, ATT, CATE, Dose, QuantileEffect
from causal.estimators.weighting import HorvitzThompson, Weighting
from causal.formula import Adjuster

ROWS = 240


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x, g = rng.normal(size=ROWS), rng.integers(0, 3, size=ROWS)
    t = (rng.random(ROWS) < 1 / (1 + np.exp(-0.8 * x))) * 1
    arm = np.argmax(np.column_stack([0 * x, 0.5 * x, -0.5 * x]) + rng.gumbel(size=(ROWS, 3)), 1)
    y = 1 + t * (2 + x) + x + rng.normal(size=ROWS)
    names = np.array(["placebo", "high", "low"])[arm]
    dose = y - t * (2 + x) + np.array([0.0, 3.0, 1.0])[arm]
    return pd.DataFrame({"y": y, "t": t, "x": x, "g": g, "arm": names, "dose": dose})


def comparison(frame, estimand=None, treatment="t", outcome="y") -> Comparison:
    adjusters = (Adjuster("x", ("x",)),)
    formula = f"{outcome} ~ {treatment} + x"
    return Comparison(frame, outcome, treatment, estimand or ATE(), adjusters, formula)


def answered(frame, estimand=None, estimator=None, draws=400, **named) -> Answer:
    asked = comparison(frame, estimand, **named)
    estimator = estimator or Weighting(terms=("x",))
    assert estimator.refuses(asked) is None
    return estimator.answer(asked, Computation(draws=draws, seed=2))


def logistic(x, t, weights) -> np.ndarray:
    """Chances of treatment by a general optimiser."""
    matrix = np.column_stack([np.ones(len(x)), x])

    def lost(b: np.ndarray) -> float:
        eta = matrix @ b
        return float(weights @ (np.logaddexp(0, eta) - t * eta))

    best = minimize(lost, np.zeros(2), method="BFGS", options={"gtol": 1e-9})
    return 1 / (1 + np.exp(-matrix @ best.x))


def by_hand(frame, weights, tilt) -> float:
    """The difference of weighted means, from nothing but means."""
    t, y = frame["t"].to_numpy(), frame["y"].to_numpy()
    e = logistic(frame["x"].to_numpy(), t, weights)
    counted = weights * tilt(e)
    high = np.average(y[t == 1], weights=(counted / e)[t == 1])
    return high - np.average(y[t == 0], weights=(counted / (1 - e))[t == 0])


TILTS = {
    ATE(): np.ones_like,
    ATT(): lambda e: e,
    ATC(): lambda e: 1 - e,
    ATO(): lambda e: e * (1 - e),
}


@pytest.mark.parametrize("estimand", TILTS)
def test_the_point_and_each_draw_are_weighted_means(frame, estimand):
    found = answered(frame, estimand)
    point = found.tables["point"]["estimate"]
    assert point.iloc[0] == pytest.approx(by_hand(frame, np.ones(ROWS), TILTS[estimand]), abs=1e-5)
    arms = read_arms(comparison(frame, estimand), ("x",))
    weights = np.random.default_rng(8).standard_exponential((3, ROWS))
    weights /= weights.mean(axis=1, keepdims=True)
    statistic = Weighting().statistic(fit_propensity(arms))
    values, well = statistic(weights)
    assert well.all() and values.shape == (3, 2, 1)
    for draw, row in enumerate(weights):
        expected = by_hand(frame, row, TILTS[estimand])
        assert values[draw, 1, 0] - values[draw, 0, 0] == pytest.approx(expected, abs=1e-5)


def test_the_answer_is_a_quasi_posterior(frame):
    found = answered(frame)
    assert found.basis == "quasi-posterior" and "quasi-posterior" in found.method
    assert found.draws.shape == (4, 100)
    assert np.allclose(found.draws, found.parts["E[Y(1)]"] - found.parts["E[Y(0)]"])
    assert found.contrast is not None and found.contrast.received.sum() == frame["t"].sum()
    assert np.array_equal(found.draws, answered(frame).draws)


def test_draws_vary_like_the_sampling_distribution():
    # 60 samples of a known population, against the mean sd of the draws in them.
    rng, points, spreads = np.random.default_rng(5), [], []
    for _ in range(60):
        x = rng.normal(size=300)
        t = (rng.random(300) < 1 / (1 + np.exp(-x))) * 1
        sample = pd.DataFrame({"y": 2 * t + x + rng.normal(size=300), "t": t, "x": x})
        found = answered(sample, draws=200)
        points.append(found.tables["point"]["estimate"].iloc[0])
        spreads.append(found.draws.std())
    # The sd of 60 points errs by 9 %.
    assert np.mean(spreads) == pytest.approx(np.std(points), rel=0.3)
    assert np.mean(points) == pytest.approx(2, abs=4 * np.std(points) / np.sqrt(60))


def test_overlap_weights_balance_the_mean_exactly(frame):
    # Li, Morgan and Zaslavsky (2018), theorem 3: so the "effect" on what is modelled is zero.
    found = answered(frame.assign(y=frame["x"]), ATO())
    assert np.abs(found.draws).max() < 1e-8


def test_three_levels_give_all_pairs(frame):
    found = answered(frame, treatment="arm", outcome="dose", draws=2000)
    contrast = found.effects["contrast"]
    assert contrast.labels == ("high vs placebo", "low vs placebo", "low vs high")
    assert np.allclose(contrast.draws[..., 1] - contrast.draws[..., 0], contrast.draws[..., 2])
    means, sds = contrast.draws.mean(axis=(0, 1)), contrast.draws.std(axis=(0, 1))
    assert (np.abs(means - [3, 1, -2]) < 4 * sds).all()
    assert list(found.parts) == ["E[Y(placebo)]", "E[Y(high)]", "E[Y(low)]"]
    assert np.array_equal(found.draws, contrast.draws[..., 0]) and found.contrast is None


def test_effects_within_groups(frame):
    found = answered(frame, CATE(("g",)))
    effects = found.effects["group"]
    assert effects.labels == ("g = 0", "g = 1", "g = 2")
    assert np.allclose(found.draws, answered(frame).draws)
    e = logistic(frame["x"].to_numpy(), frame["t"].to_numpy(), np.ones(ROWS))
    inside = (frame["g"] == 1).to_numpy()
    t, y = frame["t"].to_numpy(), frame["y"].to_numpy()
    arms = [(t == level) & inside for level in (1, 0)]
    high, low = (
        np.average(y[rows], weights=1 / chance[rows])
        for rows, chance in zip(arms, (e, 1 - e), strict=True)
    )
    sd = effects.draws[..., 1].std()
    assert effects.draws[..., 1].mean() == pytest.approx(high - low, abs=0.3 * sd)


def test_quantiles_are_those_of_weighted_outcomes(frame):
    found = answered(frame, QuantileEffect((0.25, 0.5, 0.75)))
    e = logistic(frame["x"].to_numpy(), frame["t"].to_numpy(), np.ones(ROWS))
    quantiles = []
    for rows, chance in (((frame["t"] == 1).to_numpy(), e), ((frame["t"] == 0).to_numpy(), 1 - e)):
        y, weight = frame["y"].to_numpy()[rows], 1 / chance[rows]
        order = np.argsort(y)
        reached = np.cumsum(weight[order]) / weight.sum()
        quantiles.append(y[order][np.searchsorted(reached, 0.5)])
    assert found.tables["point"]["estimate"].iloc[0] == pytest.approx(quantiles[0] - quantiles[1])
    assert found.effects["quantile"].labels == (0.25, 0.5, 0.75)
    assert np.array_equal(found.effects["quantile"].draws[..., 1], found.draws)
    assert list(found.parts) == ["Q0.5[Y(1)]", "Q0.5[Y(0)]"]


def test_horvitz_thompson_divides_by_all_rows(frame):
    found = answered(frame, estimator=Weighting(("x",), HorvitzThompson()))
    t, y = frame["t"].to_numpy(), frame["y"].to_numpy()
    e = logistic(frame["x"].to_numpy(), t, np.ones(ROWS))
    expected = np.mean(t * y / e) - np.mean((1 - t) * y / (1 - e))
    assert found.tables["point"]["estimate"].iloc[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("coding", [{0: "no", 1: "yes"}, {0: False, 1: True}])
def test_text_and_booleans_ask_the_same(frame, coding):
    coded = answered(frame.assign(t=frame["t"].map(coding)))
    assert np.allclose(coded.draws, answered(frame).draws)


def test_one_level_is_refused(frame):
    with pytest.raises(bi.DataError, match="1 level "):
        answered(frame.assign(t="a"))


def test_a_group_without_an_arm_is_refused(frame):
    alone = frame.assign(t=np.where(frame["g"] == 2, 1, frame["t"]))
    with pytest.raises(bi.DataError, match=r"with g = 2, none has t = 0"):
        answered(alone, CATE(("g",)))


def test_no_overlap_is_a_finding_and_never_nan(frame):
    apart = frame.assign(t=(frame["x"] > 0) * 1)
    found = answered(apart)
    codes = {finding.code: finding for finding in found.findings}
    # Each row's arm is certain, so all weights are near one: only the balance shows it.
    assert codes["separation"].severity == "warning"
    assert codes["weighted-balance"].severity == "bad"
    assert np.isfinite(found.draws).all()


def test_exploding_weights_are_a_finding(frame):
    x = frame["x"].to_numpy().copy()
    t = (x > 0) * 1
    t[np.argmin(x)], t[np.argmax(x)] = 1, 0  # one row of each arm deep in the other
    found = answered(frame.assign(t=t))
    weights = next(finding for finding in found.findings if finding.code == "weights")
    assert weights.severity == "bad" and weights.evidence["largest_share"] > 0.2
    assert weights.evidence["effective_rows"] < 20
    assert np.isfinite(found.draws).all()


def test_an_all_treated_stratum_is_a_finding(frame):
    alone = frame.assign(t=np.where(frame["g"] == 2, 1, frame["t"]))
    found = answered(alone, estimator=Weighting(("x", "C(g)")))
    assert "separation" in {finding.code for finding in found.findings}
    assert np.isfinite(found.draws).all()


def test_an_outcome_missing_in_one_arm_is_refused(frame):
    with pytest.raises(bi.DataError, match="1 level "):
        answered(frame.assign(y=frame["y"].where(frame["t"] == 1)))


def test_missing_rows_are_told_of(frame):
    y = frame["y"].where(np.arange(ROWS) % 4 != 0)
    found = answered(frame.assign(y=y))
    told = next(finding for finding in found.findings if finding.code == "missing-rows")
    assert told.severity == "warning" and told.evidence["share"] == pytest.approx(0.25)


def test_what_it_refuses(frame):
    assert "compares levels" in str(Weighting().refuses(comparison(frame, Dose((0, 1)))))
    grouped = Comparison(frame, "y", "t", ATE(), (Adjuster("(1|g)", ("g",), "group"),), "y ~ t")
    assert "group terms (g)" in str(Weighting().refuses(grouped))

"""The smooth forest answers for averages, groups and rows, and refuses what it cannot describe."""

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.comparison import Comparison, OutcomeModel
from causal.estimand import ATC, ATE, ATT, CATE, QuantileEffect
from causal.estimators.smooth_forest import SmoothForest
from causal.formula import Adjuster
from causal.population import Superpopulation

ROWS = 160


def make(rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.normal(size=rows)
    sex = np.where(rng.random(rows) < 0.5, "f", "m")
    t = np.where(rng.random(rows) < 1 / (1 + np.exp(-x)), "drug", "placebo")
    effect = np.where(sex == "f", 3.0, 1.0)
    y = x + (t == "drug") * effect + 0.5 * rng.normal(size=rows)
    return pd.DataFrame({"y": y, "t": t, "x": x, "sex": sex, "effect": effect})


def comparison(frame, estimand=None, **model) -> Comparison:
    adjusters = (Adjuster("x", ("x",)), Adjuster("sex", ("sex",)))
    asked = estimand or ATE()
    return Comparison(frame, "y", "t", asked, adjusters, "y ~ t * x", OutcomeModel(**model))


def answered(estimand=None, forest=None, frame=None):
    asked = comparison(make() if frame is None else frame, estimand)
    chosen = forest or SmoothForest()
    assert chosen.refuses(asked) is None
    return chosen.answer(asked, Computation(draws=400, seed=3))


@pytest.fixture(scope="module")
def found():
    return answered(CATE(("sex",)))


def test_groups_and_rows_have_their_effects(found):
    frame = make()
    groups = found.effects["group"].draws.mean(axis=(0, 1))
    assert groups == pytest.approx([3, 1], abs=0.4)
    rows = found.effects["row"]
    assert rows.draws.shape == (4, 100, ROWS)
    assert rows.labels == tuple(frame.index)
    low, high = np.quantile(rows.draws.reshape(400, -1), [0.025, 0.975], axis=0)
    assert np.mean((low <= frame["effect"]) & (frame["effect"] <= high)) > 0.8


def test_the_headline_is_the_average_of_its_parts_and_rows(found):
    parts = found.parts["E[Y(1)]"] - found.parts["E[Y(0)]"]
    assert found.draws == pytest.approx(parts)
    assert found.draws == pytest.approx(found.effects["row"].draws.mean(axis=-1))
    assert "smooth forest" in found.method
    assert "sample effect" in found.method


def test_it_says_on_which_rows_its_scales_were_found(found):
    (finding,) = found.findings
    assert finding.severity == "good"
    assert f"all {ROWS} rows" in finding.sentence
    assert finding.evidence["noise_share"] == pytest.approx(0.25 / make()["y"].var(), rel=0.5)


def test_estimands_average_over_their_rows():
    treated = (make()["t"] == "drug").to_numpy()
    for estimand, rows in ((ATT(), treated), (ATC(), ~treated)):
        answer = answered(estimand)
        expected = answer.effects["row"].draws[..., rows].mean(axis=-1)
        assert answer.draws == pytest.approx(expected)


def test_the_realised_effect_keeps_what_was_observed():
    frame = make()
    treated = (frame["t"] == "drug").to_numpy()
    expected, realised = (
        answered(ATT(), SmoothForest(target)) for target in ("expected", "realised")
    )
    assert realised.parts["E[Y(1)]"] == pytest.approx(frame["y"][treated].mean())
    assert realised.parts["E[Y(0)]"].mean() == pytest.approx(
        expected.parts["E[Y(0)]"].mean(), abs=0.1
    )
    noise = 0.5 / np.sqrt(treated.sum())
    added = realised.parts["E[Y(0)]"].var() - expected.parts["E[Y(0)]"].var()
    assert added == pytest.approx(noise**2, rel=0.7)


def test_a_population_is_less_certain_than_the_sample():
    sample, population = (answered(each) for each in (ATE(), ATE(population=Superpopulation())))
    assert population.draws.std() > sample.draws.std()
    assert population.draws.mean() == pytest.approx(sample.draws.mean(), abs=0.1)


def test_the_same_seed_gives_the_same_draws(found):
    assert np.array_equal(answered(CATE(("sex",))).draws, found.draws)


def test_rows_with_missing_values_are_left_out():
    frame = make()
    frame.loc[3, "x"] = np.nan
    found = answered(frame=frame)
    assert found.effects["row"].draws.shape[-1] == ROWS - 1
    assert [finding.code for finding in found.findings] == ["surfaces", "missing-rows"]


@pytest.mark.parametrize(
    ("estimand", "model", "message"),
    [
        (QuantileEffect(), {}, "QTE is no such average"),
        (ATE(), {"family": "poisson"}, "modelled as poisson"),
    ],
)
def test_other_questions_are_refused_in_a_sentence(estimand, model, message):
    asked = comparison(make(), estimand, **model)
    assert message in str(SmoothForest().refuses(asked))
    with pytest.raises(bi.ModelError, match=message):
        SmoothForest().answer(asked, Computation(draws=8, seed=1))


def test_two_levels_of_the_outcome_are_refused():
    frame = make()
    frame["y"] = (frame["y"] > 1) * 1
    assert "modelled as bernoulli" in str(SmoothForest().refuses(comparison(frame)))


def test_too_many_rows_are_refused_before_anything_is_computed():
    frame = pd.concat([make()] * 51, ignore_index=True)
    assert "at most 8000 rows" in str(SmoothForest().refuses(comparison(frame)))

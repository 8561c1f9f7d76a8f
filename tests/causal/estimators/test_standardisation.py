from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.comparison import Comparison, OutcomeModel
from causal.estimand import ATC, ATE, ATO, ATT, CATE, Dose, Estimand, QuantileEffect
from causal.estimators import Standardisation
from causal.estimators.standardisation import average_outcome
from causal.population import Superpopulation
from causal.treatment import build_contrast


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    x = rng.normal(size=150)
    t = (rng.random(150) < 1 / (1 + np.exp(-x))) * 1
    y = 1 + t * (2 + x) + x + rng.normal(size=150)
    arm = np.where(t == 1, "drug", "control")
    return pd.DataFrame({"y": y, "t": t, "x": x, "arm": arm, "won": (y > 1) * 1})


def answer_of(model: bi.Model, treatment: str, estimand: Estimand) -> Answer:
    assert model.design.table is not None
    comparison = Comparison(
        model.design.table,
        model.formula.response.expression,
        treatment,
        estimand,
        (),
        str(model.formula),
        OutcomeModel(family=model.family, priors=model.priors),
    )
    return Standardisation().answer(comparison, Computation(seed=3))


def flat(formula: str, frame: pd.DataFrame) -> bi.Model:
    names = [name for name in bi.model(formula, frame).priors if name != "sigma"]
    return bi.model(formula, frame, priors=dict.fromkeys(names, bi.Flat()))


@pytest.mark.parametrize("estimand", [ATE(), ATT(), ATC()])
def test_flat_priors_give_least_squares(frame, estimand, within):
    answer = answer_of(flat("y ~ t * x", frame), "t", estimand)
    t, x = frame["t"].to_numpy(), frame["x"].to_numpy()
    matrix = np.column_stack([np.ones(150), t, x, t * x])
    coefficients, (rest,), *_ = np.linalg.lstsq(matrix, frame["y"].to_numpy(), rcond=None)
    mean_x = estimand.weights(t == 1) @ x
    direction = np.array([0, 1, 0, mean_x])
    error = np.sqrt(rest / 146 * direction @ np.linalg.inv(matrix.T @ matrix) @ direction)
    assert within(answer.draws.mean(), direction @ coefficients, error / np.sqrt(answer.draws.size))
    assert answer.draws.std() == pytest.approx(error, rel=0.06)
    low = np.array([1, 0, mean_x, 0]) @ coefficients
    assert answer.parts["E[Y(0)]"].mean() == pytest.approx(low, abs=0.02)


def test_probabilities_are_averaged_draw_by_draw(frame):
    answer = answer_of(bi.model("won ~ t + x", frame, family="bernoulli"), "t", ATT())
    coefficients = answer.prediction.posterior.values.coefficients
    x = frame["x"].to_numpy()[frame["t"] == 1]
    for level, found in ((0, answer.parts["E[Y(0)]"]), (1, answer.parts["E[Y(1)]"])):
        eta = coefficients[..., :1] + coefficients[..., 1:2] * level + coefficients[..., 2:] * x
        assert np.allclose(found, (1 / (1 + np.exp(-eta))).mean(axis=-1), atol=1e-12)


def test_text_and_numbers_ask_the_same(frame):
    by_number = answer_of(flat("y ~ t * x", frame), "t", ATE())
    by_text = answer_of(flat("y ~ arm * x", frame), "arm", ATE())
    assert by_text.draws.mean() == pytest.approx(by_number.draws.mean(), abs=0.02)
    assert by_text.contrast.treatment.treated == "drug"


def test_any_weights_are_kept(frame):
    # The estimand's weights go into a column of their own, beside one of the same name.
    asked = bi.fit("y ~ t * x + weight", frame.assign(weight=frame["x"] ** 2), seed=3)
    contrast = build_contrast(asked.model.design.table, "t", ATE())
    weights = np.arange(150.0) / np.arange(150).sum()
    found = average_outcome(asked, replace(contrast, weights=weights), 1)
    each = asked.predict_draws(contrast.table.replace("t", 1), kind="mean")
    assert np.allclose(found, each @ weights, atol=1e-12)


def test_shared_groups_cancel_in_a_linear_model(frame):
    grouped = frame.assign(g=np.array(list("abcde"))[np.arange(150) % 5])
    answer = answer_of(bi.model("y ~ t + x + (1 | g)", grouped), "t", ATE())
    slope = answer.prediction.posterior.values.coefficients[..., 1]
    assert np.allclose(answer.draws, slope, atol=1e-10)


def test_it_says_what_it_did(frame):
    answer = answer_of(bi.model("y ~ t", frame), "t", ATT())
    treated = int(frame["t"].sum())
    assert f"over {treated} of 150 rows" in answer.method


def test_the_population_adds_the_uncertainty_of_who_was_drawn(frame):
    # The effect of a row is 2 + x: the population's variance is that of the coefficients plus that
    # of a mean of 150 draws of them, var(x slope) / 151.
    model = flat("y ~ t * x", frame)
    sample = answer_of(model, "t", ATE())
    population = answer_of(model, "t", ATE(population=Superpopulation()))
    slope = sample.prediction.posterior.values.coefficients[..., 3].mean()
    added = np.square(slope) * frame["x"].var(ddof=0) / 151
    assert population.draws.var() == pytest.approx(sample.draws.var() + added, rel=0.1)
    assert population.draws.mean() == pytest.approx(sample.draws.mean(), abs=0.02)
    assert np.allclose(population.draws, population.parts["E[Y(1)]"] - population.parts["E[Y(0)]"])


def test_effects_within_groups_are_averages_of_rows(frame):
    grouped = frame.assign(g=np.arange(150) % 3)
    answer = answer_of(bi.model("y ~ t * x + g", grouped), "t", CATE(("g",)))
    effects = answer.effects["group"]
    assert effects.labels == ("g = 0", "g = 1", "g = 2")
    b = answer.prediction.posterior.values.coefficients
    names = answer.prediction.model.design.names
    rows = b[..., [names.index("t")]] + b[..., [names.index("t:x")]] * grouped["x"].to_numpy()
    for group in range(3):
        inside = rows[..., grouped["g"].to_numpy() == group]
        assert np.allclose(effects.draws[..., group], inside.mean(axis=-1))
    assert np.allclose(answer.draws, rows.mean(axis=-1))


def test_quantiles_are_those_of_two_distributions():
    # y(0) is Normal(1, 2) and y(1) is Normal(3, 5) in the population: the medians differ by 2, the
    # 90 % quantiles by 2 + 1.2816 (sqrt(5) - sqrt(2)).
    rng = np.random.default_rng(3)
    x = rng.normal(size=800)
    t = (rng.random(800) < 0.5) * 1
    y = 1 + t * (2 + x) + x + rng.normal(size=800)
    large = pd.DataFrame({"y": y, "t": t, "x": x})
    answer = answer_of(bi.model("y ~ t * x", large), "t", QuantileEffect((0.1, 0.5, 0.9)))
    found = answer.effects["quantile"]
    assert np.array_equal(found.draws[..., 1], answer.draws)
    spread = 1.2816 * (np.sqrt(5) - np.sqrt(2))
    means, sds = found.draws.mean(axis=(0, 1)), found.draws.std(axis=(0, 1))
    assert (np.abs(means - [2 - spread, 2, 2 + spread]) < 4 * sds).all() and (sds < 0.3).all()
    assert list(answer.parts) == ["Q0.5[Y(1)]", "Q0.5[Y(0)]"]


def test_doses_follow_the_models_curve(frame):
    doses = frame.assign(d=np.linspace(0, 4, 150), y=np.sqrt(np.linspace(0, 4, 150)) + frame["x"])
    model = bi.model("y ~ d + I(d**2) + x", doses)
    answer = answer_of(model, "d", Dose((0, 1, 4)))
    b = answer.prediction.posterior.values.coefficients
    middle = b[..., 0] + b[..., 1] + b[..., 2] + b[..., 3] * doses["x"].mean()
    assert np.allclose(answer.effects["dose"].draws[..., 1], middle)
    assert np.allclose(answer.draws, 4 * b[..., 1] + 16 * b[..., 2])
    assert answer.contrast is None and "doses-beyond" not in {f.code for f in answer.findings}
    beyond = answer_of(model, "d", Dose((1, 9)))
    assert {f.code: f.severity for f in beyond.findings}["doses-beyond"] == "warning"
    with pytest.raises(bi.DataError, match="has levels"):
        answer_of(bi.model("y ~ arm", frame), "arm", Dose((0, 1)))


def test_overlap_weights_are_refused(frame):
    asked = Comparison(frame, "y", "t", ATO(), (), "y ~ t")
    assert "cannot answer for ATO()" in str(Standardisation().refuses(asked))

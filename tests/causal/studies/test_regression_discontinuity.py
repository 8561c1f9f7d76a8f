import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.discontinuity import Curve, default_jump
from causal.estimate import run
from causal.studies.regression_discontinuity import RegressionDiscontinuity


def frame(rng, size=1500, effect=1.0, took=0.7) -> pd.DataFrame:
    score = rng.uniform(0, 100, size)
    far = (score - 60) / 40
    willing = rng.random(size) < took
    treated = ((score >= 60) & willing).astype(float)
    y = effect * treated + far + 0.5 * far**2 + 0.4 * rng.normal(size=size)
    return pd.DataFrame({"y": y, "score": score, "took": treated, "age": rng.normal(size=size)})


def estimate(data, seed=1, **more):
    study = RegressionDiscontinuity("y", "score", 60.0, **more)
    return run(study, data, Computation(seed=seed))


def found(estimate, code):
    return next(finding for finding in estimate.findings if finding.code == code)


def test_the_draws_are_those_of_the_exact_posterior(generator, within):
    data = frame(generator)
    jump = default_jump(data["score"].to_numpy() - 60, data["y"].to_numpy())
    answer = estimate(data)
    assert answer.draws.shape == (4, 1000)
    assert within(answer.draws.mean(), jump.centre[0], jump.sd[0] / np.sqrt(4000))
    parts = answer.answer.parts
    assert np.allclose(np.subtract(*parts.values()), answer.draws)


def test_fuzzy_is_the_ratio_of_two_jumps(generator):
    data = frame(generator, 4000)
    answer = estimate(data, treatment="took")
    parts = answer.answer.parts
    assert np.allclose(parts["jump of y"] / parts["jump of took"], answer.draws)
    assert parts["jump of took"].mean() == pytest.approx(0.7, abs=0.15)
    assert abs(answer.draws.mean() - 1) < 4 * answer.draws.std()
    assert answer.verdict.ok
    assert answer.name == "LATE at the cutoff"


def test_a_fuzzy_treatment_may_be_text(generator):
    data = frame(generator)
    text = data.assign(took=np.where(data["took"] == 1, "course", "no course"))
    assert np.allclose(
        estimate(text, treatment="took").draws, estimate(data, treatment="took").draws
    )


def test_a_weak_first_stage_is_refused(generator):
    data = frame(generator)
    data["took"] = (generator.random(len(data)) < 0.5).astype(float)
    answer = estimate(data, treatment="took")
    assert found(answer, "weak-first-stage").severity == "bad"
    assert "withheld" in answer.sentence()
    assert np.isfinite(answer.draws).all()


def test_treated_below_turns_the_sign(generator):
    data = frame(generator, took=1.0)
    turned = data.assign(score=120 - data["score"])
    below = estimate(turned, treated="below")
    assert below.draws.mean() == pytest.approx(estimate(data).draws.mean(), abs=0.02)
    assert "score <= 60" in below.subject


def test_effects_by_bandwidth_hold_the_headline(generator):
    answer = estimate(frame(generator))
    effects = answer.effects("bandwidth")
    assert len(effects.labels) >= 4
    assert any(np.array_equal(effects.draws[..., k], answer.draws) for k in range(5))


def test_a_bandwidth_may_be_given_and_a_curve(generator):
    data = frame(generator)
    answer = estimate(data, bandwidth=np.inf, curve=Curve.polynomial(2))
    design = np.column_stack([data["score"] >= 60, np.ones(len(data))])
    x = (data["score"] - 60).to_numpy()[:, None]
    design = np.column_stack([design, x, x**2, x * design[:, :1], x**2 * design[:, :1]])
    expected = np.linalg.lstsq(design, data["y"], rcond=None)[0][0]
    assert answer.tables["bandwidths"]["jump"].iloc[0] == pytest.approx(expected, rel=1e-8)
    assert list(answer.effects("bandwidth").labels) == [np.inf]


def test_sorting_and_different_people_are_flagged(generator):
    data = frame(generator, 4000)
    near = data["score"].between(54, 60) & (generator.random(4000) < 0.7)
    data.loc[near, "score"] = 120 - data.loc[near, "score"]
    data["age"] += 2 * (data["score"] >= 60)
    answer = estimate(data, covariates=("age",))
    assert found(answer, "density").severity in ("warning", "bad")
    assert found(answer, "covariate-jumps").severity == "bad"
    status = {line.assumption[:10]: line.status for line in answer.ledger().itertuples()}
    assert status["Continuity"] == "in doubt"
    assert status["No sorting"] == "in doubt"


def test_binary_outcomes_and_few_values_are_told(generator):
    data = frame(generator, 3000)
    data["y"] = data["y"] > data["y"].median()
    data["score"] = 10 * np.round(data["score"] / 10)
    answer = estimate(data, bandwidth=45.0)
    assert "linear model of a probability" in answer.method
    assert found(answer, "distinct-values").severity == "warning"


def unusual(x, y):
    size = len(x)
    return {
        "huge": (1e9 * x, 1e12 * y, {}),
        "tiny": (1e-9 * x, 1e-12 * y, {}),
        "far from zero": (x, y + 1e6, {}),
        "constant covariate": (x, y, {"covariates": ("c",), "c": np.ones(size)}),
        "collinear covariate": (x, y, {"covariates": ("c",), "c": 2 * x + 1}),
        "sharp treatment": (x, y, {"treatment": "c", "c": (x >= 0).astype(float)}),
    }


@pytest.mark.parametrize("name", list(unusual(np.zeros(2), np.zeros(2))))
def test_unusual_columns_give_the_usual_answer(generator, name):
    x = generator.uniform(-1, 1, 400)
    y = x + (x >= 0) + 0.3 * generator.normal(size=400)
    place, outcome, more = unusual(x, y)[name]
    data = {"x": place, "y": outcome, "c": more.pop("c", place)}
    plain = run(RegressionDiscontinuity("y", "x"), {"x": x, "y": y}, Computation(seed=1))
    answer = run(RegressionDiscontinuity("y", "x", **more), data, Computation(seed=1))
    unit = np.ptp(outcome) / np.ptp(y) if name in ("huge", "tiny") else 1.0
    assert answer.draws.mean() / unit == pytest.approx(plain.draws.mean(), abs=0.05)
    assert answer.draws.std() / unit == pytest.approx(plain.draws.std(), rel=0.1)
    assert "NaN" not in repr(answer)


def test_an_outcome_with_one_value_on_a_side_is_told(generator):
    x = generator.uniform(-1, 1, 400)
    y = np.where(x >= 0, 1.0, generator.normal(size=400))
    answer = run(RegressionDiscontinuity("y", "x"), {"x": x, "y": y}, Computation(seed=1))
    assert found(answer, "no-variation").severity == "warning"
    assert "NaN" not in repr(answer)


@pytest.mark.parametrize(
    "wrong",
    [{"bandwidth": -1.0}, {"treated": "left"}, {"covariates": ("y",)}, {"treatment": "score"}],
)
def test_studies_that_make_no_sense(wrong):
    with pytest.raises(bi.ModelError):
        RegressionDiscontinuity("y", "score", 60.0, **wrong)
    with pytest.raises(bi.ModelError, match="no number"):
        RegressionDiscontinuity("y", "score", float("nan"))


def test_bad_rows_are_refused(generator):
    data = frame(generator)
    with pytest.raises(bi.DataError, match="one side"):
        estimate(data[data["score"] > 60])
    with pytest.raises(bi.DataError) as caught:
        estimate(data, bandwidth=0.01)
    assert caught.value.code == "too-few-near-cutoff"
    with pytest.raises(bi.DataError, match="nope"):
        estimate(data, covariates=("nope",))


def test_the_report_draws_its_pictures(generator):
    answer = estimate(frame(generator))
    assert len(answer.answer.pictures) == 2
    assert "jump" in answer.report().text


def test_a_cutoff_and_a_covariate_may_be_text():
    study = RegressionDiscontinuity("y", "score", "21", covariates="age")  # pyright: ignore[reportArgumentType]
    assert study.cutoff == 21.0
    assert study.covariates == ("age",)
    with pytest.raises(bi.ModelError, match="'soon'"):
        RegressionDiscontinuity("y", "score", "soon")  # pyright: ignore[reportArgumentType]


def test_a_chosen_window_is_said_to_come_from_the_outcomes(generator):
    made = RegressionDiscontinuity.example(generator)
    answer = run(made.study, made.frame, Computation(draws=100, seed=1)).answer
    assert "chosen from the same outcomes" in answer.method


def test_a_forgotten_cutoff_is_told(generator):
    made = RegressionDiscontinuity.example(generator)
    with pytest.raises(bi.DataError, match="cutoff") as caught:
        run(RegressionDiscontinuity("y", "score"), made.frame, Computation(seed=1))
    assert "0 where nothing is said" in str(caught.value)

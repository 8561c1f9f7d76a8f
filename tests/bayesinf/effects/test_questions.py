from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import bayesinf as bi
from bayesinf.effects import questions
from bayesinf.effects.questions import comparisons, predictions, slopes
from bayesinf.errors import DataError, ModelError
from bayesinf.posterior.posterior import Posterior


def coefficient(posterior: Posterior, name: str) -> np.ndarray:
    return posterior.values.coefficients[..., posterior.model.design.names.index(name)]


def chances(posterior: Posterior, z: pd.Series, treated: object) -> np.ndarray:
    """Event probabilities (chain, draw, row), written out."""
    names = [name for name in posterior.model.design.names if "treated" in name]
    return expit(
        coefficient(posterior, "Intercept")[..., None]
        + coefficient(posterior, "z")[..., None] * z.to_numpy()
        + coefficient(posterior, names[0])[..., None] * np.asarray(treated, dtype=float)
    )


def test_linear_predictions_are_the_design_times_coefficients(
    linear: Posterior, data: pd.DataFrame
) -> None:
    rows = linear.values.coefficients @ linear.model.design.rows.population.T
    np.testing.assert_allclose(predictions(linear, average=False).draws, rows, atol=1e-11)
    np.testing.assert_allclose(predictions(linear).draws[..., 0], rows.mean(-1), atol=1e-11)
    by = predictions(linear, by="arm")
    assert by.summary().index.tolist() == ["a", "b", "c"]
    assert by.summary().index.name == "arm"
    for k, level in enumerate("abc"):
        truth = rows[..., data.arm == level].mean(-1)
        np.testing.assert_allclose(by.draws[..., k], truth, atol=1e-11)


def test_linear_comparisons_are_coefficients(linear: Posterior, data: pd.DataFrame) -> None:
    interaction = coefficient(linear, "x") + coefficient(linear, "x:z") * data.z.mean()
    effect = comparisons(linear, "x")
    np.testing.assert_allclose(effect.draws[..., 0], interaction, atol=1e-10)
    assert effect.summary().index.tolist() == ["+1"]
    assert effect.summary().index.name == "contrast"
    arms = comparisons(linear, "arm")
    for k, level in enumerate("bc"):
        truth = coefficient(linear, f"arm[T.{level}]")
        np.testing.assert_allclose(arms.draws[..., k], truth, atol=1e-10)
    old = comparisons(linear, "old")
    np.testing.assert_allclose(old.draws[..., 0], coefficient(linear, "old"), atol=1e-10)
    twice = comparisons(linear, "x", values=(1.0, 3.0))
    np.testing.assert_allclose(twice.draws[..., 0], 2 * interaction, atol=1e-10)


def test_a_row_is_compared_by_itself(linear: Posterior, data: pd.DataFrame) -> None:
    effect = comparisons(linear, "x", rows=data.set_index("label").iloc[:5], average=False)
    truth = coefficient(linear, "x")[..., None] + (
        coefficient(linear, "x:z")[..., None] * data.z.to_numpy()[:5]
    )
    np.testing.assert_allclose(effect.draws, truth, atol=1e-10)
    index = effect.summary().index
    assert index.names == ["contrast", "row"]
    assert index.tolist() == [("+1", label) for label in data.label[:5]]


@pytest.mark.parametrize("contrast", ["difference", "ratio", "lift", "odds_ratio"])
def test_logistic_comparisons_by_the_formula(
    logistic: Posterior, data: pd.DataFrame, contrast: str
) -> None:
    high = chances(logistic, data.z, np.ones(len(data))).mean(-1)
    low = chances(logistic, data.z, np.zeros(len(data))).mean(-1)
    truth = {
        "difference": high - low,
        "ratio": high / low,
        "lift": high / low - 1,
        "odds_ratio": (high / (1 - high)) / (low / (1 - low)),
    }[contrast]
    effect = comparisons(logistic, "treated", contrast=contrast)
    np.testing.assert_allclose(effect.draws[..., 0], truth, rtol=1e-9)
    assert effect.null == (1.0 if "ratio" in contrast else 0.0)


def test_conditional_odds_ratios_of_a_logit_are_exponentiated_coefficients(
    logistic: Posterior, data: pd.DataFrame
) -> None:
    effect = comparisons(logistic, "z", rows=data[:3], contrast="odds_ratio", average=False)
    truth = np.exp(coefficient(logistic, "z"))
    for k in range(3):
        np.testing.assert_allclose(effect.draws[..., k], truth, rtol=1e-9)


def test_comparisons_by_levels_average_to_the_whole(
    logistic: Posterior, data: pd.DataFrame
) -> None:
    by = comparisons(logistic, "treated", rows=data, by="label")
    index = by.summary().index
    assert index.names == ["contrast", "label"]
    assert index.tolist() == [("True - False", "old"), ("True - False", "young")]
    shares = data.label.value_counts(normalize=True)[["old", "young"]].to_numpy()
    whole = comparisons(logistic, "treated").draws[..., 0]
    np.testing.assert_allclose(by.draws @ shares, whole, atol=1e-12)


def test_comparisons_may_be_grouped_by_their_own_variable(
    logistic: Posterior, data: pd.DataFrame
) -> None:
    effect = comparisons(logistic, "treated", by="treated")
    ones = np.ones(len(data))
    rows = chances(logistic, data.z, ones) - chances(logistic, data.z, 0 * ones)
    treated = rows[..., data.treated.to_numpy()].mean(-1)
    np.testing.assert_allclose(effect.draws[..., 1], treated, atol=1e-12)
    assert effect.labels[1] == ("True - False", True)


def test_weights_count_a_row_several_times(logistic: Posterior, data: pd.DataFrame) -> None:
    weighted = comparisons(logistic, "treated", rows=data, weights="w")
    repeated = comparisons(logistic, "treated", rows=data.loc[data.index.repeat(data.w)])
    np.testing.assert_allclose(weighted.draws, repeated.draws, atol=1e-12)
    assert "weighted by w" in weighted.question


def test_trials_are_compared_by_probability(counted: Posterior, data: pd.DataFrame) -> None:
    truth = chances(counted, data.z, np.ones(len(data))) - chances(
        counted, data.z, np.zeros(len(data))
    )
    effect = comparisons(counted, "treated")
    np.testing.assert_allclose(effect.draws[..., 0], truth.mean(-1), atol=1e-12)
    weighted = comparisons(counted, "treated", weights="n").draws[..., 0]
    np.testing.assert_allclose(weighted, np.average(truth, axis=-1, weights=data.n), atol=1e-12)
    assert comparisons(counted, "treated", contrast="odds_ratio").null == 1.0


def test_slopes_of_a_logit_in_closed_form(logistic: Posterior, data: pd.DataFrame) -> None:
    p = chances(logistic, data.z, data.treated)
    truth = p * (1 - p) * coefficient(logistic, "z")[..., None]
    np.testing.assert_allclose(slopes(logistic, "z", average=False).draws, truth, atol=1e-8)
    effect = slopes(logistic, "z")
    np.testing.assert_allclose(effect.draws[..., 0], truth.mean(-1), atol=1e-8)
    assert effect.summary().index.tolist() == ["z"]
    by = slopes(logistic, "z", by="treated")
    chosen = data.treated.to_numpy()
    np.testing.assert_allclose(by.draws[..., 1], truth[..., chosen].mean(-1), atol=1e-8)
    assert by.names == ("treated",)


def test_slopes_of_polynomials_and_interactions_in_closed_form(
    curved: Posterior, data: pd.DataFrame
) -> None:
    linear, square, cube = (coefficient(curved, f) for f in ("x", "I(x ** 2)", "I(x ** 3)"))
    mixed = coefficient(curved, "log(x):z")
    x, z = data.x.to_numpy(), data.z.to_numpy()
    truth = (
        linear[..., None]
        + 2 * square[..., None] * x
        + 3 * cube[..., None] * x**2
        + mixed[..., None] * z / x
    )
    np.testing.assert_allclose(slopes(curved, "x", average=False).draws, truth, atol=1e-4)
    np.testing.assert_allclose(slopes(curved, "x").draws[..., 0], truth.mean(-1), atol=1e-5)


def test_slopes_of_splines_stay_within_their_knots(data: pd.DataFrame) -> None:
    fit = bi.fit("y ~ bs(x, df=5)", data, seed=1, draws=200)
    effect = slopes(fit.posterior, "x", average=False)
    ends = data.x.to_numpy().argsort()[[0, -1]]
    grid = np.linspace(data.x.min(), data.x.max(), 5)
    outcome = predictions(fit.posterior, {"x": grid}, average=False).draws
    inner = slopes(fit.posterior, "x", {"x": np.linspace(grid[0], grid[-1], 4001)}, average=False)
    # The fundamental theorem of calculus, by the trapezoid rule.
    rise = np.trapezoid(inner.draws, dx=(grid[-1] - grid[0]) / 4000, axis=-1)
    np.testing.assert_allclose(rise, outcome[..., -1] - outcome[..., 0], atol=1e-4)
    np.testing.assert_allclose(effect.draws[..., ends[0]], inner.draws[..., 0], atol=1e-8)


def test_groups_seen_bring_their_effects_and_new_ones_the_population(sleep: Posterior) -> None:
    rows = {"Days": [3.0, 3.0], "Subject": ["308", "new"]}
    effect = comparisons(sleep, "Days", rows=rows, average=False)
    fixed = coefficient(sleep, "Days")
    names = sleep.model.design.rows.groups[0].levels
    own = sleep.values.effects[0][:, :, names.index("308"), 1]
    np.testing.assert_allclose(effect.draws[..., 0], fixed + own, atol=1e-9)
    spread = (effect.draws[..., 1] - fixed).std()
    # sd and kurtosis: a scale mixture of normals over draws of the group sd.
    sds = sleep.values.sds[0][..., 1]
    assert abs(spread / np.sqrt((sds**2).mean()) - 1) < 4 * np.sqrt(1.0 / sds.size)


def test_comparing_two_groups(sleep: Posterior) -> None:
    effect = comparisons(sleep, "Subject", rows={"Days": [0.0], "Subject": ["308"]})
    own = sleep.values.effects[0][..., 0]
    assert effect.labels[0] == ("309 - 308",)
    np.testing.assert_allclose(effect.draws[..., 0], own[..., 1] - own[..., 0], atol=1e-9)


def test_answers_do_not_depend_on_the_stretches(
    logistic: Posterior, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = comparisons(logistic, "treated", by="treated", contrast="ratio").draws
    pointwise = import_module("bayesinf.model.pointwise")
    monkeypatch.setattr(pointwise, "LARGEST_BLOCK", 13 * logistic.values.count)
    cut = comparisons(logistic, "treated", by="treated", contrast="ratio").draws
    np.testing.assert_allclose(cut, whole, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda p: comparisons(p, "x", contrast="odds_ratio"), "not-a-probability"),
        (lambda p: comparisons(p, "x", contrast="rato"), "unknown-contrast"),
        (lambda p: comparisons(p, "xx"), "unknown-column"),
        (lambda p: comparisons(p, {"x": (0, 1)}), "not-a-column-name"),
        (lambda p: slopes(p, ["x", "z"]), "not-a-column-name"),
        (lambda p: comparisons(p, "x", by="arm", average=False), "nothing-averaged"),
        (lambda p: predictions(p, weights="old", average=False), "nothing-averaged"),
        (lambda p: predictions(p, by="label"), "unknown-column"),
        (lambda p: slopes(p, "arm"), "not-a-number"),
        (lambda p: slopes(p, "treated"), "not-a-number"),
        (lambda p: slopes(p, "nothing"), "unknown-column"),
    ],
)
def test_bad_questions_are_refused(linear: Posterior, call, code: str) -> None:
    with pytest.raises((ModelError, DataError)) as caught:
        call(linear)
    assert caught.value.code == code


def test_values_outside_the_range_of_the_fit_are_warned_of(
    linear: Posterior, data: pd.DataFrame
) -> None:
    low, high = float(data.x.min()), float(data.x.max())
    comparisons(linear, "x", values=(low, high))
    with pytest.warns(bi.ExtrapolationWarning, match="^x = 20 lies far outside the"):
        comparisons(linear, "x", values=(low, 20.0))
    with pytest.warns(bi.ExtrapolationWarning, match="^x = -1 and x = 20 lie far outside the"):
        comparisons(linear, "x", values=(-1, 20))


def test_an_answer_too_large_for_memory_is_refused(
    linear: Posterior, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "LARGEST_ANSWER", 100_000)
    with pytest.raises(DataError, match="240 cases at 1,000 draws") as caught:
        predictions(linear, average=False)
    assert caught.value.code == "too-many-cases"
    assert predictions(linear).draws.size == 1000


def test_a_fit_from_disk_answers_about_given_rows(linear: Posterior, data: pd.DataFrame) -> None:
    design = replace(linear.model.design, table=None)
    loaded = replace(linear, model=replace(linear.model, design=design))
    given = comparisons(loaded, "x", rows=data, by="arm").draws
    np.testing.assert_array_equal(given, comparisons(linear, "x", by="arm").draws)
    with pytest.raises(DataError, match="rows="):
        comparisons(loaded, "x")


def test_fit_has_the_questions_as_methods(linear: Posterior, data: pd.DataFrame) -> None:
    fit = bi.Fit(linear)
    pairs = [
        (fit.predictions(data, by="arm", weights="w"), predictions(linear, data, "arm", True, "w")),
        (fit.comparisons("x", by="arm"), comparisons(linear, "x", by="arm")),
        (fit.slopes("x", average=False), slopes(linear, "x", average=False)),
    ]
    for method, function in pairs:
        np.testing.assert_array_equal(method.draws, function.draws)


def test_weights_of_the_fit_count_rows_as_the_expanded_rows_do(data: pd.DataFrame) -> None:
    counts = np.random.default_rng(5).integers(1, 6, len(data))
    weighted = bi.fit("y | weights(w) ~ x * z", data.assign(w=counts), seed=1)
    expanded = bi.fit("y ~ x * z", data.loc[data.index.repeat(counts)], seed=1)
    for ask in (predictions, lambda at, **more: comparisons(at, "x", **more)):
        one, other = ask(weighted.posterior, weights="w"), ask(expanded.posterior)
        assert one.draws.mean() == pytest.approx(other.draws.mean(), abs=5 * 0.02 * one.draws.std())
        assert "counted" not in one.question + other.question


def test_rows_that_count_otherwise_than_in_the_fit_are_said_to(data: pd.DataFrame) -> None:
    frame = data.assign(w=np.arange(len(data)) % 3 + 1.0)
    fit = bi.fit("y | weights(w) ~ x * z", frame, seed=1)
    said = "each counted once; weights='w' counts them as the fit did"
    for effect in (fit.predictions(), fit.comparisons("x", by="x"), fit.slopes("x", rows=frame)):
        assert said in effect.question
        assert said in effect.sentence()
    for effect in (
        fit.predictions(weights="w"),
        fit.predictions(average=False),
        fit.predictions({"x": [1.0, 2.0], "z": [0.0, 1.0]}),
        bi.fit("y ~ x", frame, seed=1).predictions(),
    ):
        assert "counted" not in effect.question + effect.sentence()
    arithmetic = bi.fit("y | weights(1 / w) ~ x", frame, seed=1)
    assert "each counted once, not by 1 / w as in the fit" in arithmetic.predictions().question


def test_trials_of_the_fit_are_said_not_to_count(counted: Posterior) -> None:
    trials = counted.model.formula.response.trials
    assert f"weights={trials!r} counts them by trial" in predictions(counted).question


@pytest.mark.parametrize("argument", ["by", "weights"])
@pytest.mark.parametrize("given", [["arm", "old"], 0, np.ones(3), pd.Series([1.0])])
def test_a_column_is_asked_for_by_its_name(linear: Posterior, argument: str, given: object) -> None:
    for ask in (
        lambda **more: predictions(linear, **more),
        lambda **more: comparisons(linear, "x", **more),
        lambda **more: slopes(linear, "x", **more),
    ):
        with pytest.raises(ModelError, match=f"^{argument}= is the name of one column") as caught:
            ask(**{argument: given})
        assert caught.value.code == "not-a-column-name"
        with pytest.raises(ModelError, match="average= is True or False"):
            ask(average=given)


def test_rows_that_are_raised_beyond_a_spline_are_told_from_those_that_are_there() -> None:
    rng = np.random.default_rng(1)
    data = {"y": rng.normal(size=60), "x": rng.uniform(0, 4, size=60)}
    fit = bi.fit("y ~ bs(x, df=5)", data, seed=1, draws=200)
    with pytest.raises(bi.DataError, match="With 'x' raised by 1 in every row: 'bs") as caught:
        fit.comparisons("x")
    assert caught.value.code == "outside-range" and "values=(low, high)" in str(caught.value.hint)
    assert len(fit.comparisons("x", values=(1.0, 2.0)).summary()) == 1
    with pytest.raises(bi.DataError, match=r"^'bs\(x, df=5\)' covers"):
        fit.comparisons("x", values=(1.0, 4.2))

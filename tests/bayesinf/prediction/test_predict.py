"""Predictions of rows: alignment, pieces, laws, refusals and memory."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.data.table import Table
from bayesinf.errors import DataError, ExtrapolationWarning, ModelError, SamplingError
from bayesinf.fit import Fit
from bayesinf.prediction import predict as module
from bayesinf.prediction.predict import predict, stretches
from bayesinf.prediction.predictor import Predictor
from tests.conftest import within

COLUMNS = ["mean", "sd", "lower", "upper"]


@pytest.fixture(autouse=True)
def interval() -> Iterator[None]:
    before = bi.options.interval
    bi.options.interval = ("eti", 0.89)
    yield
    bi.options.interval = before


def simulated(rows: int = 60) -> pd.DataFrame:
    generator = np.random.default_rng(5)
    x, g = generator.normal(size=rows), generator.choice(["a", "b", "c"], rows)
    return pd.DataFrame(
        {"x": x, "g": g, "y": 1 + 2 * x + generator.normal(size=rows)},
        index=pd.Index([f"r{k}" for k in range(rows)], name="who"),
    )


@pytest.fixture(scope="module")
def plain() -> Fit:
    return bi.fit("y ~ x + g", simulated(), seed=1)


@pytest.fixture(scope="module")
def grouped() -> Fit:
    return bi.fit("Reaction ~ Days + (Days | Subject)", bi.examples.sleepstudy(), seed=1)


@pytest.fixture(scope="module")
def counts() -> Fit:
    frame = simulated(80)
    frame["k"] = np.random.default_rng(3).poisson(np.exp(1 + 0.3 * frame["x"]))
    return bi.fit("k ~ x", frame, family="poisson", draws=1000, seed=1)


def test_the_frame_has_the_index_of_the_rows(plain):
    rows = simulated().drop(columns="y").iloc[[7, 3, 30]]
    frame = predict(plain.posterior, rows).frame(prob=0.5)
    assert frame.columns.tolist() == COLUMNS
    assert frame.index.equals(rows.index)
    attrs = {"interval_kind": "eti", "interval_prob": 0.5, "kind": "response", "extrapolated": {}}
    assert frame.attrs == {**attrs, "outcome": "y"}
    whole = predict(plain.posterior, simulated()).frame(prob=0.5)
    pd.testing.assert_frame_equal(frame, whole.loc[rows.index], check_exact=True)


def test_rows_without_an_index_are_counted(plain):
    import polars

    frame = predict(plain.posterior, polars.DataFrame({"x": [0.0, 1.0], "g": ["a", "b"]})).frame()
    assert frame.index.equals(pd.RangeIndex(2))
    one = predict(plain.posterior, {"x": 1.0, "g": "b"}).frame()
    assert np.array_equal(one.to_numpy()[0], frame.to_numpy()[1])


def test_a_formula_without_predictors_predicts_as_many_rows_as_given():
    fit = bi.fit("y ~ 1", simulated(), draws=200, seed=1)
    assert len(predict(fit.posterior, simulated()).frame()) == 60
    assert len(predict(fit.posterior, {"anything": [1, 2]}).frame()) == 2


@pytest.mark.parametrize("kind", ["mean", "linear"])
def test_expectations_are_described_by_their_draws(counts, kind):
    rows = simulated(5)
    prediction = predict(counts.posterior, rows, kind=kind)
    draws = prediction.draws()
    values = counts.posterior.values.coefficients
    eta = values[..., :1] + values[..., 1:] * rows["x"].to_numpy()
    assert draws.shape == (*counts.posterior.values.shape, 5)
    assert np.allclose(draws, np.exp(eta) if kind == "mean" else eta, rtol=1e-12)
    flat, frame = draws.reshape(-1, 5), prediction.frame(prob=0.9)
    assert np.allclose(frame["mean"], flat.mean(0))
    assert np.allclose(frame["sd"], flat.std(0, ddof=1))
    assert np.allclose(frame[["lower", "upper"]].T, np.quantile(flat, [0.05, 0.95], axis=0))


def test_outcomes_obey_the_law_of_total_variance(plain):
    rows = simulated(8)
    frame = predict(plain.posterior, rows).frame(prob=0.9)
    mean = predict(plain.posterior, rows, kind="mean").draws().reshape(-1, 8)
    sigma = plain.posterior.values.parameters.reshape(-1)
    assert np.allclose(frame["mean"], mean.mean(0))
    assert np.allclose(frame["sd"], np.sqrt((sigma**2).mean() + mean.var(0)))
    outcomes = predict(plain.posterior, rows).draws().reshape(-1, 8)
    size = len(outcomes)
    assert within(outcomes.mean(0), frame["mean"], frame["sd"] / np.sqrt(size))
    inside = ((outcomes > frame["lower"].to_numpy()) & (outcomes < frame["upper"].to_numpy())).mean(
        0
    )
    assert within(inside, 0.9, np.full(8, np.sqrt(0.9 * 0.1 / size)))


def test_counts_have_whole_ends_that_hold_enough(counts):
    rows = simulated(8)
    frame = predict(counts.posterior, rows).frame(prob=0.8)
    ends = frame[["lower", "upper"]].to_numpy()
    assert (ends == np.rint(ends)).all()
    outcomes = predict(counts.posterior, rows).draws().reshape(-1, 8)
    size = len(outcomes)
    assert ((outcomes <= ends[:, 1]).mean(0) > 0.9 - 4 * np.sqrt(0.09 / size)).all()
    assert ((outcomes < ends[:, 1]).mean(0) < 0.9 + 4 * np.sqrt(0.09 / size)).all()


def test_trials_are_needed_and_used():
    frame = simulated(40)
    frame["n"] = np.arange(40) % 5 + 6
    frame["s"] = np.random.default_rng(2).binomial(frame["n"], 0.6)
    fit = bi.fit("s | trials(n) ~ x", frame, family="binomial", draws=400, seed=1)
    rows = {"x": [0.0, 0.0], "n": [10, 100]}
    found = predict(fit.posterior, rows).frame()
    assert np.isclose(found["mean"][1], 10 * found["mean"][0])
    with pytest.raises(DataError, match="no column 'n'"):
        predict(fit.posterior, {"x": [0.0]})


def test_a_new_group_varies_by_the_population(grouped):
    """Var y = E sigma^2 + E x' Sigma x + Var x' beta for a group never seen."""
    values, days = grouped.posterior.values, np.arange(10.0)
    rows = {"Days": days, "Subject": ["new"] * 10}
    x = np.stack([np.ones(10), days], axis=1)
    covariance = values.correlations[0] * values.sds[0][..., None] * values.sds[0][..., None, :]
    between = np.einsum("ni,cdij,nj->cdn", x, covariance, x)
    line = values.coefficients @ x.T
    expected = between.mean((0, 1)) + line.reshape(-1, 10).var(0)
    found = predict(grouped.posterior, rows, kind="mean").frame()["sd"] ** 2
    kurtosis = (between**2).mean((0, 1)) / between.mean((0, 1)) ** 2 * 3
    assert within(found, expected, expected * np.sqrt((kurtosis - 1) / values.count))
    sigma = (values.parameters**2).mean()
    outcome = predict(grouped.posterior, rows).frame()["sd"] ** 2
    assert np.allclose(outcome, found * (1 - 1 / values.count) + sigma)


def test_new_groups_do_not_depend_on_their_company(grouped):
    rows = pd.DataFrame({"Days": [1, 2, 3, 4], "Subject": ["n1", "308", "n2", "n1"]})
    whole = predict(grouped.posterior, rows).frame()
    assert whole["mean"][1] != whole["mean"][0]
    turned = predict(grouped.posterior, rows.iloc[::-1]).frame()
    pd.testing.assert_frame_equal(whole, turned.iloc[::-1], check_exact=True)


@pytest.mark.parametrize("kind", ["response", "mean", "linear"])
@pytest.mark.parametrize("interval_kind", ["eti", "hdi"])
def test_pieces_give_the_same_to_the_last_bit(grouped, counts, kind, interval_kind):
    bi.options.interval = (interval_kind, 0.9)
    sleep = bi.examples.sleepstudy().iloc[:70].assign(Reaction=0.0)
    sleep.loc[5:9, "Subject"] = "new"
    for fit, rows in ((grouped, sleep), (counts, simulated(40))):
        whole = predict(fit.posterior, rows, kind).frame()
        for length in (1, 33):
            pieces = [
                predict(fit.posterior, rows.iloc[k : k + length], kind).frame()
                for k in range(0, len(rows), length)
            ]
            pd.testing.assert_frame_equal(pd.concat(pieces), whole, check_exact=True)


def test_draws_come_again_and_stretches_are_the_draws(plain, monkeypatch):
    prediction = predict(plain.posterior, simulated(7))
    draws = prediction.draws()
    assert np.array_equal(draws, predict(plain.posterior, simulated(7)).draws())
    flat = draws.reshape(-1, 7)
    monkeypatch.setattr(Predictor, "stretches", _pairs)
    found = list(stretches(plain.posterior, Table.read(simulated(7)), "response"))
    assert [part for part, _ in found] == [slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 7)]
    assert np.array_equal(np.concatenate([values for _, values in found], axis=1), flat)


def _pairs(predictor: Predictor) -> list[slice]:
    size = len(predictor.rows)
    return [slice(k, min(k + 2, size)) for k in range(0, size, 2)]


def test_memory_is_bounded(plain):
    """8,000 rows at 4,000 draws are 256 MB in one array."""
    rows = {"x": np.linspace(-1, 1, 8000), "g": np.array(["a"] * 8000)}
    prediction = predict(plain.posterior, rows, kind="mean")
    tracemalloc.start()
    prediction.frame()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_too_many_draws_for_one_array_are_refused(plain, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_ANSWER", 10_000)
    with pytest.raises(
        SamplingError, match=r"(?s)3 rows x 4,000 draws are 12,000.*frame\(\)"
    ) as caught:
        predict(plain.posterior, simulated(3)).draws()
    assert caught.value.code == "too-many-draws"
    assert predict(plain.posterior, simulated(2)).draws().shape[-1] == 2


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ({"kind": "respnse"}, "unknown-kind", "Did you mean 'response'"),
        ({"new_groups": "populaton"}, "unknown-new-groups", "Did you mean 'population'"),
        ({"kind": np.array(["mean", "linear"])}, "unknown-kind", "'kind' is one word"),
        ({"new_groups": ["error"]}, "unknown-new-groups", "'new_groups' is one word"),
    ],
)
def test_unknown_words_are_refused(plain, words, code, says):
    with pytest.raises(ModelError, match=says) as caught:
        predict(plain.posterior, simulated(3), **words)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        ({"x": [1.0]}, "unknown-column", "no column 'g'"),
        ({"x": [1.0, np.nan], "g": ["a", "b"]}, "missing-values", "row 1"),
        ({"x": ["1.0"], "g": ["a"]}, "type-changed", "was numeric at the fit and is text"),
        ({"x": [1.0, 2.0], "g": ["a", "d"]}, "unseen-level", "'d' in row 1"),
    ],
)
def test_rows_of_another_kind_are_refused(plain, rows, code, says):
    with pytest.raises(DataError, match=says) as caught:
        predict(plain.posterior, rows)
    assert caught.value.code == code


def test_no_rows_have_a_frame_without_rows(plain):
    rows = simulated().iloc[:0]
    none = predict(plain.posterior, rows)
    assert none.frame().columns.tolist() == COLUMNS
    assert len(none.frame()) == 0
    assert none.frame().index.equals(rows.index)
    assert none.draws().shape[-1] == 0
    with pytest.raises(DataError, match="no column 'g'"):
        predict(plain.posterior, rows[["x"]])


def test_rows_outside_the_range_of_the_fit_are_noted_and_far_ones_warned_of(plain):
    low, high = simulated()["x"].min(), simulated()["x"].max()
    near = {"x": [low, high + 0.1, high, low - 0.1], "g": ["a"] * 4}
    assert predict(plain.posterior, near).frame().attrs["extrapolated"] == {"x": [1, 3]}
    with pytest.warns(ExtrapolationWarning, match=r"'x' lies far outside .* \(row 2\)"):
        predict(plain.posterior, {"x": [0.0, high, 3 * high - low], "g": ["a"] * 3}).frame()


@pytest.mark.parametrize("rows", [1, 3])
def test_rows_that_all_lie_outside_are_warned_of_once_unless_they_are_near(plain, rows):
    high, width = simulated()["x"].max(), np.ptp(simulated()["x"])
    predict(plain.posterior, {"x": [high + 0.05 * width] * rows, "g": ["a"] * rows}).frame()
    for x, far in ((high + 0.2 * width, ""), (50 * abs(high), "far ")):
        with pytest.warns(ExtrapolationWarning) as told:
            predict(plain.posterior, {"x": [x] * rows, "g": ["a"] * rows}).frame()
        assert len(told) == 1
        assert f"'x' lies {far}outside the" in str(told[0].message)
        assert f"in {rows} of {rows} rows" in str(told[0].message)


def test_new_groups_are_refused_on_request(grouped):
    rows = {"Days": [1, 2, 3], "Subject": ["308", "x", "x"]}
    with pytest.raises(DataError, match=r"'Subject'.*'x'.*rows 1, 2") as caught:
        predict(grouped.posterior, rows, new_groups="error")
    assert (caught.value.code, caught.value.rows) == ("new-groups", (1, 2))


def test_a_prediction_says_what_it_is(plain):
    said = repr(predict(plain.posterior, simulated(3), kind="mean"))
    assert said == "Prediction(3 rows x 4,000 draws, kind='mean')"


def test_the_outcome_on_whose_scale_rows_are_predicted_is_named() -> None:
    frame = pd.DataFrame({"my y": [1.0, 2.0, 4.0, 5.0], "x": [1.0, 2.0, 3.0, 4.0]})
    for outcome, named in (
        ("log(`my y`)", "log(`my y`)"),
        ("`my y`", "my y"),
    ):
        fit = bi.fit(f"{outcome} ~ x", frame, seed=1)
        for kind in ("response", "mean", "linear"):
            assert fit.predict(kind=kind).attrs["outcome"] == named

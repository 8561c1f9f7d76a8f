"""Typical mistakes get a sentence that says what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.data import Table
from bayesinf.design import predictor_columns


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 30
    return pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "colour": list("rgb") * 10,
            "g": np.repeat(list("abcdef"), 5),
            "k": rng.integers(0, 5, n),
            "n": np.full(n, 5),
            "b": rng.integers(0, 2, n),
        }
    )


def _with(column: str, values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{column: values})


def _at(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        frame[column] = frame[column].astype(float)
        frame.loc[row, column] = value
        return frame

    return change


def _twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame[["x"]]], axis=1)


def _same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


CASES = {
    # name: (formula, family, change, error, code, words of the message)
    "unknown column": (
        "y ~ xx",
        "gaussian",
        _same,
        bi.DataError,
        "unknown-column",
        ["'xx'", "'x'"],
    ),
    "duplicate columns": ("y ~ x", "gaussian", _twice, bi.DataError, "duplicate-columns", ["'x'"]),
    "empty frame": ("y ~ x", "gaussian", lambda f: f.head(0), bi.DataError, "empty-frame", ["row"]),
    "all missing": ("y ~ x", "gaussian", _with("x", np.nan), bi.DataError, "all-missing", ["'x'"]),
    "infinite": (
        "y ~ x",
        "gaussian",
        _at("x", 3, np.inf),
        bi.DataError,
        "infinite-values",
        ["'x'", "3"],
    ),
    "constant": (
        "y ~ x + z",
        "gaussian",
        _with("z", 2.0),
        bi.DataError,
        "constant-column",
        ["'z'"],
    ),
    "collinear": (
        "y ~ x + z + I(2*x - z)",
        "gaussian",
        _same,
        bi.DataError,
        "collinear-column",
        ["'x'", "'z'"],
    ),
    "single level": (
        "y ~ colour",
        "gaussian",
        _with("colour", "r"),
        bi.DataError,
        "single-level",
        ["'colour'"],
    ),
    "one group": (
        "y ~ x + (1 | g)",
        "gaussian",
        _with("g", "a"),
        bi.DataError,
        "single-level",
        ["'g'"],
    ),
    "negative count": (
        "k ~ x",
        "poisson",
        _at("k", 4, -1),
        bi.DataError,
        "outside-support",
        ["'k'", "4"],
    ),
    "fractional count": (
        "k ~ x",
        "negative_binomial",
        _at("k", 7, 1.5),
        bi.DataError,
        "outside-support",
        ["'k'", "7", "1.5"],
    ),
    "not binary": ("k ~ x", "bernoulli", _same, bi.DataError, "outside-support", ["'k'"]),
    "trials": (
        "k | trials(n) ~ x",
        "binomial",
        _at("k", 5, 9),
        bi.DataError,
        "successes-exceed-trials",
        ["5", "9 of 5"],
    ),
    "no trials": ("k ~ x", "binomial", _same, bi.ModelError, "needs-trials", ["trials"]),
    "negative weights": (
        "y | weights(x) ~ z",
        "gaussian",
        _same,
        bi.DataError,
        "negative-weights",
        ["'x'"],
    ),
    "unknown family": ("y ~ x", "gausian", _same, bi.ModelError, "unknown-family", ["'gaussian'"]),
    "no tilde": ("y + x", "gaussian", _same, bi.FormulaError, None, ["~", "^"]),
    "unbalanced": ("y ~ (x", "gaussian", _same, bi.FormulaError, None, ["^"]),
    "three levels": ("colour ~ x", "bernoulli", _same, bi.DataError, "text-outcome", ["'colour'"]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_error_says_what_where_and_what_to_do(name: str, frame: pd.DataFrame) -> None:
    formula, family, change, kind, code, words = CASES[name]
    with pytest.raises(kind) as caught:
        bi.fit(formula, change(frame), family, seed=1)
    message = str(caught.value)
    if code is not None:
        assert caught.value.code == code, message
    assert all(word in message for word in words), message


def test_missing_values_are_counted_or_refused(frame: pd.DataFrame) -> None:
    holes = _at("x", 2, np.nan)(_at("z", 9, np.nan)(frame))
    fit = bi.fit("y ~ x + z", holes, seed=1)
    assert fit.summary().attrs["missing"] == (
        "2 of 30 rows were dropped: 1 misses 'x', 1 misses 'z'."
    )
    assert "2 of 30 rows were dropped" in repr(fit)
    with pytest.raises(bi.DataError, match="'x'") as caught:
        bi.fit("y ~ x + z", holes, missing="error")
    assert caught.value.code == "missing-values"


def test_rows_are_counted_in_the_frame_as_given(frame: pd.DataFrame) -> None:
    """A dropped row before the bad one does not shift its position."""
    bad = _at("k", 4, -1)(_at("x", 0, np.nan)(frame))
    with pytest.raises(bi.DataError) as caught:
        bi.fit("k ~ x", bad, "poisson")
    assert caught.value.rows == (4,)
    assert "row 4" in str(caught.value)


@pytest.mark.parametrize(
    "attack",
    [
        "I(__import__('os').getpid())",
        "I(().__class__)",
        "{open('/etc/passwd')}",
        "np.lib.npyio.os.getpid()",
        "np.fromfile('/etc/hostname')",
        "np.load('x')",
        "I(lambda: 1)",
        "I([q for q in x])",
        "myglobal",
        "I(x.__class__)",
        "eval('1')",
    ],
)
def test_formulas_run_no_code(attack: str, frame: pd.DataFrame) -> None:
    with pytest.raises((bi.FormulaError, bi.DataError)):
        bi.fit(f"y ~ {attack}", frame)
    with pytest.raises((bi.FormulaError, bi.DataError)):
        bi.fit(f"y ~ x + ({attack} | g)", frame)
    with pytest.raises((bi.FormulaError, bi.DataError)):
        bi.fit(f"y ~ x + offset({attack})", frame)


def test_predicting_without_a_column_or_with_another_type(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x + colour", frame, seed=1)
    with pytest.raises(bi.DataError, match="'colour'"):
        fit.predict(frame[["x"]])
    with pytest.raises(bi.DataError, match="'x'"):
        fit.predict(frame.assign(x="five"))
    with pytest.raises(bi.DataError, match="mauve") as caught:
        fit.predict(frame.head(3).assign(colour=["r", "mauve", "g"]))
    assert caught.value.rows == (1,)


def test_new_groups_are_drawn_or_refused(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x + (1 | g)", frame, seed=1)
    rows = frame.head(2).assign(g=["a", "new"])
    assert len(fit.predict(rows)) == 2
    with pytest.raises(bi.DataError, match="new"):
        fit.predict(rows, new_groups="error")


def test_perfect_separation_is_fitted_with_a_finding(frame: pd.DataFrame) -> None:
    separated = frame.assign(b=(frame["x"] > 0).astype(int))
    fit = bi.fit("b ~ x", separated, "bernoulli", seed=1)
    assert [f.code for f in fit.verdict.of("warning")] == ["separation"]
    assert np.isfinite(fit.summary().to_numpy()).all()


def test_one_row_per_group_is_fitted_with_a_finding(frame: pd.DataFrame) -> None:
    single = frame.assign(g=[f"g{i}" for i in range(len(frame))])
    fit = bi.fit("y ~ x + (1 | g)", single, seed=1)
    assert "one-row-per-group" in [f.code for f in fit.verdict.findings]
    assert np.isfinite(fit.summary().to_numpy()).all()


def test_priors_that_do_not_fit(frame: pd.DataFrame) -> None:
    with pytest.raises(bi.ModelError, match="Did you mean 'sigma'"):
        bi.model("y ~ x", frame, priors={"sigm": bi.HalfNormal(1)})
    with pytest.raises(bi.ModelError, match="positive"):
        bi.model("y ~ x", frame, priors={"sigma": bi.Normal(0, 1)})
    with pytest.raises(bi.ModelError, match=r"bi\.Normal"):
        bi.model("y ~ x", frame, priors={"x": 3})
    with pytest.raises(bi.ModelError, match="positive"):
        bi.Normal(0, -1)


def test_engines_refuse_in_a_sentence(frame: pd.DataFrame) -> None:
    with pytest.raises(bi.ModelError, match="no Gaussian likelihood"):
        bi.fit("k ~ x", frame, "poisson", engine="conjugate")
    with pytest.raises(bi.ModelError, match="'marginal'"):
        bi.fit("y ~ x", frame, engine="marginl")


def test_arguments_that_are_not_what_they_should_be(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x", frame, seed=1)
    for wrong in (
        lambda: bi.compare(fit, 3),
        lambda: bi.fit("y ~ x", frame, engine=bi.NUTS),
        lambda: bi.fit("y ~ x", frame, seed="a"),
        lambda: bi.NUTS(target_accept=1.5),
        lambda: bi.NUTS(warmup=-1),
        lambda: bi.fit("y ~ x", frame, priors=[1]),
        lambda: setattr(bi.options, "interval", 0.95),
    ):
        with pytest.raises(bi.ModelError):
            wrong()
    with pytest.raises(bi.ModelError, match="Here it is called 'gaussian'"):
        bi.fit("y ~ x", frame, family="normal")
    with pytest.raises(bi.SamplingError, match="GB"):
        bi.fit("y ~ x", frame, draws=10**9)
    with pytest.raises(AttributeError):
        bi.options.intervall = ("eti", 0.9)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda fit: fit.compare(3), "not-a-fit"),
        (lambda fit: fit.summary(0.9), "group-effects"),
        (lambda fit: fit.plot("x" * 500), "unknown-kind"),
        (lambda fit: fit.summary(level=0.9), "unknown-argument"),
        (lambda fit: fit.plot(kind=np.arange(3)), "unknown-kind"),
        (lambda fit: fit.plot(figsize=(3, 3)), "unknown-argument"),
        (lambda fit: fit.plot_predictions(["x"]), "not-a-column-name"),
        (lambda fit: fit.plot_predictions("x", by=["g"]), "not-a-column-name"),
        (lambda fit: fit.plot_predictions(), "missing-argument"),
        (lambda fit: fit.report(3), "report-path"),
        (lambda fit: fit.report("a\0.html"), "report-path"),
        (lambda fit: fit.report(f"{__file__}/a.html"), "occupied"),
        (lambda fit: fit.check(3), "too-many-arguments"),
        (lambda fit: fit.compare(other=fit), "unknown-argument"),
        (lambda fit: fit.predictions().sentence("a"), "unknown-case"),
        (lambda fit: fit.kfold(fold=3), "unknown-argument"),
        (lambda fit: fit.predictions().summary(level=0.9), "unknown-argument"),
    ],
)
def test_a_fit_says_which_argument_is_wrong(
    frame: pd.DataFrame, wrong: Callable[[bi.Fit], object], code: str
) -> None:
    with pytest.raises(bi.BayesinfError) as caught:
        wrong(bi.fit("y ~ x", frame, seed=1))
    assert caught.value.code == code


@pytest.mark.parametrize("rows", [[1, 2], (1, 2), range(1, 3), np.array([1, 2]), {1: 0, 2: 0}])
def test_rows_of_an_error_are_whole_numbers(rows: Sequence[int]) -> None:
    found = bi.DataError("It is wrong.", code="wrong", rows=rows).rows
    assert found == (1, 2) and {type(row) for row in found} == {int}
    assert bi.DataError("It is wrong.", code="wrong", rows=(row for row in [3])).rows == (3,)


def test_few_draws_are_said_to_be_few(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x", frame, draws=8, seed=1)
    assert "few-draws" in [finding.code for finding in fit.verdict.of("warning")]


def test_a_loaded_fit_is_not_refitted_without_rows(frame: pd.DataFrame, tmp_path) -> None:
    bi.fit("k ~ x", frame, "poisson", seed=1).save(tmp_path / "fit")
    loaded = bi.load(tmp_path / "fit")
    for wrong in (lambda: bi.fit(loaded.model), loaded.predict):
        with pytest.raises(bi.DataError, match="loaded from disk"):
            wrong()
    assert bi.fit(loaded.model, frame, seed=1).posterior.provenance.rows == 30


def test_names_with_dots_work_everywhere(frame: pd.DataFrame) -> None:
    dotted = frame.rename(columns={"x": "Solar.R"})
    fit = bi.fit("y ~ `Solar.R`", dotted, priors={"Solar.R": bi.Normal(0, 1)}, seed=1)
    assert 0 < float(fit.hypothesis("`Solar.R` > 0")) < 1
    assert len(fit.predict()) == 30


@pytest.mark.parametrize("given", [None, [{"x": 1.0}], pd.Series([1.0], name="x")])
def test_predictions_need_a_frame(frame: pd.DataFrame, given: object) -> None:
    design = bi.model("y ~ x", frame).design
    with pytest.raises(bi.DataError, match="not a data frame") as caught:
        Table.read(given, predictor_columns(design.recipe.formula))
    assert caught.value.code == "not-a-frame"


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("y ~ big", "too-large-integer"),
        ("y ~ C(big)", "too-large-integer"),
        ("big ~ x", "too-large-integer"),
        ("y ~ bs(x, df=100):bs(z, df=100):bs(k, df=100)", "too-wide"),
        ("y ~ x + y", "response-on-both-sides"),
        ("y | weights(nought) ~ x", "all-weights-zero"),
        ("k | trials(half) ~ x", "bad-trials"),
    ],
)
def test_what_would_go_wrong_silently_is_refused(
    frame: pd.DataFrame, formula: str, code: str
) -> None:
    rows = frame.assign(big=2**53 + np.arange(30), nought=0.0, half=5.5)
    with pytest.raises(bi.BayesinfError) as caught:
        bi.model(formula, rows, family="binomial" if "trials" in formula else "gaussian")
    assert caught.value.code == code

"""Typical mistakes get a sentence that says what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi


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

"""Section F of the catalogue: outcomes, weights and offsets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from tests.awkward.frames import changed, frame, modelled, told
from tests.awkward.row import Handled, NotOffered, Refused, Row, bad_column


def counted(n: int) -> pd.DataFrame:
    """Binary outcomes in several spellings, trials of at most 5, weights, an exposure."""
    data = frame(n)
    b = (data["x"] + np.resize([0.9, -0.9, 0.2], n) > 0).astype(int)
    return data.assign(
        b=b,
        t=np.where(b == 1, "yes", "no"),
        k=np.minimum(data["k"], 5),
        n=5.0,
        w=1.0,
        e=np.resize([1.0, 2.0, 5.0], n),
    )


def with_value(column: str, rows: list[int], value: object, kind: str = "float64"):
    """The same data with another value in some rows."""

    def data(n: int) -> pd.DataFrame:
        made = counted(n)
        made[column] = made[column].astype(kind)  # pyright: ignore[reportArgumentType]
        return changed(made, column, rows, value)

    return data


def outside(
    number: int,
    title: str,
    formula: str,
    family: str,
    data,
    count: int,
    rows: tuple[int, ...] | None,
) -> Refused:
    outcome = formula.split(" ")[0]
    return bad_column(
        number, title, modelled(formula, data, family), "outside-support", outcome, count, rows
    )


def whole(title: str, formula: str, family: str, code: str, names: str, count: int, data=counted):
    """A column that is wrong as a whole, or in many rows."""
    return bad_column(
        65 if code in ("two-levels", "text-outcome") else 69,
        title,
        modelled(formula, data, family),
        code,
        names,
        count,
    )


def findings(fit: bi.Fit) -> set[str]:
    return {finding.code for finding in fit.verdict.of("warning", "bad")}


def two_levels() -> None:
    """Text, booleans and a declared order give the posterior of 0 and 1, and say what 1 is."""
    data = counted(60)
    plain = bi.fit("b ~ x", data, "bernoulli", seed=1)
    text = bi.fit("t ~ x", data, "bernoulli", seed=1)
    true = bi.fit("b ~ x", data.assign(b=data["b"] == 1), "bernoulli", seed=1)
    turned = pd.Categorical(data["t"], categories=["yes", "no"])
    other = bi.fit("t ~ x", data.assign(t=turned), "bernoulli", seed=1)
    assert "[t = yes]" in str(text.model)
    assert "t = yes counts as 1" in repr(text)
    assert "[t = no]" in str(other.model)
    for fit in (text, true):
        np.testing.assert_array_equal(fit.summary().to_numpy(), plain.summary().to_numpy())
    for name in ("Intercept", "x"):
        sd = plain.summary()["sd"][name]
        assert abs(other.summary()["mean"][name] + plain.summary()["mean"][name]) < 0.1 * sd


def booleans_as_numbers() -> None:
    data = counted(60)
    design = bi.model("I(1 * b) ~ x", data.assign(b=data["b"] == 1)).design
    np.testing.assert_array_equal(design.response, data["b"])


@cache
def all_successes() -> bi.Fit:
    return bi.fit("b ~ 1", frame(40, b=1), "bernoulli", seed=1)


def outcomes_that_are_all_alike() -> None:
    """The posterior of the intercept is the prior times 40 log Phi_logistic: by its sum."""
    fit = all_successes()
    eta = np.linspace(-5, 20, 100_001)
    log_density = -40 * np.logaddexp(0, -eta) - 0.5 * (eta / 2.5) ** 2
    weight = np.exp(log_density - log_density.max())
    found = fit.summary().loc["Intercept"]
    assert abs(found["mean"] - np.average(eta, weights=weight)) < 5 * found["mcse"]
    assert findings(fit) == {"one-outcome"}
    none = bi.fit("b | trials(m) ~ 1", frame(40, b=0, m=3), "binomial", seed=1)
    zeros = bi.fit("b ~ 1", frame(40, b=0), "poisson", seed=1)
    assert findings(none) == findings(zeros) == {"one-outcome"}


def separated() -> None:
    data = frame(60)
    perfect = bi.fit("b ~ x", data.assign(b=(data["x"] > 0).astype(int)), "bernoulli", seed=1)
    assert findings(perfect) == {"separation"}
    assert "perfectly, by 'x'" in str(perfect.verdict)
    level = np.where(data["g"] == "a", 1, counted(60)["b"])
    partly = bi.fit("b ~ x + g", data.assign(b=level), "bernoulli", seed=1)
    assert findings(partly) == {"separation"}
    zeros = np.where(data["g"] == "b", 0, data["k"])
    counts = bi.fit("c ~ g", data.assign(c=zeros), "poisson", seed=1)
    assert findings(counts) == {"separation"}
    assert "'g[T.b]'" in str(counts.verdict)
    assert not findings(bi.fit("b ~ x", counted(60), "bernoulli", seed=1))


def separated_with_flat_priors(n: int) -> Callable[[], object]:
    data = frame(n)
    data["b"] = (data["x"] > 0).astype(int)
    priors = {"Intercept": bi.Flat(), "x": bi.Flat()}
    return lambda: bi.model("b ~ x", data, "bernoulli", priors)


def alike_with_a_flat_prior(n: int) -> Callable[[], object]:
    data = frame(n, b=0)
    return lambda: bi.model("b ~ x", data, "poisson", {"Intercept": bi.Flat()})


def rows_of_weight_zero() -> None:
    data = counted(60)
    data["w"] = np.where(np.arange(60) < 10, 0.0, 2.0)
    fit = bi.fit("y | weights(w) ~ x", data, seed=1)
    kept = bi.fit("y | weights(w) ~ x", data[data["w"] > 0], seed=1)
    np.testing.assert_array_equal(fit.summary().to_numpy(), kept.summary().to_numpy())
    assert "10 rows of weight 0 were left out" in repr(fit)


def weights_that_are_missing() -> None:
    data = with_value("w", [3], np.nan)(60)
    assert bi.model("y | weights(w) ~ x", data).design.missing.sentence() == (
        "1 of 60 rows was dropped: 1 misses 'w'."
    )


def offset_fit() -> bi.Fit:
    return bi.fit("k ~ x + offset(log(e))", counted(60), "poisson", draws=400, seed=1)


def offsets_in_new_rows() -> None:
    """The expected count is in proportion to the exposure."""
    rows = {"x": [0.3, 0.3], "e": [1.0, 7.0]}
    one, seven = offset_fit().predict(rows, kind="mean")["mean"]
    np.testing.assert_allclose(seven, 7 * one, rtol=1e-12)


def predicted_without_exposure(n: int):
    data, fit = counted(n)[["x"]], offset_fit()
    return lambda: fit.predict(data)


def predicted_with_exposure_zero(n: int):
    data, fit = with_value("e", [3], 0.0)(n), offset_fit()
    return lambda: fit.predict(data)


def without_family(name: str, number: int, title: str) -> Refused:
    return Refused(
        number,
        title,
        modelled("y ~ x", frame, name),
        bi.ModelError,
        "unknown-family",
        names=name,
    )


def after_the_bar(name: str) -> Refused:
    return Refused(
        72,
        f"y | {name}(w)",
        modelled(f"y | {name}(w) ~ x", counted),
        bi.FormulaError,
        "syntax",
        names=f"{name}(w)",
    )


SEVERAL = [3, 17]


def notes(formula: str, data: pd.DataFrame) -> set[str]:
    fit = bi.fit(formula, data, draws=400, seed=1)
    return {finding.code for finding in fit.verdict.findings if finding.severity != "good"}


def another_family_would_do_better() -> None:
    assert notes("b ~ x", counted(60)) == {"two-values"}
    share = np.random.default_rng(2).uniform(0.1, 0.9, 60)
    assert notes("s ~ x", counted(60).assign(s=share)) == {"shares"}
    assert notes("y ~ x", counted(60)) == set()


def weights_far_from_one() -> None:
    """The posterior is that of as many rows as the weights add up to, and the verdict says so."""
    data = frame(60)
    whole = bi.fit("y | weights(w) ~ x", data.assign(w=4), seed=1)
    rows = bi.fit("y ~ x", pd.concat([data] * 4), seed=1)
    assert whole.summary()["sd"]["x"] == pytest.approx(rows.summary()["sd"]["x"], rel=0.1)
    found = told(whole, "weights")
    assert found.evidence == {"mean": 4.0, "rows": 60.0}
    assert "2 times narrower" in found.sentence


ROWS: tuple[Row, ...] = (
    Handled(
        64,
        "0 and 1, or shares, for the gaussian family",
        "fitted as the measurements that they were given as; a note names the family of events",
        another_family_would_do_better,
    ),
    Handled(
        68,
        "weights whose mean is far from 1",
        "the posterior of as many rows as they add up to, which the verdict says",
        weights_far_from_one,
    ),
    whole(
        "numbers with a unit as the outcome",
        "u ~ x",
        "gaussian",
        "text-outcome",
        "u",
        60,
        lambda n: frame(n, u=[f"{k / 8} ppb" for k in range(n)]),
    ),
    outside(
        59,
        "a negative count, poisson",
        "k ~ x",
        "poisson",
        with_value("k", SEVERAL, -1),
        2,
        (3, 17),
    ),
    outside(
        59,
        "a negative count, negative_binomial",
        "k ~ x",
        "negative_binomial",
        with_value("k", SEVERAL, -1),
        2,
        (3, 17),
    ),
    outside(
        59,
        "negative successes",
        "k | trials(n) ~ x",
        "binomial",
        with_value("k", SEVERAL, -1),
        2,
        (3, 17),
    ),
    outside(60, "a fractional count", "k ~ x", "poisson", with_value("k", [7], 2.5), 1, (7,)),
    outside(
        60,
        "a fractional number of successes",
        "k | trials(n) ~ x",
        "binomial",
        with_value("k", [7], 2.5),
        1,
        (7,),
    ),
    without_family("beta", 61, "the beta family"),
    NotOffered(61, "shares of 0 or 1 in the beta family", "there is no beta family"),
    without_family("gamma", 62, "the gamma family"),
    NotOffered(62, "zeros in the gamma and log-normal families", "there are no such families"),
    bad_column(
        63,
        "more successes than trials",
        modelled("k | trials(n) ~ x", with_value("k", SEVERAL, 9.0), "binomial"),
        "successes-exceed-trials",
        "k",
        2,
        (3, 17),
    ),
    bad_column(
        63,
        "trials that are no whole numbers",
        modelled("k | trials(n) ~ x", with_value("n", SEVERAL, 5.5), "binomial"),
        "bad-trials",
        "n",
        2,
        (3, 17),
    ),
    Refused(
        63,
        "successes without trials",
        modelled("k ~ x", counted, "binomial"),
        bi.ModelError,
        "needs-trials",
        names="k",
    ),
    Refused(
        63,
        "trials for another family",
        modelled("k | trials(n) ~ x", counted),
        bi.ModelError,
        "unused-trials",
        names="trials(n)",
    ),
    Refused(
        63,
        "known errors of counts",
        modelled("k | se(w) ~ x", counted, "poisson"),
        bi.ModelError,
        "unused-standard-error",
        names="se(w)",
    ),
    outside(
        64,
        "counts for a Bernoulli outcome",
        "k ~ x",
        "bernoulli",
        with_value("b", [], 0),
        int((counted(60)["k"] > 1).sum()),
        None,
    ),
    outside(
        64,
        "1 and 2 for a Bernoulli outcome",
        "b ~ x",
        "bernoulli",
        lambda n: counted(n).assign(b=counted(n)["b"] + 1),
        int((counted(60)["b"] == 1).sum()),
        None,
    ),
    outside(
        64,
        "shares for a Bernoulli outcome",
        "b ~ x",
        "bernoulli",
        lambda n: counted(n).assign(b=0.5),
        60,
        tuple(range(60)),
    ),
    Handled(
        65,
        "text, or True and False, for a Bernoulli outcome",
        "the posterior of 0 and 1; the model says which level is 1",
        two_levels,
    ),
    Handled(
        65,
        "True and False as numbers, I(1 * b)",
        "fitted as 0 and 1 by any family, because the formula says so",
        booleans_as_numbers,
    ),
    whole(
        "text of two levels, gaussian",
        "t ~ x",
        "gaussian",
        "two-levels",
        "t",
        int((counted(60)["t"] == "yes").sum()),
    ),
    whole(
        "True and False, gaussian",
        "b ~ x",
        "gaussian",
        "two-levels",
        "b",
        int(counted(60)["b"].sum()),
        lambda n: counted(n).assign(b=counted(n)["b"] == 1),
    ),
    whole(
        "text of two levels, poisson",
        "t ~ x",
        "poisson",
        "two-levels",
        "t",
        int((counted(60)["t"] == "yes").sum()),
    ),
    whole("text of six levels", "g ~ x", "bernoulli", "text-outcome", "g", 6),
    whole(
        "text of one level",
        "t ~ x",
        "bernoulli",
        "text-outcome",
        "t",
        1,
        lambda n: counted(n).assign(t="yes"),
    ),
    bad_column(
        65,
        "numbers as text",
        modelled("y ~ x", lambda n: frame(n, y=frame(n)["y"].astype(str).astype(object))),
        "text-outcome",
        "y",
        60,
    ),
    Handled(
        66,
        "outcomes that are all alike",
        "fitted, with a warning that the prior bounds the coefficients; equal to the integral",
        outcomes_that_are_all_alike,
    ),
    Handled(
        67,
        "separation: perfect, of a level, of counts",
        "fitted, with a warning that names the predictors and says that the prior decides",
        separated,
    ),
    Refused(
        67,
        "separation and flat priors",
        separated_with_flat_priors,
        bi.ModelError,
        "improper-posterior",
        names="x",
        count=60,
        column="x",
    ),
    Refused(
        66,
        "outcomes that are all alike, and a flat prior",
        alike_with_a_flat_prior,
        bi.ModelError,
        "improper-posterior",
        names="Intercept",
        count=60,
        column="Intercept",
    ),
    Handled(
        68,
        "weights of 0",
        "the posterior without these rows, which are counted",
        rows_of_weight_zero,
    ),
    bad_column(
        69,
        "negative weights",
        modelled("y | weights(w) ~ x", with_value("w", SEVERAL, -1.0)),
        "negative-weights",
        "w",
        2,
        (3, 17),
    ),
    bad_column(
        69,
        "an infinite weight",
        modelled("y | weights(w) ~ x", with_value("w", SEVERAL, np.inf)),
        "infinite-values",
        "w",
        2,
        (3, 17),
    ),
    Handled(69, "a missing weight", "the row is left out, and counted", weights_that_are_missing),
    whole("weights that are text", "y | weights(g) ~ x", "gaussian", "not-a-number", "g", 6),
    bad_column(
        69,
        "a standard error of 0",
        modelled("y | se(w) ~ x", with_value("w", SEVERAL, 0.0)),
        "bad-standard-error",
        "w",
        2,
        (3, 17),
    ),
    Handled(
        70,
        "an offset in new rows",
        "evaluated for them: expected counts are in proportion to the exposure",
        offsets_in_new_rows,
    ),
    bad_column(
        70,
        "new rows without the offset's column",
        predicted_without_exposure,
        "unknown-column",
        "e",
    ),
    bad_column(
        70,
        "new rows with an exposure of 0",
        predicted_with_exposure_zero,
        "not-finite",
        "log(e)",
        1,
        (3,),
    ),
    without_family("cumulative", 71, "an ordinal family"),
    NotOffered(71, "ordinal outcomes with gaps or without order", "there is no ordinal family"),
    after_the_bar("cens"),
    after_the_bar("trunc"),
    NotOffered(72, "bounds of censoring that contradict", "outcomes are neither censored nor cut"),
)

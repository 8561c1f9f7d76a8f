"""Section E of the catalogue: shape, rank and scale."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd

import bayesinf as bi
from tests.awkward.frames import frame, modelled
from tests.awkward.row import Handled, Refused, Row, bad_column


def codes(fit: bi.Fit) -> set[str]:
    return {finding.code for finding in fit.verdict.of("warning", "bad")}


def close(fit: bi.Fit, name: str, mean: float, sd: float) -> None:
    """The draws have this mean and this sd, but for Monte Carlo error."""
    found = fit.summary().loc[name]
    assert abs(found["mean"] - mean) < 5 * found["mcse"]
    assert abs(found["sd"] / sd - 1) < 0.05


def one_row() -> None:
    """A single outcome y: mu has the mean y, and sigma the density t(sigma) / sqrt(s^2 + sigma^2)
    with s the sd of the prior of mu."""
    fit = bi.fit("y ~ 1", frame(1), seed=1)
    y = float(frame(1)["y"].iloc[0])
    sigma = np.linspace(1e-4, 400.0, 2_000_000)
    density = (1 + sigma**2 / 3) ** -2 / np.sqrt(2.5**2 + sigma**2)
    found = fit.summary().loc["sigma"]
    assert abs(found["mean"] - np.average(sigma, weights=density)) < 5 * found["mcse"]
    assert abs(fit.summary()["mean"]["Intercept"] - y) < 5 * fit.summary()["mcse"]["Intercept"]
    assert "few-rows" in codes(fit)


def one_row_and_a_predictor() -> None:
    """The row says nothing of the slope, whose posterior is its prior."""
    fit = bi.fit("y ~ x", frame(1), priors={"x": bi.Normal(3, 2)}, seed=1)
    close(fit, "x", 3.0, 2.0)
    assert "few-rows" in codes(fit)


def wide(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    columns = {f"p{k}": rng.normal(size=n) for k in range(20)}
    return pd.DataFrame({"y": rng.normal(size=n), "s": 0.5, **columns})


ALL_WIDE = " + ".join(f"p{k}" for k in range(20))


def more_coefficients_than_rows() -> None:
    """With known errors s the posterior is normal, of precision X'X / s^2 + 1."""
    data = wide(12)
    x = data[[f"p{k}" for k in range(20)]].to_numpy()
    covariance = np.linalg.inv(x.T @ x / 0.25 + np.eye(20))
    mean = covariance @ x.T @ data["y"].to_numpy() / 0.25
    for engine in ("auto", "laplace"):
        fit = bi.fit(
            f"y | se(s) ~ 0 + {ALL_WIDE}",
            data,
            priors={"coefficients": bi.Normal(0, 1)},
            engine=engine,
            seed=1,
        )
        for k in (0, 7, 19):
            close(fit, f"p{k}", mean[k], float(np.sqrt(covariance[k, k])))
        assert "few-rows" in codes(fit)


def constant_without_intercept() -> None:
    """A constant column is an intercept of other units."""
    data = frame(60, c=4.0)
    priors = {"x": bi.Normal(0, 3), "c": bi.Normal(0, 1)}
    own = bi.fit("y ~ 0 + x + c", data, priors=priors, seed=1).summary()["mean"]
    ones = bi.fit(
        "y ~ 0 + x + c", data.assign(c=1.0), priors=priors | {"c": bi.Normal(0, 4)}, seed=1
    )
    np.testing.assert_allclose(own["c"] * 4, ones.summary()["mean"]["c"], rtol=1e-6)


def the_same_in_other_units(
    formula: str, family: str, column: str, factor: float, shift: float
) -> None:
    """Predictions of the rows do not depend on the unit of a predictor, nor on its zero."""
    data = frame(60)
    data["x"] = np.round(data["x"] * 64) / 64  # exact after a shift, too
    moved = data.assign(**{column: data[column] * factor + shift})
    plain = bi.fit(formula, data, family, seed=1)
    other = bi.fit(formula, moved, family, seed=1)
    names = [plain.summary().index[1], "sigma"] if family == "gaussian" else [column]
    for name in names:
        power = -1 if name == column and column == "x" else 1 if column == "y" else 0
        scale = factor**power
        mean, sd = plain.summary().loc[name, ["mean", "sd"]]
        assert abs(other.summary()["mean"][name] / scale - mean) < 1e-5 * sd
    expected = plain.predict(data, kind="mean")
    given = other.predict(moved, kind="mean")
    if column == "y":
        given = given.assign(**{c: (given[c] - shift) / factor for c in ("mean", "lower", "upper")})
    width = expected["upper"] - expected["lower"]
    # The directions in which a closed form draws have no sign of their own, and rounding may turn
    # some: the draws are then others of the same posterior, whose ends of intervals scatter by 1 %
    # of the width. Where the draws are the same, an intercept 1e12 away leaves four digits.
    least = 5e-2 if shift and family == "gaussian" else 5e-3
    for end in ("mean", "lower", "upper"):
        assert (np.abs(given[end] - expected[end]) < least * width).all()


def counts_that_are_all_the_same() -> None:
    """Of k ~ 1 with every count 2: the posterior of the logarithm of the mean, by its sum."""
    fit = bi.fit("k ~ 1", frame(30, k=2), "poisson", seed=1)
    eta = np.linspace(-2, 3, 20_001)
    log_density = 30 * (2 * eta - np.exp(eta)) - 0.5 * (eta / 2.5) ** 2
    weight = np.exp(log_density - log_density.max())
    mean = np.average(eta, weights=weight)
    close(fit, "Intercept", mean, float(np.sqrt(np.average((eta - mean) ** 2, weights=weight))))


def nearly_collinear() -> None:
    """Two columns that differ in the seventh digit, by exact arithmetic.

    The posterior of b under y = X b + noise of sd 1/2 and b ~ Normal(0, 1000) is normal.
    """
    rng = np.random.default_rng(8)
    x, z = np.round(rng.normal(size=(2, 30)) * 256) / 256
    copy = x + z * 2.0**-23
    y = np.round((3 * x + 0.5 * rng.normal(size=30)) * 256) / 256
    data = pd.DataFrame({"y": y, "x": x, "copy": copy, "s": 0.5})
    columns = [[Fraction(v) for v in column] for column in (x, copy)]
    outcome = [Fraction(v) for v in y]
    a, b, d = (
        4 * sum(u * v for u, v in zip(columns[i], columns[j], strict=True))
        + Fraction(int(i == j), 10**6)
        for i, j in ((0, 0), (0, 1), (1, 1))
    )
    p, q = (4 * sum(u * v for u, v in zip(c, outcome, strict=True)) for c in columns)
    determinant = a * d - b * b
    means = [float((d * p - b * q) / determinant), float((a * q - b * p) / determinant)]
    sds = [float(v / determinant) ** 0.5 for v in (d, a)]
    fit = bi.fit(
        "y | se(s) ~ 0 + x + copy", data, priors={"coefficients": bi.Normal(0, 1000)}, seed=1
    )
    for name, mean, sd in zip(("x", "copy"), means, sds, strict=True):
        close(fit, name, mean, sd)
    total = fit.draws["posterior"]["coefficients"].to_numpy().sum(axis=-1)
    expected = sum((d * p - b * q, a * q - b * p)) / determinant
    spread = float((a + d - 2 * b) / determinant) ** 0.5
    assert abs(total.mean() - float(expected)) < 5 * spread / total.size**0.5
    assert abs(total.std() / spread - 1) < 0.05
    assert "condition number" in str(fit.verdict)


def with_flat_priors(n: int) -> Callable[[], object]:
    del n
    data = wide(12)
    priors = {"coefficients": bi.Flat()}
    return lambda: bi.model(f"y ~ {ALL_WIDE}", data, priors=priors)


def one_row_with_a_flat_prior(n: int) -> Callable[[], object]:
    del n
    return lambda: bi.model("y ~ x", frame(1), priors={"x": bi.Flat()})


def collinear(formula: str, title: str, column: str, count: int, **columns: object) -> Refused:
    def data(n: int) -> pd.DataFrame:
        made = frame(n)
        made["twice"] = 2.0 * made["x"]
        made["total"] = 2.0 * made["x"] - made["z"]
        made["b"] = (made["g"] == "b").astype(float)
        return made.assign(**columns)

    return bad_column(51, title, modelled(formula, data), "collinear-column", column, count)


ROWS: tuple[Row, ...] = (
    Refused(
        49,
        "no rows",
        modelled("y ~ x", lambda n: frame(n).head(0)),
        bi.DataError,
        "empty-frame",
        names="y",
        count=0,
        fixed=True,
    ),
    bad_column(
        49,
        "rows that all have the weight 0",
        modelled("y | weights(w) ~ x", lambda n: frame(n, w=0.0)),
        "all-weights-zero",
        "w",
        60,
    ),
    Handled(
        50,
        "one row",
        "fitted with proper priors, with a warning; equal to an integral over sigma",
        one_row,
    ),
    Handled(
        50,
        "one row and a predictor",
        "the slope keeps its prior, with a warning",
        one_row_and_a_predictor,
    ),
    Refused(
        50,
        "one row, a predictor and a flat prior",
        one_row_with_a_flat_prior,
        bi.ModelError,
        "improper-posterior",
        names="x",
        count=1,
        fixed=True,
        column="x",
    ),
    collinear("y ~ x + twice", "a column that is twice another", "x", 2),
    collinear("y ~ x + z + total", "a column that is the sum of two others", "x", 3),
    collinear("y ~ g + b", "a factor, and a column that says whether it is b", "b", 2),
    bad_column(
        52,
        "a constant column beside an intercept",
        modelled("y ~ x + c", lambda n: frame(n, c=4.0)),
        "constant-column",
        "c",
        60,
    ),
    Handled(
        52,
        "a constant column without an intercept",
        "an intercept in other units",
        constant_without_intercept,
    ),
    Handled(
        53,
        "more coefficients than rows",
        "fitted with proper priors, with a warning; equal to the closed form",
        more_coefficients_than_rows,
    ),
    Refused(
        53,
        "more coefficients than rows, and flat priors",
        with_flat_priors,
        bi.ModelError,
        "improper-posterior",
        names="p0",
        count=12,
        fixed=True,
    ),
    *(
        Handled(
            54,
            f"{formula} of the family {family}, {column} times {factor:g} plus {shift:g}",
            "the posterior of the data in their own units",
            partial(the_same_in_other_units, formula, family, column, factor, shift),
        )
        for formula, family, column, factor, shift in (
            ("y ~ x + z", "gaussian", "x", 1e9, 0.0),
            ("y ~ x + z", "gaussian", "x", 1.0, 1e12),
            ("y ~ x + z", "gaussian", "y", 1e9, 0.0),
            ("y ~ x + z", "student_t", "x", 1e9, 0.0),
            ("k ~ x + z", "poisson", "x", 1e9, 0.0),
            ("k ~ x + z", "poisson", "x", 1.0, 1e12),
        )
    ),
    *(
        Handled(
            55,
            f"{formula} of the family {family}, {column} times 1e-9",
            "the posterior of the data in their own units",
            partial(the_same_in_other_units, formula, family, column, 1e-9, 0.0),
        )
        for formula, family, column in (
            ("y ~ x + z", "gaussian", "x"),
            ("y ~ x + z", "gaussian", "y"),
            ("k ~ x + z", "poisson", "x"),
        )
    ),
    bad_column(
        56,
        "an outcome that does not vary",
        modelled("y ~ x", lambda n: frame(n, y=2.0)),
        "constant-outcome",
        "y",
        60,
    ),
    Handled(
        56,
        "counts that are all the same",
        "fitted: a Poisson mean is learned from them; equal to the integral",
        counts_that_are_all_the_same,
    ),
    Handled(
        57,
        "two columns that differ in the seventh digit",
        "right by exact arithmetic, with a warning that says the condition number",
        nearly_collinear,
    ),
    Refused(
        58,
        "splines of three columns, multiplied",
        modelled("y ~ bs(x, df=100):bs(z, df=100):bs(k, df=100)", frame),
        bi.FormulaError,
        "too-wide",
        names="bs(x, df=100):bs(z, df=100):bs(k, df=100)",
        count=1_000_000,
    ),
)

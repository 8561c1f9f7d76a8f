"""Priors that leave no posterior with the rows at hand, and those that only seem to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

import bayesinf as bi
from tests.awkward.frames import frame
from tests.awkward.row import Handled, Refused, Row

FLAT = bi.Flat()


def separated(n: int) -> pd.DataFrame:
    """Successes where x is above a threshold that is not its mean."""
    data = frame(n)
    return data.assign(b=(data["x"] > 0.4).astype(int))


def in_groups(n: int, groups: int, **columns: object) -> pd.DataFrame:
    return frame(n, g=np.resize(np.array(list("abcdef")[:groups], dtype=object), n), **columns)


def with_priors(
    formula: str,
    data: Callable[[int], pd.DataFrame],
    priors: Mapping[str, bi.Prior],
    family: str = "gaussian",
) -> Callable[[int], Callable[[], object]]:
    def prepare(n: int) -> Callable[[], object]:
        given = data(n)
        return lambda: bi.model(formula, given, family, priors=priors)

    return prepare


def a_proper_intercept_bounds_a_flat_slope() -> None:
    """The intercept's prior holds at the average row; equal to the integral over a grid."""
    data = separated(60)
    priors = {"Intercept": bi.Normal(0, 1), "x": FLAT}
    fit = bi.fit("b ~ x", data, "bernoulli", priors=priors, seed=1)
    assert {finding.code for finding in fit.verdict.of("warning", "bad")} == {"separation"}
    intercept, slope = np.meshgrid(np.linspace(-7, 7, 401), np.linspace(-40, 160, 1601))
    sign, x = np.where(data["b"] == 1, 1.0, -1.0), data["x"] - data["x"].mean()
    log_density = -0.5 * intercept**2
    for one, at in zip(sign, x, strict=True):
        log_density = log_density - np.logaddexp(0, -one * (intercept + slope * at))
    mass = np.exp(log_density - log_density.max())
    found = fit.summary().loc["x"]
    assert abs(found["mean"] - np.average(slope, weights=mass)) < 5 * found["mcse"]


ROWS: tuple[Row, ...] = (
    Handled(
        67,
        "separation, and a flat prior of the slope alone",
        "fitted, with a warning: the intercept's prior bounds both; equal to the integral",
        a_proper_intercept_bounds_a_flat_slope,
    ),
    Refused(
        67,
        "separation, a flat intercept and a Cauchy slope",
        with_priors("b ~ x", separated, {"Intercept": FLAT, "x": bi.Cauchy(0, 2.5)}, "bernoulli"),
        bi.ModelError,
        "improper-posterior",
        names="x",
        count=60,
        column="x",
    ),
    Refused(
        35,
        "two groups, and flat priors of their sd and mean",
        with_priors(
            "y ~ 1 + (1 | g)",
            lambda n: in_groups(n, 2),
            {"sd:g": bi.FlatPositive(), "Intercept": FLAT},
        ),
        bi.ModelError,
        "improper-posterior",
        names="g",
        count=2,
        column="g",
    ),
    Refused(
        35,
        "three groups, and flat priors of their sd and mean",
        with_priors(
            "y ~ 1 + (1 | g)",
            lambda n: in_groups(n, 3),
            {"sd:g": bi.FlatPositive(), "Intercept": FLAT},
        ),
        bi.ModelError,
        "no-posterior-mean",
        names="g",
        count=3,
        column="g",
    ),
    Refused(
        34,
        "an outcome that is the same in all rows of a group",
        with_priors(
            "y ~ 1 + (1 | g)",
            lambda n: in_groups(n, 6, y=np.resize([1.5, 2.0, -1.0, 0.2, 3.0, 4.1], n)),
            {},
        ),
        bi.ModelError,
        "improper-posterior",
        names="y",
        count=60,
        column="y",
    ),
)

"""The model shapes that engines are calibrated on: small, each of another structure.

Every family stands here with and without groups. Each shape is made with any number of rows; at 6
rows the prior speaks as loudly as the data, which is where wrong priors show, and at 50 the data
do. Rows are fixed by a seed; the outcomes that they hold only have to lie in the family's support,
because calibration simulates others. Priors are proper and narrow enough that the data they imply
look like data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

import bayesinf as bi

SIZES = (6, 50)
"""Numbers of rows that calibration uses."""

PRIORS = {"Intercept": bi.Normal(0, 1), "coefficients": bi.Normal(0, 1)}
SIGMA = {"sigma": bi.LogNormal(-0.3, 0.4)}
"""A prior that reaches zero would simulate data a thousand times finer than the coefficients, on
which a sampler with a short warm-up says more about its warm-up than about its draws."""


def _rows(count: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({"x": generator.normal(size=count), "y": generator.normal(size=count)})


def _stretches(count: int, each: int, letter: str) -> list[str]:
    """Labels in stretches of rows, at least three of them."""
    levels = max(3, count // each)
    return [f"{letter}{code}" for code in np.arange(count) * levels // count]


def _in_turn(count: int, levels: int, letter: str) -> list[str]:
    """Labels that take turns: fewer where there are few rows."""
    return [f"{letter}{code}" for code in np.arange(count) % min(levels, count // 3)]


def plain(rows: int) -> bi.Model:
    """Gaussian with two numbers whose averages are not zero, and an sd that may come near zero."""
    frame = _rows(rows, 11).assign(z=np.linspace(0, 2, rows) ** 2)
    frame["x"] += 1.5
    return bi.model("y ~ x + z", frame, priors={**PRIORS, "sigma": bi.HalfNormal(1)})


def linear(rows: int) -> bi.Model:
    """Gaussian, with a factor among the columns."""
    frame = _rows(rows, 1).assign(kind=_in_turn(rows, 2, "k"))
    return bi.model("y ~ x + kind", frame, priors={**PRIORS, **SIGMA})


def known_errors(rows: int) -> bi.Model:
    """Gaussian around an offset, with a known error of each row."""
    frame = _rows(rows, 2)
    frame = frame.assign(shift=np.linspace(-1, 1, rows), error=np.linspace(0.3, 1.5, rows))
    return bi.model("y | se(error) ~ x + offset(shift)", frame, priors=PRIORS)


def weighted(rows: int) -> bi.Model:
    """Gaussian, where every third row weighs nothing, as rows do that fill a size bucket.

    Other weights have no data that they could be simulated from.
    """
    model = bi.model("y ~ x", _rows(rows, 12), priors={**PRIORS, **SIGMA})
    weights = (np.arange(rows) % 3 > 0).astype(float)
    return replace(model, design=replace(model.design, weights=weights))


def slopes(rows: int) -> bi.Model:
    """Gaussian, one factor with correlated intercepts and slopes."""
    frame = _rows(rows, 3).assign(g=_stretches(rows, 5, "g"))
    spreads = {"sd:g": bi.HalfNormal(1), "cor:g": bi.LKJ(1)}
    return bi.model("y ~ x + (x | g)", frame, priors={**PRIORS, **SIGMA, **spreads})


def crossed(rows: int) -> bi.Model:
    """Gaussian, two crossed factors."""
    frame = _rows(rows, 4).assign(a=_stretches(rows, 5, "a"), b=_in_turn(rows, 5, "b"))
    spreads = {"sd:a": bi.HalfNormal(1), "sd:b": bi.HalfNormal(1)}
    return bi.model("y ~ x + (1 | a) + (1 | b)", frame, priors={**PRIORS, **SIGMA, **spreads})


def robust(rows: int) -> bi.Model:
    """Student t, without groups."""
    return bi.model("y ~ x", _rows(rows, 9), "student_t", priors={**PRIORS, **SIGMA})


def grouped_robust(rows: int) -> bi.Model:
    """Student t, one factor."""
    frame = _rows(rows, 13).assign(g=_stretches(rows, 5, "g"))
    priors = {**PRIORS, **SIGMA, "sd:g": bi.HalfNormal(1)}
    return bi.model("y ~ x + (1 | g)", frame, "student_t", priors=priors)


def logistic(rows: int) -> bi.Model:
    """Bernoulli, without groups."""
    frame = _rows(rows, 5).assign(y=np.arange(rows) % 2, z=np.linspace(-1, 1, rows))
    return bi.model("y ~ x + z", frame, "bernoulli", priors=PRIORS)


def grouped_logistic(rows: int) -> bi.Model:
    """Bernoulli, one factor."""
    frame = _rows(rows, 6).assign(y=np.arange(rows) % 2, g=_stretches(rows, 5, "g"))
    priors = {**PRIORS, "sd:g": bi.HalfNormal(1)}
    return bi.model("y ~ x + (1 | g)", frame, "bernoulli", priors=priors)


def binomial(rows: int) -> bi.Model:
    """Binomial, without groups, with trials that differ."""
    frame = _rows(rows, 14).assign(y=np.arange(rows) % 4, n=4 + np.arange(rows) % 9)
    return bi.model("y | trials(n) ~ x", frame, "binomial", priors=PRIORS)


def crossed_binomial(rows: int) -> bi.Model:
    """Binomial, two crossed factors."""
    frame = _rows(rows, 10).assign(y=np.arange(rows) % 4, n=8)
    frame = frame.assign(a=_stretches(rows, 5, "a"), b=_in_turn(rows, 5, "b"))
    spreads = {"sd:a": bi.HalfNormal(1), "sd:b": bi.HalfNormal(1)}
    return bi.model(
        "y | trials(n) ~ x + (1 | a) + (1 | b)", frame, "binomial", priors={**PRIORS, **spreads}
    )


def events(rows: int) -> bi.Model:
    """Poisson, without groups, with an exposure."""
    frame = _rows(rows, 15).assign(y=np.arange(rows) % 4, exposure=np.linspace(1, 6, rows))
    return bi.model("y ~ x + offset(log(exposure))", frame, "poisson", priors=PRIORS)


def overdispersed(rows: int) -> bi.Model:
    """Poisson, an effect of each group and of each row within it."""
    frame = _rows(rows, 7).assign(
        y=np.arange(rows) % 4,
        g=_stretches(rows, 5, "g"),
        row=[f"r{place}" for place in range(rows)],
    )
    spreads = {"sd:g": bi.HalfNormal(0.5), "sd:row": bi.HalfNormal(0.5)}
    return bi.model("y ~ x + (1 | g) + (1 | row)", frame, "poisson", priors={**PRIORS, **spreads})


def counts(rows: int) -> bi.Model:
    """Negative binomial, with an exposure."""
    frame = _rows(rows, 8).assign(y=np.arange(rows) % 5, exposure=np.linspace(1, 6, rows))
    priors = {**PRIORS, "shape": bi.Gamma(4, 2)}
    return bi.model("y ~ x + offset(log(exposure))", frame, "negative_binomial", priors=priors)


def grouped_counts(rows: int) -> bi.Model:
    """Negative binomial, one factor."""
    frame = _rows(rows, 16).assign(y=np.arange(rows) % 5, g=_stretches(rows, 5, "g"))
    priors = {**PRIORS, "shape": bi.Gamma(4, 2), "sd:g": bi.HalfNormal(0.5)}
    return bi.model("y ~ x + (1 | g)", frame, "negative_binomial", priors=priors)


ALL: dict[str, Callable[[int], bi.Model]] = {
    "plain": plain,
    "linear": linear,
    "known errors": known_errors,
    "weighted": weighted,
    "slopes": slopes,
    "crossed": crossed,
    "robust": robust,
    "grouped robust": grouped_robust,
    "logistic": logistic,
    "grouped logistic": grouped_logistic,
    "binomial": binomial,
    "crossed binomial": crossed_binomial,
    "events": events,
    "overdispersed": overdispersed,
    "counts": counts,
    "grouped counts": grouped_counts,
}
"""The shapes by the names of the command line."""

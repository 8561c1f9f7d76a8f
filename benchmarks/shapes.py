"""The model shapes that engines are calibrated on: small, each of another structure.

Rows are fixed by a seed; the outcomes that they hold only have to lie in the family's support,
because calibration simulates others. Priors are proper and narrow enough that the data they imply
look like data.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import bayesinf as bi

PRIORS = {"Intercept": bi.Normal(0, 1), "coefficients": bi.Normal(0, 1)}
SIGMA = {"sigma": bi.LogNormal(-0.3, 0.4)}
"""A prior that reaches zero would simulate data a thousand times finer than the coefficients, on
which a sampler with a short warm-up says more about its warm-up than about its draws."""


def _rows(count: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({"x": generator.normal(size=count), "y": generator.normal(size=count)})


def _levels(count: int, levels: int, letter: str, each: bool = True) -> list[str]:
    """Labels in stretches of equal length, or in turn."""
    codes = np.repeat(np.arange(levels), count // levels) if each else np.arange(count) % levels
    return [f"{letter}{code}" for code in codes]


def linear() -> bi.Model:
    """Gaussian, with a factor among the columns."""
    frame = _rows(20, 1).assign(kind=_levels(20, 2, "k", each=False))
    return bi.model("y ~ x + kind", frame, priors={**PRIORS, **SIGMA})


def known_errors() -> bi.Model:
    """Gaussian around an offset, with a known error of each row."""
    frame = _rows(20, 2).assign(shift=np.linspace(-1, 1, 20), error=np.linspace(0.3, 1.5, 20))
    return bi.model("y | se(error) ~ x + offset(shift)", frame, priors=PRIORS)


def slopes() -> bi.Model:
    """Gaussian, one factor with correlated intercepts and slopes."""
    frame = _rows(40, 3).assign(g=_levels(40, 8, "g"))
    return bi.model("y ~ x + (x | g)", frame, priors={**PRIORS, **SIGMA, "sd:g": bi.HalfNormal(1)})


def crossed() -> bi.Model:
    """Gaussian, two crossed factors."""
    frame = _rows(40, 4).assign(a=_levels(40, 8, "a"), b=_levels(40, 5, "b", each=False))
    spreads = {"sd:a": bi.HalfNormal(1), "sd:b": bi.HalfNormal(1)}
    return bi.model("y ~ x + (1 | a) + (1 | b)", frame, priors={**PRIORS, **SIGMA, **spreads})


def logistic() -> bi.Model:
    """Bernoulli, without groups."""
    frame = _rows(40, 5).assign(y=np.arange(40) % 2, z=np.linspace(-1, 1, 40))
    return bi.model("y ~ x + z", frame, "bernoulli", priors=PRIORS)


def grouped_logistic() -> bi.Model:
    """Bernoulli, one factor."""
    frame = _rows(60, 6).assign(y=np.arange(60) % 2, g=_levels(60, 12, "g"))
    return bi.model(
        "y ~ x + (1 | g)", frame, "bernoulli", priors={**PRIORS, "sd:g": bi.HalfNormal(1)}
    )


def overdispersed() -> bi.Model:
    """Poisson, an effect of each group and of each row within it."""
    frame = _rows(32, 7).assign(
        y=np.arange(32) % 4, g=_levels(32, 8, "g"), row=_levels(32, 32, "r")
    )
    spreads = {"sd:g": bi.HalfNormal(0.5), "sd:row": bi.HalfNormal(0.5)}
    return bi.model("y ~ x + (1 | g) + (1 | row)", frame, "poisson", priors={**PRIORS, **spreads})


def counts() -> bi.Model:
    """Negative binomial, with an exposure."""
    frame = _rows(40, 8).assign(y=np.arange(40) % 5, exposure=np.linspace(1, 6, 40))
    return bi.model(
        "y ~ x + offset(log(exposure))",
        frame,
        "negative_binomial",
        priors={**PRIORS, "shape": bi.Gamma(4, 2)},
    )


def robust() -> bi.Model:
    """Student t, without groups."""
    return bi.model("y ~ x", _rows(40, 9), "student_t", priors={**PRIORS, **SIGMA})


def crossed_binomial() -> bi.Model:
    """Binomial, two crossed factors."""
    frame = _rows(40, 10).assign(y=np.arange(40) % 4, n=8)
    frame = frame.assign(a=_levels(40, 8, "a"), b=_levels(40, 5, "b", each=False))
    spreads = {"sd:a": bi.HalfNormal(1), "sd:b": bi.HalfNormal(1)}
    return bi.model(
        "y | trials(n) ~ x + (1 | a) + (1 | b)", frame, "binomial", priors={**PRIORS, **spreads}
    )


ALL: dict[str, Callable[[], bi.Model]] = {
    "linear": linear,
    "known errors": known_errors,
    "slopes": slopes,
    "crossed": crossed,
    "logistic": logistic,
    "grouped logistic": grouped_logistic,
    "overdispersed": overdispersed,
    "counts": counts,
    "robust": robust,
    "crossed binomial": crossed_binomial,
}
"""The shapes by the names of the command line."""

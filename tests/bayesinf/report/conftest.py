"""Fits that several tests of reports read; none of them changes a fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding, Verdict


@pytest.fixture(scope="session")
def sleep() -> bi.Fit:
    """Sleepstudy with correlated slopes, one prior set by hand."""
    priors = {"Days": bi.Normal(0, 20)}
    frame = bi.examples.sleepstudy()
    return bi.fit("Reaction ~ Days + (Days | Subject)", frame, priors=priors, seed=1)


@pytest.fixture(scope="session")
def mixed_frame() -> pd.DataFrame:
    """Numbers, truth values, text and gaps."""
    generator = np.random.default_rng(5)
    size = 120
    frame = pd.DataFrame(
        {
            "x": generator.normal(size=size),
            "old": generator.random(size) < 0.5,
            "treated": generator.integers(0, 2, size),
            "shop": generator.choice(["north", "south", "west"], size),
        }
    )
    rate = 0.5 * frame["x"] + 0.4 * frame["treated"] + 0.3 * (frame["shop"] == "west")
    frame["bought"] = np.where(generator.random(size) < 1 / (1 + np.exp(-rate)), "yes", "no")
    frame["items"] = generator.poisson(np.exp(0.5 + 0.3 * frame["x"])).astype(float)
    frame.loc[[3, 17], "x"] = np.nan
    return frame


@pytest.fixture(scope="session")
def logistic(mixed_frame: pd.DataFrame) -> bi.Fit:
    """A logistic regression on two dropped rows' less than its frame."""
    formula = "bought ~ x + old + treated + shop"
    return bi.fit(formula, mixed_frame, family="bernoulli", draws=1000, seed=2)


@pytest.fixture(scope="session")
def sick(sleep: bi.Fit) -> Posterior:
    """A posterior whose chains are said to disagree."""
    finding = Finding(
        "The chains disagree: R-hat reaches 1.900 for 'Days' (limit 1.01).",
        "bad",
        "r-hat",
        {"r_hat": 1.9},
        "Ask for more draws.",
    )
    return replace(sleep.posterior, verdict=Verdict((*sleep.verdict.findings, finding)))

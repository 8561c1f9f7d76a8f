"""Generalised linear models against rstanarm, with its default priors set by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import bayesinf as bi
from tests.reference.truths import agree, truth


def test_wells_logistic(shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "bayes/wells.csv", comment="#")
    frame = frame.assign(dist100=frame["dist"] / 100)
    fit = bi.fit(
        "switch ~ dist100 + arsenic",
        frame,
        family="bernoulli",
        priors={
            "Intercept": bi.Normal(0, 2.5),
            "dist100": bi.Normal(0, 6.50),
            "arsenic": bi.Normal(0, 2.26),
        },
        seed=1,
    )
    assert fit.posterior.provenance.engine == "laplace"
    names = {"(Intercept)": "Intercept", "dist100": "dist100", "arsenic": "arsenic"}
    agree(fit.summary(), truth(shared_data, "rstanarm/wells"), names)


def test_roaches_negative_binomial(shared_data: Path) -> None:
    fit = _roaches(shared_data, "negative_binomial", {"shape": bi.Exponential(1)})
    names = {
        "(Intercept)": "Intercept",
        "roach100": "roach100",
        "treatment": "treatment",
        "senior": "senior",
        "reciprocal_dispersion": "shape",
    }
    agree(fit.summary(), truth(shared_data, "rstanarm/roaches_negbin"), names)


def test_roaches_poisson(shared_data: Path) -> None:
    fit = _roaches(shared_data, "poisson", {})
    names = {"(Intercept)": "Intercept"} | {k: k for k in ("roach100", "treatment", "senior")}
    agree(fit.summary(), truth(shared_data, "rstanarm/roaches_poisson"), names)


def _roaches(shared_data: Path, family: str, more: dict[str, bi.Exponential]) -> bi.Fit:
    frame = pd.read_csv(shared_data / "bayes/roaches.csv", comment="#")
    frame = frame.assign(roach100=frame["roach1"] / 100)
    return bi.fit(
        "y ~ roach100 + treatment + senior + offset(log(exposure2))",
        frame,
        family=family,
        priors={
            "Intercept": bi.Normal(0, 2.5),
            "roach100": bi.Normal(0, 3.32),
            "treatment": bi.Normal(0, 5.10),
            "senior": bi.Normal(0, 5.42),
            **more,
        },
        seed=1,
    )

"""Linear regressions against posteriordb's reference draws and exact quadrature."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from tests.reference.truths import agree, posteriordb, truth

FLAT = {"Intercept": bi.Flat(), "coefficients": bi.Flat()}
FLAT_SIGMA = {**FLAT, "sigma": bi.FlatPositive()}
CAUCHY_SIGMA = {**FLAT, "sigma": bi.HalfCauchy(2.5)}
NES = (
    "partyid7 ~ real_ideo + race_adj + C(age_discrete) + educ1 + gender + income",
    FLAT_SIGMA,
)

MODELS = {
    "kidiq-kidscore_momhs": ("kid_score ~ mom_hs", CAUCHY_SIGMA),
    "kidiq-kidscore_momiq": ("kid_score ~ mom_iq", CAUCHY_SIGMA),
    "kidiq-kidscore_momhsiq": ("kid_score ~ mom_hs + mom_iq", CAUCHY_SIGMA),
    "kidiq-kidscore_interaction": ("kid_score ~ mom_hs * mom_iq", CAUCHY_SIGMA),
    "earnings-earn_height": ("earn ~ height", FLAT_SIGMA),
    "earnings-logearn_height": ("log(earn) ~ height", FLAT_SIGMA),
    "earnings-log10earn_height": ("log10(earn) ~ height", FLAT_SIGMA),
    "earnings-logearn_height_male": ("log(earn) ~ height + male", FLAT_SIGMA),
    "earnings-logearn_interaction": ("log(earn) ~ height * male", FLAT_SIGMA),
    "earnings-logearn_interaction_z": ("log(earn) ~ scale(height) * male", FLAT_SIGMA),
    "mesquite-mesquite": (
        "weight ~ diam1 + diam2 + canopy_height + total_height + density + group",
        FLAT_SIGMA,
    ),
    "mesquite-logmesquite": (
        "log(weight) ~ log(diam1) + log(diam2) + log(canopy_height) + log(total_height)"
        " + log(density) + group",
        FLAT_SIGMA,
    ),
    "mesquite-logmesquite_logvolume": (
        "log(weight) ~ I(log(diam1 * diam2 * canopy_height))",
        FLAT_SIGMA,
    ),
    "nes1972-nes": NES,
    "nes1976-nes": NES,
    "nes1980-nes": NES,
    "nes1988-nes": NES,
    "nes1992-nes": NES,
    "nes2000-nes": NES,
}
"""Formula and priors of each posterior, coefficients in the reference's order."""


@pytest.mark.parametrize("name", MODELS)
def test_posteriordb_regressions(name: str, shared_data: Path) -> None:
    formula, priors = MODELS[name]
    frame = posteriordb(shared_data, name.split("-")[0])
    fit = bi.fit(formula, frame, priors=priors, seed=1)
    entry = truth(shared_data, f"posteriordb/{name}")
    assert fit.posterior.provenance.engine == "conjugate"
    agree(fit.summary(), entry, dict(zip(entry["values"], fit.summary().index, strict=True)))


def test_kilpisjarvi_with_its_uncentred_intercept(shared_data: Path) -> None:
    """The reference's prior is on the intercept at year 0, so the constant is a column here."""
    frame = posteriordb(shared_data, "kilpisjarvi_mod").assign(constant=1.0)
    path = shared_data / "bayes/posteriordb/data/kilpisjarvi_mod.json"
    numbers = json.loads(path.read_text())
    priors = {
        "constant": bi.Normal(numbers["pmualpha"], numbers["psalpha"]),
        "x": bi.Normal(numbers["pmubeta"], numbers["psbeta"]),
        "sigma": bi.FlatPositive(),
    }
    fit = bi.fit("y ~ 0 + constant + x", frame, priors=priors, seed=1)
    entry = truth(shared_data, "posteriordb/kilpisjarvi_mod-kilpisjarvi")
    agree(fit.summary(), entry, {"alpha": "constant", "beta": "x", "sigma": "sigma"})


EXACT = {
    name: MODELS[name]
    for name in (
        "kidiq-kidscore_momhs",
        "kidiq-kidscore_momiq",
        "kidiq-kidscore_momhsiq",
        "kidiq-kidscore_interaction",
        "earnings-earn_height",
        "earnings-logearn_height",
        "mesquite-mesquite",
        "mesquite-logmesquite",
    )
}


@pytest.mark.parametrize("name", EXACT)
def test_exact_posteriors(name: str, shared_data: Path) -> None:
    """Against quadrature to nine digits: our draws are independent, so errors are sd / sqrt(n)."""
    formula, priors = EXACT[name]
    frame = posteriordb(shared_data, name.split("-")[0])
    fit = bi.fit(formula, frame, priors=priors, seed=2, draws=40_000)
    entry = truth(shared_data, f"exact/{name}")
    agree(fit.summary(), entry, dict(zip(entry["values"], fit.summary().index, strict=True)))


def test_sblrc_with_a_correlated_design(shared_data: Path) -> None:
    numbers = json.loads((shared_data / "bayes/posteriordb/data/sblrc.json").read_text())
    columns = np.array(numbers["X"])
    frame = pd.DataFrame(columns, columns=[f"x{k}" for k in range(1, 6)]).assign(y=numbers["y"])
    priors = {"coefficients": bi.Normal(0, 10), "sigma": bi.HalfNormal(10)}
    fit = bi.fit("y ~ 0 + x1 + x2 + x3 + x4 + x5", frame, priors=priors, seed=1)
    entry = truth(shared_data, "exact/sblrc-blr")
    names = {f"beta[{k}]": f"x{k}" for k in range(1, 6)} | {"sigma": "sigma"}
    agree(fit.summary(), entry, names)

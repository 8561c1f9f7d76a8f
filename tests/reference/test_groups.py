"""Group models against exact quadrature and against brms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import bayesinf as bi
from tests.conftest import within
from tests.reference.truths import agree, posteriordb, truth


def test_eight_schools_is_exact(shared_data: Path) -> None:
    """Against quadrature (bayes/exact/exact_quadrature.py)."""
    frame = posteriordb(shared_data, "eight_schools").assign(school=[str(k) for k in range(1, 9)])
    fit = bi.fit(
        "y | se(sigma) ~ 1 + (1 | school)",
        frame,
        priors={"Intercept": bi.Normal(0, 5), "sd:school": bi.HalfCauchy(5)},
        draws=20_000,
        seed=1,
    )
    assert fit.posterior.provenance.engine == "marginal"
    assert fit.verdict.ok
    entry = truth(shared_data, "exact/eight_schools")
    agree(fit.summary(), entry, {"mu": "Intercept", "tau": "sd:school:Intercept"})
    values = fit.posterior.values
    theta = values.coefficients[..., :1] + values.effects[0][..., 0]
    table = bi.summary_frame([f"theta[{k}]" for k in range(1, 9)], theta)
    agree(table, entry, {name: name for name in table.index})


def test_dyestuff_is_exact(shared_data: Path) -> None:
    _one_way(shared_data, "Dyestuff", 50.0, "exact/oneway_Dyestuff_S50")


def test_dyestuff2_on_the_boundary_is_exact(shared_data: Path) -> None:
    _one_way(shared_data, "Dyestuff2", 5.0, "exact/oneway_Dyestuff2_S5")


def _one_way(shared_data: Path, name: str, scale: float, reference: str) -> None:
    frame = pd.read_csv(shared_data / f"bayes/{name}.csv", comment="#")
    spread = bi.HalfStudentT(3, scale)
    fit = bi.fit(
        "Yield ~ 1 + (1 | Batch)",
        frame,
        priors={"Intercept": bi.Flat(), "sd:Batch": spread, "sigma": spread},
        draws=20_000,
        seed=1,
    )
    assert fit.posterior.provenance.engine == "marginal"
    entry = truth(shared_data, reference)
    names = {"mu": "Intercept", "sd_group": "sd:Batch:Intercept", "sigma": "sigma"}
    names |= {f"b[{batch}]": f"Batch[{batch}]:Intercept" for batch in "ABCDEF"}
    agree(fit.summary(group_effects=True), entry, names)


def test_sleepstudy_with_correlated_slopes_agrees_with_brms(shared_data: Path) -> None:
    """Same priors as brms, whose intercept has a Student-t prior: served by hmc."""
    frame = pd.read_csv(shared_data / "bayes/sleepstudy.csv", comment="#", dtype={"Subject": str})
    half = bi.HalfStudentT(3, 59.3)
    fit = bi.fit(
        "Reaction ~ Days + (Days | Subject)",
        frame,
        priors={
            "Intercept": bi.StudentT(3, 288.7, 59.3),
            "Days": bi.Flat(),
            "sd:Subject": half,
            "cor:Subject": bi.LKJ(1),
            "sigma": half,
        },
        seed=1,
    )
    assert fit.posterior.provenance.engine == "hmc"
    entry = truth(shared_data, "brms/sleepstudy_corrslopes")
    names = {
        "b_Intercept": "Intercept",
        "b_Days": "Days",
        "sd_Subject__Intercept": "sd:Subject:Intercept",
        "sd_Subject__Days": "sd:Subject:Days",
        "cor_Subject__Intercept__Days": "cor:Subject:Intercept:Days",
        "sigma": "sigma",
    }
    agree(fit.summary(), entry, names)


def test_sleepstudy_marginal_agrees_with_brms(shared_data: Path) -> None:
    """With a wide Normal prior on the intercept, which 18 subjects swamp."""
    frame = pd.read_csv(shared_data / "bayes/sleepstudy.csv", comment="#", dtype={"Subject": str})
    half = bi.HalfStudentT(3, 59.3)
    fit = bi.fit(
        "Reaction ~ Days + (Days | Subject)",
        frame,
        priors={
            "Intercept": bi.Normal(288.7, 1000.0),
            "Days": bi.Flat(),
            "sd:Subject": half,
            "sigma": half,
        },
        draws=20_000,
        seed=1,
    )
    assert fit.posterior.provenance.engine == "marginal"
    entry = truth(shared_data, "brms/sleepstudy_corrslopes")
    names = {
        "b_Days": "Days",
        "sd_Subject__Days": "sd:Subject:Days",
        "cor_Subject__Intercept__Days": "cor:Subject:Intercept:Days",
        "sigma": "sigma",
    }
    agree(fit.summary(), entry, names)


def test_cbpp_agrees_with_rstanarm(shared_data: Path) -> None:
    """decov(1, 1, 1, 1) for one effect is an Exponential(1) prior on the group sd."""
    frame = pd.read_csv(shared_data / "bayes/cbpp.csv", comment="#", dtype=str)
    frame = frame.astype({"incidence": int, "size": int})
    dummies = {f"period[T.{k}]": 2.5 / (frame["period"] == k).std() for k in "234"}
    fit = bi.fit(
        "incidence | trials(size) ~ period + (1 | herd)",
        frame,
        family="binomial",
        priors={
            "Intercept": bi.Normal(0, 2.5),
            **{name: bi.Normal(0, float(sd)) for name, sd in dummies.items()},
            "sd:herd": bi.Exponential(1),
        },
        seed=1,
    )
    entry = truth(shared_data, "rstanarm/cbpp")
    names = {"(Intercept)": "Intercept"} | {f"period{k}": f"period[T.{k}]" for k in "234"}
    agree(fit.summary(), entry, names)
    variance = bi.summary_frame(["variance"], fit.posterior.values.sds[0] ** 2).iloc[0]
    mean, _ = entry["values"]["Sigma[herd:(Intercept),(Intercept)]"]
    error = entry["mcse"]["Sigma[herd:(Intercept),(Intercept)]"]
    within(variance["mean"], mean, np.hypot(variance["mcse"], error))

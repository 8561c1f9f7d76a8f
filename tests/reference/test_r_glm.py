"""Flat priors: modes are R's maximum-likelihood estimates, of nine GLMs but the gamma one, and of
four mixed models with the effects integrated out.

The library shows no mode to its users; here the density that the engines sample is climbed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

import bayesinf as bi
from bayesinf.model.marginal import (
    integrate,
    marginal_density,
    marginal_evidence,
    marginal_signature,
    read_spreads,
)
from bayesinf.model.quadrature.density import quadrature_data, quadrature_density
from bayesinf.model.quadrature.rule import hermite_rule
from bayesinf.numerics.mode import find_mode
from bayesinf.posterior.draws import uncentre
from bayesinf.posterior.target import target_of

FLAT = {"Intercept": bi.Flat(), "coefficients": bi.Flat()}
PROBIT, CLOGLOG = (bi.families.Bernoulli(link) for link in (bi.Probit(), bi.CLogLog()))

MODELS: dict[str, tuple[str, str, object]] = {
    "gaussian_mtcars": ("mtcars", "mpg ~ wt + hp + C(cyl)", "gaussian"),
    "weights_mtcars": ("mtcars", "mpg | weights(hp) ~ wt", "gaussian"),
    "binomial_infert": (
        "infert", "case ~ age + parity + education + spontaneous + induced", "bernoulli",
    ),
    "poisson_insectsprays": ("InsectSprays", "count ~ spray", "poisson"),
    "poisson_offset": ("InsectSprays", "count ~ spray + offset(log(row / 10))", "poisson"),
    "binomial_counts_cbpp": ("cbpp", "incidence | trials(size) ~ period", "binomial"),
    "probit_infert": ("infert", "case ~ spontaneous + induced", PROBIT),
    "cloglog_infert": ("infert", "case ~ spontaneous + induced", CLOGLOG),
}  # fmt: skip
CANONICAL = ("binomial_infert", "poisson_insectsprays", "poisson_offset", "binomial_counts_cbpp")
"""Where the curvature at the mode is the expected one, from which R computes standard errors."""


@pytest.fixture
def reference(shared_data: Path) -> Path:
    return shared_data / "reliability/r_reference"


def read(reference: Path, name: str) -> pd.DataFrame:
    frame = pd.read_csv(reference / f"{name}.csv", dtype={"period": str, "Subject": str})
    return frame.assign(row=np.arange(1.0, len(frame) + 1.0))


def digits(found: float | np.ndarray, right: float | np.ndarray) -> float:
    """The log relative error: how many digits agree, at the worst place."""
    error = np.abs(np.asarray(found) - right) / np.abs(right)
    return float(-np.log10(np.maximum(error, 1e-16)).min())


@pytest.mark.parametrize("name", MODELS)
def test_glm(reference: Path, name: str) -> None:
    entries = json.loads((reference / "glm.json").read_text(encoding="utf-8"))
    right = next(entry for entry in entries if entry["name"] == name)
    table, formula, family = MODELS[name]
    priors = FLAT | ({"sigma": bi.LogFlat()} if family == "gaussian" else {})
    model = bi.model(formula, read(reference, table), family, priors=priors)  # type: ignore[arg-type]
    target = target_of(model)
    assert target.exact is not None
    mode = find_mode(target.exact.value, target.exact.derivatives, target.known[0])
    gradient, hessian = target.exact.derivatives(mode.point)
    for _ in range(3):  # find_mode stops a ten-thousandth of an sd away, which is four digits
        mode_point = mode.point - np.linalg.solve(hessian, gradient)
        mode = find_mode(target.exact.value, target.exact.derivatives, mode_point)
        gradient, hessian = target.exact.derivatives(mode.point)
    found = target.read(mode.point[None, None]).coefficients[0, 0]
    assert digits(found, np.array(list(right["coef"].values()))) >= 8.0
    if name != "weights_mtcars":  # R's weights are precisions there, with another constant
        assert digits(mode.value, right["logLik"]) >= 8.0
    if name in CANONICAL:
        width, p = target.data.width, len(model.design.names)
        covariance = np.linalg.inv(-hessian)[:p, :p] * np.outer(width[:p], width[:p])
        move = np.eye(p)
        move[0] -= model.design.centre
        errors = np.sqrt(np.diag(move @ covariance @ move.T))
        assert digits(errors, np.array(list(right["se"].values()))) >= 6.0


SPREADS = {"sigma": bi.FlatPositive(), "sd:Subject": bi.FlatPositive()}
MIXED = {
    "sleepstudy_REML": ("Reaction ~ Days + (Days | Subject)", {"cor:Subject": bi.LKJ(1.0)}),
    "sleepstudy_indep_REML": ("Reaction ~ Days + (Days || Subject)", {}),
}


def entry(reference: Path, name: str) -> dict:
    entries = json.loads((reference / "lme4.json").read_text(encoding="utf-8"))
    return next(one for one in entries if one["name"] == name)


@pytest.mark.parametrize("name", MIXED)
def test_restricted_likelihood(reference: Path, name: str) -> None:
    """Coefficients with flat priors integrated out: what is left to climb is lme4's criterion."""
    right, (formula, more) = entry(reference, name), MIXED[name]
    model = bi.model(formula, read(reference, "sleepstudy"), priors=FLAT | SPREADS | more)
    signature, (evidence, level) = marginal_signature(model), marginal_evidence(model)
    density = marginal_density(signature)
    constant = np.log(0.5) if signature.group.free_correlations else 0.0  # of LKJ(1) on (-1, 1)

    def below(flat: np.ndarray) -> float:
        jacobian = read_spreads(signature, flat[None]).log_jacobian
        return float(-(density(flat[None], evidence) - jacobian)[0] + constant)

    start = np.array([3.2, 3.2, 1.7, 0.1][: signature.size])
    found = optimize.minimize(
        below, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    )
    assert digits(-found.fun, right["logLik"]) >= 9.0
    spreads = read_spreads(signature, found.x[None])
    sds = [row["sdcor"] for row in right["vc"] if row["var2"] == "NA"]
    assert digits([*spreads.sds[0], spreads.sigma[0]], np.array(sds)) >= 4.0
    if more:
        (r,) = (row["sdcor"] for row in right["vc"] if row["var2"] != "NA")
        assert digits(spreads.factor[0, 1, 0], r) >= 3.5
    coefficients = integrate(spreads, evidence).coefficients.mean[0] + np.array([level, 0.0])
    fixed = uncentre(coefficients[None], model.design.centre)[0]
    assert digits(fixed, np.array(list(right["fixef"].values()))) >= 8.0


def test_maximum_likelihood_with_quadrature(reference: Path) -> None:
    """glmer with 25 nodes: the herds' effects integrated out, coefficients and their sd climbed."""
    right = entry(reference, "cbpp_AGQ25")
    rows = read(reference, "cbpp").astype({"herd": str})
    priors = FLAT | {"sd:herd": bi.FlatPositive()}
    model = bi.model(
        "incidence | trials(size) ~ period + (1 | herd)", rows, "binomial", priors=priors
    )
    signature, data = quadrature_data(model, hermite_rule(25, 1))
    density = quadrature_density(signature)

    def below(flat: np.ndarray) -> float:
        return float(flat[-1] - np.asarray(density(flat[None], data))[0])

    start = np.array([-2.2, -1.0, -1.1, -1.6, -0.4])
    found = optimize.minimize(below, start, method="BFGS", options={"gtol": 1e-7}).x
    fixed = uncentre(found[None, :4], model.design.centre)[0]
    assert digits(fixed, np.array(list(right["fixef"].values()))) >= 4.0
    assert digits(np.exp(found[-1]), right["vc"][0]["sdcor"]) >= 4.0


def test_posterior_means_lie_where_maximum_likelihood_does(reference: Path) -> None:
    """With default priors only direction and size can be compared."""
    right = entry(reference, "sleepstudy_ML")
    fit = bi.fit("Reaction ~ Days + (Days | Subject)", read(reference, "sleepstudy"), seed=1)
    for name, estimate in right["fixef"].items():
        row = fit.summary().loc[name.strip("()")]
        assert abs(row["mean"] - estimate) < 0.5 * row["sd"]
        assert 0.8 < row["sd"] / right["se"][name] < 1.4

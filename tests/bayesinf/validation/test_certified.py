"""NIST's certified regressions, and the location-scale model at shifts of many orders."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.numerics.diagnostics import mcse_mean, mcse_sd
from bayesinf.posterior.summary import scalar_draws
from bayesinf.validation.certified import (
    BASES,
    LOCATION,
    agreeing_digits,
    certified_values,
    location_scale,
    moments_of,
    priors_of,
    regression,
    rows_of,
    stiff_rows,
)
from tests.conftest import within

SETS = sorted(certified_values())


@pytest.mark.parametrize("name", SETS)
def test_a_certified_regression(name: str) -> None:
    check = regression(name, certified_values()[name])
    assert check.passed, check.found


def test_there_are_eleven_and_the_digits_asked_for_are_not_small() -> None:
    asked = {name: truth["digits"] for name, truth in certified_values().items()}
    assert len(asked) == 11
    assert asked["filip"] >= 7 and asked["wampler5"] >= 5.5
    assert all(value >= 7.5 for name, value in asked.items() if name not in ("filip", "wampler5"))


@pytest.mark.parametrize("name", SETS)
def test_the_digits_asked_for_are_those_that_changed_data_leave(name: str) -> None:
    """The page's reason for each limit: at most one and a half digits below, and never above."""
    check = regression(name, certified_values()[name])
    kept = check.evidence["digits of changed data"]
    assert kept - 1.5 <= check.evidence["asked"] <= kept
    assert f"of {kept:.1f} that the data hold" in check.asked


def test_a_wrong_coefficient_fails() -> None:
    truth = certified_values()["longley"]
    wrong = [value * (1 + 1e-9) for value in truth["coefficients"]]
    assert not regression("longley", {**truth, "coefficients": wrong}).passed


def test_the_certified_values_solve_the_normal_equations_exactly() -> None:
    """In fractions of whole numbers, from the printed decimals: no rounding on the way."""
    text = (files("bayesinf.validation") / "files" / "norris.csv").read_text(encoding="utf-8")
    pairs = [tuple(map(Fraction, line.split(","))) for line in text.split()[1:]]
    count = len(pairs)
    sums = [sum(x for _, x in pairs), sum(y for y, _ in pairs)]
    square = sum(x * x for _, x in pairs)
    product = sum(x * y for y, x in pairs)
    slope = (count * product - sums[0] * sums[1]) / (count * square - sums[0] ** 2)
    intercept = (sums[1] - slope * sums[0]) / count
    assert certified_values()["norris"]["coefficients"] == [float(intercept), float(slope)]


def test_the_location_scale_model_in_closed_form_and_by_draws() -> None:
    checks = list(location_scale())
    assert len(checks) == len(BASES)
    for check in checks:
        assert check.passed, check.found


@pytest.mark.parametrize("engine", ["laplace", "hmc", "nuts"])
def test_the_location_scale_model_by_other_engines(engine: str) -> None:
    """The form of NIST's sets for Markov chain Monte Carlo, shifted by 1e6."""
    base = 1e6
    fit = bi.fit("y ~ 1", stiff_rows(base), priors=LOCATION, engine=engine, seed=1)
    mean, sd = moments_of(bi.Conjugate().run(fit.model, bi.Streams(1)))
    draws = fit.posterior.values
    found = np.stack([draws.coefficients[..., 0] - base, draws.parameters[..., 0]], axis=-1)
    assert within(found.mean((0, 1)), mean - [base, 0.0], mcse_mean(found))
    assert within(found.std((0, 1)), sd, mcse_sd(found))


def test_a_shift_of_1e12_keeps_what_double_precision_keeps() -> None:
    """Numbers near 1e12 are 1.2e-4 apart, against an sd of 0.1."""
    model = bi.model("y ~ 1", stiff_rows(1e12), priors=LOCATION)
    mean, sd = moments_of(bi.Conjugate().run(model, bi.Streams(1)))
    assert mean[0] - 1e12 == pytest.approx(0.2, abs=2e-4)
    assert sd[0] == pytest.approx(0.1 / np.sqrt(1001) * np.sqrt(1000 / 998), rel=1e-3)
    assert mean[1] == pytest.approx(0.10007507820709508, rel=1e-3)


@pytest.mark.parametrize("engine", ["laplace", "hmc", "nuts"])
def test_longley_by_other_engines(engine: str) -> None:
    """Condition number 110 after centring: sampled coefficients agree with the closed form."""
    truth = certified_values()["longley"]
    rows = rows_of("longley")
    fit = bi.fit(truth["formula"], rows, priors=priors_of(truth), engine=engine, seed=2)
    mean, sd = moments_of(bi.Conjugate().run(fit.model, bi.Streams(1)))
    draws = scalar_draws(fit.model, fit.posterior.values)[1]
    assert within(draws.mean((0, 1)), mean, mcse_mean(draws))
    assert within(draws.std((0, 1)), sd, mcse_sd(draws))


def test_filip_is_fitted_with_a_finding() -> None:
    truth = certified_values()["filip"]
    fit = bi.fit(truth["formula"], rows_of("filip"), priors=priors_of(truth), seed=1)
    found = [finding for finding in fit.verdict.findings if finding.code == "near-collinear"]
    assert len(found) == 1 and found[0].evidence["condition"] > 1e7
    assert "above 1e7" in found[0].sentence


def test_digits() -> None:
    truth = np.array([2.0, 0.0, -4.0])
    found = np.array([2.0 * (1 + 1e-7), 1e-5, -4.0])
    assert np.allclose(agreeing_digits(found, truth), [7.0, 5.0, 15.0], atol=1e-6)


def test_the_files_are_those_of_the_reference_folder(shared_data: Path) -> None:
    folder = shared_data / "reliability" / "nist_lls"
    theirs = json.loads((folder / "certified.json").read_text(encoding="utf-8"))
    for name, truth in certified_values().items():
        assert truth["coefficients"] == [float(value) for value in theirs[name]["coef"]]
        own = (files("bayesinf.validation") / "files" / f"{name}.csv").read_text(encoding="utf-8")
        assert own == (folder / f"{name}.csv").read_text(encoding="utf-8")


def test_a_check_is_a_value() -> None:
    check = regression("noint1", certified_values()["noint1"])
    assert replace(check) == check

"""Every family with every link against decimal arithmetic, and that against SciPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from bayesinf.families import Poisson
from bayesinf.family import Family
from benchmarks.decimal_densities import Point, truth
from benchmarks.densities import COLUMNS, EVERY_FAMILY, LIMIT, measure, points_of, random_points

PROBABILITY = {"logit": stats.logistic.cdf, "probit": stats.norm.cdf, "cloglog": stats.gumbel_l.cdf}


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_density_and_gradient(family: Family) -> None:
    points = points_of(family)
    assert len(points) >= 106
    found = measure(family, points)
    assert set(found.errors) == set(COLUMNS)
    for name, error in found.errors.items():
        assert error < LIMIT, (name, found.worst[name])


def by_scipy(family: Family, point: Point) -> float:
    """The log density as SciPy has it, at points that are not far out."""
    at, link, y = point.parameters, family.link.name, point.y
    if family.name in ("bernoulli", "binomial"):
        return stats.binom.logpmf(y, point.trials or 1.0, PROBABILITY[link](point.eta))
    mu = point.eta if link == "identity" else np.exp(point.eta)
    sd = point.standard_error or at.get("sigma")
    found = {
        "gaussian": lambda: stats.norm.logpdf(y, mu, sd),
        "student_t": lambda: stats.t.logpdf(y, at["nu"], mu, sd),
        "poisson": lambda: stats.poisson.logpmf(y, mu),
        "negative_binomial": lambda: stats.nbinom.logpmf(y, r := at["shape"], r / (r + mu)),
    }
    return found[family.name]()


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_the_truth_is_scipys_as_well(family: Family) -> None:
    points = [point for point in random_points(family) if abs(point.eta) < 2.0]
    assert len(points) > 50
    ours = [truth(family.name, family.link.name, point)["density"] for point in points]
    theirs = [by_scipy(family, point) for point in points]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@dataclass(frozen=True)
class SlightlyWrong(Poisson):
    """Off by a hundred-millionth, in value and in slope."""

    def log_kernel(self, y, eta, parameters, known):
        return super().log_kernel(y, eta, parameters, known) * (1.0 + 1e-8)

    def slope(self, y, eta, parameters, known):
        return super().slope(y, eta, parameters, known) * (1.0 + 1e-8)


def test_an_error_of_1e8_is_noticed() -> None:
    wrong = SlightlyWrong()
    errors = measure(wrong, random_points(wrong)[:20]).errors
    assert all(error > LIMIT for error in errors.values())

"""The sums in NumPy against the joint density, and their derivatives against JAX's."""

from __future__ import annotations

import jax
import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.families import ALL, named
from bayesinf.model import regression
from bayesinf.model.density import evidence_of, joint_density, signature_of
from bayesinf.model.regression import Regression
from bayesinf.model.units import expected_units
from bayesinf.numerics.compiled import single
from bayesinf.numerics.mode import numerical_derivatives
from bayesinf.numerics.precision import double

MEMBERS = [kind(link=link()) for kind in ALL for link in kind.links]


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 60
    trials = rng.integers(1, 9, n)
    return pd.DataFrame(
        {
            "x": rng.normal(2.0, 1.0, n),
            "z": rng.normal(size=n),
            "trials": trials,
            "hits": rng.binomial(trials, 0.4),
            "event": rng.integers(0, 2, n),
            "count": rng.poisson(2.0, n),
            "amount": rng.gamma(3.0, size=n),
            "error": rng.uniform(0.5, 1.5, n),
            "w": rng.integers(1, 4, n),
            "t": rng.normal(0.0, 0.2, n),
        }
    )


LEFT = {
    "gaussian": "amount | weights(w)",
    "student_t": "amount | se(error) + weights(w)",
    "bernoulli": "event | weights(w)",
    "binomial": "hits | trials(trials)",
    "poisson": "count | weights(w)",
    "negative_binomial": "count",
}


def regression_of(family) -> Regression:
    formula = f"{LEFT[family.name]} ~ x + z + offset(t)"
    model = bi.model(formula, frame(), family, priors={"x": bi.StudentT(4, 0, 1.5)})
    place, width = expected_units(model, model.layout)
    evidence = evidence_of(model)._replace(place=place, width=width)
    return Regression(signature_of(model), evidence)


@pytest.fixture(scope="module", params=MEMBERS, ids=repr)
def made(request) -> Regression:
    return regression_of(request.param)


def points(made: Regression, n: int) -> np.ndarray:
    return np.random.default_rng(5).normal(0.0, 1.0, (n, made.signature.layout.size))


def test_values_are_those_of_the_joint_density(made):
    flat = points(made, 9)
    expected = joint_density(made.signature)(flat, made.evidence)
    np.testing.assert_allclose(made.value(flat), expected, rtol=1e-12)


def test_values_do_not_depend_on_the_tiles(made, monkeypatch):
    flat = points(made, 7)
    whole = made.value(flat)
    monkeypatch.setattr(regression, "TILE", 50)
    monkeypatch.setattr(regression, "SHORTEST", 11)
    np.testing.assert_allclose(made.value(flat), whole, rtol=1e-13)


def test_derivatives_are_central_differences_of_the_values(made):
    at = 0.4 * points(made, 1)[0]
    expected, bend = numerical_derivatives(made.value)(at)
    gradient, hessian = made.derivatives(at)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(hessian, bend, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(hessian, hessian.T)


@pytest.mark.parametrize("family", ["bernoulli", "negative_binomial"])
def test_derivatives_are_jaxs(family):
    made = regression_of(named(family))
    at = 0.4 * points(made, 1)[0]
    one = single(joint_density(made.signature))
    with double():
        expected, bend = jax.grad(one)(at, made.evidence), jax.hessian(one)(at, made.evidence)
    gradient, hessian = made.derivatives(at)
    np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(hessian, bend, rtol=1e-6, atol=1e-6)


def test_a_family_of_ones_own_is_differentiated_by_jax():
    from tests.contracts.toys.exponential import Exponential

    model = bi.model("amount ~ x + z", frame(), Exponential())
    made = Regression(signature_of(model), evidence_of(model))
    at = np.array([1.0, 0.1, -0.2])
    expected, bend = numerical_derivatives(made.value)(at)
    gradient, hessian = made.derivatives(at)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(hessian, bend, rtol=1e-4, atol=1e-4)

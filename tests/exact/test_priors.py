"""Every prior of the catalogue against scipy.stats, and LKJ against the paper's formula."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import bayesinf as bi
from bayesinf.numerics.precision import double
from bayesinf.priors import ALL
from tests.exact.by_hand import distribution, log_lkj, log_prior

EXAMPLES = (
    bi.Normal(3.0, 0.25),
    bi.StudentT(3.0, 1.0, 2.5),
    bi.StudentT(1e8, -1.0, 0.5),
    bi.Cauchy(-2.0, 0.7),
    bi.HalfNormal(2.0),
    bi.HalfStudentT(3.0, 1.5),
    bi.HalfStudentT(0.4, 1e-6),
    bi.HalfCauchy(0.5),
    bi.Exponential(4.0),
    bi.Gamma(2.0, 0.1),
    bi.Gamma(0.01, 3.0),
    bi.InverseGamma(0.4, 0.3),
    bi.InverseGamma(50.0, 8.0),
    bi.LogNormal(0.3, 1.2),
)
IMPROPER = {"Flat", "FlatPositive", "LogFlat"}


def places(prior: bi.Prior) -> np.ndarray:
    """100 places from the middle of the distribution far out."""
    sizes = np.geomspace(1e-6, 30.0, 50)
    scale = distribution(prior).ppf(0.75) - distribution(prior).ppf(0.5)
    if prior.support == "real":
        return distribution(prior).median() + scale * np.concatenate([-sizes, sizes])
    return np.concatenate([np.geomspace(1e-8, 1.0, 50), scale * sizes])


def test_every_proper_prior_is_here() -> None:
    assert {type(prior).__name__ for prior in EXAMPLES} | IMPROPER | {"LKJ"} == {
        kind.__name__ for kind in ALL
    }


@pytest.mark.parametrize("prior", EXAMPLES, ids=repr)
def test_log_densities_are_scipys(prior: bi.Prior) -> None:
    at = places(prior)
    right = np.array([log_prior(prior, value) for value in at])
    np.testing.assert_allclose(prior.log_density(at), right, rtol=1e-9, atol=1e-12)
    with double():
        there = prior.log_density(jax.numpy.asarray(at))
    np.testing.assert_allclose(there, right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("prior", EXAMPLES, ids=repr)
def test_slopes_are_those_of_scipys_densities(prior: bi.Prior) -> None:
    at = places(prior)[10:90:8]
    with double():
        slope = np.asarray(jax.vmap(jax.grad(prior.log_density))(jax.numpy.asarray(at)))
    step = 1e-4 * np.abs(at)
    ahead, behind, far, back = (
        np.array([log_prior(prior, value) for value in at + times * step])
        for times in (1.0, -1.0, 2.0, -2.0)
    )
    right = (8.0 * (ahead - behind) - (far - back)) / (12.0 * step)
    # In units of one over the place, in which differences lose no more than nine digits.
    np.testing.assert_allclose(slope * np.abs(at), right * np.abs(at), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("size", [2, 3, 4, 6])
@pytest.mark.parametrize("concentration", [0.3, 1.0, 2.0, 40.0])
def test_lkj_on_factors_is_lkj_on_matrices(size: int, concentration: float) -> None:
    """The entries below the diagonal of the matrix move by a triangular map with the factor's."""
    rng = np.random.default_rng(size)
    for _ in range(20):
        factor = np.tril(rng.normal(size=(size, size)))
        factor /= np.linalg.norm(factor, axis=1, keepdims=True)
        factor *= np.sign(np.diagonal(factor))[:, None]
        volume = (np.arange(size - 1, -1, -1) * np.log(np.diagonal(factor))).sum()
        right = log_lkj(factor @ factor.T, concentration) + volume
        found = bi.LKJ(concentration).log_density(factor)
        np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9)

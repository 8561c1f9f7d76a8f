"""The reference mathematics agrees with the library's own, and with numbers worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayesinf as bi
from bayesinf import families, links, priors
from bayesinf.criticism import reference
from bayesinf.criticism.simulation import draw_prior, simulate
from bayesinf.model.pointwise import log_likelihood_draws, log_prior_draws
from bayesinf.posterior.draws import centred_scalars
from bayesinf.prior import Prior, Support
from bayesinf.types import namespace
from benchmarks.shapes import ALL as SHAPES
from tests.contracts.toys.exponential import Exponential


@pytest.mark.parametrize("shape", SHAPES)
def test_log_likelihoods_agree_with_the_library(shape: str) -> None:
    model = SHAPES[shape](6)
    data = simulate(model, bi.Streams(1), 3)
    draws = draw_prior(model, np.random.default_rng(2), 30).take(np.arange(30).reshape(3, 10))
    found = reference.log_likelihood(model, draws, data.responses)
    assert found.shape == (3, 10)
    for place in range(3):
        one = draws.take(np.arange(10)[None] + 10 * place)
        own = data.model_of(place)
        expected = log_likelihood_draws(own, one.coefficients, one.parameters, one.effects)
        np.testing.assert_allclose(found[place], expected.sum(axis=-1)[0], rtol=1e-9)
        np.testing.assert_array_equal(reference.log_likelihood(own, one)[0], found[place])


@pytest.mark.parametrize("shape", SHAPES)
def test_log_priors_agree_up_to_a_constant(shape: str) -> None:
    model = SHAPES[shape](6)
    draws = draw_prior(model, np.random.default_rng(3), 40)
    expected = log_prior_draws(model, centred_scalars(model, draws), draws.correlations)
    for sd, correlation, effects in zip(draws.sds, draws.correlations, draws.effects, strict=True):
        root = np.linalg.cholesky(sd[..., :, None] * correlation * sd[..., None, :])
        raw = np.linalg.solve(root, np.swapaxes(effects, -1, -2))
        logs = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
        expected = expected - 0.5 * (raw**2).sum(axis=(-1, -2)) - effects.shape[-2] * logs
    difference = reference.log_prior(model, draws) - expected
    np.testing.assert_allclose(difference, difference[0, 0], rtol=1e-9, atol=1e-9)


def fitted(family: str, y: float, trials: int | None = None) -> bi.Model:
    frame = pd.DataFrame({"y": [y, y + 1], "n": trials or 1})
    left = "y | trials(n)" if trials else "y"
    return bi.model(f"{left} ~ 1", frame, family)


def test_densities_are_those_of_the_books() -> None:
    def density(model: bi.Model, eta: float, *parameters: float) -> float:
        logs = reference.log_density(
            model, model.design.response, np.full(2, eta), np.array(parameters)
        )
        return float(np.exp(logs[0]))

    assert density(fitted("gaussian", 2.0), 1.0, 2.0) == pytest.approx(0.17603266338, rel=1e-9)
    assert density(fitted("student_t", 2.0), 2.0, 1.0, 2.0) == pytest.approx(8**-0.5, rel=1e-9)
    assert density(fitted("bernoulli", 0.0), np.log(3.0)) == pytest.approx(1 / 4, rel=1e-9)
    assert density(fitted("binomial", 1.0, 3), np.log(3.0)) == pytest.approx(9 / 64, rel=1e-9)
    assert density(fitted("poisson", 2.0), np.log(3.0)) == pytest.approx(4.5 * np.exp(-3), rel=1e-9)
    # Two failures before the third success with probability 1/2 each: 6 / 32.
    found = density(fitted("negative_binomial", 2.0), np.log(3.0), 3.0)
    assert found == pytest.approx(6 / 32, rel=1e-9)


def test_every_family_link_and_prior_has_its_reference() -> None:
    assert set(reference.OUTCOMES) == set(families.ALL)
    assert set(reference.INVERSE_LINKS) == set(links.LINKS)
    assert set(reference.PRIORS) == {p for p in priors.ALL if p.support != "correlation"}


@pytest.mark.parametrize("link", links.LINKS, ids=lambda link: link.name)
def test_links_agree_with_the_library(link: type[links.Link]) -> None:
    eta = np.linspace(-3, 2, 11)
    np.testing.assert_allclose(reference.INVERSE_LINKS[link](eta), link().inverse(eta), rtol=1e-10)


def test_the_intercepts_prior_speaks_of_an_average_row() -> None:
    frame = pd.DataFrame({"x": [4.0, 5.0, 9.0], "y": [1.0, 2.0, 2.0]})
    sharp = {"Intercept": bi.Normal(3, 1e-3), "x": bi.Normal(0, 1), "sigma": bi.HalfNormal(1)}
    model = bi.model("y ~ x", frame, priors=sharp)
    draws = draw_prior(model, np.random.default_rng(1), 1)
    at_zero = bi.model("y ~ x", frame - [6.0, 0.0], priors=sharp)
    shift = np.array([6.0 * draws.coefficients[0, 0, 1], 0.0])
    moved = replace(draws, coefficients=draws.coefficients + shift)
    found = reference.log_prior(model, draws), reference.log_prior(at_zero, moved)
    np.testing.assert_allclose(*found, rtol=1e-6)


@final
@dataclass(frozen=True)
class Triangular(Prior):
    """A user's own prior: a triangle from -1 to 1."""

    support: ClassVar[Support] = "real"

    @property
    def log_concave(self) -> bool:
        return True

    def log_density(self, x):
        return namespace(x).log(1 - abs(x))

    def sample(self, rng, shape):
        return rng.triangular(-1, 0, 1, shape)


FEW = {"y": [0.1, 1.2, 0.4, 2.0], "x": [-1.0, 0.5, 0.0, 1.0]}
FIRST = {"Intercept": bi.Normal(0, 1), "sigma": bi.HalfNormal(1)}


def own_prior(prior: Prior) -> bi.Model:
    return bi.model("y ~ x", FEW, priors={**FIRST, "x": prior})


def own_family() -> bi.Model:
    rate = {"Intercept": bi.Normal(0, 1), "x": bi.Normal(0, 1)}
    return bi.model("y ~ x", FEW, Exponential(), priors=rate)


def test_own_priors_and_families_are_told_to_be_written_twice() -> None:
    for model, table, kind in (
        (own_prior(Triangular()), "PRIORS", "Triangular"),
        (own_family(), "OUTCOMES", "Exponential"),
    ):
        with pytest.raises(bi.ModelError) as caught:
            simulate(model, bi.Streams(1), 5)
        assert caught.value.code == "no-reference"
        assert f"{kind} has no reference" in str(caught.value)
        assert f"reference.{table}[{kind}] = lambda" in str(caught.value)


def test_a_class_of_the_same_name_is_another_class() -> None:
    other = type("Normal", (Triangular,), {"__module__": __name__})
    with pytest.raises(bi.ModelError, match="Normal has no reference"):
        simulate(own_prior(other()), bi.Streams(1), 5)


def test_what_was_written_again_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        reference.PRIORS, Triangular, lambda _, x: stats.triang.logpdf(x, 0.5, -1, 2)
    )
    monkeypatch.setitem(
        reference.OUTCOMES,
        Exponential,
        lambda y, mean, *_: stats.expon.logpdf(y, scale=mean),
    )
    data = simulate(own_prior(Triangular()), bi.Streams(1), 50)
    slopes = data.parameters.coefficients[0, :, 1]
    others = simulate(own_prior(bi.Normal(0, 1)), bi.Streams(1), 50)
    assert np.abs(slopes).max() < 1.0 and np.isfinite(data.truths).all()
    assert data.names == others.names
    waiting = simulate(own_family(), bi.Streams(1), 20)
    eta = waiting.truths[:, :2] @ np.stack([np.ones(4), FEW["x"]])
    expected = (-eta - waiting.responses * np.exp(-eta)).sum(axis=1)
    np.testing.assert_allclose(waiting.truths[:, -1], expected, rtol=1e-9)


@pytest.mark.parametrize("improper", [bi.LogFlat(), bi.FlatPositive()])
def test_nothing_is_simulated_from_improper_priors(improper: Prior) -> None:
    """Their densities have a reference all the same: a posterior's log prior needs no draws."""
    model = bi.model("y ~ x", FEW, priors={**FIRST, "x": bi.Normal(0, 1), "sigma": improper})
    with pytest.raises(bi.ModelError) as caught:
        simulate(model, bi.Streams(1), 5)
    assert caught.value.code == "improper-prior"
    fit = bi.fit(model, seed=1, draws=40)
    found = reference.log_prior(model, fit.posterior.values)
    sigma = fit.posterior.values.parameters[..., 0]
    proper = bi.model("y ~ x", FEW, priors={**FIRST, "x": bi.Normal(0, 1)})
    rest = reference.log_prior(proper, fit.posterior.values) - stats.halfnorm.logpdf(sigma)
    expected = rest + np.log(sigma) * (-1.0 if isinstance(improper, bi.LogFlat) else 0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9)

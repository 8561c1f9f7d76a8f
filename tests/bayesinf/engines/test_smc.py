"""Particles as an engine: the evidence against closed forms, two modes with their weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

import bayesinf as bi
from bayesinf.model.program import read_program
from bayesinf.numerics.linear import Gaussian, diagonalise, log_evidence
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.numerics.tempering import RUNS
from bayesinf.posterior.target import target_of
from tests.bayesinf.engines.on_request import codes, compiles_once, evidence, frame, run, stop_after
from tests.conftest import within


def agrees(posterior, exact: float) -> bool:
    found = evidence(posterior, "evidence")
    return within(found["log_evidence"], exact, found["standard_error"])


def test_the_evidence_of_a_gaussian_regression() -> None:
    """The coefficients integrated in closed form, sigma by the trapezoidal rule."""
    priors = {"Intercept": bi.Normal(0.5, 2), "x": bi.Normal(0, 1), "sigma": bi.HalfNormal(2)}
    model = bi.model("y ~ x", frame(), priors=priors)
    columns = model.design.rows.population - model.design.centre
    y = model.design.response
    prior = Gaussian(np.array([0.5, 0.0]), np.array([0.25, 1.0]))
    pencil = diagonalise(columns.T @ columns, columns.T @ y, prior)
    sigma = np.linspace(0.3, 4.0, 20_001)
    logs = log_evidence(pencil, float(y @ y), len(y), prior, sigma)
    logs = logs + stats.halfnorm(scale=2).logpdf(sigma)
    exact = logs.max() + np.log(np.trapezoid(np.exp(logs - logs.max()), sigma))
    posterior = bi.SMC().run(model, Streams(1))
    assert agrees(posterior, exact)
    assert evidence(posterior, "evidence")["standard_error"] < 0.05
    assert codes(posterior, "bad", "warning") == set()


def test_the_evidence_where_a_prior_is_cut_off_at_a_bound() -> None:
    """Three unknowns on a grid, with SciPy's densities; nu lies above 1."""
    y = np.array([0.3, -1.2, 0.5, 4.0, 0.1, -0.4, 0.9])
    priors = {"Intercept": bi.Normal(0, 2), "sigma": bi.HalfNormal(2), "nu": bi.Gamma(2, 0.5)}
    model = bi.model("y ~ 1", {"y": y}, "student_t", priors=priors)
    place = np.linspace(-4, 4, 81)[:, None, None]
    sigma = np.linspace(0.02, 9, 120)[None, :, None]
    nu = 1 + np.exp(np.linspace(-7, 5, 100))[None, None, :]
    logs = stats.norm(0, 2).logpdf(place) + stats.halfnorm(scale=2).logpdf(sigma)
    logs = logs + stats.gamma(2, scale=2).logpdf(nu) - stats.gamma(2, scale=2).logsf(1.0)
    logs = logs + sum(stats.t(nu, place, sigma).logpdf(value) for value in y)
    inner = np.trapezoid(np.exp(logs), nu[0, 0], axis=2)
    exact = np.log(np.trapezoid(np.trapezoid(inner, sigma[0, :, 0], axis=1), place[:, 0, 0]))
    assert agrees(bi.SMC().run(model, Streams(1)), exact)


def test_the_evidence_of_a_model_written_by_hand() -> None:
    """A coin with an even prior: every count of heads is equally likely beforehand."""
    numpyro = pytest.importorskip("numpyro")
    import numpyro.distributions as dist

    def coin(heads, tosses):
        bias = numpyro.sample("bias", dist.Beta(1, 1))
        numpyro.sample("heads", dist.Binomial(tosses, bias), obs=heads)

    program = read_program(coin, {"heads": 7, "tosses": 10})
    posterior = bi.SMC().run_program(program, Streams(1))
    assert agrees(posterior, -np.log(11))
    bias = posterior.values.sites["bias"]
    within(bias.mean(), 8 / 12, bias.std() / np.sqrt(bias.size / 2))
    sentence = next(f.sentence for f in posterior.verdict.findings if f.code == "evidence")
    assert "if its priors are proper" in sentence


def test_two_modes_come_with_their_weights() -> None:
    """y = place^2 + noise: either sign, and the prior favours the positive one by exp(...)."""
    numpyro = pytest.importorskip("numpyro")
    import numpyro.distributions as dist

    def ambiguous(y):
        place = numpyro.sample("place", dist.Normal(0.5, 2.0))
        numpyro.sample("y", dist.Normal(place**2, 1.0), obs=y)

    y = np.full(20, 4.0)
    grid = np.linspace(-4, 4, 80_001)
    logs = stats.norm(0.5, 2).logpdf(grid) + stats.norm(grid[:, None] ** 2, 1).logpdf(y).sum(1)
    density = np.exp(logs - logs.max())
    above = density[grid > 0].sum() / density.sum()
    exact = logs.max() + np.log(np.trapezoid(density, grid))
    posterior = bi.SMC().run_program(read_program(ambiguous, {"y": y}), Streams(1))
    assert agrees(posterior, exact)
    positive = posterior.values.sites["place"] > 0
    # Resampling keeps lineages together: half as many independent draws, to be on the safe side.
    within(positive.mean(), above, np.sqrt(above * (1 - above) / (0.5 * positive.size)))
    assert {finding.code for finding in posterior.verdict.of("note")} >= {"modes", "evidence"}
    assert special.logit(above) == pytest.approx(0.5, abs=0.05)


def test_an_improper_prior_leaves_the_evidence_undefined() -> None:
    posterior = run(bi.SMC(), "b ~ x", "bernoulli", priors={"x": bi.Flat()})
    assert "evidence-undefined" in codes(posterior, "note")
    assert posterior.verdict.ok


def test_groups_are_sampled_like_the_marginal_engine_does() -> None:
    posterior = run(bi.SMC(), "z ~ x + (1 | g)")
    exact = run(bi.Marginal(), "z ~ x + (1 | g)")
    assert codes(posterior, "bad") == set()
    one, other = (bi.Fit(found).summary() for found in (posterior, exact))
    within(one["mean"], other["mean"], np.hypot(one["mcse"], other["mcse"]))


def test_draws_are_kept_as_asked_for() -> None:
    assert run(bi.SMC(particles=100), "b ~ x", "bernoulli").values.shape == (4, 100)
    for asked, kept in ((40, (4, 10)), (1000, (4, 250))):
        posterior = run(bi.SMC(particles=100, draws=asked), "b ~ x", "bernoulli")
        assert posterior.values.shape == kept


def test_an_interrupt_before_the_posterior_is_an_error_and_after_it_keeps_the_particles() -> None:
    model = bi.model("z ~ x + (1 | g)", frame())
    with pytest.raises(bi.SamplingError, match="before its particles reached the posterior"):
        bi.SMC().run(model, Streams(1), stop_after(1))

    def stop_in_the_second_run(progress: Progress) -> None:
        if progress.done > 100 / RUNS:
            raise KeyboardInterrupt

    posterior = bi.SMC(particles=100).run(model, Streams(1), stop_in_the_second_run)
    assert "interrupted" in codes(posterior, "warning")
    assert evidence(posterior, "tempering")["runs"] == 1
    assert np.isfinite(posterior.values.coefficients).all()


def test_a_second_fit_compiles_nothing() -> None:
    assert compiles_once(bi.SMC(particles=100))


def test_too_many_unknowns_are_refused() -> None:
    rows = frame(700).assign(g=[f"g{k}" for k in range(700)])
    reason = bi.SMC().refuses(bi.model("y ~ x + (1 | g)", rows))
    assert reason is not None and "at most 500" in reason


def test_the_offset_of_a_target_is_that_of_its_units() -> None:
    model = bi.model("y ~ x", frame())
    target = target_of(model)
    assert target.evidence_offset == pytest.approx(float(np.log(target.data.width).sum()))


@pytest.mark.parametrize("settings", [{"particles": 10}, {"draws": 0}])
def test_settings_are_checked(settings: dict[str, int]) -> None:
    with pytest.raises(bi.ModelError, match="at least"):
        bi.SMC(**settings)

"""Guides as engines: corrected where that is honest, labelled where not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.model.program import read_program
from bayesinf.numerics.random import Streams
from tests.bayesinf.engines.on_request import codes, compiles_once, evidence, frame, run, stop_after
from tests.conftest import within


def test_a_certified_guide_gives_the_posterior() -> None:
    posterior = run(bi.SVI(draws=4000), "b ~ x", "bernoulli")
    reference = run(bi.Laplace(draws=4000), "b ~ x", "bernoulli")
    assert codes(posterior, "good") >= {"k-hat", "elbo", "r-hat"}
    one, other = (bi.Fit(found).summary() for found in (posterior, reference))
    within(one["mean"], other["mean"], np.hypot(one["mcse"], other["mcse"]))
    assert not posterior.independent


def test_a_mean_field_guide_of_groups_is_labelled_approximate() -> None:
    posterior = run(bi.SVI("mean-field", draws=400), "z ~ x + (1 | g)")
    (finding,) = posterior.verdict.of("bad")
    assert finding.code == "approximate" and finding.evidence["k_hat"] > 0.5
    assert 'engine="auto"' in finding.remedy and "mean-field" in finding.sentence
    assert posterior.independent and posterior.values.shape == (4, 100)
    assert "r-hat" not in codes(posterior, "good"), "its draws agree with each other: no news"


def test_the_bound_is_below_the_evidence() -> None:
    model = bi.model("b ~ x", frame(), "bernoulli")
    bound = evidence(bi.SVI().run(model, Streams(1)), "elbo")["elbo"]
    found = evidence(bi.SMC().run(model, Streams(1)), "evidence")
    assert found["log_evidence"] - 0.2 < bound < found["log_evidence"] + 0.05


def test_an_improper_prior_leaves_no_bound_but_draws() -> None:
    posterior = run(bi.SVI(), "b ~ x", "bernoulli", priors={"x": bi.Flat()})
    assert "elbo" not in evidence(posterior, "elbo")
    assert posterior.verdict.ok


def test_two_modes_are_not_certified() -> None:
    """Half a rank-two coin: the sign of the product is all that the data tell."""
    numpyro = pytest.importorskip("numpyro")
    import numpyro.distributions as dist

    def ambiguous(y):
        place = numpyro.sample("place", dist.Normal(0, 3))
        numpyro.sample("y", dist.Normal(place**2, 1.0), obs=y)

    program = read_program(ambiguous, {"y": np.full(20, 4.0)})
    posterior = bi.SVI(draws=400).run_program(program, Streams(3))
    assert {finding.code for finding in posterior.verdict.of("bad")} == {"approximate"}
    assert "modes" in {finding.code for finding in posterior.verdict.of("note")}


def test_too_few_steps_are_a_warning() -> None:
    posterior = run(bi.SVI("flow", steps=50, draws=400), "z ~ x + (1 | g)")
    finding = next(f for f in posterior.verdict.of("warning") if f.code == "elbo")
    assert "still rising after 50 steps" in finding.sentence and "bi.SVI(steps" in finding.remedy


def test_an_interrupt_keeps_the_guide_and_says_so() -> None:
    model = bi.model("b ~ x", frame(), "bernoulli")
    posterior = bi.SVI(draws=400).run(model, Streams(1), stop_after(3))
    assert "interrupted" in codes(posterior, "warning")
    assert posterior.values.shape == (4, 100)


def test_a_second_fit_compiles_nothing() -> None:
    assert compiles_once(bi.SVI(draws=400, steps=300))


def test_many_unknowns_ask_for_a_guide_without_a_matrix() -> None:
    rows = frame(700).assign(g=[f"g{k}" for k in range(700)])
    model = bi.model("y ~ x + (1 | g)", rows)
    reason = bi.SVI().refuses(model)
    assert reason is not None and "low-rank" in reason
    assert bi.SVI("low-rank").refuses(model) is None


@pytest.mark.parametrize(
    "settings", [{"guide": "fullrank"}, {"steps": 0}, {"particles": 0}, {"learning_rate": -1.0}]
)
def test_settings_are_checked(settings: dict[str, object]) -> None:
    with pytest.raises(bi.ModelError) as caught:
        replace(bi.SVI(), **settings)
    assert caught.value.code == "svi-settings"
    assert "guide" not in settings or "Did you mean 'full-rank'" in str(caught.value)

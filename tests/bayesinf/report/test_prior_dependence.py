"""The report notices a prior that decides the answer, and is quiet about one that does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import bayesinf as bi
from bayesinf.model.pointwise import log_likelihood_draws
from bayesinf.report.prior_dependence import (
    prior_dependence,
    prior_findings,
    total_log_likelihood,
)


def test_defaults_on_plenty_of_data_do_not_matter(sleep: bi.Fit) -> None:
    frame = prior_dependence(sleep.posterior)
    assert list(frame.index) == list(sleep.summary().index)
    (finding,) = prior_findings(frame)
    assert finding.severity == "good"


def test_a_prior_far_from_the_data_is_named_as_a_conflict() -> None:
    frame = bi.examples.sleepstudy()
    fit = bi.fit("Reaction ~ Days", frame, priors={"Days": bi.Normal(-40, 4)}, seed=1)
    table = prior_dependence(fit.posterior)
    (finding,) = [f for f in prior_findings(table) if f.sentence.startswith("'Days'")]
    assert finding.severity == "warning"
    assert "prior and data pull it to different places" in finding.sentence


def test_a_tight_prior_on_few_rows_is_named_as_strong() -> None:
    frame = bi.examples.sleepstudy().iloc[:6]
    fit = bi.fit("Reaction ~ Days", frame, priors={"Days": bi.Normal(1000, 1)}, seed=1)
    assert any(f.severity == "warning" for f in prior_findings(prior_dependence(fit.posterior)))


def test_without_rows_only_the_prior_is_scaled(sleep: bi.Fit) -> None:
    posterior = sleep.posterior
    design = posterior.model.design
    empty = replace(
        design, response=design.response[:0], rows=design.rows.take(slice(0, 0)), table=None
    )
    loaded = replace(posterior, model=replace(posterior.model, design=empty))
    assert list(prior_dependence(loaded).columns) == ["prior"]
    assert prior_findings(prior_dependence(loaded))


def test_the_total_log_likelihood_is_the_sum_over_rows(sleep: bi.Fit) -> None:
    values = sleep.posterior.values
    per_row = log_likelihood_draws(
        sleep.model, values.coefficients, values.parameters, values.effects
    )
    np.testing.assert_allclose(
        total_log_likelihood(sleep.posterior), per_row.sum(axis=-1).reshape(-1), rtol=1e-12
    )

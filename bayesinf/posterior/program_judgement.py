"""Findings on the posterior of a model written by hand, beyond those of the engine."""

from __future__ import annotations

from dataclasses import replace

from bayesinf.posterior.data_judgement import judge_count, judge_finite
from bayesinf.posterior.density_judgement import judge_sites_density
from bayesinf.posterior.program import ProgramPosterior
from bayesinf.posterior.verdict import Finding


def judge_program(posterior: ProgramPosterior) -> ProgramPosterior:
    """Adds what the draws call for, and the model when it observes nothing.

    Returns:
        The posterior with these findings in its verdict.
    """
    findings = (
        *judge_finite(posterior),
        *judge_count(posterior),
        *judge_sites_density(posterior.values.sampled),
        *_judge_outcomes(posterior),
    )
    return replace(posterior, verdict=posterior.verdict.add(findings)) if findings else posterior


def _judge_outcomes(posterior: ProgramPosterior) -> tuple[Finding, ...]:
    """Without data a posterior is the prior, which is rarely what was meant."""
    sites = posterior.model.sites
    if sites.observed or sites.factors:
        return ()
    return (
        Finding(
            "The model observes nothing, so these are draws of its prior.",
            "warning",
            "no-outcome",
            remedy="Give the outcome among the data, and hand it to numpyro.sample(..., obs=y).",
        ),
    )

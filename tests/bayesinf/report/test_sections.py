"""The shared sections state the facts of the fit that they are given."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

import bayesinf as bi
from bayesinf.criticism.checks import check
from bayesinf.posterior.posterior import Posterior
from bayesinf.report.parts import Heading, Mathematics, Paragraph, Part, Points, Table
from bayesinf.report.sections import (
    NOT_CHECKED,
    column_frame,
    computation_section,
    data_section,
    model_section,
    question_section,
    verdict_parts,
)


def text_of(parts: tuple[Part, ...]) -> str:
    return "\n".join(part.text for part in parts if isinstance(part, Heading | Paragraph))


def tables_of(parts: tuple[Part, ...]) -> list[pd.DataFrame]:
    return [part.frame for part in parts if isinstance(part, Table)]


def test_the_data_section_counts_rows_and_missing_values(logistic: bi.Fit) -> None:
    parts = data_section(logistic.posterior)
    missing, columns = tables_of(parts)
    assert "2 of 120 rows were dropped: 2 miss 'x'." in text_of(parts)
    assert missing.loc["x"].tolist() == [2, "1.7%"]
    assert columns.loc["shop"].tolist() == ["predictor", "factor", "north, south, west"]
    assert columns.loc["bought"].tolist() == ["outcome", "factor", "no, yes"]
    assert columns.loc["old"].tolist() == ["predictor", "boolean", "false, true"]
    assert logistic.posterior.provenance.fingerprint in text_of(parts)


def test_a_column_may_play_several_roles(sleep: bi.Fit) -> None:
    frame = column_frame(sleep.model)
    assert frame["role"].to_dict() == {
        "Reaction": "outcome",
        "Days": "predictor, group",
        "Subject": "group",
    }
    assert frame.loc["Days", "values"] == "0 to 9"
    assert str(frame.loc["Subject", "values"]).startswith("18 levels: 308, 309")


def test_updates_are_part_of_the_story(sleep: bi.Fit) -> None:
    history = ("20 rows added",)
    provenance = replace(sleep.posterior.provenance, history=history)
    assert "20 rows added" in text_of(data_section(replace(sleep.posterior, provenance=provenance)))


def test_the_model_section_shows_mathematics_and_every_prior(sleep: bi.Fit) -> None:
    parts = model_section(sleep.posterior)
    assert any(isinstance(part, Mathematics) for part in parts)
    (priors,) = tables_of(parts)
    assert list(priors.index) == list(sleep.priors)
    assert priors.loc["Days"].tolist() == ["Normal(0, 20)", "user", "set by the user"]
    assert "`Days` was set by the user; the others are" in text_of(parts)


def test_default_priors_are_called_defaults(logistic: bi.Fit) -> None:
    assert "All priors are the weakly informative defaults" in text_of(
        model_section(logistic.posterior)
    )


def test_the_computation_section_names_engine_draws_seed_and_reasons(sleep: bi.Fit) -> None:
    parts = computation_section(sleep.posterior)
    assert "The `marginal` engine" in text_of(parts)
    assert "4000 draws (4 chains of 1000); the seed was 1" in text_of(parts)
    (engines,) = tables_of(parts)
    assert engines.loc["marginal", "used"] == "yes"
    assert engines.loc["conjugate", "used"] == "no"
    (findings,) = [part for part in parts if isinstance(part, Points)]
    assert len(findings.items) == len(sleep.verdict.findings)


def test_the_question_names_predictors_and_groups(sleep: bi.Fit) -> None:
    text = text_of(question_section(sleep.posterior))
    assert "How does `Reaction` go with `Days`, and how much do the levels of `Subject`" in text
    only = bi.fit("Reaction ~ 1", bi.examples.sleepstudy(), draws=40, seed=1)
    assert "What is the level of `Reaction`?" in text_of(question_section(only.posterior))


def test_the_gate_puts_bad_findings_and_their_remedy_first(sleep: bi.Fit, sick: Posterior) -> None:
    head, points = verdict_parts(sick)
    assert isinstance(head, Paragraph) and head.tone == "bad"
    assert head.text.startswith("Do not interpret these numbers")
    assert isinstance(points, Points)
    assert points.items[0].text.endswith("(limit 1.01). Ask for more draws.")
    unseen = Paragraph(f"Computation: All checks passed. Fit to the data: {NOT_CHECKED}", "good")
    assert verdict_parts(sleep.posterior) == (unseen,)


def test_the_gate_tells_a_misfit_from_a_failed_computation(sleep: bi.Fit) -> None:
    """Three rows of sleepstudy pull the posterior, though its computation passed."""
    head, points = verdict_parts(sleep.posterior, check(sleep.posterior))
    assert isinstance(head, Paragraph) and head.tone == "warning"
    assert "Computation: All checks passed. Fit to the data: The model reproduces" in head.text
    assert isinstance(points, Points) and "k-hat" in points.items[0].text

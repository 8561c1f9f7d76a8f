"""The report on a fit: complete, withheld when the verdict is bad, honest without rows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.posterior.posterior import Posterior
from bayesinf.report.doubts import CHECKS_WITHHELD, NO_ROWS, limitations
from bayesinf.report.fit_report import report_fit
from bayesinf.report.parts import Heading, Listing, Paragraph, Picture, Table
from bayesinf.report.prose import WITHHELD
from bayesinf.report.report import Report
from bayesinf.report.reproduction import fit_code

SECTIONS = [
    "Question",
    "Data and missing rows",
    "Model",
    "Computation and diagnostics",
    "Results",
    "Predictive check and leave-one-out",
    "What could be wrong",
    "How to reproduce",
]


@pytest.fixture(scope="module")
def report(sleep: bi.Fit) -> Report:
    return report_fit(sleep.posterior, units={"Reaction": "ms", "Days": "day"})


def headings(report: Report) -> list[str]:
    return [part.text for part in report.parts if isinstance(part, Heading) and part.level == 2]


def frames(report: Report) -> list[pd.DataFrame]:
    return [part.frame for part in report.parts if isinstance(part, Table)]


def test_all_sections_stand_in_their_order(report: Report) -> None:
    assert headings(report) == SECTIONS
    assert report.title == "A model of Reaction"


def test_the_table_is_that_of_the_fit_itself(report: Report, sleep: bi.Fit) -> None:
    (table,) = [frame for frame in frames(report) if "r_hat" in frame]
    pd.testing.assert_frame_equal(table, sleep.summary())


def test_effects_are_told_with_units_and_as_association(report: Report) -> None:
    assert "`Days` higher by 1 day is associated with a difference" in report.text
    assert not re.search("significan|p-value|confidence", report.to_html(), re.IGNORECASE)


def test_pictures_show_parameters_groups_and_replicated_data(report: Report) -> None:
    pictures = [part for part in report.parts if isinstance(part, Picture)]
    assert len(pictures) == 3
    assert all(picture.alt for picture in pictures)


def test_a_bad_verdict_withholds_everything_that_could_be_read_as_a_result(
    sick: Posterior,
) -> None:
    report = report_fit(sick)
    assert isinstance(report.parts[0], Paragraph) and report.parts[0].tone == "bad"
    assert WITHHELD in report.text and CHECKS_WITHHELD in report.text
    assert "is associated with" not in report.text and "CrI" not in report.text
    assert not [part for part in report.parts if isinstance(part, Picture)]
    assert not [frame for frame in frames(report) if {"mean", "lower"} & set(frame.columns)]
    (diagnostics,) = [frame for frame in frames(report) if "r_hat" in frame]
    assert list(diagnostics.columns) == ["ess_bulk", "ess_tail", "r_hat"]
    assert headings(report) == SECTIONS


def test_a_loaded_fit_is_reported_without_its_rows(sleep: bi.Fit, tmp_path: Path) -> None:
    loaded = bi.load(sleep.save(tmp_path / "fit"))
    report = report_fit(loaded.posterior)
    assert NO_ROWS in report.text
    assert headings(report) == SECTIONS
    assert "is associated with" in report.text
    (table,) = [frame for frame in frames(report) if "r_hat" in frame]
    pd.testing.assert_frame_equal(table, sleep.summary())
    assert report.write(tmp_path / "loaded.html").stat().st_size > 10_000


def test_other_links_get_average_differences_on_the_outcomes_scale(logistic: bi.Fit) -> None:
    report = report_fit(logistic.posterior, prob=0.5)
    (table,) = [frame for frame in frames(report) if frame.index.name == "change"]
    expected = logistic.comparisons("treated").summary(0.5).iloc[0]
    line = table.loc[[label for label in table.index if label.startswith("treated: ")]].iloc[0]
    np.testing.assert_allclose(line.to_numpy(float), expected.to_numpy(float))
    assert "50% CrI" in report.text


def test_the_code_repeats_the_fit(sleep: bi.Fit) -> None:
    names: dict[str, object] = {"frame": bi.examples.sleepstudy()}
    code = fit_code(sleep.posterior)
    assert 'priors={"Days": bi.Normal(0.0, 20.0)}' in code
    exec(code.replace("print", "str"), names)
    again = names["fit"]
    assert isinstance(again, bi.Fit)
    assert again.posterior.provenance.fingerprint == sleep.posterior.provenance.fingerprint
    np.testing.assert_array_equal(
        again.posterior.values.coefficients, sleep.posterior.values.coefficients
    )


def test_the_code_repeats_links_and_quotes(mixed_frame: pd.DataFrame) -> None:
    family = bi.families.Bernoulli(link=bi.Probit())
    fit = bi.fit("bought ~ treated", mixed_frame, family=family, draws=100, seed=7)
    code = fit_code(fit.posterior)
    assert "family=bi.families.Bernoulli(link=bi.Probit())" in code
    assert "draws=100" in code and "seed=7" in code
    names: dict[str, object] = {"frame": mixed_frame}
    exec(code.replace("print", "str"), names)
    assert isinstance(names["fit"], bi.Fit)


def test_the_code_is_in_the_report_and_says_when_it_is_not_the_whole_story(
    sleep: bi.Fit, report: Report
) -> None:
    assert fit_code(sleep.posterior) in [p.code for p in report.parts if isinstance(p, Listing)]
    provenance = replace(sleep.posterior.provenance, history=("20 rows added",))
    updated = report_fit(replace(sleep.posterior, provenance=provenance))
    assert "the code repeats the fit before that" in updated.text


def test_dropped_rows_are_a_limitation(logistic: bi.Fit, sleep: bi.Fit) -> None:
    assert any("1.7% of the rows were left out" in text for text in limitations(logistic.posterior))
    assert not any("left out" in text for text in limitations(sleep.posterior))


def test_the_notebook_face_writes_the_file(sleep: bi.Fit, tmp_path: Path) -> None:
    report = sleep.report(tmp_path / "out.html", title="Sleep")
    assert "<title>Sleep</title>" in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert report.title == "Sleep"

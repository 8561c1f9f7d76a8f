from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
import causal
from causal.estimate import WITHHELD
from causal.report import effect_figure


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rng = np.random.default_rng(3)
    x = rng.normal(size=100)
    t = (rng.random(100) < 1 / (1 + np.exp(-x))) * 1
    frame = {"y": x + 3 * t + rng.normal(size=100), "t": t, "x": x}
    return causal.estimate(frame, "y", "t", adjust=["x"], seed=4)


@pytest.fixture(scope="module")
def text(found) -> str:
    return found.report().text


def test_question_answer_and_doubts_come_in_that_order(found, text):
    lines = text.splitlines()
    places = [lines.index(head) for head in ("Question", "Answer", "Doubts", "The outcome model")]
    assert places == sorted(places)
    assert found.question in lines
    assert found.sentence() in lines
    for assumption in found.assumptions:
        assert assumption.sentence in text
    for finding in found.findings:
        assert finding.sentence in text


def test_it_is_written_as_a_page_and_as_markdown(found, tmp_path):
    report = found.report(tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "The effect of t on y" in page
    assert "E[Y(1)]" in page
    assert "<svg" in page or "data:image" in page
    assert report.to_markdown().startswith("# The effect of t on y")
    assert found.report(title="Mine").title == "Mine"


def test_a_bad_verdict_withholds_the_answer(found):
    bad = bi.Finding("Nothing overlaps.", "bad", "overlap", remedy="Ask for something else.")
    text = replace(found, findings=(bad,)).report().text
    answer = text[: text.index("The outcome model")]
    assert "Do not interpret these numbers" in answer
    assert "Nothing overlaps. Ask for something else." in answer
    assert WITHHELD in answer
    assert f"{found.draws.mean():.2g}" not in answer
    assert "credible interval [" not in answer


def test_the_picture_shows_the_draws(found):
    (axes,) = effect_figure(found).axes
    counts = sum(patch.get_height() for patch in axes.patches)
    assert counts == found.draws.size
    low, high = axes.lines[0].get_xdata()
    line = found.summary().iloc[0]
    assert (low, high) == (line["lower"], line["upper"])


def test_the_target_trial_stands_beside_the_analysis(found):
    page = found.report().to_html()
    assert "The trial that would answer the question" in page
    assert "as it came; taken for chance given x" in page

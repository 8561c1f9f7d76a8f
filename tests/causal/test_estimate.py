from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal

COLUMNS = ["mean", "sd", "lower", "upper", "ess_bulk", "ess_tail", "r_hat", "mcse"]


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rng = np.random.default_rng(5)
    x = rng.normal(size=120)
    arm = np.where(rng.random(120) < 1 / (1 + np.exp(-x)), "drug", "control")
    y = x + (arm == "drug") + rng.normal(size=120)
    frame = pd.DataFrame({"y": y, "arm": arm, "x": x, "passed": np.where(y > 0, "yes", "no")})
    return causal.estimate(frame, "y", "arm", adjust=["x"], estimand=causal.ATT(), seed=9)


def test_the_summary_is_that_of_the_draws(found):
    frame = found.summary(prob=0.9)
    assert frame.index.tolist() == ["ATT", "E[Y(1)]", "E[Y(0)]"]
    assert frame.index.name == "estimand"
    assert frame.columns.tolist() == COLUMNS
    assert found.draws.shape == found.prediction.posterior.values.shape
    assert frame.loc["ATT", "mean"] == pytest.approx(found.draws.mean())
    assert frame.loc["ATT", "sd"] == pytest.approx(found.draws.std(ddof=1))
    kind, _ = bi.options.interval
    if kind == "eti":
        assert frame.loc["ATT", "lower"] == pytest.approx(np.quantile(found.draws, 0.05), abs=1e-3)
    assert frame.loc["ATT", "mean"] == pytest.approx(
        frame.loc["E[Y(1)]", "mean"] - frame.loc["E[Y(0)]", "mean"]
    )


def test_effect_and_prediction_come_from_the_same_draws(found):
    rows = found.prediction.model.design.table.to_pandas()
    rows = rows[rows["arm"] == "drug"]
    levels = [
        found.prediction.predict_draws(rows.assign(arm=level), kind="mean").mean(axis=-1)
        for level in ("drug", "control")
    ]
    assert np.allclose(found.draws, levels[0] - levels[1], atol=1e-12)


def test_question_answer_and_doubts_are_printed_in_that_order(found):
    text = repr(found)
    places = [text.index(head) for head in ("Question\n", "Answer\n", "Doubts\n")]
    assert places == sorted(places)
    assert "arm = 1 stands for 'drug', and arm = 0 for 'control'" in text
    assert "ATT of arm ('drug' against 'control') on y" in text
    assert all(str(sentence) in text for sentence in found.assumptions)
    assert all(finding.sentence in text for finding in found.findings)


def test_html_shows_the_same(found):
    html = found._repr_html_()
    assert html.index("Question") < html.index("Answer") < html.index("Doubts")
    assert "<table" in html
    assert "E[Y(1)]" in html


def test_the_sentence_names_interval_and_probability(found):
    kind, prob = bi.options.interval
    assert f"{prob:.0%} credible interval" in found.sentence()
    assert "80% credible interval" in found.sentence(0.8)
    assert kind.upper() in found.sentence()
    assert found.sentence().endswith(f"{found.direction()}.")


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.25, "below zero with probability 0.750"),
        (0, "below zero with probability above 0.999"),
        (1, "above zero with probability above 0.999"),
    ],
)
def test_no_probability_is_called_certain(found, share, shown):
    draws = np.where(np.arange(4000) < share * 4000, 1.0, -1.0).reshape(4, 1000)
    answer = replace(found.answer, draws=draws)
    assert replace(found, answer=answer).direction() == shown


def test_balance_lists_what_was_adjusted_for(found):
    frame = found.tables["balance"]
    assert frame.index.tolist() == ["x"]
    assert frame.columns.tolist() == ["treated", "control", "difference"]
    assert frame.loc["x", "difference"] > 0.3


def test_the_verdict_is_that_of_the_findings(found):
    assert found.verdict.findings == found.findings
    assert found.summary().attrs["verdict"] == found.headline


def test_levels_of_a_text_outcome_are_told():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"t": np.arange(60) % 2, "won": rng.choice(["no", "yes"], 60)})
    asked = causal.estimate(frame, "won", "t", adjust=[], seed=1)
    assert "Of won, 'yes' counts as 1 and 'no' as 0." in asked.question
    assert ((asked.draws > -1) & (asked.draws < 1)).all()


def test_a_clean_bill_does_not_say_more_than_was_checked(found):
    good = replace(found, findings=(bi.Finding("Fine.", "good", "x"),))
    assert good.headline == "No check failed."
    assert "No check failed." in repr(good) and "No check failed." in good._repr_html_()
    assert "All checks passed" not in repr(good) + good._repr_html_()
    bad = replace(found, findings=(bi.Finding("Broken.", "bad", "x"),))
    assert bad.headline.startswith("Do not interpret")

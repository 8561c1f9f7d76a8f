from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.effects.effect import Effect, decimals
from bayesinf.effects.questions import comparisons, predictions, slopes
from bayesinf.errors import ModelError
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding, Verdict

DRAWS = np.random.default_rng(3).normal([2.0, -40.0], [0.5, 30.0], (4, 250, 2))


def effect(verdict: Verdict | None = None) -> Effect:
    return Effect(
        "comparison",
        "How does y differ <b>?",
        DRAWS,
        ("contrast", "sex"),
        (("+1", "f"), ("+1", "m")),
        ("Among f it is", "Among m it is"),
        0.0,
        verdict or Verdict(),
    )


def test_the_summary_is_a_table_of_the_draws() -> None:
    table = effect().summary(prob=0.9)
    flat = DRAWS.reshape(-1, 2)
    assert table.index.equals(pd.MultiIndex.from_tuples(effect().labels, names=effect().names))
    columns = ["mean", "sd", "lower", "upper", "ess_bulk", "ess_tail", "r_hat", "mcse"]
    assert table.columns.tolist() == columns
    np.testing.assert_allclose(table["mean"], flat.mean(0))
    np.testing.assert_allclose(table["lower"], np.quantile(flat, 0.05, axis=0))
    assert (table["r_hat"] < 1.02).all()
    assert table.attrs["interval_prob"] == 0.9
    assert table.attrs["question"] == effect().question


def test_a_sentence_names_interval_and_probability() -> None:
    flat = DRAWS[..., 1].ravel()
    lower, upper = np.quantile(flat, [0.025, 0.975])
    assert effect().sentence(1, prob=0.95) == (
        f"Among m it is {flat.mean():.0f} (posterior mean; 95% CrI [{lower:.0f}, {upper:.0f}], "
        f"ETI); P(> 0) = {(flat > 0).mean():.3f}."
    )
    with pytest.raises(ModelError, match="has 2"):
        effect().sentence(2)


def test_the_printed_effect_is_question_doubt_and_table() -> None:
    assert repr(effect()).splitlines()[0] == "How does y differ <b>?"
    assert "89% credible interval (ETI)" in repr(effect())
    assert "&lt;b&gt;" in effect()._repr_html_()
    doubtful = effect(Verdict((Finding("Chains disagree.", "bad", "r-hat"),)))
    assert "Do not interpret these numbers" in repr(doubtful)
    assert "Do not interpret these numbers" in doubtful._repr_html_()
    assert doubtful.headline == doubtful.verdict.headline


def test_the_interval_option_is_read_at_call_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(bi.options), "interval", ("hdi", 0.5))
    assert "50% CrI" in effect().sentence()
    assert "HDI" in effect().sentence()


@pytest.mark.parametrize(
    ("sd", "digits"), [(1.25, 1), (0.034, 3), (650.0, 0), (0.0, 3), (1e-30, 10), (np.nan, 3)]
)
def test_decimals_show_two_digits_of_the_sd(sd: float, digits: int) -> None:
    assert decimals(sd) == digits


def test_sentences_speak_of_association(linear: Posterior, logistic: Posterior) -> None:
    raised = comparisons(linear, "x").sentence()
    start = "Raising x by 1 is associated with a difference in the expected y (average of 240 rows)"
    assert raised.startswith(f"{start} of ")
    assert raised.endswith("; P(> 0) > 0.999.")
    odds = comparisons(logistic, "treated", contrast="odds_ratio").sentence()
    assert odds.startswith("treated = True instead of False is associated with the odds of the")
    assert "probability of event" in odds
    assert "P(> 1) = " in odds
    assert "associated with z at a slope of" in slopes(logistic, "z").sentence()
    assert "P(" not in predictions(linear, by="arm").sentence(2)
    assert "with arm = c)" in predictions(linear, by="arm").sentence(2)
    assert predictions(linear).summary().index.tolist() == ["average"]
    for spoken in (raised, odds, slopes(linear, "x").sentence()):
        assert "significan" not in spoken

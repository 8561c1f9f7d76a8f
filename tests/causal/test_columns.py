"""Which level of a text outcome counts as 1 is said by every study, whatever computes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.estimand import Estimand
from causal.findings import judge_outcome

CODING = "Of y, 'dead' counts as 1 and 'alive' as 0."


def rows(size: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=size)
    t = (rng.random(size) < 1 / (1 + np.exp(-x))).astype(int)
    m = (t + rng.normal(size=size) > 0.5).astype(int)
    z = np.where(rng.random(size) < 0.8, t, 1 - t)
    lives = 2 * t + 1.5 * x + m + rng.normal(size=size) > 1.5
    return pd.DataFrame({"x": x, "t": t, "m": m, "z": z, "y": np.where(lives, "alive", "dead")})


def asked(estimator: str, estimand: Estimand | None = None) -> dict[str, Any]:
    return {"adjust": ["x"], "estimator": estimator, "estimand": estimand or causal.ATE()}


STUDIES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "standardisation": (("y", "t"), asked("standardisation")),
    "aipw": (("y", "t"), asked("aipw")),
    "tmle": (("y", "t"), asked("tmle")),
    "weighting": (("y", "t"), asked("weighting")),
    "partially linear": (("y", "t"), asked("partially_linear", causal.ATO())),
    "instrument": ((causal.Instrument("y", "t", ("z",)),), {}),
    "discontinuity": ((causal.RegressionDiscontinuity("y", "x", 0.0),), {}),
    "front door": (("y", "t"), {"graph": "t -> m -> y; t <-> y"}),
    "mediation": ((causal.Mediation("y", "t", "m", adjust=("x",)),), {}),
    "experiment": ((causal.Experiment("y", "t"),), {}),
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_says_which_level_counts_as_1(name):
    question, said = STUDIES[name]
    found = causal.estimate(rows(), *question, draws=400, seed=1, **said)
    assert found.levels == ("alive", "dead")
    assert repr(found).count(CODING) == found.question.count(CODING) == 1
    assert "on y = 'dead'" in found.subject
    assert found.summary().attrs["outcome"] == CODING
    assert CODING in found.report().to_markdown().replace("\\", "")
    told = [one for one in found.findings if one.code == "outcome-by-alphabet"]
    assert [one.severity for one in told] == ["warning"]


@pytest.mark.parametrize("estimator", ["standardisation", "aipw"])
def test_a_declared_order_decides_and_is_no_doubt(estimator):
    frame = rows()
    declared = frame.assign(y=pd.Categorical(frame["y"], ["dead", "alive"]))
    kept, turned = (
        causal.estimate(one, "y", "t", draws=400, seed=1, **asked(estimator))
        for one in (frame, declared)
    )
    assert turned.levels == ("dead", "alive") and "on y = 'alive':" in turned.sentence()
    assert turned.draws.mean() == pytest.approx(-kept.draws.mean(), abs=0.05)
    assert not [one for one in turned.findings if one.code == "outcome-by-alphabet"]


@pytest.mark.parametrize(
    "values",
    [lambda y: (y == "dead").astype(int), lambda y: y == "dead", lambda y: y.str.len()],
)
@pytest.mark.parametrize("estimator", ["standardisation", "aipw"])
def test_numbers_and_booleans_say_so_themselves(values, estimator):
    frame = rows()
    frame["y"] = values(frame["y"])
    found = causal.estimate(frame, "y", "t", draws=400, seed=1, **asked(estimator))
    assert found.levels is None and "counts as 1" not in repr(found)
    assert found.subject == "t on y" and found.summary().attrs["outcome"] == ""


def test_a_level_that_only_left_out_rows_have_is_not_counted():
    frame = rows()
    frame.loc[:9, ["y", "x"]] = ["lost", np.nan]
    found = causal.estimate(frame, "y", "t", draws=400, seed=1, **asked("weighting"))
    assert found.levels == ("alive", "dead")


@pytest.mark.parametrize(
    "levels", [("no", "yes"), ("-", "+"), ("0", "1"), ("1", "2"), ("FALSE", "TRUE")]
)
def test_levels_that_say_so_themselves_are_no_doubt(levels):
    assert judge_outcome(bi.Table.read({"y": list(levels)}), "y", levels) == ()


@pytest.mark.parametrize("levels", [("event", "no event"), ("10", "2"), ("cured", "not cured")])
def test_an_order_of_the_alphabet_that_turns_the_words_is_a_warning(levels):
    (found,) = judge_outcome(bi.Table.read({"y": list(levels)}), "y", levels)
    assert repr(levels[1]) in found.sentence and "pd.Categorical" in found.remedy

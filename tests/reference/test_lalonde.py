"""LaLonde: the experiment, and that adjusted non-experiments fail on the outcome before it.

Imbens and Xu (2024), tables `ldw` and `ldw_placebo`: with earnings of 1975, from before the
programme, as the outcome, every estimator finds an "effect" in the non-experimental samples.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from causal.answer import Answer, Computation
from causal.comparison import Comparison
from causal.estimand import ATT
from causal.estimator import Estimator
from causal.estimators.aipw import AIPW
from causal.estimators.weighting import Weighting
from causal.formula import Adjuster

BEFORE = ("age", "education", "black", "hispanic", "married", "nodegree")
ROWS = ("experimental", "difference", "regression", "outcome model", "forest", "matching", "psm")
METHODS = (*ROWS, "ipw", "cbps", "entropy", "dml", "aipw")


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "causal"


def sample(folder, controls: str | None) -> pd.DataFrame:
    """The experiment, or its treated rows beside a survey's controls."""
    rows = pd.read_csv(folder / "lalonde_nsw_dw.csv")
    if controls is None:
        return rows
    others = pd.read_csv(folder / f"lalonde_{controls}_controls.csv")
    mixed = pd.concat([rows[rows["treat"] == 1], others], ignore_index=True)
    # In thousands, and whether there were any: as in the published specification.
    return mixed.assign(u74=(mixed["re74"] == 0) * 1, u75=(mixed["re75"] == 0) * 1)


def answered(frame, kind: type[Estimator], outcome="re78", adjust=(), draws=400) -> Answer:
    """Answers with terms as they are, without squares: a survey has too few rows to spare."""
    adjusters = tuple(Adjuster(name, (name,)) for name in adjust)
    formula = f"{outcome} ~ {' + '.join(['treat', *adjust])}"
    asked = Comparison(frame, outcome, "treat", ATT(), adjusters, formula)
    estimator = kind(terms=tuple(adjust))
    assert estimator.refuses(asked) is None
    return estimator.answer(asked, Computation(draws=draws, seed=1))


def point(answer: Answer) -> float:
    return float(answer.tables["point"]["estimate"].iloc[0])


def published(folder, table: str, method: str, controls: str) -> tuple[float, float]:
    """The estimate and the standard error; columns are samples of three columns each."""
    frame = pd.read_csv(folder / f"imbens_xu_2024_table_{table}.csv")
    column = {"cps": 0, "psid": 3}[controls]
    estimate, error = frame.iloc[METHODS.index(method), column : column + 2]
    return float(estimate), float(str(error).strip("()"))


@pytest.mark.parametrize(
    ("name", "key"), [("lalonde_nsw_dw", "lalonde_dw_diff"), ("lalonde_nsw", "lalonde_nsw_diff")]
)
def test_the_experiment_needs_no_adjustment(folder, name, key):
    gold = json.loads((folder / "GOLD.json").read_text())[key]
    found = answered(pd.read_csv(folder / f"{name}.csv"), Weighting, draws=2000)
    assert point(found) == pytest.approx(gold["value"], abs=max(gold["tol"], 0.05))
    assert found.draws.std() == pytest.approx(gold["se_hc2"], rel=0.05)


@pytest.mark.parametrize("controls", ["psid", "cps"])
def test_surveys_without_adjustment_are_far_off(folder, controls):
    gold = json.loads((folder / "GOLD.json").read_text())[f"lalonde_dw_vs_{controls}1_diff"]
    found = answered(sample(folder, controls), Weighting)
    assert point(found) == pytest.approx(gold["value"], abs=gold["tol"])


def severities(answer: Answer) -> dict[str, str]:
    return {finding.code: finding.severity for finding in answer.findings}


@pytest.mark.parametrize("controls", ["psid", "cps"])
@pytest.mark.parametrize("kind", [Weighting, AIPW])
def test_the_outcome_before_the_programme_shows_the_failure(folder, controls, kind):
    # Nothing that began in 1976 changed earnings of 1975.
    found = answered(sample(folder, controls), kind, "re75", (*BEFORE, "re74", "u74"))
    method = "ipw" if kind is Weighting else "aipw"
    value, error = published(folder, "ldw_placebo", method, controls)
    assert value < -3 * error
    assert found.draws.mean() < -1000 and (found.draws < 0).mean() > 0.95
    assert point(found) == pytest.approx(value, abs=2 * np.hypot(error, found.draws.std()))
    if controls == "cps":
        assert found.draws.mean() < -3 * found.draws.std()
    else:
        # 2,490 people of whom 17 carry the weight of those comparable.
        assert severities(found)["weights"] == "bad"


def test_the_experiment_passes_the_same_check(folder):
    found = answered(sample(folder, None), Weighting, "re75", (*BEFORE, "re74"), draws=1000)
    assert abs(found.draws.mean()) < 2 * found.draws.std()


@pytest.mark.parametrize("kind", [Weighting, AIPW])
def test_an_adjusted_survey_comes_near_the_published_estimates(folder, kind):
    adjust = (*BEFORE, "re74", "re75", "u74", "u75")
    found = answered(sample(folder, "cps"), kind, adjust=adjust)
    value, error = published(folder, "ldw", "ipw" if kind is Weighting else "aipw", "cps")
    assert point(found) == pytest.approx(value, abs=error)
    assert found.draws.std() == pytest.approx(error, rel=0.2)


def test_a_survey_without_overlap_says_so(folder):
    adjust = (*BEFORE, "re74", "re75", "u74", "u75")
    found = answered(sample(folder, "psid"), Weighting, adjust=adjust)
    assert severities(found)["weights"] == severities(found)["weighted-balance"] == "bad"
    assert np.isfinite(found.draws).all()

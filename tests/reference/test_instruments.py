"""Card (1995): college nearby and the return to schooling; NHEFS: the price of cigarettes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import Estimate, run
from causal.studies.instrument import Instrument


@pytest.fixture(scope="module")
def card(shared_data) -> Estimate:
    frame = pd.read_csv(shared_data / "causal" / "card_close_college.csv")
    covariates = ("exper", "black", "south", "married", "smsa")
    study = Instrument("lwage", "educ", ("nearc4",), covariates, prior=bi.Flat())
    return run(study, frame, Computation(seed=1))


def test_card_by_least_squares_and_two_stages(card):
    # GOLD.json card_ols_mixtape and card_iv_mixtape, recomputed with statsmodels; n = 3003.
    table = card.tables["estimates"]
    assert table.loc["least squares"].tolist() == pytest.approx([0.07117, 0.00348], abs=1e-5)
    assert table.loc["two-stage least squares"].tolist() == pytest.approx(
        [0.12416, 0.04996], abs=1e-5
    )
    assert "3003 rows" in card.method


def test_the_flat_posterior_is_centred_at_two_stages(card, within):
    below = np.mean(card.draws < 0.12416)
    assert within(below, 0.5, 0.5 / np.sqrt(card.draws.size))
    line = card.summary(prob=0.95).iloc[0]
    # The Anderson-Rubin set, which for one instrument the flat posterior follows.
    assert line["lower"] == pytest.approx(0.0274, abs=0.01)
    assert line["upper"] == pytest.approx(0.2553, abs=0.02)
    assert card.verdict.ok


def test_the_default_prior_hardly_moves_it(shared_data):
    frame = pd.read_csv(shared_data / "causal" / "card_close_college.csv")
    covariates = ("exper", "black", "south", "married", "smsa")
    found = run(Instrument("lwage", "educ", ("nearc4",), covariates), frame, Computation(seed=1))
    assert np.median(found.draws) == pytest.approx(0.12416, abs=0.006)


def test_experience_as_a_further_treatment(shared_data, within):
    # GOLD.json card_iv_ivreg_spec: the example of R's ivreg, age for experience.
    frame = pd.read_csv(shared_data / "causal" / "causalpy_schoolingReturns.csv")
    frame = frame.assign(
        lwage=np.log(frame["wage"]), experience2=frame["experience"] ** 2, age2=frame["age"] ** 2
    )
    study = Instrument(
        "lwage",
        "education",
        ("nearcollege", "age", "age2"),
        ("ethnicity", "smsa", "south"),
        endogenous=("experience", "experience2"),
    )
    found = run(study, frame, Computation(seed=1))
    line = found.tables["estimates"].loc["two-stage least squares"]
    assert line.tolist() == pytest.approx([0.13295, 0.05138], abs=1e-5)
    assert within(np.mean(found.draws < line["estimate"]), 0.5, 0.5 / np.sqrt(found.draws.size))


@pytest.fixture(scope="module")
def prices(shared_data) -> pd.DataFrame:
    frame = pd.read_csv(shared_data / "causal" / "nhefs.csv")
    return frame.dropna(subset=["wt82_71", "qsmk", "price82"])


def test_the_price_of_cigarettes_is_refused_a_headline(prices):
    # GOLD.json nhefs_iv_wald_price_1.5: What If, chapter 16; n = 1476, F = 0.82.
    frame = prices.assign(dear=(prices["price82"] >= 1.5).astype(int))
    found = run(Instrument("wt82_71", "qsmk", ("dear",)), frame, Computation(seed=1))
    estimate = found.tables["estimates"].loc["two-stage least squares", "estimate"]
    assert estimate == pytest.approx(2.3963, abs=5e-4)
    weak = next(finding for finding in found.findings if finding.code == "weak-instrument")
    assert weak.severity == "bad"
    assert weak.evidence["f"] == pytest.approx(0.82, abs=0.005)
    assert "1476 rows" in found.method
    assert not found.verdict.ok
    for told in ("withheld", "F = 0.82", "unbounded"):
        assert told in found.sentence()
    assert "2.396" not in found.sentence()
    assert "withheld" in found.report().text


@pytest.mark.parametrize(
    ("price", "wald", "slack"),
    [(1.6, 41.28, 0.005), (1.7, -40.91, 0.005), (1.8, -21.1, 0.05), (1.9, -12.81, 0.005)],
)
def test_other_cuts_of_the_price(prices, price, wald, slack):
    # GOLD.json nhefs_iv_other_cutoffs.
    frame = prices.assign(dear=(prices["price82"] >= price).astype(int))
    found = run(Instrument("wt82_71", "qsmk", ("dear",)), frame, Computation(seed=1))
    line = found.tables["estimates"].loc["two-stage least squares", "estimate"]
    assert line == pytest.approx(wald, abs=slack)
    assert not found.verdict.ok

"""NHEFS by four methods, against Hernan and Robins, "Causal Inference: What If", chapters 12-15.

The point of each method (all rows weighing alike, flat nuisances) is the published number to the
digits of GOLD.json; the draws surround it with about the published standard error.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.averages import average_rows
from causal.comparison import Comparison
from causal.estimand import ATE, ATO, ATT
from causal.estimator import Estimator
from causal.estimators.aipw import AIPW
from causal.estimators.partially_linear import PartiallyLinear
from causal.estimators.tmle import TMLE
from causal.estimators.weighting import Weighting
from causal.formula import Adjuster
from causal.population import SAMPLE

NUMBERS = ("age", "smokeintensity", "smokeyrs", "wt71")
FACTORS = ("sex", "race", "education", "exercise", "active")
CURVES = [f"scale({name}) + I(scale({name})**2)" for name in NUMBERS]
TERMS = " + ".join([*CURVES, *(f"C({name})" for name in FACTORS)])
FORMULA = f"wt82_71 ~ qsmk + qsmk:smokeintensity + {TERMS}"


@pytest.fixture(scope="module")
def gold(shared_data) -> dict:
    return json.loads((shared_data / "causal" / "GOLD.json").read_text())


def answered(estimator: Estimator, estimand=None, formula=FORMULA, draws=1000) -> Answer:
    adjusters = tuple(Adjuster(name, (name,)) for name in (*NUMBERS, *FACTORS))
    frame = bi.examples.nhefs()
    asked = Comparison(frame, "wt82_71", "qsmk", estimand or ATE(), adjusters, formula)
    assert estimator.refuses(asked) is None
    return estimator.answer(asked, Computation(draws=draws, seed=1))


def point(answer: Answer) -> float:
    return float(answer.tables["point"]["estimate"].iloc[0])


def standard_error(interval) -> float:
    """The standard error behind a published 95 % interval: half its width by 1.96."""
    return (interval[1] - interval[0]) / (2 * 1.96)


def test_weighting(gold):
    # Program 12.2 to 12.4: weights from 1.05 to 16.7 of mean 1.996; stabilised up to 4.30.
    found, published = answered(Weighting()), gold["nhefs_ipw"]
    assert point(found) == pytest.approx(published["value"], abs=published["tol"])
    assert found.draws.mean() == pytest.approx(published["value"], abs=0.06)
    # The book's interval takes the weights as known, which makes it too wide (section 12.2).
    error = standard_error(published["ci"])
    assert 0.8 * error < found.draws.std() < 1.02 * error
    weights = found.tables["weights"]
    assert weights["largest"].max() == pytest.approx(16.70, abs=0.005)
    assert weights["stabilised_largest"].max() == pytest.approx(4.30, abs=0.005)
    mean = (weights["mean"] * weights["rows"]).sum() / weights["rows"].sum()
    assert mean == pytest.approx(1.996, abs=0.0005)
    steady = (weights["stabilised_mean"] * weights["rows"]).sum() / weights["rows"].sum()
    assert steady == pytest.approx(0.999, abs=0.0005)
    assert all(finding.severity == "good" for finding in found.findings)


def test_standardisation(gold):
    # Program 13.4, by the flat posterior's mean, which is least squares.
    published = gold["nhefs_gformula"]
    frame = bi.examples.nhefs()
    names = [name for name in bi.model(FORMULA, frame).priors if name != "sigma"]
    fit = bi.fit(FORMULA, frame, priors=dict.fromkeys(names, bi.Flat()), seed=1)

    def predict(level: object, rows: np.ndarray) -> np.ndarray:
        return fit.predict_draws(frame.iloc[rows].assign(qsmk=level), kind="mean")

    rng, all_rows = np.random.default_rng(1), np.ones((1, len(frame)))
    found = average_rows(predict, [0, 1], all_rows, SAMPLE, rng, (4, 1000))[..., 0]
    error = found.std(axis=(0, 1)) / np.sqrt(4000)
    assert abs(found[..., 1].mean() - published["EY1"]) < 4 * error[1] + published["tol"]
    assert abs(found[..., 0].mean() - published["EY0"]) < 4 * error[0] + published["tol"]
    effect = found[..., 1] - found[..., 0]
    assert abs(effect.mean() - published["value"]) < 4 * effect.std() / np.sqrt(4000)


def test_standardisation_to_the_digit(gold):
    # The same by AIPW's outcome model with the weights of its errors left out.
    published = gold["nhefs_gformula"]
    design = bi.model(FORMULA, bi.examples.nhefs()).design
    frame, y = bi.examples.nhefs(), design.response
    b, *_ = np.linalg.lstsq(design.rows.population, y)
    model = bi.model(FORMULA, frame)
    averages = [
        (model.on(frame.assign(qsmk=level)).design.rows.population @ b).mean() for level in (1, 0)
    ]
    assert averages == pytest.approx([published["EY1"], published["EY0"]], abs=published["tol"])


def test_outcome_regression(gold):
    # Program 15.1 without the product: the coefficient is the effect in every row, and a linear
    # partially linear model with a linear treatment would be the same regression.
    published = gold["nhefs_outcome_regression"]
    design = bi.model(f"wt82_71 ~ qsmk + {TERMS}", bi.examples.nhefs()).design
    b, *_ = np.linalg.lstsq(design.rows.population, design.response)
    slope = b[design.names.index("qsmk")]
    assert slope == pytest.approx(published["value"], abs=published["tol"])
    found = answered(PartiallyLinear(folds=1), ATO())
    assert point(found) == pytest.approx(slope, abs=0.01)
    assert found.draws.std() == pytest.approx(standard_error(published["ci"]), rel=0.12)


def test_augmented_weighting(gold):
    found, published = answered(AIPW()), gold["nhefs_aipw"]
    assert point(found) == pytest.approx(published["value"], abs=published["tol"])
    assert found.draws.mean() == pytest.approx(published["value"], abs=0.06)
    assert found.draws.std() == pytest.approx(published["se"], rel=0.1)


def test_targeted_learning_agrees_with_augmented_weighting(gold):
    found = answered(TMLE(), draws=2000)
    assert point(found) == pytest.approx(gold["nhefs_aipw"]["value"], abs=0.005)
    assert found.draws.std() == pytest.approx(gold["nhefs_aipw"]["se"], rel=0.1)


@pytest.mark.parametrize("estimand", [ATT(), ATO()])
def test_three_estimators_of_one_estimand_agree(estimand):
    weighted, augmented, targeted = (
        answered(estimator, estimand) for estimator in (Weighting(), AIPW(), TMLE())
    )
    sd = augmented.draws.std()
    for other in (weighted, targeted):
        assert point(other) == pytest.approx(point(augmented), abs=0.3 * sd)
        assert other.draws.std() == pytest.approx(sd, rel=0.1)

"""BART through bartz: refused in a sentence without it, and right with it."""

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal import trees
from causal.answer import Computation
from causal.comparison import Comparison
from causal.estimand import ATE, QuantileEffect
from causal.estimators.bart import BART
from causal.estimators.bcf import BCF
from causal.formula import Adjuster

KINDS = (BART(trees=50), BCF(prognostic=50, effect=20))


def comparison(estimand=None) -> Comparison:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(200, 2))
    t = (rng.random(200) < 1 / (1 + np.exp(-x[:, 0]))) * 1
    y = x[:, 0] + 2 * t + 0.5 * rng.normal(size=200)
    frame = pd.DataFrame({"y": y, "t": t, "a": x[:, 0], "b": x[:, 1]})
    adjusters = (Adjuster("a", ("a",)), Adjuster("b", ("b",)))
    return Comparison(frame, "y", "t", estimand or ATE(), adjusters, "y ~ t + a")


@pytest.mark.parametrize("estimator", KINDS, ids=lambda each: each.name)
def test_without_bartz_the_extra_is_named(estimator, monkeypatch):
    monkeypatch.setattr(trees, "find_spec", lambda _: None)
    assert not estimator.available()
    with pytest.raises(bi.ModelError, match="needs the package bartz") as caught:
        estimator.answer(comparison(), Computation(draws=8, seed=1))
    assert "[trees]" in str(caught.value)


@pytest.mark.parametrize("estimator", KINDS, ids=lambda each: each.name)
def test_no_average_is_refused(estimator):
    assert "no such average" in str(estimator.refuses(comparison(QuantileEffect())))


@pytest.mark.parametrize("estimator", KINDS, ids=lambda each: each.name)
def test_the_effect_is_found_and_chains_are_judged(estimator):
    pytest.importorskip("bartz")
    answer = estimator.answer(comparison(), Computation(draws=400, seed=1))
    assert answer.draws.shape == (4, 100)
    assert answer.draws.mean() == pytest.approx(2, abs=0.35)
    assert answer.parts["E[Y(0)]"].mean() == pytest.approx(0, abs=0.35)
    assert answer.effects["row"].draws.shape == (4, 100, 200)
    assert "trees-mix" in {finding.code for finding in answer.findings}

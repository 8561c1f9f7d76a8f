"""Laws of storage: what is saved and loaded again says the same, to the last bit."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import bayesinf as bi
from tests.laws.densities import free_names
from tests.laws.fits import exact_fit, made_up_fit
from tests.laws.law import law
from tests.laws.strategies import Question, gaussian_questions, questions, seeds, take


def again(fit: bi.Fit) -> bi.Fit:
    with tempfile.TemporaryDirectory() as folder:
        return bi.load(fit.save(Path(folder) / "fit"))


@law(8, asked=questions(), seed=seeds)
def test_loaded(asked: Question, seed: int):
    """A fit that was saved and loaded predicts, compares and summarises to the bit."""
    fit = made_up_fit(asked, seed)
    loaded = again(fit)
    assert loaded.model.formula == fit.model.formula
    assert dict(loaded.priors) == dict(fit.priors)
    assert list(free_names(loaded.model)) == list(free_names(fit.model))
    assert loaded.summary().equals(fit.summary())
    for kind in ("response", "mean", "linear"):
        assert loaded.predict(asked.frame, kind=kind).equals(fit.predict(asked.frame, kind=kind))
    ours, theirs = fit.predict_draws(asked.frame), loaded.predict_draws(asked.frame)
    np.testing.assert_array_equal(theirs, ours)


@law(8, asked=questions(), seed=seeds)
def test_saved_twice(asked: Question, seed: int):
    """What was loaded and is saved again is the same draws, priors and recipe."""
    fit = made_up_fit(asked, seed)
    once = again(fit)
    twice = again(once)
    for name, values in once.posterior.values.arrays().items():
        np.testing.assert_array_equal(values, twice.posterior.values.arrays()[name])
    assert once.model.design.recipe == twice.model.design.recipe
    assert str(once.verdict) == str(twice.verdict)


@law(10, asked=gaussian_questions, seed=seeds)
def test_updated_after_loading(asked: Question, seed: int):
    """A fit that was loaded learns from new rows as the fit in memory does, to the bit."""
    fit = exact_fit(asked, seed, draws=40)
    rows = take(asked.frame, np.arange(5))
    ours, theirs = fit.update(rows), again(fit).update(rows)
    for name, values in ours.posterior.values.arrays().items():
        np.testing.assert_array_equal(values, theirs.posterior.values.arrays()[name])


@law(8, asked=questions(), seed=seeds)
def test_new_groups_after_loading(asked: Question, seed: int):
    """A group that nobody saw is drawn alike before saving and after loading."""
    fit = made_up_fit(replace(asked, terms=("x", "(x | g)", "(1 | h)")), seed)
    rows = {**take(asked.frame, np.arange(4)), "g": np.array(["g0", "new", "new", "g1"], object)}
    assert again(fit).predict(rows).equals(fit.predict(rows))

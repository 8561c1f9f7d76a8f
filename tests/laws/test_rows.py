"""Laws of rows: their order, their number, their weights, and rows that are left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import bayesinf as bi
from tests.laws.densities import density, likelihood, point_of, same, same_model
from tests.laws.law import law
from tests.laws.strategies import Question, questions, seeds, take


@law(24, asked=questions(), seed=seeds)
def test_order(asked: Question, seed: int):
    """The order of the rows leaves every posterior as it is."""
    order = np.random.default_rng(seed).permutation(asked.rows)
    same_model(asked.model(), asked.at(order).model(), seed)


@law(24, asked=questions(), seed=seeds)
def test_duplicates(asked: Question, seed: int):
    """A row that stands there several times counts as one row of that weight, given the priors."""
    copies = np.random.default_rng(seed).integers(1, 4, asked.rows)
    extras = "trials(n) + " if "trials" in asked.left else ""
    weighted = replace(asked, left=f"y | {extras}weights(w)").of(w=copies.astype(float))
    model = weighted.model()
    repeated = take(weighted.frame, np.repeat(np.arange(asked.rows), copies))
    same_model(model, model.on({**repeated, "w": np.ones(copies.sum())}), seed)


@law(18, asked=questions(weights=False), seed=seeds)
def test_zero_weight(asked: Question, seed: int):
    """A row of weight 0 is as if it were not there, for posterior and default priors."""
    extras = "trials(n) + " if "trials" in asked.left else ""
    asked = replace(asked, left=f"y | {extras}weights(w)")
    keep = np.ones(asked.rows, dtype=bool)
    keep[np.random.default_rng(seed).integers(0, asked.rows, 2)] = False
    zeroed = asked.of(w=np.where(keep, asked.frame["w"], 0.0))
    same_model(zeroed.model(), asked.at(keep).model(), seed)


@law(12, asked=questions(), seed=seeds, power=st.floats(0.1, 10))
def test_weights_are_powers(asked: Question, seed: int, power: float):
    """Weights times c raise the likelihood to the power c and leave the priors."""
    extras = "trials(n) + " if "trials" in asked.left else ""
    asked = replace(asked, left=f"y | {extras}weights(w)")
    one, more = asked.model(), asked.of(w=power * asked.frame["w"]).model()
    point = point_of(one, seed)
    before, after = likelihood(one, point), likelihood(more, point)
    same(power * before, after)
    prior = density(one, point) - before.sum()
    same(density(more, point) - after.sum(), prior, size=float(np.abs(before).sum() * (1 + power)))


@law(12, asked=questions(), seed=seeds)
def test_likelihood_is_a_sum(asked: Question, seed: int):
    """The likelihood of two halves of the rows is that of the whole."""
    model = asked.model()
    point = point_of(model, seed)
    half = np.arange(asked.rows) < asked.rows // 2
    parts = [model.on(take(asked.frame, rows)) for rows in (half, ~half)]
    whole = np.concatenate([likelihood(part, point) for part in parts])
    same(likelihood(model, point), whole)


@law(18, asked=questions(), seed=seeds)
def test_missing_rows(asked: Question, seed: int):
    """Rows that miss a used value are left out, as if they had been removed beforehand."""
    rng = np.random.default_rng(seed)
    used = [name for name in asked.model().formula.variables if name != "y"]
    name = used[rng.integers(len(used))]
    gaps = np.zeros(asked.rows, dtype=bool)
    gaps[rng.integers(0, asked.rows, 2)] = True
    values = asked.frame[name]
    nothing = None if values.dtype == object else np.nan
    holed = asked.of(**{name: np.where(gaps, nothing, values)})
    model = holed.model()
    assert model.design.missing.by_column == {name: int(gaps.sum())}
    same_model(model, asked.at(~gaps).model(), seed)


@law(9, asked=questions(), seed=seeds)
def test_index(asked: Question, seed: int):
    """The index of a pandas frame says nothing about the rows."""
    labels = np.random.default_rng(seed).permutation(asked.rows)
    for index in (labels, np.zeros(asked.rows, dtype=int), [f"r{label}" for label in labels]):
        same_model(asked.model(), asked.model(pd.DataFrame(asked.frame, index=index)), seed)


@law(8, asked=questions(("gaussian",), groups=False), seed=seeds)
def test_index_of_predictions(asked: Question, seed: int):
    """A fit to rows with an index has the same draws, and predictions come with that index."""
    labels = np.random.default_rng(seed).permutation(asked.rows) + 100
    plain = bi.fit(asked.model(), seed=seed, draws=100)
    indexed = bi.fit(asked.model(pd.DataFrame(asked.frame, index=labels)), seed=seed, draws=100)
    found = indexed.predict()
    assert found.index.tolist() == labels.tolist()
    np.testing.assert_array_equal(plain.predict().to_numpy(), found.to_numpy())

"""Laws of sampled posteriors: the same posterior by another way, to Monte Carlo error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

import bayesinf as bi
from tests.conftest import within
from tests.laws.law import law
from tests.laws.strategies import Question, questions, seeds, take

KINDS = {
    "gaussian": ("x", "(1 | g)"),
    "bernoulli": ("x", "b"),
    "poisson": ("scale(x)", "log(p)"),
    "negative_binomial": ("b", "scale(z)"),
}
"""Families, and terms that an engine solves in tenths of a second."""

ASKED = st.sampled_from(list(KINDS)).flatmap(
    lambda kind: questions((kind,), weights=False).map(
        lambda asked: replace(asked, left="y", terms=KINDS[kind])
    )
)
DRAWS = 1000


def as_it_is(values: np.ndarray) -> np.ndarray:
    return values


def same_posterior(
    one: bi.Fit,
    other: bi.Fit,
    renamed: Callable[[str], str] = as_it_is,
    moved: Callable[[np.ndarray], np.ndarray] = as_it_is,
) -> None:
    """Asserts that means and sds agree, to the Monte Carlo errors of both."""
    first, second = one.summary(), other.summary()
    second = second.loc[[renamed(name) for name in first.index]]
    error = np.hypot(moved(first["mcse"].to_numpy()), second["mcse"].to_numpy())
    means = moved(first["mean"].to_numpy())
    assert within(second["mean"].to_numpy(), means, error, times=4.5)


@law(6, asked=ASKED, seed=seeds)
def test_order_of_rows(asked: Question, seed: int):
    """The order of the rows leaves a sampled posterior."""
    order = np.random.default_rng(seed).permutation(asked.rows)
    one = bi.fit(asked.model(), seed=1, draws=DRAWS)
    same_posterior(one, bi.fit(asked.at(order).model(), seed=2, draws=DRAWS))


@law(6, asked=ASKED, seed=seeds)
def test_copies_of_rows(asked: Question, seed: int):
    """Copies of rows count as weights in a sampled posterior."""
    copies = np.random.default_rng(seed).integers(1, 4, asked.rows)
    weighted = replace(asked, left="y | weights(w)").of(w=copies.astype(float))
    model = weighted.model()
    rows = take(weighted.frame, np.repeat(np.arange(asked.rows), copies))
    repeated = bi.fit(model, {**rows, "w": np.ones(copies.sum())}, seed=2, draws=DRAWS)
    same_posterior(bi.fit(model, seed=1, draws=DRAWS), repeated)


@law(6, asked=ASKED, seed=seeds, names=st.permutations(["k0", "k1", "k2", "k3", "k4"]))
def test_names_of_groups(asked: Question, seed: int, names: list[str]):
    """Other names of groups and of columns leave a sampled posterior."""
    words = {f"g{k}": name for k, name in enumerate(names)}
    groups = np.array([words[label] for label in asked.frame["g"]], dtype=object)
    other = asked.of(g=groups, u=asked.frame["x"])
    other = replace(other, terms=tuple(term.replace("x", "u") for term in asked.terms))
    one, two = (bi.fit(each.model(), seed=seed, draws=DRAWS) for each in (asked, other))
    shown = {"x": "u", "scale(x)": "scale(u)"}
    same_posterior(one, two, lambda name: shown.get(name, name))


@law(6, asked=questions(("gaussian",), weights=False), seed=seeds, factor=st.floats(0.01, 100))
def test_units(asked: Question, seed: int, factor: float):
    """A mixed model of outcomes in another unit has its posterior in that unit."""
    asked = replace(asked, left="y", terms=("x", "(1 | g)"))
    one = bi.fit(asked.model(), seed=seed, draws=DRAWS)
    other = bi.fit(asked.of(y=factor * asked.frame["y"]).model(), seed=seed + 1, draws=DRAWS)
    same_posterior(one, other, moved=lambda values: factor * values)


@law(6, asked=ASKED, seed=seeds)
def test_replay(asked: Question, seed: int):
    """The same seed gives the same sampled draws to the bit."""
    one, two = (bi.fit(asked.model(), seed=seed, draws=200) for _ in range(2))
    for name, values in one.posterior.values.arrays().items():
        np.testing.assert_array_equal(two.posterior.values.arrays()[name], values)
    other = bi.fit(asked.model(), seed=seed + 1, draws=200)
    assert (other.posterior.values.coefficients != one.posterior.values.coefficients).any()

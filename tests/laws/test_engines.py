"""Laws of sampled posteriors: the same posterior by another way, to Monte Carlo error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.stats import beta, norm

import bayesinf as bi
from bayesinf.numerics.diagnostics import ess_tail, mcse_mean, mcse_sd
from bayesinf.posterior.summary import scalar_draws
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
DRAWS = 4000


def as_it_is(values: np.ndarray) -> np.ndarray:
    return values


PROBS = (0.05, 0.5, 0.95)
TIMES = 4.5
"""Monte Carlo errors that two runs may be apart. Chance goes beyond it once in 150,000 comparisons;
the 24 examples of a run make about 450 of them, so that a run over new examples fails without a
fault once in 300 times; by default the examples are the same ones in every run. Among 4,000
independent draws a difference is found in half of the runs where a mean is 0.1 sds away, an sd 7 %,
an outer quantile 0.2 sds."""


def quantile_errors(draws: np.ndarray, prob: float) -> np.ndarray:
    """The Monte Carlo error of a quantile: half the distance between two order statistics.

    Source: Vehtari et al. (2021), Bayesian Analysis 16(2), section 4.4.
    """
    sizes = ess_tail(draws, (prob, prob))
    flat = draws.reshape(-1, draws.shape[-1])
    levels = beta.ppf(norm.cdf([[-1.0], [1.0]]), prob * sizes + 1.0, (1.0 - prob) * sizes + 1.0)
    ends = [np.quantile(column, level) for column, level in zip(flat.T, levels.T, strict=True)]
    return np.ptp(np.array(ends), axis=1) / 2.0


def statistics(draws: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Numbers that describe draws (chain, draw, parameter), each with its Monte Carlo error."""
    found = {
        "mean": (draws.mean((0, 1)), mcse_mean(draws)),
        "sd": (draws.std((0, 1), ddof=1), mcse_sd(draws)),
    }
    for prob in PROBS:
        middle = np.quantile(draws, prob, axis=(0, 1))
        found[f"{prob:.0%}"] = (middle, quantile_errors(draws, prob))
    return found


def same_draws(first: np.ndarray, second: np.ndarray) -> None:
    """Asserts that means, sds and quantiles agree, to the Monte Carlo errors of both."""
    ours, theirs = statistics(first), statistics(second)
    for name, (value, error) in ours.items():
        other, others_error = theirs[name]
        assert within(other, value, np.hypot(error, others_error), times=TIMES), name


def same_posterior(
    one: bi.Fit,
    other: bi.Fit,
    renamed: Callable[[str], str] = as_it_is,
    moved: Callable[[np.ndarray], np.ndarray] = as_it_is,
) -> None:
    """Asserts that two fits have one posterior, up to names and units."""
    names, first = scalar_draws(one.model, one.posterior.values)
    others, second = scalar_draws(other.model, other.posterior.values)
    same_draws(moved(first), second[..., [others.index(renamed(name)) for name in names]])


@pytest.mark.parametrize("change", ["mean", "sd", "tail"])
def test_what_differs_is_seen(change: str) -> None:
    """A comparison that cannot fail holds nothing."""
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(2, 4, DRAWS // 4, 3))
    same_draws(first, second)
    worse = second.copy()
    if change == "mean":
        worse[..., 1] += 0.2
    elif change == "sd":
        worse[..., 1] *= 1.14
    else:  # the same mean and sd, another shape
        worse[..., 1] = rng.exponential(size=second.shape[:2]) - 1.0
    with pytest.raises(AssertionError):
        same_draws(first, worse)


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

"""Laws of levels: how they are called, stored, ordered and coded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from tests.laws.densities import (
    likelihood,
    point_of,
    same,
    same_model,
)
from tests.laws.law import law
from tests.laws.strategies import Question, applies, frames, questions, seeds


@law(15, asked=questions(), seed=seeds)
def test_names_of_levels(asked: Question, seed: int):
    """Other names of levels, in the same order, rename coefficients and change nothing else."""
    terms = ("x * a", "(x | g)") if seed % 2 else ("a * b", "(1 | g)", "(1 | h)")
    asked = replace(asked, terms=terms)
    words = {"low": "1st", "mid": "2nd; [mid]", "top": "3rd: top"}
    words |= {f"g{k}": f"group {k}" for k in range(5)}
    other = asked.of(
        **{name: np.array([words[v] for v in asked.frame[name]], dtype=object) for name in "ag"}
    )

    def renamed(label: str) -> str:
        for word, new in words.items():
            label = label.replace(f"a[T.{word}]", f"a[T.{new}]").replace(f"g[{word}]", f"g[{new}]")
        return label

    same_model(asked.model(), other.model(), seed, renamed)


@law(12, asked=questions(), seed=seeds)
def test_groups_in_any_order(asked: Question, seed: int):
    """Groups that are called otherwise have their effects under the new names."""
    asked = replace(asked, terms=("x", "(x | g)", "(1 | g:h)"), left="y | weights(w)")
    if asked.family.needs_trials:
        asked = replace(asked, left="y | trials(n) + weights(w)")
    groups = sorted(set(asked.frame["g"]))
    shuffled = np.random.default_rng(seed).permutation([f"k{k}" for k in range(len(groups))])
    words = dict(zip(groups, shuffled.tolist(), strict=True))
    other = asked.of(g=np.array([words[v] for v in asked.frame["g"]], dtype=object))

    def renamed(label: str) -> str:
        for word, new in words.items():
            label = label.replace(f"[{word}]", f"<{new}]").replace(f"[{word}:", f"<{new}:")
        return label.replace("<", "[")

    same_model(asked.model(), other.model(), seed, renamed)


@law(15, asked=questions(), seed=seeds, base=st.integers(0, 2))
def test_reference_level(asked: Question, seed: int, base: int):
    """Another reference level, or another coding, reaches the same predictors."""
    levels = sorted(set(asked.frame["a"]))
    chosen = levels[base % len(levels)]
    first = replace(asked, terms=("x * a", "(1 | g)")).model()
    codings = (f"C(a, contr.treatment(base='{chosen}'))", "C(a, contr.sum)", "C(a, contr.helmert)")
    for coding in codings:
        second = replace(asked, terms=(f"x * {coding}", "(1 | g)")).model()
        point = point_of(first, seed)
        one, two = first.design.rows.population, second.design.rows.population
        weights = np.array([point[name] for name in first.design.names])
        moved, *_ = np.linalg.lstsq(two, one @ weights, rcond=None)
        again = {**point, **dict(zip(second.design.names, moved.tolist(), strict=True))}
        spread = float(np.abs(one).max())
        np.testing.assert_allclose(two @ moved, one @ weights, atol=1e-9 * max(spread, 1))
        if spread < 100:  # else the solution itself is known to fewer digits
            before, after = likelihood(first, point), likelihood(second, again)
            np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-6)


@law(15, asked=questions(), seed=seeds)
def test_storage_of_levels(asked: Question, seed: int):
    """A factor is the same as text, as a pandas category, and as numbers within C()."""
    asked = replace(asked, terms=("x * C(a)", "(1 | g)"))
    model = asked.model()
    order = ["low", "mid", "top"]
    category = asked.of(
        a=pd.Categorical(asked.frame["a"], categories=order), g=pd.Categorical(asked.frame["g"])
    )
    same_model(model, category.model(), seed)
    coded = asked.of(
        a=np.array([order.index(v) for v in asked.frame["a"]]),
        g=np.array([int(v[1:]) for v in asked.frame["g"]]),
    )

    def renamed(label: str) -> str:
        for place, word in enumerate(order):
            label = label.replace(f"[T.{word}]", f"[T.{place}]")
        return label.replace("g[g", "g[")

    same_model(model, coded.model(), seed, renamed)


@law(12, asked=questions(), seed=seeds)
def test_unused_levels(asked: Question, seed: int):
    """Levels that are declared and do not occur change nothing."""
    wide = asked.of(
        a=pd.Categorical(asked.frame["a"], categories=["aa", "low", "mid", "nn", "top"]),
        g=pd.Categorical(asked.frame["g"], categories=[f"g{k}" for k in range(9)]),
    )
    same_model(asked.model(), wide.model(pd.DataFrame(wide.frame)), seed)


@law(9, asked=questions(), seed=seeds)
def test_truth_values(asked: Question, seed: int):
    """False and True are 0 and 1, as outcomes and as predictors."""
    flags = asked.frame["b"] == "yes"
    asked = replace(asked, terms=("x * q", "(q | g)"))
    if asked.family.name == "bernoulli":
        truth = asked.of(q=flags, y=asked.frame["y"] == 1)
    else:
        truth = asked.of(q=flags)
    same_model(asked.of(q=flags.astype(float)).model(), truth.model(), seed)


@law(9, frame=frames(), seed=seeds)
def test_text_outcome(frame: dict, seed: int):
    """An outcome of two texts is 0 for the first and 1 for the second."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(len(frame["x"])) % 2)
    text = np.array(["no", "yes"], dtype=object)[y]
    numbers = applies("y ~ x + a", {**frame, "y": y}, "bernoulli")
    same_model(numbers, applies("y ~ x + a", {**frame, "y": text}, "bernoulli"), seed)
    whole = applies(
        "y ~ x", {**frame, "y": pd.Categorical(text, categories=["yes", "no"])}, "bernoulli"
    )
    turned = applies("y ~ x", {**frame, "y": 1 - y}, "bernoulli")
    point = point_of(turned, seed)
    same(likelihood(turned, point), likelihood(whole, point))

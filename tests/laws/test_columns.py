"""Laws of columns: their order, their names, and those that the formula does not use."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import assume, strategies as st

import bayesinf as bi
from tests.laws.densities import free_names, same_model
from tests.laws.law import law
from tests.laws.strategies import Question, applies, frames, questions, seeds


@law(12, asked=questions(), seed=seeds)
def test_order(asked: Question, seed: int):
    """The order of a frame's columns says nothing."""
    names = np.random.default_rng(seed).permutation(list(asked.frame))
    same_model(asked.model(), asked.model({name: asked.frame[name] for name in names}), seed)


@law(9, asked=questions(), seed=seeds, what=st.sampled_from(["gaps", "text", "dates", "lists"]))
def test_unused(asked: Question, seed: int, what: str):
    """Columns that the formula does not name are not looked at, whatever they hold."""
    junk = {
        "gaps": np.full(asked.rows, np.nan),
        "text": np.array(["?"] * asked.rows, dtype=object),
        "dates": pd.date_range("2020-01-01", periods=asked.rows),
        "lists": [[1, 2]] * asked.rows,
    }[what]
    frame = pd.DataFrame(asked.frame).assign(spare=junk, sigma=junk, Intercept=junk)
    same_model(asked.model(), asked.model(frame), seed)


@law(12, asked=questions(), seed=seeds)
def test_read_only(asked: Question, seed: int):
    """The frame that is given is not changed, and may be read-only, sliced or reversed."""
    before = {name: values.copy() for name, values in asked.frame.items()}
    views = {name: np.repeat(values, 2)[::-2][::-1] for name, values in asked.frame.items()}
    for values in (*asked.frame.values(), *views.values()):
        values.flags.writeable = False
    same_model(asked.model(), asked.model(views), seed)
    for name, values in before.items():
        np.testing.assert_array_equal(asked.frame[name], values)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


@law(10, frame=frames(), name=NAMES, seed=seeds)
def test_names(frame: dict, name: str, seed: int):
    """A column's name, in backticks, may be any text without one and changes nothing else."""
    name = name.replace("`", "'").strip() or "blank"
    assume(name not in frame and name != "Intercept")
    plain = applies("y ~ x * b + (x | g)", frame)
    asked = bi.model(f"y ~ `{name}` * b + (`{name}` | g)", {**frame, name: frame["x"]})

    assert sum(label in (name, f"`{name}`") for label in asked.design.names) == 1
    names = dict(zip(free_names(plain), free_names(asked), strict=True))
    same_model(plain, asked, seed, lambda label: names[label])

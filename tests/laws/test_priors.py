"""Laws of priors: defaults written out, given back, and collected under one name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

import bayesinf as bi
from tests.laws.densities import density, likelihood, point_of, same, same_model
from tests.laws.law import law
from tests.laws.strategies import Question, questions, seeds


@law(20, asked=questions(), seed=seeds)
def test_defaults_written_out(asked: Question, seed: int):
    """A prior that is given by its default is the default."""
    model = asked.model()
    given = replace(asked, priors=dict(model.priors)).model()
    same_model(model, given, seed)
    name = list(model.priors)[seed % len(model.priors)]
    same_model(model, replace(asked, priors={name: model.priors[name]}).model(), seed)
    assert given.priors.frame()["source"].eq("user").all()


@law(15, asked=questions(), seed=seeds)
def test_order_of_priors(asked: Question, seed: int):
    """The order in which priors are given says nothing; a name goes before a collective one."""
    model = asked.model()
    slots = [name for name, slot in model.priors.slots.items() if slot.support == "real"]
    one = {slots[-1]: bi.Normal(0.1, 2.0), "coefficients": bi.StudentT(4.0, 0.0, 3.0)}
    if slots == ["Intercept"]:
        one = {"Intercept": bi.Normal(0.1, 2.0)}
    other = dict(reversed(one.items()))
    first, second = replace(asked, priors=one).model(), replace(asked, priors=other).model()
    same_model(first, second, seed)
    assert first.priors[slots[-1]] == bi.Normal(0.1, 2.0)


@law(15, asked=questions(), seed=seeds, sd=st.floats(0.1, 10))
def test_collective_names(asked: Question, seed: int, sd: float):
    """`coefficients` and `sd:g` stand for every slot of their kind, one by one."""
    asked = replace(asked, terms=("x * b", "(x | g)"))
    wide, narrow = bi.Normal(0.0, sd), bi.HalfNormal(sd)
    together = replace(asked, priors={"coefficients": wide, "sd:g": narrow}).model()
    each = {name: wide for name in together.design.names if name != "Intercept"}
    each |= {name: narrow for name in together.priors if name.startswith("sd:g:")}
    same_model(together, replace(asked, priors=each).model(), seed)


@law(15, asked=questions(), seed=seeds, scale=st.floats(0.2, 5))
def test_priors_are_densities(asked: Question, seed: int, scale: float):
    """What a prior adds to the joint density is its own log density, and nothing else moves."""
    asked = replace(asked, terms=("x", "b", "(1 | g)"))
    plain = asked.model()
    other = replace(asked, priors={"x": bi.Normal(0.5, scale)}).model()
    point = point_of(plain, seed)
    gained = density(other, point) - density(plain, point)
    size = float(np.abs(likelihood(plain, point)).sum())
    value = np.array([point["x"]])
    before, after = (
        prior.log_density(value)[0] for prior in (plain.priors["x"], other.priors["x"])
    )
    same(after - before, gained, size)


@law(15, asked=questions(), seed=seeds)
def test_priors_stay(asked: Question, seed: int):
    """A model of other rows keeps the priors and the centre of the first."""
    model = asked.model()
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, asked.rows, asked.rows)
    other = model.on(asked.at(rows).frame)
    assert other.priors == model.priors
    np.testing.assert_array_equal(other.design.centre, model.design.centre)
    same_model(model, other.on(asked.frame), seed)

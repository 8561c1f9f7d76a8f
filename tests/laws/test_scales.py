"""Laws of scales: other units of outcomes and predictors, offsets, trials and standard errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import assume, strategies as st

import bayesinf as bi
from tests.laws.densities import Point, likelihood, point_of, same, same_model, same_up_to_constant
from tests.laws.law import law
from tests.laws.strategies import Question, applies, frames, questions, seeds

factors = st.sampled_from([0.001, 0.5, 3.0, 1000.0])
shifts = st.sampled_from([-50.0, 0.0, 7.0])

LINEAR = questions(("gaussian", "student_t"))


def scaled(point: Point, factor: float, level: float) -> dict[str, float]:
    """The point in other units of the outcome: all but correlations and degrees of freedom."""
    moved = {}
    for name, value in point.items():
        if name.startswith(("cor:", "log nu")):
            moved[name] = value
        elif name.startswith("log "):
            moved[name] = value + float(np.log(factor))
        else:
            moved[name] = factor * value
    if "Intercept" in moved:
        moved["Intercept"] += level
    return moved


@law(18, asked=LINEAR, seed=seeds, factor=factors, level=shifts)
def test_units_of_the_outcome(asked: Question, seed: int, factor: float, level: float):
    """y -> c + d y moves the posterior to the new units; default priors follow by themselves."""
    level = 0.0 if "0" in asked.terms else level
    asked = replace(asked, terms=tuple(t for t in asked.terms if t != "offset(o)"))
    other = asked.of(y=level + factor * asked.frame["y"])
    same_up_to_constant(
        asked.model(), other.model(), seed, lambda point: scaled(point, factor, level)
    )


@law(18, asked=questions(), seed=seeds, factor=factors, shift=shifts)
def test_units_of_a_predictor(asked: Question, seed: int, factor: float, shift: float):
    """x -> c + d x divides its coefficient by d and moves the intercept; nothing else changes."""
    asked = replace(asked, terms=("x", "b", "(1 | g)"))
    other = asked.of(x=shift + factor * asked.frame["x"])

    def moved(point: Point) -> Mapping[str, float]:
        slope = point["x"] / factor
        return {**point, "x": slope, "Intercept": point["Intercept"] - slope * shift}

    # A dummy's scale has a floor (docs/guide/priors.md), so units of it do matter.
    assume(set(np.unique(asked.frame["x"])) != {0.0, 1.0})
    same_up_to_constant(asked.model(), other.model(), seed, moved)


def columns(model: bi.Model) -> list[np.ndarray]:
    """All columns that coefficients and group effects are multiplied by."""
    rows = model.design.rows
    return [*rows.population.T, *(column for group in rows.groups for column in group.matrix.T)]


@law(12, asked=questions(), factor=factors, shift=shifts)
def test_standardised(asked: Question, factor: float, shift: float):
    """`scale(x)` and `poly(x, 2)` have no units: x -> c + d x leaves the posterior as it is."""
    asked = replace(asked, terms=("scale(p)", "poly(x, 2)", "(scale(z) | g)"))
    frame = asked.frame
    other = asked.of(
        x=shift + factor * frame["x"], z=shift + factor * frame["z"], p=factor * frame["p"]
    )
    for one, two in zip(columns(asked.model()), columns(other.model()), strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-6, atol=1e-6)


@law(12, asked=LINEAR, seed=seeds)
def test_offset_is_subtracted(asked: Question, seed: int):
    """A Gaussian outcome with an offset is that outcome less the offset."""
    terms = tuple(term for term in asked.terms if term != "offset(o)")
    first = replace(asked, terms=(*terms, "offset(o)"))
    second = replace(asked, terms=terms).of(y=asked.frame["y"] - asked.frame["o"])
    same_model(first.model(), second.model(), seed)


@law(12, asked=questions(("poisson", "negative_binomial")), seed=seeds, factor=factors)
def test_units_of_an_exposure(asked: Question, seed: int, factor: float):
    """Another unit of exposure moves a count's intercept by its logarithm, prior included."""
    terms = [term for term in asked.terms if term not in ("0", "offset(o)")]
    asked = replace(asked, terms=(*terms, "offset(log(w))"), left="y")
    other = asked.of(w=factor * asked.frame["w"])

    def moved(point: Point) -> Mapping[str, float]:
        return {**point, "Intercept": point["Intercept"] - float(np.log(factor))}

    same_up_to_constant(asked.model(), other.model(), seed, moved)


LINKS = st.sampled_from([bi.Logit(), bi.Probit(), bi.CLogLog()])


@law(12, asked=questions(("binomial",), weights=False), seed=seeds, link=LINKS)
def test_trials_one_by_one(asked: Question, seed: int, link: bi.families.Family):
    """k successes of n trials say what k ones and n - k zeros say."""
    k, n = asked.frame["y"].astype(int), asked.frame["n"].astype(int)
    rows = np.repeat(np.arange(asked.rows), n)
    single = np.concatenate([np.arange(m) < j for j, m in zip(k, n, strict=True)]).astype(float)
    # What is learned from all rows (centres, knots) depends on how often they are there.
    asked = replace(asked, terms=("x * a", "b", "log(p)", "(z | g)"))
    together = replace(asked, family=bi.families.Binomial(link=link)).model()
    apart = replace(asked.at(rows).of(y=single), left="y", family=bi.families.Bernoulli(link=link))
    other = apart.model()
    change = [
        likelihood(together, point).sum() - likelihood(other, point).sum()
        for point in (point_of(together, seed), point_of(together, seed + 1))
    ]
    same(change[0], change[1], size=float(abs(likelihood(other, point_of(other, seed)).sum())))


@law(12, frame=frames(), seed=seeds)
def test_standard_errors_are_weights(frame: dict, seed: int):
    """A known standard error s counts as the weight 1 / s^2 at a residual sd of one."""
    known = applies("y | se(p) ~ x + a + (1 | g)", frame)
    weighted = applies("y | weights(I(1 / p**2)) ~ x + a + (1 | g)", frame)
    change = []
    for place in range(2):
        point = point_of(known, seed + place)
        at_one = {**point, "log sigma": 0.0}
        change.append(likelihood(known, point).sum() - likelihood(weighted, at_one).sum())
    same(change[0], change[1], size=float(abs(change[0])) + frame["p"].size)


@law(9, asked=questions(("bernoulli",)), seed=seeds)
def test_other_side_of_a_probability(asked: Question, seed: int):
    """Failures in place of successes turn every coefficient's sign, for symmetric links."""
    if isinstance(asked.family.link, bi.CLogLog):
        asked = replace(asked, family=bi.families.Bernoulli())
    asked = replace(asked, terms=tuple(term for term in asked.terms if term != "offset(o)"))
    other = asked.of(y=1 - asked.frame["y"])

    def moved(point: Point) -> Mapping[str, float]:
        keeps = ("log ", "cor:")
        return {name: v if name.startswith(keeps) else -v for name, v in point.items()}

    same_up_to_constant(asked.model(), other.model(), seed, moved)


@law(9, frame=frames(), family=st.sampled_from(["gaussian", "poisson", "bernoulli"]), seed=seeds)
def test_arithmetic(frame: dict, family: str, seed: int):
    """Arithmetic in a formula is arithmetic on the columns beforehand."""
    rng = np.random.default_rng(seed)
    frame = {**frame, "y": rng.permutation(np.arange(len(frame["y"])) % 2).astype(float)}
    inside = applies("y ~ I(x**2 + z) + log(p) + I(p / w)", frame, family)
    made = {
        **frame,
        "u": frame["x"] ** 2 + frame["z"],
        "v": np.log(frame["p"]),
        "r": frame["p"] / frame["w"],
    }
    names = {"I(x ** 2 + z)": "u", "log(p)": "v", "I(p / w)": "r"}
    outside = applies("y ~ u + v + r", made, family)
    same_model(inside, outside, seed, lambda name: names.get(name, name))

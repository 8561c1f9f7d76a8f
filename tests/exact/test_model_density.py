"""The joint density of every kind of term with every family, against scipy.stats written out."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.families import ALL
from bayesinf.family import Family
from bayesinf.model.crossed.density import crossed_density
from bayesinf.model.crossed.rows import crossed_rows
from bayesinf.model.density import evidence_of, joint_density, pad, signature_of
from bayesinf.model.marginal import marginal_density, marginal_evidence, marginal_signature
from bayesinf.numerics.precision import double
from bayesinf.posterior.target import target_of
from benchmarks.densities import EVERY_FAMILY
from tests.exact import by_hand
from tests.exact.by_hand import (
    KNOWN,
    OUTCOMES,
    SHAPES,
    WEIGHED,
    Shape,
    log_marginal,
    log_posterior,
)

POINTS = 20
MEASURED = [family for family in EVERY_FAMILY if family.takes_standard_error]
PAIRS = [(name, shape, family) for name, shape in SHAPES.items() for family in EVERY_FAMILY]
PAIRS += [("known errors", KNOWN, family) for family in MEASURED]
PAIRS += [("known errors, weighted", WEIGHED, family) for family in MEASURED]


def points_of(size: int, width: float = 0.6) -> np.ndarray:
    return np.random.default_rng(3).normal(0.0, width, (POINTS, size))


def expected(shape: Shape, model: bi.Model, points: np.ndarray) -> np.ndarray:
    return np.array([log_posterior(shape, model, point) for point in points])


@pytest.mark.parametrize(
    ("shape", "family"),
    [pytest.param(shape, family, id=f"{name}-{family!r}") for name, shape, family in PAIRS],
)
def test_the_joint_density(shape: Shape, family: Family) -> None:
    model = shape.model(OUTCOMES[family.name], family)
    points = points_of(model.layout.size)
    right = expected(shape, model, points)
    found = joint_density(signature_of(model))(points, evidence_of(model))
    np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9)
    target = target_of(model)
    assert target.size == model.layout.size
    place, width = target.data.place, target.data.width
    sampled = target.density((points - place) / width, target.data)
    np.testing.assert_allclose(sampled, right, rtol=1e-9, atol=1e-9)
    if target.exact is not None:
        summed = target.exact.value((points - place) / width)
        np.testing.assert_allclose(summed, right, rtol=1e-9, atol=1e-9)


def difference(shape: Shape, model: bi.Model, point: np.ndarray) -> np.ndarray:
    """The gradient by central differences of fourth order."""
    step = 1e-3 * np.eye(len(point))
    ahead, behind, far, back = (
        expected(shape, model, point + times * step) for times in (1.0, -1.0, 2.0, -2.0)
    )
    return (8.0 * (ahead - behind) - (far - back)) / (12.0 * 1e-3)


@pytest.mark.parametrize("family", [kind() for kind in ALL], ids=repr)
def test_the_gradient_that_samplers_use(family: Family) -> None:
    shape = SHAPES["crossed"]
    model = shape.model(OUTCOMES[family.name], family)
    point = points_of(model.layout.size, 0.3)[0]
    density, evidence = joint_density(signature_of(model)), evidence_of(model)
    with double():
        gradient = jax.jit(jax.grad(density))(jax.numpy.asarray(point), evidence)
    right = difference(shape, model, point)
    np.testing.assert_allclose(gradient, right, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["slopes", "three effects"])
def test_the_gradient_in_correlations(name: str) -> None:
    shape = SHAPES[name]
    model = shape.model("c", "poisson", priors={"cor:g": bi.LKJ(2.5)})
    point = points_of(model.layout.size, 0.3)[1]
    density, evidence = joint_density(signature_of(model)), evidence_of(model)
    with double():
        gradient = jax.jit(jax.grad(density))(jax.numpy.asarray(point), evidence)
    np.testing.assert_allclose(gradient, difference(shape, model, point), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_the_gradient_that_is_written_down(family: Family) -> None:
    """Of models without groups, summed in NumPy."""
    shape = SHAPES["offset and weights"]
    model = shape.model(OUTCOMES[family.name], family)
    target = target_of(model)
    assert target.exact is not None
    place, width = target.data.place, target.data.width
    point = points_of(model.layout.size, 0.3)[2]
    gradient, hessian = target.exact.derivatives((point - place) / width)
    np.testing.assert_allclose(
        gradient, width * difference(shape, model, point), rtol=1e-6, atol=1e-6
    )
    ahead, behind = (
        target.exact.derivatives((point - place) / width + sign * 1e-5)[0] for sign in (1, -1)
    )
    np.testing.assert_allclose(hessian.sum(axis=0), (ahead - behind) / 2e-5, rtol=1e-5, atol=1e-4)


PLAIN = Shape("x + (x | g) + (1 | h)", SHAPES["slopes"].columns, (
    *SHAPES["slopes"].groups, SHAPES["nested"].groups[0],
))  # fmt: skip
INTEGRATED = {name: SHAPES[name] for name in ("groups", "slopes", "independent slopes")}
INTEGRATED |= {"three effects": SHAPES["three effects"], "known errors": KNOWN}
INTEGRATED |= {"known errors, weighted": WEIGHED, "weights": replace(KNOWN, response="weights(w)")}


@pytest.mark.parametrize("shape", INTEGRATED.values(), ids=INTEGRATED.keys())
def test_one_group_term_integrated_out(shape: Shape) -> None:
    model = shape.model("y", "gaussian")
    signature = marginal_signature(model)
    points = points_of(signature.size)
    found = marginal_density(signature)(points, marginal_evidence(model)[0])
    right = [log_marginal(shape, model, point) for point in points]
    np.testing.assert_allclose(found, right, rtol=1e-9)


CROSSED = {
    "crossed": PLAIN,
    "crossed, weighted": SHAPES["crossed"],
    "nested": SHAPES["nested"],
} | INTEGRATED


@pytest.mark.parametrize("shape", CROSSED.values(), ids=CROSSED.keys())
def test_any_group_terms_integrated_out(shape: Shape) -> None:
    model = shape.model("y", "gaussian")
    rows = crossed_rows(model)
    points = points_of(rows.signature.size)
    found = crossed_density(rows.signature)(points, rows.evidence)
    right = [log_marginal(shape, model, point) for point in points]
    np.testing.assert_allclose(found, right, rtol=1e-9)


GIVEN = {
    "Intercept": bi.Cauchy(0.5, 2.0),
    "x": bi.StudentT(4, 0.2, 1.5),
    "shape": bi.LogNormal(0.4, 0.8),
    "sd:g:Intercept": bi.HalfNormal(1.2),
    "sd:g:x": bi.Gamma(2.0, 1.5),
    "cor:g": bi.LKJ(0.7),
}


def test_given_priors_enter_as_they_are_printed() -> None:
    shape = SHAPES["slopes"]
    model = shape.model("c", "negative_binomial", priors=GIVEN)
    assert {name: model.priors[name] for name in GIVEN} == GIVEN
    points = points_of(model.layout.size)
    found = joint_density(signature_of(model))(points, evidence_of(model))
    np.testing.assert_allclose(found, expected(shape, model, points), rtol=1e-9)


def test_padding_adds_nothing_but_a_constant() -> None:
    """36 rows fill up to 48; weights, offsets and known errors of the added rows count nothing."""
    for shape, family in ((KNOWN, "student_t"), (SHAPES["crossed"], "binomial")):
        model = shape.model(OUTCOMES[family], family)
        wider, evidence = pad(signature_of(model), evidence_of(model))
        assert len(evidence.response) == 36 + 12
        points = points_of(wider.layout.size)
        found = joint_density(wider)(points, evidence)
        np.testing.assert_allclose(found, expected(shape, model, points), rtol=1e-9)


@pytest.mark.parametrize(
    ("shape", "family"),
    [(KNOWN, "student_t"), (SHAPES["crossed"], "binomial"), (SHAPES["nested"], "poisson")],
    ids=["known errors", "crossed", "nested"],
)
def test_repeated_rows_are_summed_once(
    shape: Shape, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samplers see each distinct row with its count, and the density of all of them."""
    many = pd.concat([by_hand.frame()] * 12, ignore_index=True)
    monkeypatch.setattr(by_hand, "frame", lambda: many)
    model = shape.model(OUTCOMES[family], family)
    target = target_of(model)
    assert (len(model.design.response), target.rows) == (432, 36)
    points = points_of(model.layout.size)
    place, width = target.data.place, target.data.width
    found = target.density((points - place) / width, target.data)
    np.testing.assert_allclose(found, expected(shape, model, points), rtol=1e-9)

"""The log density with group effects integrated out, against SciPy's adaptive quadrature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.model.quadrature.density import quadrature_data, quadrature_density
from bayesinf.model.quadrature.rule import hermite_rule
from bayesinf.model.quadrature.value import (
    ERROR,
    choose_rule,
    find_centre,
    integrand,
    log_densities,
    measure,
)
from bayesinf.numerics.proposal import Student
from tests.bayesinf.model.quadrature.grouped import MODELS, by_hand, model

ONE_EFFECT = [name for name in MODELS if "slopes" not in name]
TWO_EFFECTS = [name for name in MODELS if "slopes" in name]


def points_of(model: bi.Model, count: int, width: float = 0.4) -> np.ndarray:
    size = integrand(model).rows.size
    return np.random.default_rng(5).normal(0, width, (count, size))


def values_of(model: bi.Model, points: np.ndarray, nodes: int, steps: int = 8) -> np.ndarray:
    whole = integrand(model)
    centre = find_centre(whole, np.zeros(whole.rows.size), 0.4 * np.eye(whole.rows.size))
    return log_densities(whole, centre, hermite_rule(nodes, whole.rows.effects), steps, points)


@pytest.mark.parametrize("name", ONE_EFFECT)
def test_one_effect_by_adaptive_quadrature(name: str) -> None:
    one = model(name)
    points = points_of(one, 3)
    # Where the likelihood is far from normal in eta, Gauss-Hermite rules converge slowly: a mean of
    # exp(eta) with normal noise takes 61 nodes to six digits, Student's t more than there are.
    found = values_of(one, points, 61 if name == "log link" else 41)
    tolerance = 2e-3 if "student" in name or name == "known errors" else 1e-6
    for point, value in zip(points, found, strict=True):
        assert value == pytest.approx(by_hand(one, point), abs=tolerance)


@pytest.mark.parametrize("name", TWO_EFFECTS)
def test_two_effects_by_adaptive_quadrature(name: str) -> None:
    one = model(name)
    points = points_of(one, 1)
    tolerance = 2e-3 if "student" in name else 1e-5
    assert values_of(one, points, 25)[0] == pytest.approx(by_hand(one, points[0]), abs=tolerance)


@pytest.mark.parametrize("name", ["logit", "poisson", "negative binomial slopes"])
def test_more_nodes_err_less(name: str) -> None:
    """The measured error falls as the true one does, and bounds it."""
    one = model(name)
    points = points_of(one, 20)
    whole = integrand(one)
    centre = find_centre(whole, np.zeros(whole.rows.size), 0.4 * np.eye(whole.rows.size))
    exact = values_of(one, points, 45)
    measured = [measure(whole, centre, nodes, 2, points).error for nodes in (3, 5, 9)]
    true = [np.std(values_of(one, points, nodes, 2) - exact) for nodes in (3, 5, 9)]
    assert measured[0] > 3 * measured[1] > 9 * measured[2]
    assert measured == pytest.approx(true, rel=0.2)


def test_the_fewest_nodes_that_suffice_are_chosen() -> None:
    one = model("logit slopes")
    whole = integrand(one)
    stand_in = Student(np.zeros(whole.rows.size), 0.4 * np.eye(whole.rows.size))
    centre = find_centre(whole, stand_in.mean, stand_in.cholesky)
    chosen = choose_rule(whole, centre, stand_in, np.random.default_rng(1))
    assert chosen.error < ERROR
    points = stand_in.sample(np.random.default_rng(2), 30)
    assert measure(whole, centre, chosen.count, chosen.steps, points).error < ERROR
    assert measure(whole, centre, 3, 1, points).error > ERROR


@pytest.mark.parametrize("name", MODELS)
def test_the_density_for_trajectories_is_the_same(name: str) -> None:
    """Rows by code in place of blocks, the family's own log density in place of curves."""
    one = model(name)
    points = points_of(one, 4)
    rule = hermite_rule(9, one.layout.groups[0].effects)
    signature, data = quadrature_data(one, rule)
    found = np.asarray(quadrature_density(signature)(points, data))
    # Modes that are found from other starts differ where a family is not log-concave.
    tolerance = 1e-9 if one.family.log_concave else 0.2
    assert np.allclose(found, values_of(one, points, 9, 12), rtol=0, atol=tolerance)


def test_its_gradient_is_that_of_the_exact_integral() -> None:
    import jax

    from bayesinf.numerics.compiled import single
    from bayesinf.numerics.precision import double

    one = model("negative binomial slopes")
    signature, data = quadrature_data(one, hermite_rule(13, 2))
    point = points_of(one, 1)[0]
    with double():
        gradient = jax.jit(jax.grad(single(quadrature_density(signature))))(point, data)
    step = 1e-4 * np.eye(len(point))
    ahead, behind = (values_of(one, point + sign * step, 25) for sign in (1, -1))
    assert np.allclose(gradient, (ahead - behind) / 2e-4, rtol=1e-3, atol=1e-3)


def test_groups_of_every_size_fit_into_blocks() -> None:
    """One group of many rows, many of few: several strips, bundles, and rows of weight 0."""
    rng = np.random.default_rng(3)
    sizes = np.concatenate([[1500], rng.integers(1, 30, 400)])
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    x = rng.normal(size=len(group))
    rows = pd.DataFrame({"x": x, "g": group.astype(str), "b": rng.integers(0, 2, len(group))})
    one = bi.model("b ~ x + (x | g)", rows, "bernoulli")
    whole = integrand(one)
    assert len(whole.rows.bundles) > 1
    assert max(len(block) for bundle in whole.rows.bundles for block in bundle.blocks) > 1
    assert len(group) <= whole.rows.count < 1.15 * len(group)
    points = points_of(one, 3)
    rule = hermite_rule(5, 2)
    signature, data = quadrature_data(one, rule)
    found = np.asarray(quadrature_density(signature)(points, data))
    assert np.allclose(values_of(one, points, 5, 12), found, rtol=1e-12)


def test_levels_without_rows_change_nothing() -> None:
    one = model("poisson")
    fewer = one.on(_rows_of_one_group())
    points = points_of(one, 2)
    assert len(integrand(fewer).rows.order) == 1
    whole = values_of(fewer, points, 25)
    assert whole == pytest.approx([by_hand(fewer, point) for point in points], abs=1e-6)


def _rows_of_one_group() -> pd.DataFrame:
    from tests.bayesinf.model.quadrature.grouped import frame

    rows = frame()
    return rows[rows["g"] == "g2"]


def test_predictors_beyond_the_exponential_are_no_trouble() -> None:
    """A row of x = 5,000 has log odds of 2,000: certain, and its outcome says so."""
    rows = pd.DataFrame({"x": [5000.0, 1.0, -1.0, 0.5], "b": [1, 0, 1, 0], "g": list("abab")})
    one = bi.model("b ~ 0 + x + (1 | g)", rows, "bernoulli")
    points = np.array([[0.4, 0.1], [0.41, -0.3]])
    signature, data = quadrature_data(one, hermite_rule(9, 1))
    expected = quadrature_density(signature)(points, data)
    found = values_of(one, points, 9, 12)
    assert np.isfinite(found).all()
    assert np.allclose(found, expected, rtol=1e-10)

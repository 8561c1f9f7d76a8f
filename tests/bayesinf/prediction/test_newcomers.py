"""Effects of new groups: covariance, independence, and where their numbers come from."""

import numpy as np
import pytest

from bayesinf.errors import DataError
from bayesinf.numerics.random import Streams
from bayesinf.prediction.newcomers import newcomer_effects, population_root, refuse_newcomers
from bayesinf.term import Effects
from tests.conftest import within

SDS = np.array([2.0, 0.5, 1.0])
CORRELATIONS = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])


def root_at(draws: int) -> np.ndarray:
    return population_root(np.tile(SDS, (draws, 1)), np.tile(CORRELATIONS, (draws, 1, 1)))


def test_the_root_squares_to_the_covariance(generator):
    factor = generator.normal(size=(50, 3, 3))
    covariance = factor @ np.swapaxes(factor, 1, 2)
    sds = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    root = population_root(sds, covariance / sds[:, :, None] / sds[:, None, :])
    squared = np.einsum("ijs,kjs->sik", root, root)
    assert np.allclose(squared, covariance, rtol=0, atol=1e-12 * covariance.max())


def test_perfectly_correlated_effects_have_a_root():
    perfect = np.array([[[1.0, -1.0], [-1.0, 1.0]]])
    root = population_root(np.array([[3.0, 2.0]]), perfect)[..., 0]
    assert np.allclose(root @ root.T, [[9.0, -6.0], [-6.0, 4.0]], atol=1e-12)


def test_effects_vary_as_the_population_says():
    draws = 20_000
    (effects,) = newcomer_effects(root_at(draws), "g", ("new",), Streams(3))
    covariance = CORRELATIONS * np.outer(SDS, SDS)
    # The variance of a sample covariance of normals: (s_ii s_jj + s_ij^2) / n.
    spread = np.outer(SDS, SDS) ** 2 + covariance**2
    assert within(effects.mean(axis=1), np.zeros(3), SDS / np.sqrt(draws))
    assert within(effects @ effects.T / draws, covariance, np.sqrt(spread / draws))


def test_each_draw_uses_its_own_sd():
    sds = np.array([[1.0], [100.0]])
    effects = newcomer_effects(population_root(sds, np.ones((2, 1, 1))), "g", ("new",), Streams(3))
    noise = Streams(3).generator("newcomer", "g", "new").standard_normal((1, 2))
    assert np.allclose(effects[0], noise * sds.T)


def test_levels_and_terms_are_independent():
    draws = 20_000
    one, two = newcomer_effects(root_at(draws), "g", ("a", "b"), Streams(3))
    (other,) = newcomer_effects(root_at(draws), "h", ("a",), Streams(3))
    for another in (two, other):
        assert within((one * another).mean(axis=1), np.zeros(3), SDS**2 / np.sqrt(draws))


def test_a_level_keeps_its_effects_in_any_company():
    alone = newcomer_effects(root_at(100), "g", ("b",), Streams(3))
    among = newcomer_effects(root_at(100), "g", ("c", "a", "b"), Streams(3))
    assert np.array_equal(alone[0], among[2])


def test_refused_groups_are_named_with_their_rows():
    codes = np.array([0, 2, 1, 3, 2])
    group = Effects("clinic", ("A", "B"), codes, np.ones((5, 1)), ("Intercept",), True, ("X", "Y"))
    with pytest.raises(DataError, match=r"'clinic'.*'X', 'Y'.*rows 1, 3, 4") as caught:
        refuse_newcomers((group,))
    assert (caught.value.code, caught.value.column) == ("new-groups", "clinic")
    assert caught.value.rows == (1, 3, 4)

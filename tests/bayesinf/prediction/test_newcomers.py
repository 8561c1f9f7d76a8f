"""Effects of new groups: covariance, independence, and where their numbers come from."""

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
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


@pytest.fixture(scope="module")
def named() -> bi.Fit:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat(["003", "A", "b c", "1.50", "-7"], 10)})
    frame["x"], frame["y"] = generator.normal(size=(2, 50))
    return bi.fit("y ~ x + (1 | g)", frame, draws=100, seed=1)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("3", "003"),
        ("003 ", "003"),
        ("3.0", "003"),
        ("+3.", "003"),
        ("a", "A"),
        ("B  C", "b c"),
        ("1.5", "1.50"),
        ("-07", "-7"),
    ],
)
def test_a_new_group_that_is_nearly_a_known_one_is_warned_of_once(
    named: bi.Fit, written: str, known: str
) -> None:
    rows = {"x": [0.0, 0.0, 0.0], "g": ["A", written, "quite new"]}
    with pytest.warns(bi.NewGroupWarning) as told:
        frame = named.predict(rows)
    (warning,) = told
    assert f"{written!r} for {known!r} (row 1)" in str(warning.message)
    assert "of 'g' differ" in str(warning.message) and warning.filename == __file__
    assert np.isfinite(frame.to_numpy()).all()
    with pytest.warns(bi.NewGroupWarning, match="how a number is written"):
        named.predict_draws(rows)


def test_all_such_groups_are_in_one_warning(named: bi.Fit) -> None:
    with pytest.warns(bi.NewGroupWarning) as told:
        named.predict({"x": [0.0, 0.0, 0.0], "g": ["a", "3", "3"]})
    (warning,) = told
    assert "'3' for '003', 'a' for 'A' (rows 0, 1, 2)" in str(warning.message)


def test_groups_of_other_names_are_new_without_a_warning(named: bi.Fit) -> None:
    # "7" is not "-7", and 300 has zeros that count; warnings are errors here.
    names = ["7", "300", "0.3", "aa", "bc", "15", "1.05"]
    assert len(named.predict({"x": [0.0] * len(names), "g": names})) == len(names)


@pytest.mark.parametrize("fitted", [int, bool, float])
@pytest.mark.parametrize("asked", [0, 1.0, True])
def test_truth_values_and_zero_and_one_are_the_same_groups(fitted: type, asked: object) -> None:
    rng = np.random.default_rng(1)
    codes = np.arange(40) % 2
    data = {"y": 3.0 * codes + rng.normal(size=40), "s": codes.astype(fitted)}
    fit = bi.fit("y ~ 1 + (1 | s)", data, draws=400, seed=1)
    same = fit.predict({"s": [fitted(asked)]}, kind="mean")
    pd.testing.assert_frame_equal(fit.predict({"s": [asked]}, kind="mean"), same)
    assert same["sd"].item() < 0.5


def test_they_are_nearly_the_same_within_a_combination() -> None:
    data = {"y": np.arange(40.0) ** 0.5, "s": np.arange(40) % 2 == 0, "h": [*"abcd"] * 10}
    fit = bi.fit("y ~ 1 + (1 | s:h)", data, draws=400, seed=1)
    with pytest.warns(bi.NewGroupWarning, match="'1:a' for 'True:a'"):
        fit.predict({"s": [1], "h": ["a"]}, kind="mean")

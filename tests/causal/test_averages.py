import numpy as np
import pytest

import bayesinf as bi
from causal import averages
from causal.averages import (
    average_rows,
    contrasts,
    find_groups,
    quantiles_of_rows,
    weighted_quantiles,
)
from causal.estimand import ATE, CATE
from causal.population import SAMPLE, Superpopulation

ROWS, SHAPE = 90, (2, 50)


@pytest.fixture
def outcomes(generator) -> dict[object, np.ndarray]:
    low = generator.normal(size=(*SHAPE, ROWS))
    return {"a": low, "b": low + 1, "c": low + generator.normal(size=ROWS)}


def predicting(outcomes):
    return lambda level, rows: outcomes[level][..., rows]


def test_averages_are_those_of_the_whole_matrix(outcomes, generator, monkeypatch):
    monkeypatch.setattr(averages, "BLOCK", 700)  # blocks of 7 rows
    weights = generator.random((2, ROWS))
    found = average_rows(
        predicting(outcomes), list(outcomes), weights, SAMPLE, np.random.default_rng(1), SHAPE
    )
    assert found.shape == (*SHAPE, 3, 2)
    for position, draws in enumerate(outcomes.values()):
        expected = draws @ weights.T / weights.sum(axis=1)
        assert np.allclose(found[:, :, position], expected)


def test_the_population_varies_more_than_the_sample(generator, within):
    effects = generator.normal(2.0, 1.5, size=ROWS)
    shape = (4, 1000)
    still = {0: np.zeros((*shape, ROWS)), 1: np.broadcast_to(effects, (*shape, ROWS))}

    def average(population):
        rng = np.random.default_rng(2)
        all_rows = np.ones((1, ROWS))
        found = average_rows(predicting(still), [0, 1], all_rows, population, rng, shape)
        return found[..., 1, 0] - found[..., 0, 0]

    sample, population = average(SAMPLE), average(Superpopulation())
    assert np.allclose(sample, effects.mean())
    within(population.mean(), effects.mean(), population.std() / np.sqrt(4000))
    # The mean of a Dirichlet process: variance of the values over n + 1.
    assert population.std() == pytest.approx(effects.std() / np.sqrt(ROWS + 1), rel=0.05)


def test_levels_share_the_weights_of_rows(outcomes):
    found = average_rows(
        predicting(outcomes),
        ["a", "b"],
        np.ones((1, ROWS)),
        Superpopulation(),
        np.random.default_rng(1),
        SHAPE,
    )
    assert np.allclose(found[:, :, 1] - found[:, :, 0], 1)


def test_quantiles_against_numpy(generator):
    values, weights = generator.normal(size=(5, 40)), generator.integers(1, 4, size=(5, 40))
    found = weighted_quantiles(values, weights.astype(float), [0.1, 0.5, 0.93])
    for row, times, quantiles in zip(values, weights, found, strict=True):
        repeated = np.repeat(row, times)
        expected = np.quantile(repeated, [0.1, 0.5, 0.93], method="inverted_cdf")
        assert np.allclose(quantiles, expected)
    shared = weighted_quantiles(values[:1], weights.astype(float), [0.5])
    assert shared[0, 0] == found[0, 1] and shared.shape == (5, 1)


def test_quantiles_of_potential_outcomes(outcomes):
    found = quantiles_of_rows(
        predicting(outcomes),
        ["a", "b"],
        np.ones(ROWS),
        [0.25, 0.5],
        SAMPLE,
        np.random.default_rng(1),
        SHAPE,
    )
    assert np.allclose(found[:, :, 1] - found[:, :, 0], 1)
    expected = np.quantile(outcomes["a"], 0.5, axis=-1, method="inverted_cdf")
    assert np.allclose(found[:, :, 0, 1], expected)


def test_quantiles_of_too_many_rows(monkeypatch):
    monkeypatch.setattr(averages, "LARGEST", 1000)
    with pytest.raises(bi.ModelError, match="at once") as caught:
        quantiles_of_rows(
            predicting({}), ["a"], np.ones(50), [0.5], SAMPLE, np.random.default_rng(1), (4, 10)
        )
    assert "draws=20" in str(caught.value)


def test_all_pairs_from_the_same_draws(outcomes):
    each = np.stack([draws.mean(axis=-1) for draws in outcomes.values()], axis=-1)
    found = contrasts(list(outcomes), each)
    assert found.over == "contrast" and found.labels == ("b vs a", "c vs a", "c vs b")
    b_a, c_a, c_b = np.moveaxis(found.draws, -1, 0)
    assert np.allclose(c_a - b_a, c_b)


def test_groups_by_level_and_by_quantile(generator):
    sex, age = np.array(["f", "m"] * 45), generator.normal(40, 10, size=ROWS)
    table = bi.Table.read({"sex": sex, "age": age})
    found = find_groups(table, CATE(("sex", "age"), bins=3))
    assert found.labels[:3] == ("all", "sex = 'f'", "sex = 'm'")
    assert found.labels[3].startswith("age in [") and len(found.labels) == 6
    assert found.members[0].all() and (found.members[3:].sum(axis=0) == 1).all()
    assert found.members[3:].sum(axis=1).tolist() == [30, 30, 30]
    assert find_groups(table, ATE()).labels == ("all",)


def test_groups_by_a_column_that_is_not_there():
    with pytest.raises(bi.DataError, match="'height'"):
        find_groups(bi.Table.read({"x": [1.0, 2.0]}), CATE(("height",)))

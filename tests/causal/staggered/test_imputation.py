import numpy as np
import pytest

from causal.staggered import imputation
from causal.staggered.cells import effect_cells
from causal.staggered.imputation import (
    before,
    imputable,
    imputed_effects,
    reachable_cells,
    regressors_of,
)
from tests.causal.staggered.made import STAGGERED, made


def by_hand(panel, weights, cells, anticipation) -> np.ndarray:
    """Effects from a regression with one dummy for each unit and time, for one weight vector."""
    untreated = panel.known & before(panel, panel.first_treated, anticipation)
    x = regressors_of(panel)
    units, times = panel.outcome.shape

    def design(rows: np.ndarray) -> np.ndarray:
        dummies = np.zeros((len(rows), units + times))
        dummies[np.arange(len(rows)), rows[:, 0]] = 1
        dummies[np.arange(len(rows)), units + rows[:, 1]] = 1
        return np.concatenate([dummies, x[rows[:, 0], rows[:, 1]]], axis=1)

    rows = np.argwhere(untreated)
    root = np.sqrt(weights[rows[:, 0]])
    slopes = np.linalg.lstsq(
        design(rows) * root[:, None], panel.outcome[untreated] * root, rcond=None
    )[0]
    found = []
    for cohort, time in zip(cells.cohort, cells.time, strict=True):
        own = np.flatnonzero((panel.first_treated == cohort) & panel.known[:, time])
        left = panel.outcome[own, time] - design(np.stack([own, 0 * own + time], axis=1)) @ slopes
        found.append(np.average(left, weights=weights[own]))
    return np.array(found)


@pytest.mark.parametrize("covariates", [(), ("moving",), ("steady",), ("steady", "moving")])
@pytest.mark.parametrize("gaps", [0.0, 0.15])
@pytest.mark.parametrize("anticipation", [0, 1])
def test_effects_are_those_of_a_regression_with_dummies(covariates, gaps, anticipation):
    panel = made(STAGGERED, 6, gaps=gaps, covariates=covariates)
    panel = panel.take(imputable(panel, anticipation))
    cells = reachable_cells(panel, effect_cells(panel, anticipation), anticipation)
    assert len(cells) == 6
    weights = np.random.default_rng(2).exponential(size=(2, len(panel.units)))
    found = imputed_effects(panel, weights, cells, anticipation)
    for draw in range(2):
        expected = by_hand(panel, weights[draw], cells, anticipation)
        assert np.allclose(found[draw], expected, atol=1e-9)


def test_blocks_do_not_change_effects(monkeypatch):
    panel = made(STAGGERED, 6, covariates=("steady",))
    weights = np.random.default_rng(2).exponential(size=(20, len(panel.units)))
    cells = effect_cells(panel, 0)
    whole = imputed_effects(panel, weights, cells, 0)
    monkeypatch.setattr(imputation, "BLOCK", 500)
    assert np.allclose(imputed_effects(panel, weights, cells, 0), whole, atol=1e-12)


def test_cells_that_nothing_untreated_reaches_are_left_out():
    panel = made([2] * 5 + [4] * 3, 6)
    kept = reachable_cells(panel, effect_cells(panel, 0), 0)
    assert sorted(set(kept.time.tolist())) == [2, 3]
    apart = made([2] * 5 + [4] * 3, 6)
    apart.outcome[:5, 2:] = np.nan
    assert set(reachable_cells(apart, effect_cells(apart, 0), 0).cohort.tolist()) == set()


def test_units_never_seen_untreated_have_no_unit_effect():
    panel = made(STAGGERED, 6)
    panel.outcome[0, :2] = np.nan
    assert imputable(panel, 0).tolist() == [False] + [True] * (len(STAGGERED) - 1)

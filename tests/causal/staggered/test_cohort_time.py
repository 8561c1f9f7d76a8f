import numpy as np
import pytest

import bayesinf as bi
from causal.staggered.cells import Cells, effect_cells, step_cells
from causal.staggered.cohort_time import (
    cohort_time_effects,
    comparable_cells,
    compared_cohorts,
)
from tests.causal.staggered.made import STAGGERED, made


def by_hand(panel, weights, cohort, time, base, controls) -> float:
    """One effect from unit-level regressions, for one vector of weights."""
    change = panel.outcome[:, time] - panel.outcome[:, base]
    ones = np.ones(len(change))
    x = np.stack([ones, *[values[:, base] for values in panel.covariates.values()]], axis=1)
    first = panel.first_treated
    used = first == len(panel.times)
    if controls == "not yet":
        used = (first > max(time, base)) & (first != cohort)
    root = np.sqrt(weights[used])[:, None]
    slopes = np.linalg.lstsq(x[used] * root, change[used] * root[:, 0], rcond=None)[0]
    own = first == cohort
    return float(np.average((change - x @ slopes)[own], weights=weights[own]))


@pytest.mark.parametrize("covariates", [(), ("steady",), ("steady", "moving")])
@pytest.mark.parametrize("controls", ["never", "not yet"])
def test_effects_are_those_of_unit_level_regressions(covariates, controls):
    panel = made(STAGGERED, 6, covariates=covariates)
    weights = np.random.default_rng(2).exponential(size=(2, len(STAGGERED)))
    for cells in (effect_cells(panel, 0), step_cells(panel, 0)):
        found = cohort_time_effects(panel, weights, cells, controls, 0)
        for draw in range(2):
            expected = [
                by_hand(panel, weights[draw], *map(int, cell), controls)
                for cell in zip(cells.cohort, cells.time, cells.base, strict=True)
            ]
            assert np.allclose(found[draw], expected, atol=1e-10)


def test_controls_are_not_yet_treated_and_do_not_react_yet():
    panel = made(STAGGERED, 6)
    cells = Cells(np.array([2, 2]), np.array([2, 3]), np.array([1, 1]))
    assert [groups.tolist() for groups in compared_cohorts(panel, cells, "never", 0)] == [[6], [6]]
    assert [groups.tolist() for groups in compared_cohorts(panel, cells, "not yet", 0)] == [
        [4, 6],
        [4, 6],
    ]
    assert [groups.tolist() for groups in compared_cohorts(panel, cells, "not yet", 1)] == [
        [4, 6],
        [6],
    ]


def test_cells_without_enough_controls_are_left_out():
    panel = made([2] * 5 + [4] * 3, 6)
    assert len(comparable_cells(panel, effect_cells(panel, 0), "never", 0)) == 0
    kept = comparable_cells(panel, effect_cells(panel, 0), "not yet", 0)
    assert kept.time.tolist() == [2, 3]
    covered = made([2] * 5 + [4] * 3, 6, covariates=("a", "b", "c"))
    assert len(comparable_cells(covered, effect_cells(covered, 0), "not yet", 0)) == 0


def test_covariates_that_follow_from_each_other_are_refused():
    panel = made(STAGGERED, 6, covariates=("one", "two"))
    panel.covariates["two"][:] = 2 - panel.covariates["one"]
    with pytest.raises(bi.DataError, match="one, two cannot be told apart"):
        comparable_cells(panel, effect_cells(panel, 0), "never", 0)

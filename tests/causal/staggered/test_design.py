import numpy as np
import pytest

import bayesinf as bi
from causal.staggered.cells import effect_cells
from causal.staggered.design import (
    drop_gaps,
    drop_treated_before,
    judge_composition,
    judge_controls,
    judge_size,
    standardise_covariates,
)
from causal.staggered.method import CohortTime, Imputation
from tests.causal.staggered.made import STAGGERED, made


def test_units_without_a_time_before_treatment_are_left_out():
    panel = made([0, 1, 2, 4], 4)
    kept, found = drop_treated_before(panel, 0, "since")
    assert kept.units == (1, 2, 3)
    assert found[0].evidence == {"units": 1.0}
    assert drop_treated_before(panel, 1, "since")[0].units == (2, 3)
    assert drop_treated_before(made([1, 4], 4), 0, "since")[1] == ()


def test_panels_with_nobody_to_watch_are_refused():
    with pytest.raises(bi.DataError, match="None of the 2 units is treated"):
        drop_treated_before(made([4, 4], 4), 0, "since")
    with pytest.raises(bi.DataError, match="from the first time on") as caught:
        drop_treated_before(made([0, 4], 4), 0, "treat")
    assert "first_treated" in caught.value.hint


def test_gaps_cost_units_or_nothing():
    panel = made(STAGGERED, 6)
    panel.outcome[0, 0] = panel.outcome[13, 5] = np.nan
    kept, found = drop_gaps(panel, CohortTime(), 0)
    assert len(kept.units) == len(STAGGERED) - 2
    assert found[0].severity == "note" and found[0].evidence["cells"] == 2
    assert len(drop_gaps(panel, Imputation(), 0)[0].units) == len(STAGGERED)
    panel.outcome[0, 1] = np.nan
    assert len(drop_gaps(panel, Imputation(), 0)[0].units) == len(STAGGERED) - 1
    panel.outcome[:27, 3] = np.nan
    with pytest.raises(bi.DataError, match="no treated unit is without gaps"):
        drop_gaps(panel, CohortTime(), 0)


def test_missing_never_treated_units_are_named():
    assert judge_controls(made(STAGGERED, 6), "never") == ()
    found = judge_controls(made([2, 4], 6), "never")[0]
    assert "at 2005" in found.sentence and "instead" in found.sentence
    assert "instead" not in judge_controls(made([2, 4], 6), "not yet")[0].sentence


@pytest.mark.parametrize(
    ("first", "severity"),
    [
        (STAGGERED, "good"),
        ([2] * 12 + [4] * 5 + [6] * 20, "note"),
        ([2] + [6] * 20, "warning"),
        ([2] * 12 + [6] * 4, "warning"),
        ([2] * 12 + [6], "bad"),
        ([2, 6, 6, 6], "bad"),
    ],
)
def test_few_units_are_told(first, severity):
    assert judge_size(made(first, 6)).severity == severity


def test_changing_composition_is_told():
    panel = made(STAGGERED, 6)
    found = judge_composition(panel, effect_cells(panel, 0))
    assert found.severity == "note"
    assert found.evidence == {
        "units_at_0": 27, "units_at_1": 27, "units_at_2": 12, "units_at_3": 12,
    }  # fmt: skip
    single = made([3] * 5 + [6] * 5, 6)
    assert judge_composition(single, effect_cells(single, 0)).severity == "good"


def test_covariates_are_put_on_one_scale():
    panel = made(STAGGERED, 6, covariates=("steady",))
    panel.covariates["steady"][:] = 1e7 + 1e3 * panel.covariates["steady"]
    scaled = standardise_covariates(panel).covariates["steady"]
    assert np.isclose(scaled.mean(), 0) and np.isclose(scaled.std(), 1)
    panel.covariates["steady"][:] = 3.0
    with pytest.raises(bi.DataError, match="one value only"):
        standardise_covariates(panel)

import numpy as np
import pytest

from causal.staggered.imputation import imputed_effects
from causal.staggered.method import CohortTime, Comparison, Imputation
from tests.causal.staggered.made import STAGGERED, made

PANEL = made(STAGGERED, 6)
COMPARISON = Comparison(PANEL, "never", 0)
WEIGHTS = np.random.default_rng(3).exponential(size=(4, len(STAGGERED)))


def test_placebos_of_cohorts_are_changes_against_the_base():
    cells = CohortTime().placebo_cells(COMPARISON)
    assert set(cells.event_time.tolist()) == {-2, -3, -4}
    found = CohortTime().placebos(COMPARISON, np.ones((1, len(STAGGERED))), cells)[0]
    for cohort, time, base, value in zip(cells.cohort, cells.time, cells.base, found, strict=True):
        change = PANEL.outcome[:, time] - PANEL.outcome[:, base]
        expected = change[PANEL.first_treated == cohort].mean() - change[27:].mean()
        assert value == pytest.approx(expected)


def test_placebos_of_the_imputation_use_earlier_times_alone():
    cells = Imputation().placebo_cells(COMPARISON)
    assert sorted(set(cells.event_time.tolist())) == [-3, -2, -1]
    before = Imputation().placebos(COMPARISON, WEIGHTS, cells)
    # Whatever happens from a pretended start on, other than in its own cell, is no input.
    last = int(np.flatnonzero((cells.cohort == 4) & (cells.time == 3))[0])
    changed = made(STAGGERED, 6)
    changed.outcome[changed.first_treated == 4, 4:] += 100
    after = Imputation().placebos(Comparison(changed, "never", 0), WEIGHTS, cells)
    assert np.allclose(after, before)
    assert np.allclose(
        before[:, last], imputed_effects(PANEL, WEIGHTS, cells.take([last]), 1)[:, 0]
    )


@pytest.mark.parametrize("method", [CohortTime(), Imputation()])
def test_noise_is_what_an_error_of_a_cohort_does(method):
    cells = method.cells(COMPARISON)
    own = cells.take(cells.cohort == 4)
    path = np.random.default_rng(4).normal(size=(1, 6))
    moved = made(STAGGERED, 6)
    # Never treated units alone decide the imputation's time effects here.
    alone = moved.take(moved.first_treated != 2)
    shifted = made(STAGGERED, 6).take(moved.first_treated != 2)
    shifted.outcome[shifted.first_treated == 4] += path
    ones = np.ones((1, len(alone.units)))
    change = method.effects(Comparison(shifted, "never", 0), ones, own) - method.effects(
        Comparison(alone, "never", 0), ones, own
    )
    told = method.noise(COMPARISON, own, path)
    # The imputation lets the cohort's own early errors move the time effects before treatment,
    # which the noise leaves out; time effects after treatment are those of the others.
    assert np.allclose(change, told)

import numpy as np
import pytest

import bayesinf as bi
from causal.staggered import bootstrap, draws
from causal.staggered.draws import compute, control_deviations, draw_all, make_plan
from causal.staggered.method import CohortTime, Comparison, Imputation
from tests.causal.staggered.made import STAGGERED, made


def plan(first, method=None, times=6, **changes):
    return make_plan(
        method or CohortTime(), Comparison(made(first, times, **changes), "never", 0), "since"
    )


@pytest.mark.parametrize("method", [CohortTime(), Imputation()])
def test_draws_lie_around_the_estimates(method):
    asked = plan(STAGGERED, method)
    drawn = draw_all(asked, 4000, np.random.default_rng(1))
    point = compute(asked, np.ones((1, len(STAGGERED))))
    for name in ("effects", "outcomes", "placebos", "steps", "two_way"):
        values, centre = getattr(drawn, name), getattr(point, name)[0]
        assert np.all(np.abs(values.mean(axis=0) - centre) < 0.1 * values.std(axis=0)), name


def test_cohort_means_vary_as_their_standard_errors_say():
    asked = plan(STAGGERED)
    drawn = draw_all(asked, 4000, np.random.default_rng(1))
    panel = asked.comparison.panel
    for position in range(len(asked.cells)):
        time, base = asked.cells.time[position], asked.cells.base[position]
        change = panel.outcome[:, time] - panel.outcome[:, base]
        groups = (panel.first_treated == asked.cells.cohort[position], panel.first_treated == 6)
        variance = sum(change[own].var() / (own.sum() - 3) for own in groups)
        assert drawn.effects[:, position].std() == pytest.approx(np.sqrt(variance), rel=0.08)


def test_blocks_hold_as_many_draws_as_one(monkeypatch):
    monkeypatch.setattr(bootstrap, "BLOCK", 47 * 100)
    drawn = draw_all(plan([2] * 3 + STAGGERED[3:]), 350, np.random.default_rng(1))
    assert len(drawn.effects) == len(drawn.two_way) == len(drawn.step_shares) == 350


def test_a_cohort_of_few_borrows_the_spread_of_the_never_treated():
    asked = plan([2, *[6] * 40])
    drawn = draw_all(asked, 4000, np.random.default_rng(1))
    panel = asked.comparison.panel
    for position in range(len(asked.cells)):
        time, base = asked.cells.time[position], asked.cells.base[position]
        change = (panel.outcome[:, time] - panel.outcome[:, base])[1:]
        variance = change.var() * (40 / 37 + 1 / 37)
        assert drawn.effects[:, position].std() == pytest.approx(np.sqrt(variance), rel=0.05)


def test_nothing_is_borrowed_from_fewer_than_four(monkeypatch):
    assert control_deviations(plan([2] * 12 + [6] * 3)).shape == (0, 6)
    monkeypatch.setattr(draws, "FEW", 0)
    deviations = control_deviations(plan(STAGGERED))
    assert np.allclose(deviations.mean(axis=0), 0) and np.allclose(deviations.mean(axis=1), 0)


def test_gaps_leave_trends_to_the_units_without():
    asked = plan(STAGGERED, Imputation(), gaps=0.05)
    assert asked.whole.sum() == len(asked.complete.panel.units) < len(STAGGERED)
    drawn = draw_all(asked, 50, np.random.default_rng(1))
    assert np.isfinite(drawn.effects).all() and np.isfinite(drawn.steps).all()


def test_a_two_way_regression_that_cannot_be_run_is_left_out():
    panel = made([2] * 12 + [4] * 12, 6)
    asked = make_plan(CohortTime(), Comparison(panel, "not yet", 0), "since")
    assert np.isnan(compute(asked, np.ones((1, 24))).two_way).all()


def test_nobody_to_compare_with_is_an_error():
    with pytest.raises(bi.DataError) as caught:
        plan([2] * 12)
    assert caught.value.code == "nobody-to-compare"

import matplotlib.pyplot as plt
import numpy as np
import pytest

from causal.answer import Effects
from causal.staggered.draws import compute, draw_all, make_plan
from causal.staggered.method import CohortTime, Comparison
from causal.staggered.report import (
    path_without_treatment,
    picture_event_times,
    tabulate_cells,
    untreated_spread,
)
from tests.causal.staggered.made import STAGGERED, made

PLAN = make_plan(CohortTime(), Comparison(made(STAGGERED, 6), "never", 0), "since")


def test_the_path_is_what_was_less_the_effects_of_those_treated():
    effects = np.ones((2, 5, len(PLAN.cells)))
    path = path_without_treatment(PLAN, effects, "year")
    assert path is not None
    assert path.begins == 2003 and path.times.tolist() == list(range(2001, 2007))
    assert np.allclose(path.observed, PLAN.comparison.panel.outcome[:27].mean(axis=0))
    gap = path.observed - path.counterfactual
    assert np.allclose(gap[0, 0], [0, 0, 12 / 27, 12 / 27, 1, 1])


def test_a_path_ends_where_effects_do():
    plan = make_plan(CohortTime(), Comparison(made([2] * 12 + [4] * 12, 6), "not yet", 0), "since")
    path = path_without_treatment(plan, np.ones((1, 1, len(plan.cells))), "year")
    assert path is not None and path.times.tolist() == [2001, 2002, 2003, 2004]


def test_the_table_of_cells_says_what_each_is():
    drawn = draw_all(PLAN, 400, np.random.default_rng(1))
    point = compute(PLAN, np.ones((1, len(STAGGERED))))
    effects = Effects(
        "cohort and time", tuple(range(len(PLAN.cells))), drawn.effects.reshape(4, 100, -1)
    )
    table = tabulate_cells(PLAN, point, "simple", effects)
    assert table["cohort"].tolist() == [2003] * 4 + [2005] * 2
    assert table["units"].tolist() == [12] * 4 + [15] * 2
    assert table["weight"].to_numpy() == pytest.approx([12 / 78] * 4 + [15 / 78] * 2)
    assert table["estimate"].tolist() == point.effects[0].tolist()
    assert (table["lower"] < table["upper"]).all()


def test_the_picture_draws_every_event_time():
    draws = np.random.default_rng(1).normal(size=(4, 100, 3))
    picture = picture_event_times(Effects("event time", (-2, 0, 1), draws), "y")
    figure, axes = plt.subplots()
    picture.draw(axes)
    shown = np.concatenate([line.get_xdata() for line in axes.lines if len(line.get_xdata()) < 3])
    assert {-2.0, 0.0, 1.0} <= set(np.asarray(shown, dtype=float).tolist())
    plt.close(figure)


def test_the_spread_is_that_of_untreated_changes():
    panel = made(STAGGERED, 6)
    before = untreated_spread(panel)
    panel.outcome[panel.treated] *= 1000
    assert untreated_spread(panel) == before
    panel.outcome[:] += 50.0 * np.arange(panel.outcome.shape[1]) ** 2
    assert abs(untreated_spread(panel) - before) < 1e-9 * before
    constant = made([1, 2], 2)
    constant.outcome[:] = 3.0
    assert untreated_spread(constant) == 1.0

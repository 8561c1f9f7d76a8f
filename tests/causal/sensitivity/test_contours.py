import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from causal.sensitivity.contours import contour_picture, contour_table
from causal.sensitivity.omitted import Confounder, adjust_draws

DRAWS = np.random.default_rng(1).normal(1.0, 0.5, size=(4, 500))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_each_point_is_what_the_draws_give(sign):
    table = contour_table(sign * DRAWS, 2.0, sign, 0.5)
    assert len(table) == 41**2
    for place in (0, 40, 700, 1680):
        row = table.iloc[place]
        left = adjust_draws(sign * DRAWS, 2.0, Confounder(row["treatment"], row["outcome"]), sign)
        assert row["mean"] == pytest.approx(left.mean(), abs=1e-12)
        assert row["above_zero"] == pytest.approx((left > 0).mean(), abs=1e-3)


def test_no_strength_is_the_effect_as_it_is():
    row = contour_table(DRAWS, 2.0, 1.0, 0.5).iloc[0]
    assert (row["treatment"], row["outcome"]) == (0.0, 0.0)
    assert row["mean"] == pytest.approx(DRAWS.mean())


def test_only_the_strongest_covariates_are_named():
    table = contour_table(DRAWS, 2.0, 1.0, 0.5)
    names = ["a", "b", "c", "d", "far"]
    strengths = [0.1, 0.08, 0.06, 0.04, 0.9]
    benchmarks = pd.DataFrame(
        {"covariate": names, "times": 1.0, "treatment": strengths, "outcome": strengths}
    )
    axes = Figure().subplots()
    contour_picture(table, benchmarks, "t on y").draw(axes)
    assert [text.get_text() for text in axes.texts if text.get_text() in names] == names[:3]
    assert len(axes.lines) == 4

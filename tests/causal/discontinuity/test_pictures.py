import numpy as np
from matplotlib.figure import Figure

from causal.discontinuity import default_jump, jump_at_zero, pictures, tables


def test_pictures_are_drawn_on_the_scale_of_the_running_variable(generator):
    x = generator.uniform(-1, 1, 400)
    y = (x >= 0) + x + 0.3 * generator.normal(size=400)
    jump = default_jump(x, y)
    means = tables.binned_means(x, y, 0.5)
    axes = Figure().subplots()
    picture = pictures.curve_picture(means, jump, ("score", "grade"), 50.0, 1)
    picture.draw(axes)
    assert axes.get_xlabel() == "score" and axes.get_ylabel() == "grade"
    left, right = axes.get_xlim()
    assert left < 50 < right
    assert picture.caption.endswith(".") and picture.alternative.endswith(".")
    # Both curves end where the limits are.
    curves = [line.get_xydata() for line in axes.get_lines()[:2]]
    assert np.allclose([curve[0, 1] for curve in curves], [jump.below.mean[0], jump.above.mean[0]])


def test_the_jump_by_window(generator):
    x = generator.uniform(-1, 1, 400)
    table = tables.bandwidth_table({w: jump_at_zero(x, x[:, None], w) for w in (0.4, 0.8)})
    axes = Figure().subplots()
    pictures.bandwidth_picture(table, 0.4).draw(axes)
    assert axes.get_xlabel() == "bandwidth"

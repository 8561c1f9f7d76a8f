import numpy as np
import pytest
from matplotlib.figure import Figure

from causal.instruments import AndersonRubin, pictures

ENDS = {
    "interval": [(0.5, 2.0)],
    "rays": [(-3.0, 0.5), (2.0, 3.0)],
    "line": [(-3.0, 3.0)],
    "empty": [],
}


@pytest.mark.parametrize("shape", list(ENDS))
def test_the_set_is_drawn_below_both_histograms(generator, shape):
    found = AndersonRubin(shape, 0.5, 2.0, 0.95)
    assert pictures.pieces(found, -3.0, 3.0) == ENDS[shape]
    draws = generator.normal(size=1000)
    picture = pictures.effect_picture(draws, 3 * draws, found, "educ on wage")
    axes = Figure().subplots()
    picture.draw(axes)
    assert axes.get_xlabel() == "effect of educ on wage"
    assert len(axes.get_lines()) == 1 + len(
        pictures.pieces(found, *map(float, np.quantile(draws, [0.005, 0.995])))
    )

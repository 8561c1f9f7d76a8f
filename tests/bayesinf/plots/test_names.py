"""Names of columns and levels are drawn as they are written, also where matplotlib sees TeX."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import bayesinf as bi
from bayesinf.plots.effects import plot_effect
from bayesinf.plots.prediction import plot_prediction
from bayesinf.plots.style import panels

BROKEN = "$\\foo$"
RANGE = "$0-$50"


@pytest.fixture(scope="module")
def fit() -> bi.Fit:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"in $x$ $\\foo$": rng.normal(size=60)})
    frame["g"] = np.tile([BROKEN, RANGE, "plain"], 20)
    frame["h"] = np.tile([BROKEN, RANGE], 30)
    frame["y$^2$"] = rng.normal(size=60)
    formula = "`y$^2$` ~ `in $x$ $\\foo$` + h + (1 | g)"
    return bi.fit(formula, frame, draws=400, seed=1)


def drawn(figure: Figure) -> set[str]:
    """The words of a figure, all of which must be drawn as they are."""
    figure.draw_without_rendering()
    found = [text for text in figure.findobj(Text) if "$" in text.get_text()]
    assert not any(text.get_parse_math() for text in found)
    return {text.get_text() for text in found}


@pytest.mark.parametrize("kind", ["parameters", "groups", "trace", "predictive"])
def test_figures_of_a_fit(fit: bi.Fit, kind: str) -> None:
    assert drawn(fit.plot(kind))


def test_levels_are_the_labels_of_the_groups(fit: bi.Fit) -> None:
    assert {BROKEN, RANGE} <= drawn(fit.plot("groups"))


def test_figures_of_predictions(fit: bi.Fit) -> None:
    column = "in $x$ $\\foo$"
    assert any(RANGE in words for words in drawn(plot_prediction(fit.posterior, column, by="g")))
    _, axes = panels(1, 2, 6, 3)
    assert column in drawn(plot_prediction(fit.posterior, column, ax=axes[0, 0]))


def test_figures_of_effects(fit: bi.Fit) -> None:
    effect = fit.predictions(by="h")
    assert {BROKEN, RANGE} <= drawn(plot_effect(effect))
    _, axes = panels(1, 2, 6, 3)
    assert {BROKEN, RANGE} <= drawn(plot_effect(effect, axes[0, 0]))

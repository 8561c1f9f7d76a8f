"""The figure of an effect: each case with its credible intervals, and the value of no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesinf.effects.effect import Effect
from bayesinf.plots.marks import eye_words, half_eye, point_interval
from bayesinf.plots.style import FAINT, annotate, canvas, label_of, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WITH_DENSITY = 12
"""Cases up to which each has its density."""

NAMED = 60
"""Cases up to which each is named; more are put in order of their means."""


def plot_effect(effect: Effect, ax: Axes | None = None, prob: float | None = None) -> Figure:
    """Draws the answer to a question, case by case.

    Args:
        effect: From `fit.predictions`, `fit.comparisons` or `fit.slopes`.
        ax: Where to draw; None makes a figure.
        prob: Probability of the credible interval; None takes `bi.options.interval`.

    Returns:
        The figure that holds the axes, not shown.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> plot_effect(fit.slopes("Days")).axes[0].get_xlabel()
        'slope'
    """
    with style():
        draws = effect.draws.reshape(-1, effect.draws.shape[-1]).T
        cases = len(draws)
        row = 0.52 if cases <= WITH_DENSITY else 0.19 if cases <= NAMED else 0.0
        figure, axes = canvas(ax, 6.4, min(max(1.5, row * cases + 0.9), 12.0) if row else 5.0)
        if effect.null is not None:
            axes.axvline(effect.null, color=FAINT, linewidth=0.9, linestyle=(0, (3, 2)), zorder=0)
        note = _draw_cases(axes, effect, draws, prob)
        axes.set_xlabel(label_of(_axis_label(effect)), parse_math=False)
        null = "" if effect.null is None else f" Dashed: {effect.null:g}, no effect."
        doubt = f" {effect.headline}" if effect.verdict.of("bad", "warning") else ""
        annotate(figure, axes, ax is None, effect.question, f"{eye_words(prob)}{null}{note}{doubt}")
        return figure


def _draw_cases(axes: Axes, effect: Effect, draws: np.ndarray, prob: float | None) -> str:
    """Draws cases (case, draw) from top to bottom; says how they are ordered where it matters."""
    cases = len(draws)
    places = np.arange(cases)[::-1].astype(float)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if cases <= WITH_DENSITY:
        for place, values in zip(places, draws, strict=True):
            half_eye(axes, values, place, height=0.62, prob=prob)
        axes.set_ylim(-0.35, cases - 0.2)
    else:
        order = (
            np.argsort(draws.mean(axis=1), kind="stable")[::-1] if cases > NAMED else slice(None)
        )
        size = 4.0 if cases <= NAMED else 1.6
        point_interval(axes, draws[order], places, prob, size=size)
        axes.set_ylim(-0.8, cases - 0.2)
    if cases > NAMED:
        axes.set_yticks([])
        axes.set_ylabel(f"{cases} cases")
        return " Cases are in the order of their means."
    axes.set_yticks(places, [_label(label) for label in effect.labels], parse_math=False)
    named = ", ".join(str(name) for name in effect.names) if cases > 1 else ""
    axes.set_ylabel(named, parse_math=False)
    return ""


def _axis_label(effect: Effect) -> str:
    if effect.name == "comparison":
        return "ratio" if effect.null == 1 else "change"
    return "expected outcome" if effect.name == "prediction" else effect.name


def _label(parts: tuple[object, ...]) -> str:
    return label_of(", ".join(str(part) for part in parts))

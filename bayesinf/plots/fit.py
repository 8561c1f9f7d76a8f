"""Figures of a fit: its parameters, its groups, its chains, and its replicated data."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from bayesinf.criticism.likelihood import require_rows
from bayesinf.errors import ModelError, shortened, suggest
from bayesinf.plots.marks import eye_words, half_eye, point_interval
from bayesinf.plots.replicates import plot_predictive
from bayesinf.plots.style import FAINT, describe, grid_shape, hide_rest, label_of, panels, style
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import AnyPosterior, of_formula, title_of
from bayesinf.posterior.summary import scalar_draws

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("parameters", "groups", "trace", "predictive")

LABELLED_LEVELS = 80
"""Levels up to which each is named on the axis of a caterpillar plot."""


def plot_fit(
    posterior: AnyPosterior, kind: str = "parameters", prob: float | None = None
) -> Figure:
    """Draws a fit.

    Args:
        posterior: What is believed.
        kind: `"parameters"`: densities with credible intervals of population, family and scale
            parameters. `"groups"`: the effects of every level of every grouping factor.
            `"trace"`: the chains, by ArviZ. `"predictive"`: the data against replicated data.
        prob: Probability of the credible interval; None takes `bi.options.interval`.

    Returns:
        A matplotlib figure, not shown.

    Raises:
        ModelError: There is no such kind, or the model has no group effects to draw.
        DataError: `no-training-rows`, for `"predictive"` of a posterior that was loaded from disk.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> len(plot_fit(fit.posterior).axes)
        3
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise ModelError(
            f"There is no plot of kind {shortened(repr(kind))}.{suggest(str(kind), KINDS)}",
            code="unknown-kind",
            hint=f"The kinds are: {', '.join(KINDS)}.",
        )
    with style():
        match kind:
            case "parameters":
                return plot_parameters(posterior, prob)
            case "groups":
                return plot_groups(of_formula(posterior, "A plot of groups"), prob)
            case "trace":
                return plot_trace(posterior)
            case _:
                asked = of_formula(posterior, "A plot of replicated data")
                require_rows(asked)
                return plot_predictive(asked)


def plot_parameters(posterior: AnyPosterior, prob: float | None = None) -> Figure:
    """Draws the density of each parameter in its own unit, with mean and credible intervals."""
    names, draws = scalar_draws(posterior.model, posterior.values)
    rows, columns = grid_shape(len(names))
    figure, axes = panels(rows, columns, max(6.0, 2.35 * columns), 1.45 * rows)
    coefficients = len(posterior.model.design.names) if isinstance(posterior, Posterior) else 0
    for place, (ax, name) in enumerate(zip(axes.ravel(), names, strict=False)):
        half_eye(ax, draws[..., place], prob=prob)
        ax.set_title(label_of(name))
        strip(ax)
        low, high = ax.get_xlim()
        if (place < coefficients or name.startswith("cor:")) and low < 0 < high:
            ax.axvline(0, color=FAINT, linewidth=0.8, linestyle=(0, (3, 2)), zorder=0)
    hide_rest(axes, len(names))
    title = f"Posterior of the parameters: {title_of(posterior)}"
    describe(figure, title, f"{eye_words(prob)} Each panel has its own scale.")
    return figure


def strip(ax: Axes) -> None:
    """Leaves only the horizontal axis: heights of densities say nothing by themselves."""
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=4)
    ax.margins(y=0.12)


def plot_groups(posterior: Posterior, prob: float | None = None) -> Figure:
    """Draws the effects of every level, ordered by the first effect, one panel for each effect."""
    groups = posterior.model.design.rows.groups
    if not groups:
        raise ModelError(
            f"The model '{posterior.model.formula.text}' has no group effects to draw.",
            code="no-groups",
            hint='kind="parameters" draws the coefficients.',
        )
    most = max(len(group.levels) for group in groups)
    columns = sum(len(group.names) for group in groups)
    height = min(max(2.2, 0.19 * most + 0.7), 14.0)
    figure, axes = panels(1, columns, max(5.5, 3.2 * columns), height)
    place = 0
    for group, effects in zip(groups, posterior.values.effects, strict=True):
        flat = effects.reshape(posterior.values.count, *effects.shape[2:])
        order = np.argsort(flat[..., 0].mean(axis=0), kind="stable")
        for k, name in enumerate(group.names):
            ax = axes[0, place]
            levels = [group.levels[i] for i in order] if k == 0 else None
            _caterpillar(ax, flat[:, order, k].T, prob, levels)
            ax.set_title(label_of(f"{name} by {group.factor}"))
            place += 1
    title = f"How the groups differ: {posterior.model.formula.text}"
    caption = (
        f"{eye_words(prob)} Effects are deviations from the population (dashed); levels are in the "
        "order of their first effect."
    )
    describe(figure, title, caption)
    return figure


def _caterpillar(ax: Axes, draws: np.ndarray, prob: float | None, levels: list[str] | None) -> None:
    """Draws effects (level, draw) as rows from bottom to top, named where levels are given."""
    places = np.arange(len(draws))
    crowded = len(draws) > LABELLED_LEVELS
    ax.axvline(0, color=FAINT, linewidth=0.8, linestyle=(0, (3, 2)), zorder=0)
    point_interval(ax, draws, places, prob, size=2.0 if crowded else 4.0)
    ax.set_ylim(-0.7, len(draws) - 0.3)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    if levels is None or crowded:
        ax.set_yticks([])
    else:
        ax.set_yticks(places, [label_of(level) for level in levels])
        ax.grid(axis="y")
    if levels is None and not crowded:
        ax.set_yticks(places, [""] * len(places))
        ax.grid(axis="y")


def plot_trace(posterior: AnyPosterior) -> Figure:
    """Draws densities and chains of the parameters, as ArviZ draws them."""
    import arviz_base
    import arviz_plots
    import matplotlib.pyplot as plt

    names, draws = scalar_draws(posterior.model, posterior.values)
    # A name stands beside a low panel: its parts go below each other. Names of variables of a
    # tree hold no slash; this one looks the same.
    labels = [name.replace(":", ":\n").replace("/", "\u2215") for name in names]
    content = {"posterior": {label: draws[..., k] for k, label in enumerate(labels)}}
    if "diverging" in posterior.statistics:
        content["sample_stats"] = {"diverging": np.asarray(posterior.statistics["diverging"])}
    collection = arviz_plots.plot_trace_dist(arviz_base.from_dict(content), backend="matplotlib")
    figure = cast("Figure", collection.get_viz("figure"))
    plt.close(figure)
    for ax in figure.axes:
        last = ax is figure.axes[-1]
        below = ax.get_xlabel().replace("\n", "")
        ax.set_xlabel("" if below == "Draw" and not last else below, fontsize=8.5)
        ax.set_ylabel(ax.get_ylabel(), fontsize=8.5)
    figure.set_size_inches(9.0, 1.25 * len(names) + 0.4)
    figure.set_layout_engine("constrained")
    caption = "Left: densities, one line for each chain; right: the chains, draw by draw."
    describe(figure, f"The chains: {title_of(posterior)}", caption)
    return figure

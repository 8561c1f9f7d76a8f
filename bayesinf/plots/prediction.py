"""Predictions along one column: lines with ribbons, the data, and one panel for each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.criticism.likelihood import require_rows
from bayesinf.data.table import Table, unknown_column
from bayesinf.design import predictor_columns
from bayesinf.errors import DataError, ModelError
from bayesinf.formula.formula import group_columns
from bayesinf.keywords import require_names
from bayesinf.plots.marks import interval_words
from bayesinf.plots.style import (
    BLUE,
    ORANGE,
    POINT,
    annotate,
    canvas,
    describe,
    grid_shape,
    hide_rest,
    label_of,
    panels,
    style,
)
from bayesinf.posterior.posterior import Posterior
from bayesinf.prediction.predict import predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 60
"""Places along the column where predictions are made."""

MOST_PANELS = 36

MOST_DOTS = 5000
"""Data points that are drawn in a panel; of more, an evenly spaced part."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Predictions along a column, everything else being held.

    Attributes:
        x: Shape (point,). Values of the column.
        mean: Shape (point,). Expected outcome.
        credible: Shape (2, point). Interval of the expected outcome.
        predictive: Shape (2, point). Interval of one outcome; None for yes-or-no outcomes.
    """

    x: np.ndarray
    mean: np.ndarray
    credible: np.ndarray
    predictive: np.ndarray | None


def plot_prediction(
    posterior: Posterior,
    column: str,
    by: str | None = None,
    levels: Sequence[object] | None = None,
    prob: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draws predictions along a numeric column, with the data.

    Other numeric columns are held at their median, factors at their most frequent level, and
    grouping factors at a new level, so that the picture is about a group that the fit has not seen.

    Args:
        posterior: With its training rows.
        column: The numeric column along the horizontal axis.
        by: A factor: one panel for each of its levels, with the level's own data; for a grouping
            factor, a last panel shows a new level.
        levels: Which levels of `by` to show, in order; None shows all.
        prob: Probability of both intervals; None takes `bi.options.interval`.
        ax: Where to draw; only without `by`.

    Returns:
        The figure, not shown.

    Raises:
        DataError: A column is unknown or not a number, a level was not seen, or the posterior was
            loaded from disk, without data to draw.
        ModelError: `not-a-column-name`; too many panels, or `ax` together with `by`.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> plot_prediction(fit.posterior, "Days").axes[0].get_ylabel()
        'Reaction'
    """
    require_rows(posterior)
    require_names(column=column, by=by)
    _check_column(posterior, column)
    with style():
        if by is None:
            return _single(posterior, column, prob, ax)
        if ax is not None:
            raise ModelError("by= makes several panels, so it has no ax=.", code="ax-and-by")
        return _multiples(posterior, column, by, levels, prob)


def curve(
    posterior: Posterior, column: str, fixed: dict[str, object], prob: float | None = None
) -> Curve:
    """Predicts along a column.

    Args:
        posterior: With its training rows.
        column: The numeric column.
        fixed: Values of other columns; those not named are held at typical values.
        prob: Probability of both intervals.

    Returns:
        The curve; with trials, all numbers are shares of them.
    """
    seen = posterior.model.design.recipe.schema.columns[column]
    assert seen.low is not None and seen.high is not None
    x = np.linspace(seen.low, seen.high, POINTS)
    held = {**typical(posterior), **fixed}
    rows = {name: [value] * POINTS for name, value in held.items()} | {column: x}
    expected = predict(posterior, rows, kind="mean")
    trials = expected.predictor.rows.known.trials
    scale = 1.0 if trials is None else 1.0 / trials
    frame = expected.frame(prob)
    bands = frame[["lower", "upper"]].to_numpy().T * scale
    predictive = None
    if not posterior.model.family.two_levels:
        outcome = predict(posterior, rows, kind="response").frame(prob)
        predictive = outcome[["lower", "upper"]].to_numpy().T * scale
    return Curve(x, frame["mean"].to_numpy() * scale, bands, predictive)


def typical(posterior: Posterior) -> dict[str, Any]:
    """A typical value of each predictor column: median, most frequent level, or a new group."""
    design = posterior.model.design
    table = design.table
    assert table is not None
    grouping = grouping_columns(posterior)
    values: dict[str, Any] = {}
    for name in predictor_columns(posterior.model.formula):
        column = table.columns[name]
        kind = design.recipe.schema.columns[name].kind
        if name in grouping:
            values[name] = new_level(name, column)
        elif kind == "number":
            values[name] = float(np.median(column))
        else:
            found, counts = np.unique(column, return_counts=True)
            values[name] = found[counts.argmax()]
    return values


def grouping_columns(posterior: Posterior) -> set[str]:
    """The columns that appear in the model as grouping factors only."""
    formula = posterior.model.formula
    calls = [call for call in formula.terms if call.term == "varying"]
    groups = {name for call in calls for name in group_columns(call.arguments[1])}
    plain = {name for call in formula.terms if call.term != "varying" for name in call.variables}
    return groups - plain


def new_level(name: str, column: np.ndarray) -> object:
    """A level of a grouping column that the fit has not seen."""
    if column.dtype != object:
        return column.max() + 1
    level, seen = f"new {name}", set(column.tolist())
    while level in seen:
        level = f"another {level}"
    return level


def _check_column(posterior: Posterior, column: str) -> None:
    columns = posterior.model.design.recipe.schema.columns
    if column not in columns:
        raise unknown_column(column, tuple(columns))
    if columns[column].kind != "number" or columns[column].low is None:
        raise DataError(
            f"Column '{column}' is a {columns[column].kind}; a line needs a numeric column.",
            code="not-a-number",
            column=column,
            hint=f"fit.predictions(by={column!r}) compares its levels.",
        )


def _single(posterior: Posterior, column: str, prob: float | None, ax: Axes | None) -> Figure:
    figure, axes = canvas(ax, 6.4, 3.8)
    _dots(axes, posterior, column, None)
    _ribbons(axes, curve(posterior, column, {}, prob), BLUE)
    outcome = _outcome(posterior)
    axes.set_xlabel(label_of(column), parse_math=False)
    axes.set_ylabel(label_of(outcome), parse_math=False)
    annotate(
        figure,
        axes,
        ax is None,
        f"{outcome} along {column}",
        f"{_caption(posterior, prob)}{_held(posterior, column)}",
    )
    return figure


def _multiples(
    posterior: Posterior,
    column: str,
    by: str,
    levels: Sequence[object] | None,
    prob: float | None,
) -> Figure:
    table = posterior.model.design.table
    assert table is not None
    shown = _levels(posterior, table, by, levels)
    fresh = by in grouping_columns(posterior)
    count = len(shown) + int(fresh)
    rows, columns = grid_shape(count, most=6)
    large = count <= 4
    figure, axes = panels(
        rows,
        columns,
        max(6.0, (3.0 if large else 1.75) * columns),
        (2.5 if large else 1.5) * rows + 0.4,
        shared=True,
    )
    for ax, level in zip(axes.ravel(), shown, strict=False):
        _dots(ax, posterior, column, table.columns[by] == level)
        _ribbons(ax, curve(posterior, column, {by: level}, prob), BLUE)
        ax.set_title(label_of(f"{by} = {level}" if large else level))
    if fresh:
        ax = axes.ravel()[count - 1]
        _ribbons(ax, curve(posterior, column, {}, prob), ORANGE)
        ax.set_title(label_of(f"a new {by}"), color=ORANGE, fontweight="bold")
    hide_rest(axes, count)
    _keep_tick_labels(axes, count)
    outcome = _outcome(posterior)
    caption = f"{_caption(posterior, prob)}{_held(posterior, column, by)}"
    room = describe(figure, f"{outcome} along {column}, by {by}", caption)
    figure.supxlabel(column, fontsize=9.5)
    figure.supylabel(outcome, y=room / 2, fontsize=9.5)
    return figure


def _keep_tick_labels(axes: np.ndarray, used: int) -> None:
    """Gives the last panel of each column its tick labels, also above a panel that is hidden."""
    columns = axes.shape[1]
    for place in range(max(0, used - columns), used):
        axes.ravel()[place].tick_params(labelbottom=True)


def _levels(
    posterior: Posterior, table: Table, by: str, levels: Sequence[object] | None
) -> list[Any]:
    columns = posterior.model.design.recipe.schema.columns
    if by not in columns:
        raise unknown_column(by, tuple(columns))
    seen = list(columns[by].levels) or sorted(set(table.columns[by].tolist()))
    chosen = seen if levels is None else list(levels)
    unseen = [level for level in chosen if level not in seen]
    if unseen:
        raise DataError(
            f"The fit has not seen {unseen[0]!r} in column '{by}'.",
            code="unseen-level",
            column=by,
            hint=f"Its levels are {', '.join(str(level) for level in seen[:10])} ...",
        )
    if len(chosen) > MOST_PANELS:
        raise ModelError(
            f"Column '{by}' has {len(chosen)} levels; a figure shows at most {MOST_PANELS} panels.",
            code="too-many-panels",
            hint=f"Choose some: levels=[{seen[0]!r}, {seen[1]!r}].",
        )
    return chosen


def _dots(ax: Axes, posterior: Posterior, column: str, rows: np.ndarray | None) -> None:
    design = posterior.model.design
    assert design.table is not None
    trials = design.rows.known.trials
    y = design.response if trials is None else design.response / trials
    x = design.table.columns[column]
    keep = np.arange(len(y)) if rows is None else np.flatnonzero(rows)
    keep = keep[:: max(1, -(-len(keep) // MOST_DOTS))]
    alpha = float(np.clip(30 / np.sqrt(max(len(keep), 1)) / 6, 0.15, 0.85))
    ax.plot(x[keep], y[keep], "o", color=POINT, markersize=3.2, alpha=alpha, markeredgewidth=0)


def _ribbons(ax: Axes, found: Curve, colour: str) -> None:
    if found.predictive is not None:
        ax.fill_between(found.x, *found.predictive, color=colour, alpha=0.12, linewidth=0)
    ax.fill_between(found.x, *found.credible, color=colour, alpha=0.30, linewidth=0)
    ax.plot(found.x, found.mean, color=colour, linewidth=1.5)


def _outcome(posterior: Posterior) -> str:
    response = posterior.model.formula.response
    return f"{response.expression} / {response.trials}" if response.trials else response.expression


def _caption(posterior: Posterior, prob: float | None) -> str:
    text = f"Line and dark band: expected outcome with its {interval_words(prob)}; "
    if not posterior.model.family.two_levels:
        text += f"light band: {interval_words(prob, 'predictive interval')} of one outcome; "
    return f"{text}points: data."


def _held(posterior: Posterior, *moving: str) -> str:
    """Says where the other columns are held."""
    grouping = grouping_columns(posterior)
    held = [
        f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in typical(posterior).items()
        if name not in moving and name not in grouping
    ]
    new = [name for name in sorted(grouping) if name not in moving]
    text = f" For a new {' and '.join(new)}." if new else ""
    if held:
        more = f" and {len(held) - 6} more" if len(held) > 6 else ""
        text += f" Held: {', '.join(held[:6])}{more}."
    return text

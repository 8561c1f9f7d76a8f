"""One look for every figure: restrained, colour-blind safe, and never set globally.

    with style():
        figure, axes = panels(1, 3)

Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.errors import ModelError, printable, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE = "#0072B2"
ORANGE = "#D55E00"
INK = "#24292f"
FAINT = "#6e7781"
POINT = "#57606a"

LEFT = 0.12
"""Inches between the figure's left edge and its title."""

# Names of columns and levels are no mathematics and no TeX, whatever signs they hold.
_RULES: dict[Any, Any] = {
    "text.parse_math": False,
    "text.usetex": False,
    "axes.formatter.use_mathtext": False,
    "figure.facecolor": "white",
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": INK,
    "axes.facecolor": "white",
    "axes.edgecolor": "#afb8c1",
    "axes.linewidth": 0.8,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.5,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.formatter.useoffset": False,
    "xtick.color": "#afb8c1",
    "ytick.color": "#afb8c1",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "grid.color": "#eaeef2",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.solid_capstyle": "round",
}


@contextmanager
def style() -> Iterator[None]:
    """Draws with the library's look inside a `with` block; settings outside stay as they were."""
    import matplotlib

    with matplotlib.rc_context(_RULES):
        yield


def panels(
    rows: int, columns: int, width: float, height: float, shared: bool = False
) -> tuple[Figure, np.ndarray]:
    """Makes a figure with a grid of axes.

    Args:
        rows: Of the grid.
        columns: Of the grid.
        width: Inches, of the whole figure.
        height: Inches, without title and caption.
        shared: Whether all panels have the same scales.

    Returns:
        The figure, and its axes (row, column). The figure belongs to the caller alone: pyplot has
        forgotten it, so that a notebook shows it once and nothing piles up.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width, height),
        layout="constrained",
        squeeze=False,
        sharex=shared,
        sharey=shared,
    )
    plt.close(figure)
    return figure, axes


def canvas(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """The caller's axes, or new ones."""
    if ax is None:
        figure, axes = panels(1, 1, width, height)
        return figure, axes[0, 0]
    from matplotlib.figure import Figure

    if not isinstance(ax.figure, Figure):
        raise ModelError("ax must belong to a figure, not to a part of one.", code="subfigure")
    return ax.figure, ax


def describe(figure: Figure, title: str, caption: str) -> float:
    """Writes title and caption above the panels, and makes room for them.

    Args:
        figure: With a constrained layout.
        title: What is shown.
        caption: What lines, bands and points mean; names every interval's kind and probability.

    Returns:
        The share of the figure's height that is left to the panels.
    """
    width, height = figure.get_size_inches()
    title_lines = wrap(printable(title), max(20, int(width * 9.2)))
    caption_lines = wrap(caption, max(20, int(width * 15.2)))
    top = 0.14 + 0.21 * len(title_lines)
    used = top + 0.05 + 0.165 * len(caption_lines) + 0.08
    height += used
    figure.set_size_inches(width, height)
    x = LEFT / width
    figure.text(
        x, 1 - 0.1 / height, "\n".join(title_lines), va="top", fontsize=11.5, fontweight="bold"
    )
    figure.text(x, 1 - top / height, "\n".join(caption_lines), va="top", fontsize=8.5, color=FAINT)
    engine = figure.get_layout_engine()
    if engine is not None:
        room = {"rect": (0, 0, 1, 1 - used / height), "w_pad": 0.08, "h_pad": 0.07}
        engine.set(**room)
    return 1 - used / height


def label_of(name: object) -> str:
    """A column or a level as a label: text that shows, and leaves room for the picture."""
    return str(shown(str(name)))


def describe_axes(ax: Axes, title: str, caption: str) -> None:
    """Writes title and caption above axes that the caller has made."""
    width = max(ax.get_window_extent().width / ax.get_figure(root=True).dpi, 2.0)  # pyright: ignore[reportOptionalMemberAccess]
    lines = [*wrap(printable(title), int(width * 13)), *wrap(caption, int(width * 15))]
    ax.set_title("\n".join(lines), loc="left", fontsize=8.5, parse_math=False)


def annotate(figure: Figure, ax: Axes, own: bool, title: str, caption: str) -> None:
    """Writes title and caption where they belong: above the figure if it is ours, else the axes.

    Args:
        figure: That holds the axes.
        ax: Where was drawn.
        own: Whether the figure was made for this plot alone.
        title: What is shown.
        caption: What the marks mean.
    """
    if own:
        describe(figure, title, caption)
    else:
        describe_axes(ax, title, caption)


def grid_shape(count: int, most: int = 4) -> tuple[int, int]:
    """Rows and columns of a grid for some panels: nearly square, with few places left empty."""
    square = int(np.ceil(np.sqrt(count)))
    columns = min(
        {min(square, most), min(square + 1, most)},
        key=lambda width: (-count % width, width),
    )
    return -(-count // columns), columns


def hide_rest(axes: np.ndarray, used: int) -> None:
    """Hides the panels of a grid that are not used."""
    for ax in axes.ravel()[used:]:
        ax.set_visible(False)

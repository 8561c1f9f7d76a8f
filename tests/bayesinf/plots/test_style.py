from __future__ import annotations

import matplotlib as mpl
import pytest

from bayesinf.plots.style import canvas, describe, grid_shape, panels, style


def test_settings_outside_stay_as_they_were() -> None:
    before = mpl.rcParams.copy()
    with style():
        assert not mpl.rcParams["axes.spines.top"]
    assert mpl.rcParams == before


def test_figures_belong_to_the_caller_alone() -> None:
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    panels(2, 2, 4, 3)
    assert plt.get_fignums() == before


def test_a_caption_makes_room_for_itself() -> None:
    figure, axes = panels(1, 1, 6, 3)
    room = describe(figure, "A title", "What the lines mean. " * 20)
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    assert width == 6 and height == pytest.approx(3 / room)
    assert axes[0, 0].get_position().y1 < room
    lowest = min(text.get_window_extent().y0 for text in figure.texts)
    assert lowest > axes[0, 0].get_window_extent().y1
    assert max(text.get_window_extent().x1 for text in figure.texts) < figure.bbox.width


def test_axes_of_the_caller_are_used() -> None:
    figure, axes = panels(1, 2, 6, 3)
    assert canvas(axes[0, 1], 1, 1) == (figure, axes[0, 1])


@pytest.mark.parametrize(
    ("count", "shape"), [(1, (1, 1)), (2, (1, 2)), (3, (1, 3)), (4, (2, 2)), (7, (2, 4))]
)
def test_grids_leave_few_places_empty(count: int, shape: tuple[int, int]) -> None:
    assert grid_shape(count) == shape
    assert grid_shape(19, most=6) == (4, 5)

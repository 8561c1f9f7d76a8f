"""Pictures become bytes, the same picture always the same bytes."""

from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest
from matplotlib.figure import Figure

from bayesinf.errors import BayesinfError
from bayesinf.report.figures import LARGEST_SVG, encode


def scatter(points: int) -> Figure:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    x = np.random.default_rng(1).normal(size=(2, points))
    axes.scatter(*x, s=1)
    return figure


def test_a_small_figure_is_vector_graphics_and_always_the_same() -> None:
    first, second = encode(scatter(10)), encode(scatter(10))
    assert first.mime == "image/svg+xml" and first.suffix == ".svg"
    assert first == second


def test_a_figure_of_many_points_becomes_a_png() -> None:
    found = encode(scatter(30_000))
    assert found.mime == "image/png" and found.suffix == ".png"
    assert len(found.data) < LARGEST_SVG


def test_bytes_of_a_picture_are_kept_as_they_are() -> None:
    svg = encode(scatter(3)).data
    assert encode(svg).data is svg
    png = b"\x89PNG\r\n\x1a\n" + bytes(20)
    assert encode(png).mime == "image/png"


def test_other_bytes_are_refused() -> None:
    with pytest.raises(BayesinfError, match="PNG or SVG") as caught:
        encode(b"GIF89a")
    assert caught.value.code == "not-a-picture"


def test_a_data_uri_holds_the_bytes() -> None:
    found = encode(scatter(3))
    head, _, body = found.uri.partition(",")
    assert head == "data:image/svg+xml;base64"
    assert b64decode(body) == found.data

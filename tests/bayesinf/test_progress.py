"""The progress bar: silent in pipes and for short work, and drawn in a terminal after that."""

from __future__ import annotations

import io
import sys

import pytest

import bayesinf as bi
from bayesinf.numerics.nuts import Progress
from bayesinf.progress import PATIENCE, progress_bar


class Terminal(io.StringIO):
    """Says that it is a terminal, and keeps what is drawn."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    drawn = Terminal()
    monkeypatch.setattr(sys, "stderr", drawn)
    return drawn


def show(seconds: float, **words: str) -> None:
    with progress_bar("y ~ x", **words) as report:
        assert report is not None
        report(Progress(30, 120, 2, seconds, 5.0))


def test_long_work_shows_how_far_it_is(terminal: Terminal) -> None:
    show(PATIENCE + 1)
    assert "30/120 draws, 2 divergent" in terminal.getvalue()


def test_fleets_count_models(terminal: Terminal) -> None:
    show(PATIENCE + 1, unit="models")
    assert "30/120 models" in terminal.getvalue()
    assert "divergent" not in terminal.getvalue()


def test_short_work_shows_nothing(terminal: Terminal) -> None:
    show(PATIENCE / 2)
    assert terminal.getvalue() == ""


def test_pipes_and_those_who_want_none_get_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar("y ~ x") as report:
        assert report is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(bi.options, "progress", False)
    with progress_bar("y ~ x") as report:
        assert report is None

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


def shown(monkeypatch: pytest.MonkeyPatch, seconds: float, *unit: str) -> str:
    """What a terminal shows of work that has taken so many seconds."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("y ~ x", *unit) as report:
        assert report is not None
        report(Progress(30, 120, 2, seconds, 5.0))
    return terminal.getvalue()


def test_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "30/120 draws, 2 divergent" in shown(monkeypatch, PATIENCE + 1)


def test_fleets_count_models(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, PATIENCE + 1, "models")
    assert "30/120 models" in text and "divergent" not in text


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, PATIENCE / 2) == ""


def test_pipes_and_those_who_want_none_get_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar("y ~ x") as report:
        assert report is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(bi.options, "progress", False)
    with progress_bar("y ~ x") as report:
        assert report is None

"""The page: each benchmark replaces its own section and leaves the others alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from benchmarks import page


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    place = tmp_path / "page.md"
    for name in page.SECTIONS:
        page.write_section(name, f"text of {name}", place)
    page.write_section("gpu", "newer", place)
    text = place.read_text(encoding="utf-8")
    assert "newer" in text and "text of gpu" not in text
    assert all(f"text of {name}" in text for name in page.SECTIONS if name != "gpu")
    assert page.NOT_YET not in text and text.startswith("# Benchmarks")


def test_the_page_in_the_repository_has_every_section() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    for name, title in page.SECTIONS.items():
        assert page.replaced(text, name, "x") != text and f"## {title}\n" in text


@pytest.mark.parametrize("broken", ["", "<!-- end gpu --> <!-- begin gpu -->"])
def test_a_page_without_the_markers_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="once, in this order"):
        page.replaced(broken, "gpu", "text")


def test_columns_of_numbers_stand_right() -> None:
    made = page.table(["name", "s"], [["a", "1.5"], ["b", "–"]])
    assert made.splitlines() == ["| name | s |", "| --- | ---: |", "| a | 1.5 |", "| b | – |"]


def test_what_another_benchmark_prints_becomes_its_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "page.md"
    monkeypatch.setattr("sys.stdin", io.StringIO('{"models": 10000, "seconds": 9.25}\n'))
    assert page.main(["fleet", "--page", str(place)]) == 0
    assert "| models | 10,000 |" in place.read_text(encoding="utf-8")
    assert "9.25" in capsys.readouterr().out
    two = '{"a": 1}\n{"a": 2, "b": "x"}\nall passed\n'
    monkeypatch.setattr("sys.stdin", io.StringIO(two))
    assert page.main(["posteriordb", "--page", str(place)]) == 0
    text = place.read_text(encoding="utf-8")
    assert "```text\nall passed\n```" in text and "| 1 | – |\n| 2 | x |" in text
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert page.main(["fleet", "--page", str(place)]) == 1
    assert place.read_text(encoding="utf-8") == text

"""The main job: it prints both answers, the first one first, and writes one report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bayesinf.cli import main


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The demo, run once."""
    from causal import demo

    said: list[str] = []
    out = tmp_path_factory.mktemp("demo")
    return {"numbers": demo.run(out, said.append), "said": said, "out": out}


def test_the_first_thing_said_is_the_sleepstudy_table(told: dict[str, Any]) -> None:
    first = told["said"][0]
    assert first.startswith("Sleep deprivation") and "sd:Subject:Days" in first


def test_the_effect_is_the_published_one_within_a_little(told: dict[str, Any]) -> None:
    (effect, *_) = told["numbers"]["nhefs"]["effect"]
    assert effect["estimand"] == "ATE"
    assert effect["mean"] == pytest.approx(3.46, abs=0.15)
    assert any("E-value" in sentence for sentence in told["numbers"]["nhefs"]["findings"])


def test_a_new_person_gets_ten_days_with_widening_intervals(told: dict[str, Any]) -> None:
    days = told["numbers"]["sleepstudy"]["new_person"]
    assert [line["Days"] for line in days] == list(range(10))
    widths = [line["upper"] - line["lower"] for line in days]
    assert widths[9] > widths[4] > widths[0] > 80


def test_one_report_and_two_pictures_are_written(told: dict[str, Any]) -> None:
    out: Path = told["out"]
    assert sorted(path.name for path in out.iterdir()) == [
        "nhefs.png",
        "report.html",
        "sleepstudy.png",
    ]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "A person who was never measured" in page and "Quitting smoking and weight" in page
    assert page.index("never measured</h3>") < page.index("leave-one-out</h3>")


def test_the_shell_finds_the_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from causal import demo

    monkeypatch.setattr(demo, "run", lambda out, _: {"files": [str(out)]})
    assert main(["demo", "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"main-job": {"files": [str(tmp_path)]}}

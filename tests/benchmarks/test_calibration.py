"""Calibration's cells, their correction and their pictures, small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.criticism.simulation import simulate
from benchmarks import calibration, cells, gpu
from benchmarks.shapes import ALL as SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_simulate_data_that_look_like_data(shape: str) -> None:
    model = SHAPES[shape]()
    data = simulate(model, bi.Streams(1), 100)
    assert np.isfinite(data.responses).all() and np.isfinite(data.truths).all()
    assert np.median(np.abs(data.responses)) < 100
    assert len({tuple(row) for row in data.responses}) > 60


def test_shapes_differ_in_structure() -> None:
    seen = {
        (model.family.name, tuple(g.label for g in model.design.rows.groups), model.layout.size)
        for model in (make() for make in SHAPES.values())
    }
    assert len(seen) == len(SHAPES) >= 8


def test_a_cell_ranks_truths_or_says_why_not() -> None:
    found = cells.run_cell("conjugate", "linear", 30, None)
    assert found["simulations"] == 30 and 0 < found["smallest_p"] <= 1
    again = cells.calibration_of(found)
    assert again.ranks.shape == (30, found["tests"]) and again.passes()
    assert "group effects" in cells.run_cell("conjugate", "slopes", 5, None)["refuses"]


def test_a_budget_leaves_out_data_sets() -> None:
    data = simulate(SHAPES["linear"](), bi.Streams(1), 40)
    engine = cells.engine_named("conjugate")
    assert cells.affordable(engine, data, 0.0) == cells.FEWEST
    assert cells.affordable(engine, data, 1e6) == 40
    fewer = cells.first_of(data, 25)
    assert len(fewer) == 25 and fewer.parameters.count == 25
    np.testing.assert_array_equal(fewer.truths, data.truths[:25])
    found = cells.run_cell("conjugate", "linear", 40, 0.0)
    assert found["simulations"] == cells.FEWEST


def line(engine: str, p: float, approximate: bool = False) -> dict[str, Any]:
    return {
        "engine": engine,
        "shape": "linear",
        "simulations": 200,
        "tests": 50,
        "smallest_p": p,
        "worst": "x",
        "seconds": 1.0,
        "approximate": approximate,
    }


def test_p_values_are_corrected_for_all_tests_together() -> None:
    judged = calibration.judged([line("nuts", 2e-4), line("conjugate", 5e-5)])
    assert [one["engine"] for one in judged] == ["conjugate", "nuts"]
    assert [one["corrected_p"] for one in judged] == pytest.approx([5e-3, 2e-2])
    assert [calibration.passes(one) for one in judged] == [False, True]
    shown = calibration.table_of(judged)
    assert "| NO |" in shown and "| yes |" in shown


def test_approximate_engines_are_shown_and_not_counted() -> None:
    judged = calibration.judged([line("nuts", 2e-4), line("laplace", 1e-6, approximate=True)])
    assert calibration.exact_tests(judged) == 50
    assert "NO (approximate)" in calibration.section(judged)


def test_smallest_p_can_fail_a_large_table() -> None:
    """A p-value must be able to lie below the level that Bonferroni leaves to a thousand tests."""
    assert 1 / (cells.REPLICATIONS + 1) < calibration.LEVEL / 1000


def test_pictures_are_drawn(tmp_path: Path) -> None:
    found = cells.run_cell("conjugate", "linear", 30, None)
    biased = {**found, "shape": "slopes", "ranks": (np.array(found["ranks"]) // 3).tolist()}
    calibration.draw([found, biased], tmp_path)
    assert (tmp_path / "conjugate.png").read_bytes().startswith(b"\x89PNG")


def test_a_task_runs_on_the_cpu_and_what_is_absent_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = bi.options.device
    found = gpu.measure("logistic1m", "cpu", 0.001, tmp_path)
    bi.options.device = before
    assert found["min_ess"] > 400 and found["second"] > 0
    shown = gpu.section([found, {"task": "fleet", "device": "cpu", "timed_out": 9.0}])
    assert "No accelerator was found" in shown and "> 9" in shown
    assert gpu.main(["--task", "verbagg", "--device", "cpu", "--data", str(tmp_path)]) == 0
    assert "verbagg is skipped" in capsys.readouterr().err

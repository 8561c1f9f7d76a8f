"""Calibration's cells, their two stages and their page, small."""

from __future__ import annotations

import json
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.criticism.simulation import simulate
from benchmarks import calibration, calibration_page, cells, gpu, mutations, sampler_bugs, stages
from benchmarks.shapes import ALL as SHAPES, SIZES


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_simulate_data_that_look_like_data(shape: str, rows: int) -> None:
    model = SHAPES[shape](rows)
    assert len(model.design.response) == rows
    data = simulate(model, bi.Streams(1), 100)
    assert np.isfinite(data.responses).all() and np.isfinite(data.truths).all()
    assert np.median(np.abs(data.responses)) < 100
    assert len({tuple(row) for row in data.responses}) > 30


def test_shapes_differ_in_structure_and_hold_every_family_with_and_without_groups() -> None:
    models = [make(50) for make in SHAPES.values()]
    assert len({(m.family.name, repr(m.formula), m.layout.size) for m in models}) == len(SHAPES)
    seen = {(m.family.name, bool(m.design.rows.groups)) for m in models}
    assert len(seen) == 2 * len(bi.families.ALL)


def test_a_cell_ranks_truths_or_says_why_not() -> None:
    found = cells.run_cell("conjugate", "linear", 6, 30, None, seed=1)
    assert found["simulations"] == 30 and found["tests"] == len(found["first"])
    assert found["passes"] and 0 < min(found["first"].values()) <= 1
    again = cells.calibration_of(found)
    assert again.ranks.shape == (30, found["tests"]) and again.passes()
    assert "group effects" in cells.run_cell("conjugate", "slopes", 6, 5, None, 1)["refuses"]


def test_a_budget_leaves_out_data_sets() -> None:
    data = simulate(SHAPES["linear"](6), bi.Streams(1), 3)
    engine = cells.engine_named("conjugate")
    assert cells.affordable(engine, data, 0.0, 400) == cells.FEWEST
    assert cells.affordable(engine, data, 1e6, 400) == 400
    assert cells.affordable(engine, data, 0.0, 20) == 20


def test_a_suspect_is_looked_at_again_on_new_data_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(stages, "FIRST", 1.1)
    program = stages.Program(SHAPES["plain"](6), cells.engine_named("fleet"))
    fitted = stages.Program.fitted

    def watched(self, simulations, streams):
        seen.append(len(simulations))
        return fitted(self, simulations, streams)

    monkeypatch.setattr(stages.Program, "fitted", watched)
    found = stages.in_two_stages(program, 20, seed=3)
    assert seen == [20] * (1 + stages.MORE)
    assert set(found["second"]) == set(found["names"]) and found["passes"]
    assert found["second"] != found["first"]


def test_p_values_can_be_small_enough_to_fail() -> None:
    assert stages.FLOORS[0] < stages.FIRST / 10 and stages.FLOORS[1] < stages.SECOND / 10
    assert stages.false_alarm(2000) == pytest.approx(2e-4)


@pytest.mark.parametrize("bug", sampler_bugs.ALL, ids=lambda bug: bug.engine)
def test_a_sampler_s_bug_is_in_force_only_where_it_is_planted(bug: sampler_bugs.SamplerBug) -> None:
    right = pkgutil.resolve_name(bug.place)
    with bug.planted():
        assert pkgutil.resolve_name(bug.place) is not right
    assert pkgutil.resolve_name(bug.place) is right


QUICK = [
    bug
    for bug in sampler_bugs.ALL
    if bug.engine in ("conjugate", "laplace", "marginal", "quadrature")
]


@pytest.mark.parametrize("bug", QUICK, ids=lambda bug: bug.engine)
def test_a_sampler_s_bug_changes_draws_while_it_is_planted(bug: sampler_bugs.SamplerBug) -> None:
    model = simulate(SHAPES[bug.shape](20), bi.Streams(1), 1).model_of(0)
    engine = cells.engine_named(bug.engine)

    def drawn() -> dict[str, bytes]:
        arrays = engine.solve(model, bi.Streams(1), None).draws.arrays()
        return {name: values.tobytes() for name, values in arrays.items()}

    right = drawn()
    with bug.planted():
        wrong = drawn()
    assert wrong != right
    assert drawn() == right


def test_every_exact_engine_has_a_bug_planted_into_it() -> None:
    exact = set(cells.names_of_engines()) - cells.APPROXIMATE
    assert {bug.engine for bug in mutations.ALL} == exact


def test_planted_bugs_have_names_and_run() -> None:
    assert len({bug.name for bug in mutations.ALL}) == len(mutations.ALL) >= 12
    for bug in mutations.ALL:
        engine, model = cells.engine_named(bug.engine), SHAPES[bug.shape](6)
        assert engine.refuses(bug.model(model)) is None


def line(engine: str, p: float, shape: str = "linear", **changed: Any) -> dict[str, Any]:
    return {
        "engine": engine,
        "shape": shape,
        "rows": 6,
        "seed": 1,
        "simulations": 200,
        "tests": 2,
        "first": {"x": p, "z": 0.5},
        "second": {},
        "passes": True,
        "approximate": engine == "svi",
        "few_draws": 0.0,
        "divergent": 0.5,
        "seconds_of_fits": 1.0,
        "seconds": 1.0,
        **changed,
    }


def bug(name: str, **changed: Any) -> dict[str, Any]:
    found = line("fleet", 1e-5, "plain", passes=False, second={"x": 1e-6}, **changed)
    return {"mutation": name, **found}


def test_the_page_tells_caught_bugs_and_failures_from_the_rest() -> None:
    lines = [
        line("nuts", 0.2),
        line("conjugate", 2e-4, passes=False, second={"x": 1e-6}),
        line("svi", 1e-5, passes=False),
        bug("offset ignored"),
        bug("weights ignored", rows=50) | {"passes": True},
    ]
    assert [calibration_page.is_good(one) for one in lines] == [True, False, True, True, False]
    text = calibration_page.section(lines)
    assert "1 of 1 at 6 rows" in text and "0 of 1 at 50 rows" in text
    assert "| linear | gaussian | 200 FAILS | 200 |" in text
    assert "not caught (x: p ≤ 2e-5, then p ≤ 1e-5)" in text
    assert "4 tests of exact engines" in text and "1 cells failed" in text


def test_lines_are_kept_and_not_run_again(tmp_path: Path, capsys) -> None:
    file = tmp_path / "lines.jsonl"
    broken = {"engine": "nuts", "shape": "linear", "rows": 6, "seed": 1, "error": "killed"}
    whose = {"source": cells.source(), "asked": "1000 data sets in 200 s"}
    kept = [line("conjugate", 0.3), line("conjugate", 0.4, **whose), broken]
    file.write_text("".join(f"{json.dumps(one)}\n" for one in kept), encoding="utf-8")
    assert calibration.read_lines([file, tmp_path / "absent"]) == [kept[1]]
    chosen = ["--part", "engines", "--engine", "conjugate", "--shape", "linear", "--rows", "6"]
    assert calibration.main([*chosen, "--json", str(file)]) == 0
    assert "| linear | gaussian | 200 |" in capsys.readouterr().out
    assert len(file.read_text(encoding="utf-8").splitlines()) == 3


def test_lines_of_other_code_or_of_less_are_run_again() -> None:
    given = calibration.with_defaults(calibration.parser().parse_args(["--budget", "9"]))
    job = {"engine": "conjugate", "shape": "linear", "rows": 6, "seed": 1}
    known = {**job, "source": cells.source(), "asked": cells.asked_of(job, 1000, 9.0)}
    assert calibration.left_to_run([job], [known], given) == []
    for other in ({"source": "another"}, {"asked": "200 data sets in 9 s"}, {"rows": 50}):
        assert calibration.left_to_run([job], [{**known, **other}], given) == [job]


def test_the_page_says_whose_code_ran() -> None:
    own = line("nuts", 0.2, source=cells.source())
    assert "today's code" in calibration_page.section([own])
    assert "0123456789ab; that of the code" in calibration_page.section(
        [{**own, "source": "0123456789ab"}]
    )


def test_jobs_are_everything_or_a_quick_choice() -> None:
    every = calibration.with_defaults(calibration.parser().parse_args([]))
    quick = calibration.with_defaults(calibration.parser().parse_args(["--fast"]))
    jobs = calibration.jobs_of(every)
    assert len(jobs) == 2 * (len(mutations.ALL) + len(SHAPES) * len(cells.names_of_engines()))
    assert jobs[0]["engine"] == "smc" and jobs[0]["rows"] == 50
    few = [job for job in calibration.jobs_of(quick) if "engine" in job]
    assert {job["rows"] for job in few} == {6}
    assert len(few) == 2 * len(cells.names_of_engines())


def test_pictures_are_drawn(tmp_path: Path) -> None:
    found = cells.run_cell("conjugate", "linear", 6, 30, None, 1)
    biased = {**found, "shape": "slopes", "ranks": (np.array(found["ranks"]) // 3).tolist()}
    calibration.draw([found, biased], tmp_path)
    assert (tmp_path / "conjugate_6.png").read_bytes().startswith(b"\x89PNG")


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

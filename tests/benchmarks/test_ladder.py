"""The ladder's processes, comparisons and tables, on lines that are made up."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayesinf as bi
from benchmarks import ladder, peers, references, tables
from benchmarks.processes import cache_environment, run
from benchmarks.workloads import workloads

OURS = {
    "workload": "radon",
    "peer": "bayesinf",
    "engine": "marginal",
    "rows": 919,
    "verdict": "All checks passed.",
    "max_rhat": 1.001,
    "when": "2026-11-21T04:00:00",
    "versions": {"bayesinf": "0.1.0"},
}


def lines() -> list[dict[str, Any]]:
    return [
        {**OURS, "cache": "cold", "seconds": 9.0, "seconds_per_1000": 9.0, "min_ess": 1500},
        {**OURS, "cache": "cold", "seconds": 0.5, "seconds_per_1000": 1.0, "min_ess": 500},
        {**OURS, "cache": "warm", "seconds": 0.2, "seconds_per_1000": 0.2, "min_ess": 2000},
        {"workload": "radon", "peer": "bambi-nutpie", "seconds_per_1000": 14.0, "seconds": 7.0},
        {"workload": "radon", "peer": "bambi-numpyro", "timed_out": 900.0},
        {"workload": "radon", "peer": "lme4", "seconds": 0.05},
        {"workload": "radon", "peer": "glmmTMB", "error": "it ended with code 1"},
        {"workload": "radon", "check": "pass", "sentence": "radon: all is well."},
    ]


def test_the_latest_line_counts_and_ratios_are_of_equal_draws() -> None:
    results = tables.collect(lines())
    assert tables.reached(results, "radon") == {
        "times": 14.0,
        "warm_ratio": pytest.approx(4.0),
        "warm_seconds": 0.2,
        "min_ess": 500,
    }
    row = tables.ratios(results).splitlines()[-1]
    assert "Bambi + nutpie: 14 | 14 | lme4: 0.05 | 4 |" in row


def test_targets_are_met_or_not() -> None:
    rows = tables.targets_table(tables.collect(lines())).splitlines()[2:]
    assert [row.split(" | ")[-1].strip(" |") for row in rows] == ["yes", "yes", "NO"]
    nothing = tables.targets_table(tables.collect(lines()[4:5]))
    assert "| – | – |" in nothing


def test_a_peer_that_ran_out_of_time_is_a_lower_bound() -> None:
    kept = [line for line in lines() if line.get("peer") != "bambi-nutpie"]
    assert tables.reached(tables.collect(kept), "radon")["times"] == 900.0


def test_the_section_holds_every_table() -> None:
    text = tables.ladder_section(lines())
    for part in ("> 900", "failed", "radon: all is well.", "bayesinf 0.1.0", "Bambi + NumPyro"):
        assert part in text


def test_the_middle_of_several_runs() -> None:
    runs: list[Any] = [{"seconds": 3.0}, {"seconds": 1.0}, {"seconds": 2.0}]
    assert ladder.middle(runs) == {"seconds": 2.0, "all_seconds": [3.0, 1.0, 2.0]}
    assert ladder.middle(runs[:1]) == runs[0]
    assert ladder.middle([runs[0], "it ended"]) == "it ended"


def test_a_process_is_read_ended_or_explained() -> None:
    python = [sys.executable, "-c"]
    assert run([*python, "print('x'); print('{\"a\": 1}')"], {}, 60) == {"a": 1}
    told = run([*python, "import os; print('{\"a\": %s}' % os.environ['B'])"], {"B": "2"}, 60)
    assert told == {"a": 2}
    failed = run([*python, "raise ValueError('why')"], {}, 60)
    assert failed == "it ended with code 1: ValueError: why"
    start = time.monotonic()
    assert run([*python, "import time; time.sleep(60)"], {}, 0.5) == {"timed_out": 0.5}
    assert time.monotonic() - start < 30


def test_compiled_programs_are_kept_where_they_are_told_to_be(tmp_path: Path) -> None:
    program = (
        "import bayesinf, jax, json; jax.jit(lambda x: x + 1)(1.0); "
        "print(json.dumps({'folder': jax.config.jax_compilation_cache_dir}))"
    )
    found = run([sys.executable, "-c", program], cache_environment(str(tmp_path)), 120)
    assert found == {"folder": str(tmp_path)}
    assert any(path.is_file() for path in tmp_path.iterdir())


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(peers.PYTHON, "/no/such/python")
    absent = [peer.absent() for peer in peers.ALL if peer.language == "python"]
    assert all(sentence is not None and "/no/such/python" in sentence for sentence in absent)
    monkeypatch.setenv("PATH", "")
    peers._absent_in_r.cache_clear()
    peers._absent_in_python.cache_clear()
    absent = [peer.absent() for peer in peers.ALL if peer.language == "r"]
    assert all(sentence is not None and "no Rscript" in sentence for sentence in absent)
    peers._absent_in_r.cache_clear()
    peers._absent_in_python.cache_clear()


def test_peers_serve_the_models_that_they_have() -> None:
    served = {
        name: [peer.name for peer in peers.ALL if peer.serves(workload)]
        for name, workload in workloads().items()
    }
    assert served["verbagg"] == ["bambi-nutpie", "bambi-numpyro", "lme4", "glmmTMB"]
    assert served["roaches"] == ["bambi-nutpie", "bambi-numpyro", "glm"]
    assert served["linear1m"] == ["glm", "sklearn", "statsmodels"]


def test_without_data_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    asked = ["--workload", "radon", "--data", str(tmp_path), "--check", "--write", str(page)]
    assert ladder.main(asked) == 0
    told = capsys.readouterr()
    assert told.out == "" and "radon is skipped" in told.err and page.is_file()


def measured(shift: float) -> dict[str, Any]:
    return {
        "workload": "radon",
        "digest": "d",
        "priors": {"x": "Normal(0, 1)"},
        "summary": {"x": [1.0 + shift, 2.0]},
        "errors": {"x": [0.03, 0.02]},
    }


def test_moments_are_compared_in_errors_of_both_sides(tmp_path: Path) -> None:
    assert references.compare(measured(0), tmp_path).outcome == "unknown"
    kept = {**measured(0), "method": "nuts", "date": "today", "moments": {"x": [1, 2, 0.04, 0.01]}}
    references.keep_reference(kept, tmp_path)
    # Errors of 0.03 and 0.04 make 0.05 together.
    assert references.compare(measured(0.19), tmp_path).outcome == "pass"
    far = references.compare(measured(0.21), tmp_path)
    assert far.outcome == "fail" and "mean of x is 4.2 away" in far.sentence
    assert far.worst == pytest.approx(4.2)
    assert json.loads(json.dumps(far.line()))["check"] == "fail"
    other = {**measured(0), "priors": {"x": "Normal(0, 2)"}}
    assert "other priors" in references.compare(other, tmp_path).sentence
    assert "other rows" in references.compare({**measured(0), "digest": "e"}, tmp_path).sentence
    renamed = {**measured(0), "summary": {"z": [1, 2]}, "errors": {"z": [1, 1]}}
    assert references.compare(renamed, tmp_path).outcome == "fail"


def test_the_kept_reference_of_sleepstudy_is_that_of_the_engine(shared_data: Path) -> None:
    """Its moments, made by long NUTS runs, beside those of a fit by another engine."""
    workload = workloads()["sleepstudy"]
    kept = json.loads(references.path_of("sleepstudy").read_text(encoding="utf-8"))
    fit = bi.fit(workload.formula, workload.frame(shared_data), seed=3)
    table = fit.summary()
    for name, (mean, sd, error, _) in kept["moments"].items():
        assert abs(table.loc[name, "mean"] - mean) < 4 * np.hypot(error, table.loc[name, "mcse"])
        assert table.loc[name, "sd"] == pytest.approx(sd, rel=0.12)

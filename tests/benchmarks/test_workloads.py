"""The ladder's workloads, against the file that they were copied from."""

from __future__ import annotations

import json
from pathlib import Path

import bayesinf as bi
from bayesinf.posterior.summary import scalar_draws
from benchmarks.measure import fit_workload, judge
from benchmarks.simulate import frame
from benchmarks.workloads import digest, workloads


def test_every_workload_is_that_of_the_shared_ladder(shared_data: Path) -> None:
    shared = json.loads((shared_data.parent / "bench" / "workloads.json").read_text())
    names = {name for name in shared if not name.startswith("_")}
    assert set(workloads()) == names
    for name, own in workloads().items():
        theirs = shared[name]
        assert own.r == theirs["r"] and own.bambi == theirs["bambi"]
        assert own.data == theirs["data"].removeprefix("data/")
        assert list(own.factors) == theirs["factors"]
        assert own.missing(shared_data) is None


def test_small_workloads_make_models(shared_data: Path) -> None:
    for name in ("sleepstudy", "radon", "roaches", "epilepsy", "verbagg"):
        workload = workloads()[name]
        model = bi.model(workload.formula, workload.frame(shared_data), workload.family)
        assert len(model.design.response) > 100
        assert bool(model.design.rows.groups) is workload.grouped


def test_missing_rows_are_said_in_a_sentence(tmp_path: Path) -> None:
    sentence = workloads()["radon"].missing(tmp_path)
    assert sentence is not None and "radon is skipped" in sentence and "--data" in sentence
    assert workloads()["glmm10k"].missing(tmp_path) is None


def test_simulated_rows_are_the_same_every_time() -> None:
    for description in ("sim:glmm:50:5:2:1", "sim:logistic:50:3:3", "sim:linear:50:3:5"):
        one, other = frame(description), frame(description)
        assert len(one) == 50 and digest(one) == digest(other)
        assert digest(one) != digest(one.assign(y=one["y"].to_numpy()[::-1]))


def test_arviz_and_the_summary_agree() -> None:
    """Effective draws, R-hat, moments and errors."""
    rows = frame("sim:logistic:200:3:3")
    fit = bi.fit("y ~ x1 + x2 + x3", rows, "bernoulli", draws=800, seed=1)
    judged, table = judge(*scalar_draws(fit.model, fit.posterior.values)), fit.summary()
    assert abs(judged["min_ess"] - table["ess_bulk"].min()) <= 1
    assert abs(judged["max_rhat"] - table["r_hat"].max()) < 1e-3
    for name, (mean, sd) in judged["summary"].items():
        assert abs(mean - table.loc[name, "mean"]) < 1e-12
        assert abs(sd - table.loc[name, "sd"]) < 1e-12
        assert abs(judged["errors"][name][0] / table.loc[name, "mcse"] - 1) < 1e-6


def test_a_workload_is_fitted_and_timed(shared_data: Path) -> None:
    fit, seconds, rows = fit_workload(workloads()["sleepstudy"], shared_data)
    assert fit.verdict.ok and 0 < seconds < 60 and len(rows) == 64

"""Some of posteriordb's reference posteriors by the benchmark that runs them all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import bayesinf as bi
from benchmarks import posteriordb
from benchmarks.posteriordb import Database, compare, shown
from benchmarks.posteriordb_models import MODELS, Written

QUICK = (
    "arK-arK",
    "eight_schools-eight_schools_centered",
    "garch-garch11",
    "gp_pois_regr-gp_regr",
    "kidiq_with_mom_work-kidscore_interaction_c2",
    "kidiq_with_mom_work-kidscore_interaction_z",
    "mesquite-logmesquite_logva",
    "mesquite-logmesquite_logvas",
)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark switches progress bars off for its whole process; tests want them back."""
    monkeypatch.setattr(bi.options, "progress", False)


@pytest.fixture(scope="module")
def database(shared_data: Path) -> Database:
    return Database(shared_data / "posteriordb")


def test_every_reference_posterior_has_a_model(database: Database) -> None:
    names = database.posteriors()
    assert len(names) == 35
    assert set(names) == set(MODELS)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_reference_posteriors_are_matched(name: str, database: Database) -> None:
    line = compare(name, database, seed=1)
    assert line["matched"], shown(line)


def test_moments_of_draws_equal_those_that_are_given(database: Database) -> None:
    """The database keeps means beside the draws; where it has no draws they stand alone."""
    from_draws = database.reference("arK-arK")
    assert from_draws.names[:2] == ["alpha", "beta[1]"]
    assert from_draws.error == pytest.approx(from_draws.sd / 100, rel=0.1)
    alone = database.reference("mcycle_gp-accel_gp")
    assert len(alone.names) == len(alone.sd) == 66
    assert (alone.sd > 0).all()


def test_a_wrong_posterior_is_not_matched(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "kidiq_with_mom_work-kidscore_interaction_c2"
    right = MODELS[name]
    assert isinstance(right, Written)
    wrong = replace(right, priors=lambda data: {**right.priors(data), "hs": bi.Normal(0, 1)})
    monkeypatch.setitem(MODELS, name, wrong)
    line = compare(name, database, seed=1)
    assert not line["matched"] and line["mean_beyond_errors"] > 0.05


def test_the_command_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert posteriordb.main(["--data", str(tmp_path)]) == 2
    assert "There is no posteriordb" in capsys.readouterr().out


def test_the_command_prints_a_table(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    lines = tmp_path / "lines.jsonl"
    asked = ["--only", "kidscore_momhs", "--data", str(database.folder), "--json", str(lines)]
    assert posteriordb.main(asked) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[:3] == ["posterior", "d", "engine"]
    assert printed[-1] == "2 of 2 reference posteriors are matched."
    assert len(lines.read_text().splitlines()) == 2

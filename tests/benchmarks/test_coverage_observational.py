"""The benchmark of estimators that adjust scores what is known, and takes up where it stopped."""

import json
from itertools import islice

import numpy as np
import pytest

from benchmarks import coverage_observational as module
from benchmarks.coverage_observational import Line, main, read_acic, root_and_error, simulate


def test_simulated_effects_are_those_of_the_surface():
    for data in islice(simulate(rows=100), 6):
        assert data.truth == pytest.approx(data.effects.mean())
        assert data.unit == pytest.approx(data.columns["y"].std())
        assert len(data.comparison().adjusters) == 10


def test_lines_that_are_there_are_not_computed_again(tmp_path, monkeypatch, capsys):
    scored = []

    def fake(data, estimator, seed):
        assert (estimator.name, seed) == ("smooth_forest", len(scored))
        scored.append(data.name)
        return Line(data.name, 0.1 * len(scored), -0.3, 0.3, 0.5, 0.95, 1.0, 0.0)

    monkeypatch.setattr(module, "score", fake)
    lines, cards = tmp_path / "lines.jsonl", tmp_path / "cards.json"
    main(["--first", "2", "--lines", str(lines)])
    main(["--first", "3", "--lines", str(lines), "--json", str(cards)])
    assert scored == ["lines 0", "one effect 0", "steps 0"]
    assert "| bias | 0.2000 |" in capsys.readouterr().out
    (card,) = json.loads(cards.read_text(encoding="utf-8"))
    assert (card["simulations"], card["coverage"], card["bias"]) == (3, 1.0, 0.2)


def test_the_challenge_of_2016_is_read_as_it_was_scored(shared_data):
    data = next(read_acic(shared_data / "causal"))
    assert data.truth == pytest.approx(2.7547937877728)
    assert data.unit == pytest.approx(data.columns["y"].std(), rel=1e-3)
    treated = data.columns["z"] == 1
    assert data.effects[treated].mean() == pytest.approx(2.72192544552917, abs=1e-4)
    assert data.columns["x_2"].dtype == object
    assert len(data.columns) == 60


def test_the_error_of_a_root_mean_square_is_its_spread_over_samples():
    rng = np.random.default_rng(1)
    errors = rng.normal(size=(4000, 100))
    claimed = np.mean([root_and_error(sample)[1] for sample in errors])
    assert claimed == pytest.approx(
        np.std([root_and_error(sample)[0] for sample in errors]), rel=0.1
    )

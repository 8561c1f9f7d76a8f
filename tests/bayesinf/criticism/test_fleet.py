"""Simulated data sets fitted all at once: the draws are those of single fits."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.criticism import fleet
from bayesinf.criticism.fleet import fit_fleet
from bayesinf.criticism.simulation import Simulations, simulate
from bayesinf.fleet.engine import Fleet
from tests.conftest import within


@pytest.fixture(scope="module")
def model() -> bi.Model:
    frame = bi.examples.sleepstudy().head(40)
    frame["slow"] = (frame["Reaction"] > 260).astype(int)
    return bi.model("slow ~ Days", frame, "bernoulli")


def models_of(data: Simulations) -> list[bi.Model]:
    return [data.model_of(place) for place in range(len(data))]


def test_every_data_set_gets_its_own_posterior(model: bi.Model) -> None:
    data = simulate(model, bi.Streams(1), 5)
    found = fit_fleet(Fleet(), models_of(data), bi.Streams(2))
    assert len(found) == 5
    for place in (0, 3):
        single = bi.fit(data.model_of(place), seed=3).summary()
        draws = found[place].draws.coefficients.reshape(-1, 2)
        error = np.hypot(draws.std(axis=0) / np.sqrt(500), single["mcse"])
        within(draws.mean(axis=0), single["mean"], error)


def test_two_ways_agree(model: bi.Model) -> None:
    models = models_of(simulate(model, bi.Streams(1), 4))
    ours = fit_fleet(Fleet(draws=2000), models, bi.Streams(2))
    theirs = fit_fleet(bi.NUTS(draws=800, warmup=200), models, bi.Streams(2))
    for one, other in zip(ours, theirs, strict=True):
        assert other.statistics["diverging"].shape == (1, 800)
        first = one.draws.coefficients.reshape(-1, 2)
        second = other.draws.coefficients.reshape(-1, 2)
        # Draws of either are worth three hundred independent ones at the least.
        error = np.hypot(first.std(axis=0), second.std(axis=0)) / np.sqrt(300)
        within(first.mean(axis=0), second.mean(axis=0), error)


def test_a_data_set_without_posterior_is_an_error(model: bi.Model, monkeypatch) -> None:
    data = simulate(model, bi.Streams(1), 3)
    solve = fleet.solve_fleet

    def refusing(*arguments):
        found = solve(*arguments)
        found.refused[1] = "It has none."
        return found

    monkeypatch.setattr(fleet, "solve_fleet", refusing)
    with pytest.raises(bi.SamplingError, match="Data set 1 has no posterior: It has none"):
        fit_fleet(Fleet(), models_of(data), bi.Streams(2))

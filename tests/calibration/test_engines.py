"""Simulation-based calibration of every engine, and proof that a wrong engine fails it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.criticism.calibration import Calibration, calibrate
from bayesinf.criticism.simulation import draw_prior, simulate
from bayesinf.engine import Answer, Engine
from bayesinf.numerics.nuts import Progress

WEAK = {"Intercept": bi.Normal(0, 1), "coefficients": bi.Normal(0, 1)}


def population(family: str = "gaussian", **priors: bi.Normal) -> bi.Model:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=20), "g": np.tile(["u", "v"], 10)})
    frame["y"] = rng.integers(0, 2, 20)
    spread = {"sigma": bi.HalfNormal(1)} if family == "gaussian" else {}
    return bi.model("y ~ x + g", frame, family, priors={**WEAK, **spread, **priors})


def grouped() -> bi.Model:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=24), "g": np.repeat(list("abcdef"), 4)})
    frame["y"] = rng.normal(size=24)
    priors = {**WEAK, "sigma": bi.HalfNormal(1), "sd:g": bi.HalfNormal(1)}
    return bi.model("y ~ x + (1 | g)", frame, priors=priors)


def calibration(engine: Engine, model: bi.Model, simulations: int = 200) -> Calibration:
    return calibrate(engine, simulate(model, bi.Streams(1), simulations), seed=2)


def binary() -> bi.Model:
    return population("bernoulli")


CASES = [
    pytest.param(bi.Conjugate(draws=64), population, 200, id="conjugate"),
    pytest.param(bi.Laplace(draws=192), population, 200, id="laplace-gaussian"),
    pytest.param(bi.Laplace(draws=192), binary, 200, id="laplace-bernoulli"),
    pytest.param(bi.Marginal(draws=192), grouped, 120, id="marginal"),
    pytest.param(bi.NUTS(draws=252, warmup=300), population, 200, id="nuts"),
    pytest.param(
        bi.NUTS(draws=315, warmup=300), grouped, 100, id="nuts-grouped", marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize(("engine", "model", "simulations"), CASES)
def test_an_engine_is_calibrated(
    engine: Engine, model: Callable[[], bi.Model], simulations: int
) -> None:
    found = calibration(engine, model(), simulations)
    assert found.names[-1] == "log likelihood"
    assert found.passes(0.01), repr(found)


@final
@dataclass(frozen=True)
class Overconfident(Engine):
    """The exact posterior with half its spread."""

    name: ClassVar[str] = "overconfident"
    draws: int = 64

    def refuses(self, model: bi.Model) -> str | None:
        return None

    def solve(
        self, model: bi.Model, streams: bi.Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        answer = bi.Conjugate(self.draws).solve(model, streams, report)
        values = answer.draws.coefficients
        centre = values.mean(axis=(0, 1))
        return replace(answer, draws=replace(answer.draws, coefficients=(centre + values) / 2))


@final
@dataclass(frozen=True)
class Idle(Engine):
    """Draws from the prior, whatever the data say."""

    name: ClassVar[str] = "idle"
    draws: int = 64

    def refuses(self, model: bi.Model) -> str | None:
        return None

    def solve(
        self, model: bi.Model, streams: bi.Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        return Answer(draw_prior(model, streams.generator("idle"), self.draws), ())


def test_an_engine_with_half_the_spread_fails() -> None:
    found = calibration(Overconfident(), population())
    assert not found.passes(0.01)
    assert "NOT calibrated" in repr(found)


def test_an_engine_that_ignores_the_data_fails_by_the_likelihood_alone() -> None:
    found = calibration(Idle(), population())
    assert not found.passes(0.01)
    p_values = dict(zip(found.names, found.p_values, strict=True))
    assert p_values.pop("log likelihood") < 0.001
    assert min(p_values.values()) > 0.01 / len(found.names)


def test_ranks_lie_between_zero_and_the_draws_kept() -> None:
    found = calibrate(bi.Conjugate(64), simulate(population(), bi.Streams(1), 10), kept=31)
    assert found.draws == 31
    assert found.ranks.shape == (10, len(found.names))
    assert found.ranks.min() >= 0 and found.ranks.max() <= 31
    lower, upper = found.band()
    assert len(lower) == 32 and (lower <= upper).all() and upper[-1] == 1.0


def test_engines_that_cannot_are_refused() -> None:
    simulations = simulate(grouped(), bi.Streams(1), 2)
    with pytest.raises(bi.ModelError, match="group effects"):
        calibrate(bi.Conjugate(64), simulations)
    with pytest.raises(bi.ModelError, match="at least as many"):
        calibrate(bi.Marginal(20), simulations)

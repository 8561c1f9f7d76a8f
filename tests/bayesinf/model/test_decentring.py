from __future__ import annotations

import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

from bayesinf.model.decentring import decentred, governed
from bayesinf.model.program import Program, read_program
from bayesinf.model.starts import feasible_starts
from bayesinf.model.tracing import Constrain, ProgramDensity, over_draws
from bayesinf.numerics.compiled import compiled_value
from tests.bayesinf.model import programs


def robust(y):
    """Effects with heavy tails in a vector that is one event, and a spread that is known."""
    tau = numpyro.sample("tau", dist.HalfNormal(1.0))
    heavy = numpyro.sample("heavy", dist.StudentT(4.0, 1.0, tau).expand([3]).to_event(1))
    fixed = numpyro.sample("fixed", dist.Normal(0.0, 2.0).expand([3]).to_event(1))
    numpyro.sample("y", dist.Normal(heavy + fixed, 1.0), obs=y)


@pytest.mark.parametrize(
    ("function", "data", "expected"),
    [
        (programs.centred, programs.EIGHT, ("theta",)),
        (programs.noncentred, programs.EIGHT, ()),
        (programs.straight, {"x": np.arange(3.0), "y": np.arange(3.0)}, ()),
        (robust, {"y": np.arange(3.0)}, ("heavy",)),
    ],
)
def test_sites_with_an_unknown_spread_are_found(function, data, expected) -> None:
    program = read_program(function, data)
    starts = feasible_starts(program)
    assert governed(program, starts) == expected
    assert (decentred(program, starts) is None) == (not expected)


def written_otherwise(function, data) -> tuple[Program, Program]:
    program = read_program(function, data)
    other = decentred(program, feasible_starts(program))
    assert other is not None
    return program, other


def values(program: Program, points: np.ndarray) -> np.ndarray:
    return compiled_value(ProgramDensity(program.code, program.layout), program.data or {})(points)


def test_it_is_the_same_posterior_in_other_coordinates() -> None:
    program, other = written_otherwise(programs.centred, programs.EIGHT)
    points = np.random.default_rng(1).normal(size=(20, 10))
    tau = np.exp(points[:, 1])
    effects = points[:, :1] + tau[:, None] * points[:, 2:]
    centred = np.column_stack([points[:, :2], effects])
    # Each of the eight effects is stretched by tau.
    assert np.allclose(values(other, points), values(program, centred) + 8 * points[:, 1])
    found = over_draws(Constrain(other.code, other.layout), points, other.data or {})
    assert np.allclose(found["theta"], effects)


def test_heavy_tails_keep_their_degrees_of_freedom() -> None:
    program, other = written_otherwise(robust, {"y": np.arange(3.0)})
    points = np.random.default_rng(2).normal(size=(20, 7))
    tau = np.exp(points[:, 0])
    moved = points.copy()
    moved[:, 1:4] = 1.0 + tau[:, None] * points[:, 1:4]
    assert np.allclose(values(other, points), values(program, moved) + 3 * points[:, 0])


def test_other_data_share_the_density() -> None:
    _, first = written_otherwise(programs.centred, programs.EIGHT)
    _, second = written_otherwise(programs.centred, {**programs.EIGHT, "y": np.zeros(8)})
    assert ProgramDensity(first.code, first.layout) == ProgramDensity(second.code, second.layout)

from __future__ import annotations

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from scipy import stats

from bayesinf.errors import SamplingError
from bayesinf.model.program import Program, read_program
from bayesinf.model.starts import feasible_starts
from bayesinf.model.tracing import (
    BLOCK,
    Constrain,
    Expect,
    Likelihood,
    ProgramDensity,
    Simulate,
    observed_values,
    over_draws,
)
from bayesinf.numerics.compiled import compiled_derivatives, compiled_value
from tests.bayesinf.model import programs


@pytest.fixture(scope="module")
def line() -> Program:
    rng = np.random.default_rng(1)
    x = rng.normal(size=12)
    return read_program(programs.straight, {"x": x, "y": 1 + 2 * x + rng.normal(size=12)})


def by_hand(program: Program, point: np.ndarray) -> float:
    """The log density of `straight` at (a, b, log s), from SciPy."""
    a, b, log_s = point
    x, y = program.arguments["x"], program.arguments["y"]
    prior = stats.norm.logpdf([a, b], 0, 10).sum() + stats.halfnorm.logpdf(np.exp(log_s), 0, 5)
    return prior + log_s + stats.norm.logpdf(y, a + b * x, np.exp(log_s)).sum()


def test_the_density_is_the_one_written_by_hand(line: Program) -> None:
    points = np.random.default_rng(2).normal(size=(5, 3))
    value = compiled_value(ProgramDensity(line.code, line.layout), line.data)
    assert np.allclose(value(points), [by_hand(line, point) for point in points], rtol=1e-12)


def test_derivatives_are_those_of_the_density(line: Program) -> None:
    point, step = np.array([0.8, 1.9, 0.1]), 1e-5
    density = ProgramDensity(line.code, line.layout)
    gradient, hessian = compiled_derivatives(density, line.data)(point)
    shifts = step * np.eye(3)
    ahead = np.array([by_hand(line, point + shift) for shift in shifts])
    behind = np.array([by_hand(line, point - shift) for shift in shifts])
    assert np.allclose(gradient, (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-6)
    assert np.all(np.linalg.eigvalsh(hessian) < 0)


def test_other_data_of_the_same_shapes_have_an_equal_density(line: Program) -> None:
    other = read_program(programs.straight, {"x": np.zeros(12), "y": np.ones(12)})
    assert ProgramDensity(line.code, line.layout) == ProgramDensity(other.code, other.layout)
    assert hash(ProgramDensity(line.code, line.layout)) == hash(
        ProgramDensity(other.code, other.layout)
    )


def test_constrained_values_obey_their_constraints() -> None:
    rng = np.random.default_rng(3)
    data = {"y": rng.normal(size=(6, 2)), "counts": np.array([5, 5, 10])}
    program = read_program(programs.constrained, data)
    flat = rng.normal(size=(BLOCK + 3, program.layout.size))
    found = over_draws(Constrain(program.code, program.layout), flat, program.data or {})
    assert {name: values.shape for name, values in found.items()} == {
        "p": (BLOCK + 3, 3),
        "factor": (BLOCK + 3, 2, 2),
        "spread": (BLOCK + 3, 2),
        "place": (BLOCK + 3, 2),
    }
    assert np.allclose(found["p"].sum(axis=1), 1) and (found["p"] > 0).all()
    assert np.allclose(np.linalg.norm(found["factor"], axis=2), 1)
    assert (found["spread"] > 0).all()
    assert (np.diff(found["place"], axis=1) > 0).all()
    assert np.allclose(found["spread"], np.exp(flat[:, 3:5])), "the last block is read as well"


def test_a_bound_that_is_an_unknown_moves_with_it() -> None:
    program = read_program(programs.bounded, {"y": np.array([3.0, 4.0])})
    flat = np.random.default_rng(4).normal(size=(50, 2))
    found = over_draws(Constrain(program.code, program.layout), flat, program.data or {})
    share = 1 / (1 + np.exp(-flat))
    assert np.allclose(found["low"], 10 * share[:, 0])
    assert np.allclose(found["high"], found["low"] + 5 * share[:, 1])
    assert np.allclose(found["gap"], found["high"] - found["low"])


def draws_of_the_line() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    count = 4000
    return {"a": rng.normal(1, 0.1, count), "b": rng.normal(2, 0.1, count), "s": np.ones(count)}


def test_the_likelihood_of_each_row(line: Program) -> None:
    latent = draws_of_the_line()
    found = over_draws(Likelihood(line.code, ("y",)), latent, line.data or {})["y"]
    x, y = line.arguments["x"], line.arguments["y"]
    mean = latent["a"][:, None] + latent["b"][:, None] * x
    assert np.allclose(found, stats.norm.logpdf(y, mean, 1.0), rtol=1e-12)


def test_simulated_and_expected_outcomes(line: Program, within) -> None:
    latent = draws_of_the_line()
    keys = np.asarray(jax.random.key_data(jax.random.split(jax.random.key(0), 4000)))
    draw = {"key": keys, "latent": latent}
    means = over_draws(Expect(line.code, ("y",)), draw, line.data or {})["y"]
    x = line.arguments["x"]
    assert np.allclose(means, latent["a"][:, None] + latent["b"][:, None] * x)
    outcomes = over_draws(Simulate(line.code, ("y",)), draw, line.data or {})["y"]
    noise = outcomes - means
    within(noise.mean(axis=0), np.zeros(12), np.full(12, 1 / np.sqrt(4000)))
    within(noise.var(axis=0), np.ones(12), np.full(12, np.sqrt(2 / 4000)))


def test_as_many_outcomes_are_simulated_as_were_observed() -> None:
    """NumPyro's own handler would sample one number for all of a plateless observation."""

    def plateless(y):
        a = numpyro.sample("a", dist.Normal(0, 1))
        numpyro.sample("y", dist.Normal(a, 1.0), obs=y)

    program = read_program(plateless, {"y": np.arange(4.0)})
    keys = np.asarray(jax.random.key_data(jax.random.split(jax.random.key(0), 10)))
    draw = {"key": keys, "latent": {"a": np.zeros(10)}}
    found = over_draws(Simulate(program.code, ("y",)), draw, program.data or {})["y"]
    assert found.shape == (10, 4)
    assert len(np.unique(found)) == 40


def test_observed_values_are_read_from_the_model(line: Program) -> None:
    assert np.array_equal(observed_values(line)["y"], line.arguments["y"])


def test_starts_are_finite_and_spread(line: Program) -> None:
    starts = feasible_starts(line)
    value = compiled_value(ProgramDensity(line.code, line.layout), line.data)
    assert np.isfinite(value(starts)).all()
    assert len(starts) == 8
    assert np.array_equal(starts[0], np.zeros(3))
    assert np.array_equal(starts, feasible_starts(line))


def test_starts_where_the_prior_cannot_be_sampled() -> None:
    starts = feasible_starts(read_program(programs.improper, {"y": np.arange(3.0)}))
    assert np.abs(starts).max() < 2


def test_starts_have_finite_gradients() -> None:
    """The root of an unknown has an infinite slope at zero, which is its prior median."""

    def rooted(y):
        a = numpyro.sample("a", dist.Normal(0, 1))
        numpyro.sample("y", dist.Normal(jax.numpy.sqrt(jax.numpy.abs(a)), 1.0), obs=y)

    program = read_program(rooted, {"y": 1.0})
    starts = feasible_starts(program)
    assert (starts != 0).all()
    gradient, _ = compiled_derivatives(ProgramDensity(program.code, program.layout), program.data)(
        starts[0]
    )
    assert np.isfinite(gradient).all()


def test_a_density_that_is_finite_nowhere_is_refused() -> None:
    def impossible(y):
        a = numpyro.sample("a", dist.HalfNormal(1.0))
        numpyro.factor("f", jax.numpy.log(-a) * y)

    with pytest.raises(SamplingError, match="are finite at none of 402 starts") as caught:
        feasible_starts(read_program(impossible, {"y": 1.0}))
    assert caught.value.code == "no-finite-start"

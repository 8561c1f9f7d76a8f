"""Run by test_many_devices.py in a process of its own: what several devices change, as JSON.

Devices are forced before JAX starts, which is why this cannot happen in the tests' own process.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager

import jax
import numpy as np

import bayesinf.numerics.devices as devices_module
from bayesinf.numerics.compiled import (
    compiled_derivatives,
    compiled_value,
    compiled_value_and_gradient,
    single,
)
from bayesinf.numerics.devices import devices_for, in_shares
from bayesinf.numerics.nuts import run_nuts, run_nuts_fleet
from bayesinf.numerics.precision import double
from bayesinf.numerics.trajectories import CompiledMover, mover_for

SIZE = 4


def logistic(points, data):
    """A logistic regression with a normal prior, for points (n, d)."""
    predictor = points @ data["x"].T
    likelihood = data["y"] * predictor - jax.numpy.logaddexp(0.0, predictor)
    return likelihood.sum(-1) - 0.5 * (points**2).sum(-1)


def logistic_data(rows):
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, SIZE))
    return {"x": x, "y": (rng.random(rows) < 1 / (1 + np.exp(-x.sum(1)))).astype(float)}


def apart(one, other):
    """The largest difference between two pytrees of arrays, relative where they are large."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return max(float((np.abs(a - b) / np.maximum(1.0, np.abs(a))).max()) for a, b in pairs)


@contextmanager
def one_device():
    with jax.default_device(jax.devices()[0]):
        assert devices_for(1.0, 99) == ()
        yield


def evaluations(some, rows):
    """Rows dealt out (few points) and points dealt out (many), evenly or not."""
    data, rng = logistic_data(rows), np.random.default_rng(0)
    few, many = rng.normal(size=(1, SIZE)), rng.normal(size=(4 * len(some) + 1, SIZE))
    found = {}
    for name, points in (("rows", few), ("points", many)):
        for function in (compiled_value, compiled_value_and_gradient):
            whole = function(logistic, data, len(points), ())(points)
            dealt = function(logistic, data, len(points), some)(points)
            assert np.shape(jax.tree.leaves(dealt)[0])[0] == len(points)
            found[f"{name} {function.__name__}"] = apart(whole, dealt)
    whole = compiled_derivatives(logistic, data, ())(few[0])
    found["rows derivatives"] = apart(whole, compiled_derivatives(logistic, data, some)(few[0]))
    return found


def trajectories(some, chains):
    data, size = logistic_data(60), SIZE
    starts = np.random.default_rng(1).normal(size=(size, chains))
    blocks = []
    for devices in ((), some):
        mover = mover_for(logistic, data, size, chains, 10**9, devices)(np.ones((size, 1)))
        assert isinstance(mover, CompiledMover)
        block = mover.advance(starts, 0.3, 1.7, 37, np.random.default_rng(2))
        blocks.append((block.points, block.log_densities, block.energies, block.acceptances))
    return apart(*blocks)


def trees(chains):
    settings = {"warmup": 40, "draws": 20, "seed": 3}
    starts = np.random.default_rng(1).normal(size=(chains, SIZE))
    density, data = single(logistic), logistic_data(60)
    with one_device():
        whole = run_nuts(density, data, starts, **settings)
    dealt = run_nuts(density, data, starts, **settings)
    return apart((whole.positions, whole.n_steps), (dealt.positions, dealt.n_steps))


def fleet(members):
    """Each member has data of its own, which are dealt out beside its chain."""
    settings = {"warmup": 20, "draws": 10, "seed": 3}
    members_data = [logistic_data(rows)["x"][:20] for rows in range(20, 20 + members)]
    data = {"x": np.stack(members_data), "y": np.tile([0.0, 1.0], (members, 10))}
    starts = np.zeros((members, SIZE))
    with one_device():
        whole = run_nuts_fleet(single(logistic), data, starts, **settings)
    dealt = run_nuts_fleet(single(logistic), data, starts, **settings)
    return apart(whole.positions, dealt.positions)


def no_waiting(some):
    """Operations across devices in a program whose chains are dealt out: there must be none."""

    def loop(points, data):
        return jax.lax.while_loop(
            lambda state: (state[0] < 3.0).any(),
            lambda state: (state[0] + 0.1, state[1] + logistic(state[0], data)),
            (points, points[:, 0]),
        )

    specs = (devices_module.DEALT, devices_module.WHOLE)
    with double():
        program = jax.jit(in_shares(loop, some, specs, devices_module.DEALT))
        points = devices_module.deal(np.zeros((2 * len(some), SIZE)), some)
        data = devices_module.place(logistic_data(20), some)
        text = program.lower(points, data).compile().as_text()
    assert "while" in text, "the program was not there to be read"
    return len(re.findall(r"all-(?:reduce|gather|to-all)|collective-permute", text))


def pretend_accelerators(some):
    """Where computations run when all devices but the first pass for GPUs."""
    from bayesinf.options import options

    def devices_of(kind):
        return {"cpu": some[:1], "gpu": some[1:]}.get(kind, ())

    devices_module.devices_of = devices_of
    devices_module.check_device = lambda kind: devices_of(kind)
    jax.default_backend = lambda: "gpu"
    large = 2.5 * devices_module.WORTH_A_GPU
    found = {}
    with double():
        found["at home"] = jax.numpy.zeros(1).device == some[0]
    found["small"] = devices_for(1e3, 4) == some[:1]
    found["large"] = devices_for(large, 4) == some[1:3]
    options.device = "cpu"
    found["cpu"] = devices_for(large, 4) == some[:1]
    options.placed = "gpu"
    found["gpu"] = devices_for(1e3, 99) == some[1:] and devices_for(1e3) == some[1:2]
    with double(some[1]):
        found["there"] = jax.numpy.zeros(1).device == some[1]
    values = compiled_value(logistic, logistic_data(60))(np.zeros((1, SIZE)))
    found["computed"] = apart(values, np.array([60 * np.log(0.5)])) < 1e-14
    return found


def main() -> None:
    some = tuple(jax.devices())
    count = len(some)
    found = {
        "devices": count,
        "even rows": evaluations(some, 40 * count),
        "uneven rows": evaluations(some, 40 * count + 1),
        "even trajectories": trajectories(some, 2 * count),
        "uneven trajectories": trajectories(some, 2 * count + 1),
        "uneven chains": trees(2 * count + 1) if count == 2 else fleet(2 * count + 1),
        "waiting": no_waiting(some),
        "untouched": str(jax.numpy.zeros(1).dtype),
    }
    found["accelerators"] = pretend_accelerators(some) if count > 2 else {}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

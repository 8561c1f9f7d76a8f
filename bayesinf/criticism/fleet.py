"""Fits many simulated data sets of one model at once."""

from __future__ import annotations

import jax
import numpy as np

from bayesinf.criticism.simulation import Simulations
from bayesinf.engine import DRAWS
from bayesinf.engines.nuts import NUTS
from bayesinf.errors import SamplingError
from bayesinf.fleet.engine import Fleet
from bayesinf.fleet.solve import solve_fleet
from bayesinf.model.density import evidence_of, joint_density, pad, signature_of
from bayesinf.model.layout import read_layout
from bayesinf.numerics.nuts import run_nuts_fleet
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import Draws, draws_of_values
from bayesinf.posterior.target import without_padding


def fit_fleet(engine: NUTS | Fleet, simulations: Simulations, streams: Streams) -> list[Draws]:
    """Fits all simulated data sets at once.

    Args:
        engine: NUTS, with one chain of `engine.draws` draws for each data set, all in one compiled
            program; or `Fleet`, which solves them as `bi.fit_many` solves groups.
        simulations: Data sets of equal shape.
        streams: Random streams.

    Returns:
        The draws of each data set.
    """
    if isinstance(engine, Fleet):
        return side_by_side(simulations, streams, engine.draws)
    return by_trajectories(engine, simulations, streams)


def side_by_side(simulations: Simulations, streams: Streams, draws: int | None) -> list[Draws]:
    """Fits data sets by the fleet's own way; two hundred of a small regression take a second.

    Raises:
        SamplingError: When some data set leaves the model without a posterior.
    """
    count = len(simulations)
    models = [simulations.model_of(place) for place in range(count)]
    solved = solve_fleet(models, [str(place) for place in range(count)], streams, draws)
    for place, why in solved.refused.items():
        raise SamplingError(f"Data set {place} has no posterior: {why}", code="no-posterior")
    return [solved.draws(place) for place in range(count)]


def by_trajectories(engine: NUTS, simulations: Simulations, streams: Streams) -> list[Draws]:
    """Fits each data set with one chain of NUTS, all chains side by side.

    Args:
        engine: Gives draws, warm-up, target acceptance and tree depth.
        simulations: Data sets of equal shape.
        streams: Random streams.

    Returns:
        Draws of one chain for each data set.
    """
    count, model = len(simulations), simulations.model
    length = DRAWS if engine.draws is None else engine.draws
    padded = [
        pad(signature_of(one), evidence_of(one))
        for one in (simulations.model_of(place) for place in range(count))
    ]
    signature = padded[0][0]
    evidence = jax.tree.map(lambda *leaves: np.stack(leaves), *(own for _, own in padded))
    starts = streams.generator("starts").uniform(-0.5, 0.5, (count, signature.layout.size))
    run = run_nuts_fleet(
        joint_density(signature),
        evidence,
        starts,
        warmup=engine.warmup,
        draws=length,
        seed=streams.integer("nuts"),
        target_accept=engine.target_accept,
        max_tree_depth=engine.max_tree_depth,
    )
    values = without_padding(read_layout(signature.layout, run.positions), model.layout)
    # All data sets share centre and layout, so that the fleet's draws are read as chains of one.
    draws = draws_of_values(model, values)
    return [draws.take(np.arange(length)[None] + place * length) for place in range(count)]

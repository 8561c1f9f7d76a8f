"""Fits many data sets of one model at once with NUTS: one chain each, in one compiled program."""

from __future__ import annotations

import jax
import numpy as np

from bayesinf.criticism.simulation import Simulations
from bayesinf.engine import DRAWS
from bayesinf.engines.nuts import NUTS
from bayesinf.model.density import evidence_of, joint_density, pad, signature_of
from bayesinf.model.layout import read_layout
from bayesinf.numerics.nuts import run_nuts_fleet
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import Draws, draws_of_values
from bayesinf.posterior.target import without_padding


def fit_fleet(engine: NUTS, simulations: Simulations, streams: Streams) -> list[Draws]:
    """Fits each simulated data set with one chain of `engine.draws` draws.

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

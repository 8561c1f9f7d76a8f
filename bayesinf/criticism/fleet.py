"""Fits many data sets of one structure at once."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from bayesinf.engine import DRAWS, Answer
from bayesinf.engines.nuts import NUTS
from bayesinf.errors import SamplingError
from bayesinf.fleet.engine import Fleet
from bayesinf.fleet.solve import solve_fleet
from bayesinf.model.density import evidence_of, joint_density, pad, signature_of
from bayesinf.model.layout import read_layout
from bayesinf.model.model import Model
from bayesinf.numerics.nuts import run_nuts_fleet
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import draws_of_values
from bayesinf.posterior.target import without_padding


def fit_fleet(engine: NUTS | Fleet, models: Sequence[Model], streams: Streams) -> list[Answer]:
    """Fits all data sets at once.

    Args:
        engine: NUTS, with one chain of `engine.draws` draws for each data set, all in one compiled
            program; or `Fleet`, which solves them as `bi.fit_many` solves groups.
        models: Of one structure: they differ in outcomes and other numbers alone.
        streams: Random streams.

    Returns:
        The draws of each data set, and of NUTS where its trajectories diverged.
    """
    if isinstance(engine, Fleet):
        return side_by_side(models, streams, engine.draws)
    return by_trajectories(engine, models, streams)


def side_by_side(models: Sequence[Model], streams: Streams, draws: int | None) -> list[Answer]:
    """Fits data sets by the fleet's own way; two hundred of a small regression take a second.

    Raises:
        SamplingError: When some data set leaves the model without a posterior.
    """
    solved = solve_fleet(models, [str(place) for place in range(len(models))], streams, draws)
    for place, why in solved.refused.items():
        raise SamplingError(f"Data set {place} has no posterior: {why}", code="no-posterior")
    return [Answer(solved.draws(place), ()) for place in range(len(models))]


def by_trajectories(engine: NUTS, models: Sequence[Model], streams: Streams) -> list[Answer]:
    """Fits each data set with one chain of NUTS, all chains side by side.

    Args:
        engine: Gives draws, warm-up, target acceptance and tree depth.
        models: Of one structure.
        streams: Random streams.

    Returns:
        Draws of one chain for each data set.
    """
    count, model = len(models), models[0]
    length = DRAWS if engine.draws is None else engine.draws
    padded = [pad(signature_of(one), evidence_of(one)) for one in models]
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
    return [
        Answer(
            draws.take(np.arange(length)[None] + place * length),
            (),
            statistics={"diverging": run.diverging[place : place + 1]},
        )
        for place in range(count)
    ]

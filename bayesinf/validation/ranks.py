"""A short calibration: truths drawn from the priors are ranked among posterior draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bayesinf.api import model as build_model
from bayesinf.criticism.calibration import Calibration, calibrate
from bayesinf.criticism.simulation import simulate
from bayesinf.engine import Engine
from bayesinf.engines import Conjugate, Laplace, Marginal
from bayesinf.model.model import Model
from bayesinf.numerics.random import Streams
from bayesinf.priors import HalfNormal, LogNormal, Normal
from bayesinf.validation.check import Check, priors_in_words
from bayesinf.validation.power import found_faults

LEVEL = 1e-3
"""Below this p-value, corrected for the number of quantities, a second stage decides."""

AGAIN = 5
"""How many times the data sets the second stage has, from another seed."""

SEEDS = (1, 2)
"""Of the two stages: of the data sets, and of the fits."""

WEAK = {"Intercept": Normal(0, 1), "coefficients": Normal(0, 1)}


def ranks() -> Iterator[Check]:
    """Each engine that answers in milliseconds, at six observations, where priors matter most."""
    yield calibrated("Gaussian, line", Conjugate(draws=64), line(), 300)
    yield calibrated("Poisson, line", Laplace(draws=192), counted(), 150)
    yield calibrated("Gaussian, groups", Marginal(draws=192), grouped(), 80)


def calibrated(name: str, engine: Engine, model: Model, count: int) -> Check:
    """Ranks of one engine on one model; doubts are settled by a second, larger run."""
    ranked = ranks_of(engine, model, count, SEEDS[0])
    first = value = smallest(ranked)
    if first < LEVEL:
        value = smallest(ranks_of(engine, model, AGAIN * count, SEEDS[1]))
    faults = found_faults(count, ranked.draws, LEVEL / len(ranked.names))
    found = f"smallest corrected p {value:.2g}"
    if first < LEVEL:
        found += f" in the second stage (first: {first:.2g})"
    return Check(
        "Calibration",
        f"{name}, {engine.name}",
        f"ranks of every unknown and of the log likelihood are uniform (p above {LEVEL:g}); nine "
        f"times in ten this finds {faults}",
        found,
        value >= LEVEL,
        f"{count} data sets of {len(model.design.response)} rows simulated from the priors "
        f"{priors_in_words(model.priors)}; seed {SEEDS[0]}, of a second stage {SEEDS[1]}",
        {
            "p": value,
            "first p": first,
            "data sets": float(count),
            "shift found": faults.shift,
            "narrower sd found": faults.narrow,
            "wider sd found": faults.wide,
        },
    )


def ranks_of(engine: Engine, model: Model, count: int, seed: int) -> Calibration:
    """One stage: data sets simulated and fitted from one seed."""
    return calibrate(engine, simulate(model, Streams(seed), count), seed=seed)


def smallest(found: Calibration) -> float:
    """The smallest p-value of all quantities, times their number."""
    return float(min(1.0, found.p_values.min() * len(found.names)))


def line() -> Model:
    """Six observations around a line."""
    rows = {"x": np.linspace(-1, 1, 6), "y": np.linspace(-1, 1, 6) ** 2}
    return build_model("y ~ x", rows, priors={**WEAK, "sigma": LogNormal(-0.3, 0.4)})


def counted() -> Model:
    """Six counts along a line."""
    rows = {"x": np.linspace(-1, 1, 6), "y": np.array([0.0, 1, 0, 2, 1, 3])}
    return build_model("y ~ x", rows, "poisson", priors=WEAK)


def grouped() -> Model:
    """Six observations in three groups."""
    rows = {
        "x": np.linspace(-1, 1, 6),
        "y": np.linspace(-1, 1, 6) ** 2,
        "g": np.array(list("aabbcc")),
    }
    spreads = {"sigma": LogNormal(-0.3, 0.4), "sd:g": HalfNormal(1)}
    return build_model("y ~ x + (1 | g)", rows, priors={**WEAK, **spreads})

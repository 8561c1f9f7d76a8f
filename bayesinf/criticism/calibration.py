"""Simulation-based calibration: does an engine recover what data were simulated from?

    parameters from the prior -> data from the parameters -> posterior of the data
    -> rank of each parameter among its posterior draws: uniform, if the engine is right

Source: Talts, Betancourt, Simpson, Vehtari and Gelman (2018), arXiv:1804.06788; the log likelihood
as a test quantity: Modrak, Moon, Kim, Burkner, Huurre, Faltejskova, Gelman and Vehtari (2023),
Bayesian Analysis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayesinf.criticism.fleet import fit_fleet
from bayesinf.criticism.simulation import Simulations, quantities
from bayesinf.criticism.tails import COUNTABLE, p_value
from bayesinf.criticism.uniformity import band, p_values_of
from bayesinf.engine import Answer, Engine
from bayesinf.engines.nuts import NUTS
from bayesinf.errors import ModelError
from bayesinf.fleet.engine import Fleet
from bayesinf.model.model import Model
from bayesinf.numerics.diagnostics import ess_bulk
from bayesinf.numerics.random import Streams, streams_of
from bayesinf.posterior.draws import Draws
from bayesinf.posterior.summary import scalar_draws

KEPT = 63
"""Draws that each rank is counted among: ranks 0 ... 63 fall into any power of two of bins."""

FEWEST = 7
"""Draws below which ranks are too coarse to say anything."""

POORLY_MIXED = 0.05
"""Share of the fits that may have fewer effective draws than are kept of each."""

TOGETHER = 500
"""Data sets whose quantities are computed at once: 25 MB of 50 rows and 63 draws each."""


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Ranks of true values among their posterior draws, over many simulated data sets.

    Attributes:
        engine: The engine's name.
        names: Names of the test quantities.
        ranks: Shape (simulation, quantity): how many of the kept draws lie below the truth.
        draws: Draws kept of each posterior; ranks lie between 0 and this number.
        p_values: Shape (quantity,). Of uniform ranks, each quantity by itself; by simulation, and
            so never below 2e-5.
        ess: Shape (simulation,). Effective draws of the quantity with the fewest in each fit.
        divergent: Shape (simulation,). Whether any trajectory of the fit broke down.
    """

    engine: str
    names: tuple[str, ...]
    ranks: np.ndarray
    draws: int
    p_values: np.ndarray
    ess: np.ndarray
    divergent: np.ndarray

    def passes(self, level: float = 0.01) -> bool:
        """Whether all ranks look uniform.

        P-values that are too small to be known by simulation are computed, because with hundreds of
        quantities these decide.

        Args:
            level: Probability that an engine without fault fails; shared between the quantities
                (Bonferroni), so that it does not grow with their number.
        """
        limit = level / len(self.names)
        counted = self.p_values >= COUNTABLE
        if (self.p_values[counted] <= limit).any():
            return False
        few = np.flatnonzero(~counted)
        smallest_first = few[np.argsort(self.p_values[few])]
        return all(p_value(self.ranks[:, place], self.draws) > limit for place in smallest_first)

    def band(self, prob: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """The simultaneous band of the ranks' distribution function; see `uniformity.band`."""
        return band(len(self.ranks), self.draws, prob)

    def __repr__(self) -> str:
        word = "calibrated" if self.passes() else "NOT calibrated"
        width = max(len(name) for name in self.names)
        lines = (
            f"{name:<{width}}  p = {p:.4f}  mean rank {mean:.1f} (expected {self.draws / 2:.1f})"
            for name, p, mean in zip(
                self.names, self.p_values, self.ranks.mean(axis=0), strict=True
            )
        )
        head = (
            f"{self.engine} is {word} on {len(self.ranks)} simulated data sets: ranks among "
            f"{self.draws} draws; fits have {np.median(self.ess):.0f} effective draws (median)."
        )
        return "\n".join([head, *lines])


def calibrate(
    engine: Engine, simulations: Simulations, kept: int = KEPT, seed: object = 0
) -> Calibration:
    """Fits every simulated data set and ranks the truths among the posterior draws.

    Args:
        engine: With `draws` well above `kept` where its draws depend on each other: they are
            thinned to `kept`, evenly. NUTS runs one chain per data set, all data sets side by side
            in one compiled program, and `chains` does not count; `fleet.engine.Fleet` solves all
            data sets at once, as `bi.fit_many` solves groups.
        simulations: From `simulation.simulate`.
        kept: The most draws to count ranks among. Half as many, a quarter or an eighth are kept
            where more than a twentieth of the fits have fewer effective draws.
        seed: An int, a JAX key, a NumPy Generator or None.

    Returns:
        The ranks, and whether they are uniform: `.passes()`, `.p_values`.

    Raises:
        ModelError: When the engine refuses the model, or has fewer draws than are to be kept.

    Example:
        >>> import bayesinf as bi
        >>> from bayesinf.criticism.simulation import simulate
        >>> model = bi.model("Reaction ~ Days", bi.examples.sleepstudy().head(20))
        >>> data = simulate(model, bi.Streams(1), 50)
        >>> calibrate(bi.Conjugate(draws=64), data).passes()
        True
    """
    if engine.draws is not None and engine.draws < kept:
        raise ModelError(
            f"Ranks among {kept} draws need at least as many; the engine gives {engine.draws}.",
            code="draws",
            hint=f"Use {type(engine).__name__}(draws={4 * kept}).",
        )
    models = [simulations.model_of(place) for place in range(len(simulations))]
    answers = fit_all(engine, models, streams_of(seed))
    return judge(engine.name, simulations, answers, kept)


def fit_all(engine: Engine, models: Sequence[Model], streams: Streams) -> list[Answer]:
    """Fits models of one structure: side by side where the engine can, else one by one.

    Raises:
        ModelError: When the engine refuses the model.
    """
    if reason := engine.refuses(models[0]):
        raise ModelError(
            f"The engine '{engine.name}' cannot be calibrated on this model: {reason}.",
            code="engine-refuses",
        )
    if isinstance(engine, NUTS | Fleet):
        return fit_fleet(engine, models, streams)
    return [
        engine.solve(model, Streams(streams.integer("fit", str(place))), None)
        for place, model in enumerate(models)
    ]


def judge(
    engine: str, simulations: Simulations, answers: Sequence[Answer], kept: int = KEPT
) -> Calibration:
    """Ranks the truths among the draws of their fits, and tests whether the ranks are uniform.

    Args:
        engine: The engine's name.
        simulations: Their truths, and the model that the quantities are computed by.
        answers: One of each data set.
        kept: As in `calibrate`.

    Returns:
        The ranks, and whether they are uniform.
    """
    ess = np.array([_least_ess(simulations.model, answer) for answer in answers])
    kept = affordable(ess, kept)
    counts = ranks(simulations, [answer.draws for answer in answers], kept)
    return Calibration(
        engine=engine,
        names=simulations.names,
        ranks=counts,
        draws=kept,
        p_values=p_values_of(counts, kept),
        ess=ess,
        divergent=np.array([_diverged(answer) for answer in answers]),
    )


def affordable(ess: np.ndarray, kept: int = KEPT) -> int:
    """How many draws to keep so that they are as good as independent: kept, or half, a quarter ...

    Args:
        ess: Effective draws of each fit.
        kept: The most.
    """
    while kept > FEWEST and (ess < kept).mean() > POORLY_MIXED:
        kept //= 2
    return kept


def ranks(simulations: Simulations, draws: Sequence[Draws], kept: int) -> np.ndarray:
    """Counts the kept draws below each truth.

    Args:
        simulations: Their truths.
        draws: Of each data set.
        kept: How many evenly spaced draws to count among.

    Returns:
        Shape (simulation, quantity): whole numbers from 0 to `kept`.
    """
    counts = np.empty(simulations.truths.shape, dtype=int)
    for start in range(0, len(draws), TOGETHER):
        part = slice(start, start + TOGETHER)
        together = joined([thinned(own, kept) for own in draws[part]])
        _, values = quantities(simulations.model, simulations.responses[part], together)
        counts[part] = (values < simulations.truths[part, None]).sum(axis=1)
    return counts


def thinned(draws: Draws, kept: int) -> Draws:
    """Evenly spaced draws, as one chain."""
    return draws.take(np.linspace(0, draws.count - 1, kept).astype(int)[None])


def joined(chains: Sequence[Draws]) -> Draws:
    """Draws of one chain each, along the first axis."""
    arrays = [one.arrays() for one in chains]
    together = {name: np.concatenate([one[name] for one in arrays]) for name in arrays[0]}
    return Draws.from_arrays(together, len(chains[0].sds))


def _least_ess(model: Model, answer: Answer) -> float:
    if answer.independent:
        return float(answer.draws.count)
    sizes = ess_bulk(scalar_draws(model, answer.draws)[1])
    return float(np.nanmin(sizes)) if np.isfinite(sizes).any() else float(answer.draws.count)


def _diverged(answer: Answer) -> bool:
    return bool(np.any(answer.statistics.get("diverging", False)))

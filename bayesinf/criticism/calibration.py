"""Simulation-based calibration: does an engine recover what data were simulated from?

    parameters from the prior -> data from the parameters -> posterior of the data
    -> rank of each parameter among its posterior draws: uniform, if the engine is right

Source: Talts, Betancourt, Simpson, Vehtari and Gelman (2018), arXiv:1804.06788; the log likelihood
as a test quantity: Modrak, Moon, Kim, Burkner, Huurre, Faltejskova, Gelman and Vehtari (2023),
Bayesian Analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.criticism.fleet import fit_fleet
from bayesinf.criticism.simulation import Simulations, quantities
from bayesinf.criticism.uniformity import band, uniformity
from bayesinf.engine import Engine
from bayesinf.engines.nuts import NUTS
from bayesinf.errors import ModelError
from bayesinf.fleet.engine import Fleet
from bayesinf.numerics.diagnostics import ess_bulk
from bayesinf.numerics.random import Streams, streams_of
from bayesinf.posterior.draws import Draws

KEPT = 63
"""Draws that each rank is counted among: ranks 0 ... 63 fall into any power of two of bins."""


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Ranks of true values among their posterior draws, over many simulated data sets.

    Attributes:
        engine: The engine's name.
        names: Names of the test quantities.
        ranks: Shape (simulation, quantity): how many of the kept draws lie below the truth.
        draws: Draws kept of each posterior; ranks lie between 0 and this number.
        p_values: Shape (quantity,). Of uniform ranks, each quantity by itself.
        ess: Shape (simulation,). Effective draws of the quantity with the fewest in each fit.
    """

    engine: str
    names: tuple[str, ...]
    ranks: np.ndarray
    draws: int
    p_values: np.ndarray
    ess: np.ndarray

    def passes(self, level: float = 0.01) -> bool:
        """Whether all ranks look uniform.

        Args:
            level: Probability that an engine without fault fails; shared between the quantities
                (Bonferroni), so that it does not grow with their number.
        """
        return bool(self.p_values.min() > level / len(self.names))

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
        kept: Draws to count ranks among.
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
    if reason := engine.refuses(simulations.model):
        raise ModelError(
            f"The engine '{engine.name}' cannot be calibrated on this model: {reason}.",
            code="engine-refuses",
        )
    if engine.draws is not None and engine.draws < kept:
        raise ModelError(
            f"Ranks among {kept} draws need at least as many; the engine gives {engine.draws}.",
            code="draws",
            hint=f"Use {type(engine).__name__}(draws={4 * kept}).",
        )
    streams = streams_of(seed)
    found = _all_draws(engine, simulations, streams)
    counts = ranks(simulations, found, kept)
    return Calibration(
        engine=engine.name,
        names=simulations.names,
        ranks=counts,
        draws=kept,
        p_values=uniformity(counts, kept),
        ess=np.array([_least_ess(draws) for draws in found]),
    )


def ranks(simulations: Simulations, draws: list[np.ndarray], kept: int) -> np.ndarray:
    """Counts the kept draws below each truth.

    Args:
        simulations: Their truths.
        draws: Of each data set, shape (chain, draw, quantity).
        kept: How many evenly spaced draws to count among.

    Returns:
        Shape (simulation, quantity): whole numbers from 0 to `kept`.
    """
    counts = np.empty(simulations.truths.shape, dtype=int)
    for place, values in enumerate(draws):
        flat = values.reshape(-1, values.shape[-1])
        chosen = flat[np.linspace(0, len(flat) - 1, kept).astype(int)]
        counts[place] = (chosen < simulations.truths[place]).sum(axis=0)
    return counts


def _all_draws(engine: Engine, simulations: Simulations, streams: Streams) -> list[np.ndarray]:
    """The draws (chain, draw, quantity) of every data set's posterior."""
    if isinstance(engine, NUTS | Fleet):
        fitted = fit_fleet(engine, simulations, streams)
    else:
        fitted = [_fit(engine, simulations, place, streams) for place in range(len(simulations))]
    return [quantities(simulations.model_of(place), draws)[1] for place, draws in enumerate(fitted)]


def _fit(engine: Engine, simulations: Simulations, place: int, streams: Streams) -> Draws:
    own = Streams(streams.integer("fit", str(place)))
    return engine.solve(simulations.model_of(place), own, None).draws


def _least_ess(draws: np.ndarray) -> float:
    sizes = ess_bulk(draws)
    return float(np.nanmin(sizes)) if np.isfinite(sizes).any() else float(np.prod(draws.shape[:2]))

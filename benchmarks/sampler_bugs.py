"""Bugs planted into the samplers themselves, not into the models that they are given.

Each replaces one function inside an engine by a wrong one, as a slip in its code would. Their data
sets are about as many as that engine is calibrated with, so that they measure the power of the
cells themselves.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar, final
from unittest.mock import patch

import jax.numpy as jnp
import numpy as np

from bayesinf.model.quadrature import effects
from bayesinf.numerics import importance, tempering
from bayesinf.numerics.quadrature import Tabulated
from bayesinf.numerics.rotation import HostMover
from benchmarks.mutation import Mutation


class SamplerBug(Mutation):
    """A wrong function inside an engine.

    Attributes:
        place: Where the function is, as `module.name`.
    """

    place: ClassVar[str]
    simulations: ClassVar[int] = 200

    @abstractmethod
    def wrong(self, *given: Any) -> Any:
        """What the function does instead."""

    def planted(self) -> AbstractContextManager[object]:
        """The wrong function in its place."""
        return patch(self.place, lambda *given: self.wrong(*given))


def _path(owner: Any, name: str) -> str:
    """The place of a function or method, for `patch`; that it exists is checked on the way."""
    getattr(owner, name)
    module = getattr(owner, "__module__", None)
    return f"{module}.{owner.__name__}.{name}" if module else f"{owner.__name__}.{name}"


@final
class SigmaFixed(SamplerBug):
    """The closed form forgets that sigma is not known."""

    name = "conjugate: sigma fixed at its mode"
    engine = "conjugate"
    place = _path(Tabulated, "draw")

    def wrong(self, table: Tabulated, generator: np.random.Generator, count: int) -> np.ndarray:
        """The mode, with too little noise to be seen."""
        del generator
        return table.nodes[np.argmax(table.density)] + 1e-6 * np.arange(count)


class WeightsForgotten(SamplerBug):
    """Proposals are kept whatever their importance weights say."""

    place = _path(importance, "walk")

    def wrong(
        self, log_weights: list[float], log_uniform: list[float], start: int
    ) -> tuple[list[int], int]:
        """Every point is accepted."""
        del log_uniform, start
        return list(range(len(log_weights))), len(log_weights)


@final
class LaplaceUncorrected(WeightsForgotten):
    """A t around the mode passes for the posterior."""

    name = "laplace: importance weights forgotten"
    shape = "counts"
    engine = "laplace"
    simulations = 300


@final
class MarginalUncorrected(WeightsForgotten):
    """A t around the mode of the spreads passes for their posterior."""

    name = "marginal: importance weights forgotten"
    shape = "crossed"
    engine = "marginal"
    simulations = 300


@final
class EffectsAtModes(SamplerBug):
    """Group effects are known too well, given everything else."""

    name = "quadrature: group effects drawn with half their spread"
    shape = "grouped logistic"
    engine = "quadrature"
    place = _path(effects, "_walk")

    def __init__(self) -> None:
        self._right = effects._walk

    def wrong(self, rows: Any, scale: Any, peak: Any, generator: np.random.Generator) -> Any:
        """The walks, half way to the modes."""
        walks = self._right(rows, scale, peak, generator)
        return effects._Walks((walks.place + peak.place) / 2, *(walks.tried, walks.accepted, 0))


@final
class HalfKickForgotten(SamplerBug):
    """The leapfrog's last half step of the momentum is left out."""

    name = "hmc: the last half kick forgotten"
    shape = "grouped logistic"
    engine = "hmc"
    place = _path(HostMover, "_trajectory")

    def __init__(self) -> None:
        self._right = HostMover._trajectory

    def wrong(
        self, mover: HostMover, points: Any, gradient: Any, momentum: Any, step: float, steps: int
    ) -> Any:
        """The same trajectory, whose momentum lacks its last half kick."""
        moved, ended, slope, final_one = self._right(mover, points, gradient, momentum, step, steps)
        return moved, ended, slope, final_one - 0.5 * step * (slope + moved)


@final
class GreedyTree(SamplerBug):
    """Each doubling of a trajectory moves to its new half, however unlikely that is."""

    name = "nuts: the newest half of a tree always taken"
    shape = "robust"
    engine = "nuts"
    place = "numpyro.infer.hmc_util._biased_transition_kernel"

    def wrong(self, current: Any, new: Any) -> Any:
        """One, unless the new half turns back or diverges."""
        del current
        return jnp.where(new.turning | new.diverging, 0.0, 1.0)


@final
class ParticlesUnmoved(SamplerBug):
    """Particles are resampled and never moved, so that most are copies."""

    name = "smc: particles resampled and not moved"
    shape = "robust"
    engine = "smc"
    place = _path(tempering, "mix")

    def wrong(self, cloud: Any, bridge: Any, rng: np.random.Generator) -> Any:
        """The same particles."""
        del rng
        return cloud, bridge, tempering.Moved(1.0, 0.0, 0.0)


ALL: tuple[Mutation, ...] = (
    SigmaFixed(),
    LaplaceUncorrected(),
    MarginalUncorrected(),
    EffectsAtModes(),
    HalfKickForgotten(),
    GreedyTree(),
    ParticlesUnmoved(),
)
"""One for each engine that is exact, but the fleet, which most bugs of models run on."""

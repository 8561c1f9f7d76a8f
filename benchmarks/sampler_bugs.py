"""Bugs planted into the samplers themselves, not into the models that they are given.

Each replaces one function inside an engine by a wrong one, as a slip in its code would. Their data
sets are about as many as that engine is calibrated with, so that they measure the power of the
cells themselves.

Slips of which a sampler hardly takes notice are no bugs of that size. Three were tried and passed
200 data sets: a last half kick left out of whitened trajectories, which have next to nothing to be
kicked by; a tree whose newest half is always taken, which is about as likely as the other; and
particles that are resampled and not moved, because each run of smc starts from a better reference,
until the last one is importance sampling from a good proposal.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar, final
from unittest.mock import patch

import jax
import numpy as np
from numpyro.infer import hmc

from bayesinf.model.quadrature import effects
from bayesinf.numerics import importance
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
        """The wrong function in its place.

        A function and no bound method, so that in the place of a method it is given the instance.
        """
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


class SlowMomenta(SamplerBug):
    """Trajectories start more slowly than the kinetic energy assumes."""

    place = _path(HostMover, "_trajectory")

    def __init__(self) -> None:
        self._right = HostMover._trajectory

    def wrong(
        self, mover: HostMover, points: Any, gradient: Any, momentum: Any, step: float, steps: int
    ) -> Any:
        """A trajectory from smaller momenta than were drawn."""
        return self._right(mover, points, gradient, 0.8 * momentum, step, steps)


@final
class SlowChains(SlowMomenta):
    """Whitened chains that are slow."""

    name = "hmc: momenta of sd 0.8 for 1"
    shape = "grouped logistic"
    engine = "hmc"


@final
class SlowParticles(SlowMomenta):
    """Particles whose moves are slow."""

    name = "smc: momenta of sd 0.8 for 1"
    shape = "robust"
    engine = "smc"


@final
class MassInverted(SamplerBug):
    """Momenta are drawn with the inverse of the mass matrix for the matrix."""

    name = "nuts: mass matrix taken for its inverse"
    shape = "robust"
    engine = "nuts"
    place = _path(hmc, "momentum_generator")

    def wrong(self, position: Any, root_of_mass: Any, key: Any) -> Any:
        """Momenta that are large where they should be small."""
        del position
        return jax.random.normal(key, root_of_mass.shape) / root_of_mass


ALL: tuple[Mutation, ...] = (
    SigmaFixed(),
    LaplaceUncorrected(),
    MarginalUncorrected(),
    EffectsAtModes(),
    SlowChains(),
    MassInverted(),
    SlowParticles(),
)
"""One for each engine that is exact, but the fleet, which most bugs of models run on."""

"""Fits a guide to a log density by stochastic ascent of the evidence lower bound (ELBO).

Why not NumPyro's SVI: its guides remember the data of the model they were traced with, its flows
cannot evaluate their density at a given point, and its gradient keeps the score term, whose noise
does not vanish at the optimum. What is left is short: one bound, Adam, and a rule for stopping.

Letters: q is the guide, p the target; u are coordinates of a `Frame`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.compiled import Density
from bayesinf.numerics.guides import Guide, Parameters
from bayesinf.numerics.importance import Proposal
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.precision import double
from bayesinf.types import Array

BLOCK = 50
"""Steps between two looks at the ELBO, which is averaged over them."""

WINDOW = 6
"""Blocks that must show no rise: the mean of the last three against that of the three before."""

RISE = 0.01
"""Nats that 150 steps must gain to go on; less changes no interval visibly."""

RATES = (1.0, 0.25, 0.0625)
"""Shares of the learning rate, one after another, each until the ELBO has settled: large steps find
the optimum, small ones and their average settle on it (Welandawe et al. 2022)."""

LEVEL = 1e-3
"""A slope in nats per sd below which Adam takes no full step: the ground is level there, and what
is left of the slope is rounding or noise."""

MOMENTA = (0.9, 0.99)
"""Adam's averages: a hundred steps of memory, because the gradient's noise dies out on the way."""


class Frame(NamedTuple):
    """Coordinates in which a first approximation is standard normal: `place + factor u`.

    Attributes:
        place: Shape (d,).
        factor: Shape (d,), one unit each; or (d, d).
    """

    place: Array
    factor: Array

    def points(self, u: Array) -> Array:
        """Turns coordinates (n, d) into points (n, d)."""
        return self.place + (u * self.factor if self.factor.ndim == 1 else u @ self.factor.T)

    def log_volume(self) -> float:
        """The log volume of a unit of coordinates."""
        factor = np.asarray(self.factor)
        if factor.ndim == 1:
            return float(np.log(np.abs(factor)).sum())
        return float(np.linalg.slogdet(factor)[1])


@dataclass(frozen=True)
class Search:
    """How a guide is fitted.

    Attributes:
        steps: The most steps.
        particles: Draws of the guide in each step's gradient.
        learning_rate: Length of the first steps, in sds of the first approximation.
    """

    steps: int
    particles: int
    learning_rate: float


@dataclass(frozen=True, eq=False)
class Fitted:
    """A guide with its numbers.

    Attributes:
        guide: The family.
        parameters: Its numbers, averaged over the last steps.
        frame: The coordinates that it lives in.
        elbos: Mean ELBO of each block of steps, shape (block,).
        steps: Steps taken.
        converged: Whether the ELBO had settled before the steps ran out.
        interrupted: Whether the caller stopped the search.
    """

    guide: Guide
    parameters: Parameters
    frame: Frame
    elbos: np.ndarray
    steps: int
    converged: bool
    interrupted: bool

    @property
    def size(self) -> int:
        """The number of unknowns d."""
        return self.guide.size

    def draw(
        self, rng: np.random.Generator, n: int, noise: Proposal
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws n points (n, d) with their log densities (n,), as the map of the given noise."""
        z = noise.sample(rng, n)
        u, log_jacobian = self.guide.forward(self.parameters, z)
        log_density = noise.log_density(z) - log_jacobian - self.frame.log_volume()
        return np.asarray(self.frame.points(u)), np.asarray(log_density)


class _State(NamedTuple):
    """Adam's state: the numbers, the averages of their gradients and squares, and the step."""

    parameters: Any
    first: Any
    second: Any
    step: Array


class _Totals(NamedTuple):
    """Sums over the steps of a block that had a finite gradient."""

    elbo: Array
    square: Array
    parameters: Any
    finite: Array


def fit_guide(
    density: Density,
    data: Any,
    guide: Guide,
    frame: Frame,
    search: Search,
    seed: int,
    report: Callable[[Progress], None] | None = None,
) -> Fitted:
    """Fits a guide to a log density.

    Args:
        density: From flat vectors (n, d) and the data to log densities (n,), in JAX.
        data: Its second argument; other data of the same shapes compile nothing.
        guide: The family.
        frame: Where to begin: the guide is standard normal in these coordinates.
        search: Steps, particles and learning rate.
        seed: A whole number; the same one gives the same guide.
        report: Told of the steps. A KeyboardInterrupt keeps the guide as it is by then.

    Returns:
        The guide with its numbers, honest about whether its ELBO settled.

    Raises:
        SamplingError: When the density was finite at no draw of the guide, or the search was
            stopped before its first block of steps.

    Source:
        Kucukelbir et al. (2017), JMLR 18(14), for the bound in real coordinates; Roeder, Wu and
        Duvenaud (2017), Sticking the landing, for its gradient; Kingma and Ba (2015), Adam.
    """
    advance = _program(density, guide, search.particles)
    blocks: list[_Block] = []
    settled = interrupted = False
    began = perf_counter()
    with double():
        numbers = jax.tree.map(jnp.asarray, guide.start(np.random.default_rng(seed)))
        empty = jax.tree.map(jnp.zeros_like, numbers)
        state = _State(numbers, empty, empty, jnp.asarray(0))
        placed = jax.tree.map(jnp.asarray, (frame, data, jax.random.key(seed)))
        try:
            for share in RATES:
                settled, first = False, len(blocks)
                while not settled and len(blocks) * BLOCK < search.steps:
                    rate = share * guide.pace * search.learning_rate
                    state, totals = advance(state, *placed, rate)
                    blocks.append(_Block.of(totals))
                    settled = _settled(blocks[first:])
                    if report is not None:
                        done = len(blocks) * BLOCK
                        report(Progress(done, search.steps, 0, perf_counter() - began, nan))
        except KeyboardInterrupt:
            interrupted = True
    return _gather(guide, frame, blocks, settled and not interrupted, interrupted)


@dataclass(frozen=True, eq=False)
class _Block:
    """What a block of steps found: mean ELBO, its error, mean parameters, share of good steps."""

    elbo: float
    error: float
    parameters: Any
    finite: float

    @classmethod
    def of(cls, totals: _Totals) -> _Block:
        count = float(totals.finite)
        if not count:
            return cls(-np.inf, np.inf, None, 0.0)
        mean = float(totals.elbo) / count
        variance = max(float(totals.square) / count - mean**2, 0.0)
        parameters = jax.tree.map(lambda total: np.asarray(total) / count, totals.parameters)
        return cls(mean, (variance / count) ** 0.5, parameters, count / BLOCK)


def _settled(blocks: list[_Block]) -> bool:
    """Whether the last blocks of a stage show no rise beyond noise, and hardly a broken step."""
    last = blocks[-WINDOW:]
    if len(last) < WINDOW or min(block.finite for block in last) < 0.9:
        return False
    elbos = np.array([block.elbo for block in last])
    half = WINDOW // 2
    rise = elbos[half:].mean() - elbos[:half].mean()
    error = np.sqrt(sum(block.error**2 for block in last)) / half
    return bool(rise < max(RISE, 2.0 * error))


def _gather(
    guide: Guide, frame: Frame, blocks: list[_Block], converged: bool, interrupted: bool
) -> Fitted:
    if interrupted and not blocks:
        raise SamplingError(
            f"The search was stopped before its first {BLOCK} steps.",
            code="interrupted",
            hint="Let it run for longer.",
        )
    sound = [block.parameters for block in blocks[-WINDOW:] if block.finite > 0]
    if not sound:
        raise SamplingError(
            "The log density or its gradient was not finite in any step of the last blocks.",
            code="no-density",
            hint="The posterior may be improper, or reach to the edge of its support; "
            'engine="auto" may serve it.',
        )
    parameters = jax.tree.map(lambda *values: np.mean(values, axis=0), *sound)
    elbos = np.array([block.elbo for block in blocks]) + frame.log_volume()
    return Fitted(guide, parameters, frame, elbos, len(blocks) * BLOCK, converged, interrupted)


@lru_cache(maxsize=64)
def _program(density: Density, guide: Guide, particles: int) -> Callable[..., Any]:
    """Compiles a block of steps; data, frame and learning rate are its arguments."""

    def bound(numbers: Any, noise: jax.Array, frame: Frame, data: Any) -> Array:
        u, _ = guide.forward(numbers, noise)
        # Sticking the landing: the guide's numbers count through the draws only, so that the
        # gradient has no noise where the guide equals the target.
        log_q = guide.log_density(jax.lax.stop_gradient(numbers), u)
        return jnp.mean(density(frame.points(u), data) - log_q)

    def advance(state: _State, frame: Frame, data: Any, key: jax.Array, rate: float) -> Any:
        def body(_: jax.Array, carry: tuple[_State, _Totals]) -> tuple[_State, _Totals]:
            state, totals = carry
            own = jax.random.fold_in(key, state.step)
            noise = jax.random.normal(own, (particles, guide.size))
            elbo, slope = jax.value_and_grad(bound)(state.parameters, noise, frame, data)
            leaves = [jnp.isfinite(leaf).all() for leaf in jax.tree.leaves((elbo**2, slope))]
            finite = jnp.stack(leaves).all()
            # A draw outside the support has no gradient: such a step is left out.
            slope = jax.tree.map(lambda leaf: jnp.where(finite, leaf, 0.0), slope)
            state = _adam(state, slope, jnp.where(finite, rate, 0.0))
            elbo = jnp.where(finite, elbo, 0.0)
            weight = jnp.where(finite, 1.0, 0.0)
            summed = jax.tree.map(
                lambda total, leaf: total + weight * leaf, totals.parameters, state.parameters
            )
            totals = _Totals(
                totals.elbo + elbo, totals.square + elbo**2, summed, totals.finite + weight
            )
            return state, totals

        zero = jnp.zeros(())
        totals = _Totals(zero, zero, jax.tree.map(jnp.zeros_like, state.parameters), zero)
        return jax.lax.fori_loop(0, BLOCK, body, (state, totals))

    return jax.jit(advance)


def _adam(state: _State, slope: Any, rate: Array) -> _State:
    """One step of Adam upwards."""
    slow, slower = MOMENTA
    step = state.step + 1
    first = jax.tree.map(lambda m, g: slow * m + (1 - slow) * g, state.first, slope)
    second = jax.tree.map(lambda v, g: slower * v + (1 - slower) * g * g, state.second, slope)

    def move(number: Array, m: Array, v: Array) -> Array:
        size = jnp.sqrt(v / (1 - slower**step)) + LEVEL
        return number + rate * (m / (1 - slow**step)) / size

    numbers = jax.tree.map(move, state.parameters, first, second)
    return _State(numbers, first, second, step)

"""Draws from a density of few dimensions, with a certificate: modes, importance sampling, k-hat.

Find the mode from several starts; put a multivariate t around it; improve the t by moment matching;
draw fresh proposals; walk through them by independence Metropolis-Hastings. The certificate passes
only when the starts agree and k-hat is small on both halves of the proposals; otherwise
Hamiltonian Monte Carlo samples the same density.

Source: Vehtari et al. (2024), Pareto smoothed importance sampling, Journal of Machine Learning
Research 25(72). Departure: the weights drive an independence chain, so that effective sample sizes
and R-hat are those of real chains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.compiled import Density, single
from bayesinf.numerics.importance import (
    Certificate,
    adapt,
    certify,
    importance_sample,
    independence_chains,
)
from bayesinf.numerics.mode import Derivatives, Modes, Value, find_modes, numerical_derivatives
from bayesinf.numerics.nuts import NutsRun, Progress, run_nuts
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.random import Streams

ADAPTING = 1000
"""Proposals per round of moment matching: the mean is then known to a thirtieth of an sd."""

FEWEST = 500
"""Proposals per chain at the least, so that the certificate's tail shapes mean something."""

WARMUP = 500
"""Of the fallback: few dimensions adapt quickly."""


@dataclass(frozen=True, eq=False)
class Certified:
    """Draws, and what vouches for them.

    Attributes:
        points: Shape (chain, draw, d).
        modes: What the search for the mode found; None when it found no finite density.
        certificate: Of the importance weights; None when no proposal could be made.
        run: The Hamiltonian run that took over when the certificate failed.
    """

    points: np.ndarray
    modes: Modes | None
    certificate: Certificate | None
    run: NutsRun | None = None


def sample_certified(
    density: Density,
    data: Any,
    starts: np.ndarray,
    *,
    chains: int,
    draws: int,
    streams: Streams,
    batch: int,
    derivatives: Derivatives | None = None,
    value: Value | None = None,
    report: Callable[[Progress], None] | None = None,
) -> Certified:
    """Draws from a density of few dimensions.

    Args:
        density: Log density of flat vectors (n, d), up to a constant; NumPy and JAX.
        data: Its second argument.
        starts: Shape (s, d). Where the mode is sought from.
        chains: Chains to arrange the draws in.
        draws: Draws in each chain.
        streams: Random streams.
        batch: How many points to evaluate at once, which bounds the memory.
        derivatives: Gradient and Hessian at a point; None takes central differences.
        value: Log densities of points; None evaluates `density` in NumPy.
        report: Told of the fallback's progress.

    Returns:
        The draws, with the search's and the sampler's evidence.

    Raises:
        SamplingError: When even the fallback cannot start.
    """
    values = in_batches(value or (lambda points: np.asarray(density(points, data))), batch)
    modes, certificate = None, None
    try:
        modes = find_modes(values, derivatives or numerical_derivatives(values), starts)
        if modes.agree:
            points, certificate = _by_importance(values, modes, chains, draws, streams)
            if certificate.agrees:
                return Certified(points, modes, certificate)
    except SamplingError as failure:
        if failure.code == "bad-start":
            raise
    return _by_trajectories(
        density, data, starts, modes, certificate, chains, draws, streams, report
    )


def in_batches(value: Value, batch: int) -> Value:
    """Evaluates many points a batch at a time."""

    def values(points: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            # Far proposals overflow to a density of zero, which is their right weight.
            parts = [value(points[i : i + batch]) for i in range(0, len(points), batch)]
        return np.concatenate(parts)

    return values


def _by_importance(
    values: Value, modes: Modes, chains: int, draws: int, streams: Streams
) -> tuple[np.ndarray, Certificate]:
    proposal = Student.at_mode(modes.best.point, modes.best.hessian)
    proposal = adapt(values, proposal, streams.generator("adapt"), ADAPTING)
    per_chain = max(draws, FEWEST)
    generator = streams.generator("proposals")
    weighted = importance_sample(values, proposal, generator, chains * per_chain)
    walk = independence_chains(weighted, chains, streams.generator("walk"))
    return weighted.points[walk.indices[:, -draws:]], certify(weighted)


def _by_trajectories(
    density: Density,
    data: Any,
    starts: np.ndarray,
    modes: Modes | None,
    certificate: Certificate | None,
    chains: int,
    draws: int,
    streams: Streams,
    report: Callable[[Progress], None] | None,
) -> Certified:
    positions = starts[np.arange(chains) % len(starts)]
    if modes is not None and modes.best.converged:
        spread = Student.at_mode(modes.best.point, modes.best.hessian)
        near = spread.sample(streams.generator("fallback"), chains)
        # Two modes or more: the starts stay apart, so that R-hat can see that chains disagree.
        positions = near if len(modes.all) == 1 else positions
    run = run_nuts(
        single(density),
        data,
        positions,
        warmup=WARMUP,
        draws=max(draws, 1),
        seed=streams.integer("fallback"),
        report=report,
    )
    return Certified(run.positions, modes, certificate, run)

"""Draws from a density of few dimensions, with a certificate: modes, importance sampling, k-hat.

Find the mode from several starts; put a multivariate t around it; improve the t by moment matching;
draw fresh proposals; walk through them by independence Metropolis-Hastings. The certificate passes
only when the starts agree, k-hat is small on both halves of the proposals, and the chains mix;
otherwise Hamiltonian Monte Carlo samples the same density.

Source: Vehtari et al. (2024), Pareto smoothed importance sampling, Journal of Machine Learning
Research 25(72). Departure: the weights drive an independence chain, so that effective sample sizes
and R-hat are those of real chains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesinf.numerics.compiled import Density, single
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.importance import (
    ESS_LIMIT,
    Certificate,
    Proposal,
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

R_HAT_LIMIT = 1.01
"""Vehtari et al. (2021), section 4.3."""

THINNING = (1, 2, 5)
"""Proposals per draw kept, one attempt after another, for chains that walk slowly through few."""

TARGET_ACCEPT = 0.95
"""Of the fallback: what importance sampling could not serve is curved, and steps are cheap here."""

WARMUP = 500
"""Of the fallback, whose metric starts from the curvature at the mode."""


@dataclass(frozen=True, eq=False)
class Certified:
    """Draws, and what vouches for them.

    Attributes:
        points: Shape (chain, draw, d).
        modes: What the search for the mode found; None when it failed.
        certificate: Of the importance weights; None when no proposal could be made.
        doubt: Why importance sampling was not certified; empty when it was.
        run: The Hamiltonian run that took over when it was not.
    """

    points: np.ndarray
    modes: Modes | None
    certificate: Certificate | None
    doubt: str = ""
    run: NutsRun | None = None


@dataclass(frozen=True, eq=False)
class Request:
    """How draws are wanted.

    Attributes:
        chains: Chains to arrange the draws in.
        draws: Draws in each chain.
        streams: Random streams.
        batch: How many points to evaluate at once, which bounds the memory.
        report: Told of the fallback's progress.
        effective: Effective draws of every coordinate to go on for; None is content with 400, or
            with what `draws` can hold.
    """

    chains: int
    draws: int
    streams: Streams
    batch: int
    report: Callable[[Progress], None] | None = None
    effective: int | None = None


def sample_certified(
    density: Density,
    data: Any,
    starts: np.ndarray,
    request: Request,
    derivatives: Derivatives | None = None,
    value: Value | None = None,
) -> Certified:
    """Draws from a density of few dimensions.

    Args:
        density: Log density of flat vectors (n, d), up to a constant; NumPy and JAX.
        data: Its second argument.
        starts: Shape (s, d). Where the mode is sought from.
        request: How draws are wanted.
        derivatives: Gradient and Hessian at a point; None takes central differences.
        value: Log densities of points; None evaluates `density` in NumPy.

    Returns:
        The draws, with the search's and the sampler's evidence.

    Raises:
        SamplingError: When the density is finite at none of the starts.
    """
    values = in_batches(value or (lambda points: np.asarray(density(points, data))), request.batch)
    modes = find_modes(values, derivatives or numerical_derivatives(values), starts)
    certificate, doubt = None, "the starts found different modes"
    if not modes.best.converged:
        doubt = "no mode with definite curvature was found"
    elif modes.agree:
        points, certificate, doubt = _by_importance(values, modes, request)
        if not doubt:
            return Certified(points, modes, certificate)
    run = _by_trajectories(density, data, values, starts, modes, request)
    return Certified(run.positions, modes, certificate, doubt, run)


def in_batches(value: Value, batch: int) -> Value:
    """Evaluates many points a batch at a time."""

    def values(points: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            # Far proposals overflow to a density of zero, which is their right weight.
            parts = [value(points[i : i + batch]) for i in range(0, len(points), batch)]
        return np.concatenate(parts)

    return values


def _by_importance(
    values: Value, modes: Modes, request: Request
) -> tuple[np.ndarray, Certificate, str]:
    """Draws, their certificate, and the doubt that is left (empty when there is none)."""
    start = Student.at_mode(modes.best.point, modes.best.hessian)
    proposal = adapt(values, start, request.streams.generator("adapt"), ADAPTING)
    for thin in THINNING:
        points, certificate, doubt, effective = _walk(values, proposal, request, thin)
        if not doubt and effective >= (request.effective or 0):
            break
    return points, certificate, doubt


def _walk(
    values: Value, proposal: Proposal, request: Request, thin: int
) -> tuple[np.ndarray, Certificate, str, float]:
    """Fresh proposals, chains that keep every `thin`-th step, the doubt, and the effective size."""
    kept = max(request.draws, FEWEST)
    fresh = request.streams.generator("proposals", str(thin))
    weighted = importance_sample(values, proposal, fresh, request.chains * kept * thin)
    certificate = certify(weighted)
    accepting = request.streams.generator("walk", str(thin))
    walk = independence_chains(weighted, request.chains, accepting)
    points = weighted.points[walk.indices[:, thin - 1 :: thin]]
    found = diagnose(points)
    effective = float(np.nanmin(np.minimum(found.ess_bulk, found.ess_tail)))
    doubt = ""
    if not certificate.agrees:
        doubt = f"k-hat {max(certificate.k_hats):.2f}, weights worth {certificate.ess:.0f} draws"
    elif effective < ESS_LIMIT or float(np.nanmax(found.r_hat)) > R_HAT_LIMIT:
        doubt = f"the chains mix slowly: {effective:.0f} effective draws"
    return points[:, -request.draws :], certificate, doubt, effective


def _by_trajectories(
    density: Density,
    data: Any,
    values: Value,
    starts: np.ndarray,
    modes: Modes,
    request: Request,
) -> NutsRun:
    inside = starts[np.isfinite(values(starts))]
    positions = inside[np.arange(request.chains) % len(inside)]
    covariance = np.eye(starts.shape[1])
    if modes.best.converged:
        spread = Student.at_mode(modes.best.point, modes.best.hessian)
        covariance = spread.cholesky @ spread.cholesky.T
        if len(modes.all) == 1:
            # With two modes the starts stay apart, so that R-hat can see that chains disagree.
            positions = spread.sample(request.streams.generator("fallback"), request.chains)
    return run_nuts(
        single(density),
        data,
        positions,
        warmup=WARMUP,
        draws=max(request.draws, 1),
        seed=request.streams.integer("fallback"),
        report=request.report,
        covariance=covariance,
        target_accept=TARGET_ACCEPT,
    )

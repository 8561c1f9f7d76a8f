"""Draws from a density of few dimensions, with a certificate: modes, importance sampling, k-hat.

Find the mode from several starts; put a multivariate t around it; where that does not serve,
stretch the axes until the density falls off along each as a normal's, and match moments there; draw
fresh proposals; walk through them by independence Metropolis-Hastings. The certificate passes only
when the starts agree, k-hat is small on both halves of the proposals, and the chains mix; otherwise
Hamiltonian Monte Carlo samples the same density. A density that costs much per evaluation is first
served by a surrogate (`numerics/costly.py`).

Source: Vehtari et al. (2024), Pareto smoothed importance sampling, Journal of Machine Learning
Research 25(72). Departure: the weights drive an independence chain, so that effective sample sizes
and R-hat are those of real chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bayesinf.numerics.compiled import Density, single
from bayesinf.numerics.costly import sample_costly
from bayesinf.numerics.importance import (
    Certificate,
    adapt,
    importance_sample,
    serves,
)
from bayesinf.numerics.independence import (
    FEWEST as FEWEST,
    R_HAT_LIMIT as R_HAT_LIMIT,
    Request as Request,
    correct as correct,
)
from bayesinf.numerics.mode import Derivatives, Modes, Value, find_modes, numerical_derivatives
from bayesinf.numerics.nuts import NutsRun, run_nuts
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.surrogate import Agreement
from bayesinf.numerics.warp import warp_at_mode

ADAPTING = 1000
"""Proposals per round of moment matching: the mean is then known to a thirtieth of an sd."""

AFFORDABLE = 1.0
"""Seconds that the values of plain importance sampling may take; above, a surrogate needs fewer."""

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
        agreement: How the surrogate compares with the density, where one was used; `certificate` is
            then that of the draws from the surrogate.
    """

    points: np.ndarray
    modes: Modes | None
    certificate: Certificate | None
    doubt: str = ""
    run: NutsRun | None = None
    agreement: Agreement | None = None


def sample_certified(
    density: Density,
    data: Any,
    starts: np.ndarray,
    request: Request,
    derivatives: Derivatives | None = None,
    value: Value | None = None,
    modes: Modes | None = None,
) -> Certified:
    """Draws from a density of few dimensions.

    Args:
        density: Log density of flat vectors (n, d), up to a constant; NumPy and JAX.
        data: Its second argument.
        starts: Shape (s, d). Where the mode is sought from.
        request: How draws are wanted.
        derivatives: Gradient and Hessian at a point; None takes central differences.
        value: Log densities of points; None evaluates `density` in NumPy.
        modes: What a search found that was made before; None searches from the starts.

    Returns:
        The draws, with the search's and the sampler's evidence.

    Raises:
        SamplingError: When the density is finite at none of the starts.
    """
    values = in_batches(value or (lambda points: np.asarray(density(points, data))), request.batch)
    if modes is None and predicted_seconds(request) > AFFORDABLE:
        costly = sample_costly(values, starts, request)
        modes, certificate, doubt = costly.modes, costly.certificate, costly.doubt
        if costly.points is not None and not doubt:
            return Certified(costly.points, modes, certificate, agreement=costly.agreement)
    else:
        if modes is None:
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


def predicted_seconds(request: Request) -> float:
    """What the values of plain importance sampling are predicted to take."""
    return request.seconds * (3 * ADAPTING + request.chains * max(request.draws, FEWEST))


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
    adapting = request.streams.generator("adapt")
    if serves(importance_sample(values, start, adapting, ADAPTING)):
        return correct(partial(importance_sample, values, start), request)
    points, certificate, doubt = _by_warped_importance(values, modes, request)
    if not doubt:
        return points, certificate, doubt
    proposal = adapt(values, start, adapting, ADAPTING)
    return correct(partial(importance_sample, values, proposal), request)


def _by_warped_importance(
    values: Value, modes: Modes, request: Request
) -> tuple[np.ndarray, Certificate, str]:
    """The same, in coordinates in which the density falls off along each axis as a normal does."""
    warp = warp_at_mode(values, modes.best)

    def warped(w: np.ndarray) -> np.ndarray:
        return values(warp.points(w)) + warp.log_stretch(w)

    d = len(modes.best.point)
    adapting = request.streams.generator("adapt", "warped")
    proposal = adapt(warped, Student(np.zeros(d), np.eye(d)), adapting, ADAPTING)
    w, certificate, doubt = correct(partial(importance_sample, warped, proposal), request)
    return warp.points(w.reshape(-1, d)).reshape(w.shape), certificate, doubt


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

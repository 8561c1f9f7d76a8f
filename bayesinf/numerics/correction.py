"""An approximation put right by importance weights, where its certificate allows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.certified import Request, correct
from bayesinf.numerics.density import Value, evaluate
from bayesinf.numerics.importance import K_HAT_LIMIT, Certificate, Proposal, Weighted, certify
from bayesinf.numerics.noise import noises

PILOT = 2000
"""Draws whose weights decide whether to draw more: a thousand for each of two k-hats."""

DIGITS = 9
"""Of log weights that count: what rounding adds to equal weights is not a tail."""


class StandIn(Protocol):
    """An approximation that is a map of noise."""

    @property
    def size(self) -> int:
        """The number of unknowns d."""
        ...

    def draw(
        self, rng: np.random.Generator, n: int, noise: Proposal
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws n points (n, d) with their log densities (n,), as the map of the given noise."""
        ...


@dataclass(frozen=True, eq=False)
class Correction:
    """What importance weights made of an approximation.

    Attributes:
        points: Draws of the target, shape (chain, draw, d); None where the weights do not allow it.
        certificate: Of the weights: those that made the draws, else the approximation's own.
        doubt: Why there are no draws; empty when there are.
    """

    points: np.ndarray | None
    certificate: Certificate
    doubt: str


def seek_correction(values: Value, stand_in: StandIn, request: Request) -> Correction:
    """Turns draws of an approximation into draws of the target, where that may be believed.

    The approximation's own draws are tried first, then those of the same map with heavier tails.

    Args:
        values: Log densities of the target, up to a constant.
        stand_in: The approximation.
        request: How draws are wanted.

    Returns:
        The draws, or the doubt.

    Raises:
        SamplingError: When the target is zero, or infinite, at the approximation's draws.

    Source: Yao, Vehtari, Simpson and Gelman (2018), Yes, but did it work?, ICML, for k-hat as the
        judge of an approximation. Departure: its limit is 0.5, on each of two halves.
    """
    first: Certificate | None = None
    doubt = ""
    for turn, noise in enumerate(noises(stand_in.size)):
        weigh = partial(weighted_draws, values, partial(stand_in.draw, noise=noise))
        pilot = weigh(request.streams.generator("pilot", str(turn)), PILOT)
        certificate = certify(pilot)
        if first is None:
            first = certificate
            doubt = (
                f"k-hat of its importance weights is {max(certificate.k_hats):.2f} "
                f"(limit {K_HAT_LIMIT})"
            )
        if max(certificate.k_hats) < K_HAT_LIMIT:
            points, certificate, doubt = correct(weigh, request)
            if not doubt:
                return Correction(points, certificate, "")
    assert first is not None
    return Correction(None, first, doubt)


def weighted_draws(
    values: Value,
    draw: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]],
    rng: np.random.Generator,
    n: int,
) -> Weighted:
    """Draws points of an approximation and weighs them by the target.

    Raises:
        SamplingError: When the target is infinite at some point, or zero at all of them.
    """
    points, log_densities = draw(rng, n)
    heights = evaluate(values, points)
    highest = np.max(heights)
    if not np.isfinite(highest):
        raise SamplingError(
            f"The largest log density among {n} draws of the approximation is {highest}.",
            code="no-density",
            hint="The posterior may be improper: give every parameter a proper prior.",
        )
    with np.errstate(over="ignore"):
        # Where rounding overflows, the weight is zero.
        return Weighted(points, heights, np.round(heights - log_densities, DIGITS))

"""Chains that walk through weighted points of a stand-in, and the doubts about them.

Source: Tierney (1994), Annals of Statistics 22(4), section 2.3.2; the certificate is that of
`numerics/importance.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.importance import (
    ESS_LIMIT,
    Certificate,
    Weighted,
    certify,
    independence_chains,
)
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams

type Weigh = Callable[[np.random.Generator, int], Weighted]
"""From a source of randomness and a number to that many weighted points."""

FEWEST = 500
"""Proposals per chain at the least, so that the certificate's tail shapes mean something."""

R_HAT_LIMIT = 1.01
"""Vehtari et al. (2021), section 4.3."""

STUCK = 0.1
"""Effective share of the draws below which chains sat on few points: 400 of the usual 4,000. With
128,000 draws of eight schools 475 were effective, and the sd of tau was 6 % off."""

THINNING = (1, 2, 5)
"""Proposals per draw kept, one attempt after another, for chains that walk slowly through few."""


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
        seconds: What one value is predicted to take. A prediction from sizes, not a measurement:
            the same seed then gives the same draws on a busy machine.
    """

    chains: int
    draws: int
    streams: Streams
    batch: int
    report: Callable[[Progress], None] | None = None
    effective: int | None = None
    seconds: float = 0.0


def correct(weigh: Weigh, request: Request) -> tuple[np.ndarray, Certificate, str]:
    """Turns draws of a stand-in into draws of the target, and says whether that may be believed.

    Args:
        weigh: Draws points of the stand-in with their weights.
        request: How draws are wanted.

    Returns:
        Draws (chain, draw, d), their certificate, and the doubt that is left (empty when there is
        none).
    """
    points, certificate, doubt, effective = walk_once(weigh, request, THINNING[0])
    for thin in THINNING[1:]:
        if not doubt and effective >= (request.effective or 0):
            break
        points, certificate, doubt, effective = walk_once(weigh, request, thin)
    return points, certificate, doubt


def walk_once(
    weigh: Weigh, request: Request, thin: int
) -> tuple[np.ndarray, Certificate, str, float]:
    """Fresh proposals, chains that keep every `thin`-th step, the doubt, and the effective size."""
    kept = max(request.draws, FEWEST)
    fresh = request.streams.generator("proposals", str(thin))
    weighted = weigh(fresh, request.chains * kept * thin)
    certificate = certify(weighted)
    accepting = request.streams.generator("walk", str(thin))
    walk = independence_chains(weighted, request.chains, accepting)
    points = weighted.points[walk.indices[:, thin - 1 :: thin]]
    found = diagnose(points)
    effective = float(np.nanmin(np.minimum(found.ess_bulk, found.ess_tail)))
    doubt = ""
    least = max(ESS_LIMIT, STUCK * request.chains * request.draws)
    if not certificate.agrees:
        doubt = f"k-hat {max(certificate.k_hats):.2f}, weights worth {certificate.ess:.0f} draws"
    elif effective < least or float(np.nanmax(found.r_hat)) > R_HAT_LIMIT:
        doubt = f"the chains mix slowly: {effective:.0f} effective draws"
    return points[:, -request.draws :], certificate, doubt, effective

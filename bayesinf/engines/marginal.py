"""marginal: Gaussian models with one group term, coefficients and group effects integrated out.

Given the spreads (sigma, the group sds and their correlations) everything else is Gaussian, so only
these few numbers are sampled, around their mode; the coefficients and the effects are then drawn
exactly, given each draw of the spreads. Nothing is compiled unless the certificate fails.

Source: Lai, Domke and Sheldon (2024), Hamiltonian Monte Carlo inference of marginalized linear
mixed-effects models. Departures: coefficients are integrated out too, and the spreads are sampled
by independence Metropolis-Hastings; HMC is what remains when its certificate fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import CHAINS, EFFECTIVE, Answer, Engine, per_chain
from bayesinf.model.marginal import (
    MarginalEvidence,
    MarginalSignature,
    draw_latents,
    marginal_density,
    marginal_evidence,
    marginal_signature,
    read_spreads,
)
from bayesinf.model.model import Model
from bayesinf.model.structure import gaussian_coefficients, grouping, is_gaussian
from bayesinf.numerics.certified import Request, sample_certified
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import Draws, uncentre
from bayesinf.posterior.judgement import judge_certified, judge_chains
from bayesinf.posterior.summary import scalar_draws

LARGEST_BATCH = 4_000_000
"""Numbers per temporary array (32 MB): spreads are taken in batches of this size."""


@final
@dataclass(frozen=True)
class Marginal(Engine):
    """Group effects of one factor in a Gaussian model, with all but the spreads integrated out.

    Attributes:
        draws: Draws to keep, in four chains.
    """

    name: ClassVar[str] = "marginal"
    draws: int | None = None

    def refuses(self, model: Model) -> str | None:
        """Refuses other families, other than one group term, and non-Gaussian coefficients."""
        return (
            is_gaussian(model).reason_against
            or grouping(model).reason_against
            or gaussian_coefficients(model).reason_against
        )

    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Samples the spreads, then draws coefficients and effects given them."""
        signature = marginal_signature(model)
        evidence, level = marginal_evidence(model)
        sample = sample_certified(
            marginal_density(signature),
            evidence,
            starting_points(signature, evidence),
            Request(
                CHAINS,
                per_chain(self.draws),
                streams,
                _batch_size(evidence),
                report,
                EFFECTIVE if self.draws is None else None,
            ),
        )
        draws = _draws(model, signature, evidence, level, sample.points, streams)
        names, scalars = scalar_draws(model, draws)
        findings = (*judge_certified(sample), *judge_chains(names, scalars))
        return Answer(draws, findings)


def starting_points(signature: MarginalSignature, evidence: MarginalEvidence) -> np.ndarray:
    """Several points from which the mode of the spreads is sought.

    Residual and group spreads are both unknown, so that small and even group spreads are tried,
    relative to what least squares leaves. Where prior and data disagree, the posterior may
    lie at the prior's coefficients instead, with a residual or a group spread that makes up for it.
    """
    near, far = _spread_left(evidence)
    size = int(signature.has_sigma)
    sums = np.asarray(evidence.group_gram)
    weights = np.array([sums[k, k].sum() for k in range(signature.group.effects)])
    total = float(evidence.weight) if signature.has_sigma else float(weights.max())
    scale = np.sqrt(np.maximum(weights, 1e-300) / max(total, 1e-300))
    starts = []
    for sigma, sd in (
        (near, 0.05 * near),
        (near, 0.5 * near),
        (far, 0.3 * far),
        (near, far),
    ):
        start = np.zeros(signature.size)
        start[:size] = np.log(sigma)
        start[size : size + len(scale)] = np.log(sd / scale)
        starts.append(start)
    return np.array(starts)


def _spread_left(evidence: MarginalEvidence) -> tuple[float, float]:
    """The spread that least squares leaves, and the spread around the prior's coefficients."""
    gram, moment = np.asarray(evidence.gram), np.asarray(evidence.moment)
    square, mean = float(evidence.square), np.asarray(evidence.prior_mean)
    weight = max(float(evidence.weight), 1.0)
    fitted = float(moment @ np.linalg.pinv(gram) @ moment) if len(moment) else 0.0
    around = square - 2 * float(mean @ moment) + float(mean @ gram @ mean)
    least = max(1e-10 * square, 1e-300)
    return np.sqrt(max(square - fitted, least) / weight), np.sqrt(max(around, least) / weight)


def _batch_size(evidence: MarginalEvidence) -> int:
    effects, coefficients, levels = np.shape(evidence.group_cross)
    size = effects * (coefficients + effects) * levels + 4 * coefficients**2
    return max(16, LARGEST_BATCH // max(size, 1))


def _draws(
    model: Model,
    signature: MarginalSignature,
    evidence: MarginalEvidence,
    level: float,
    points: np.ndarray,
    streams: Streams,
) -> Draws:
    chains, count = points.shape[:2]
    flat = points.reshape(chains * count, -1)
    spreads = read_spreads(signature, flat)
    generator = streams.generator("latents")
    batch = _batch_size(evidence)
    parts = [
        draw_latents(read_spreads(signature, flat[start : start + batch]), evidence, generator)
        for start in range(0, len(flat), batch)
    ]
    centred = np.concatenate([part[0] for part in parts])
    levels = model.layout.groups[0].levels
    effects = np.concatenate([part[1] for part in parts])[:, :levels]
    if model.design.has_intercept:
        centred[:, 0] += level
    shape = (chains, count)
    factor = np.asarray(spreads.factor)
    sigma = np.asarray(spreads.sigma).reshape(*shape, 1)
    return Draws(
        uncentre(centred.reshape(*shape, -1), model.design.centre),
        sigma if signature.has_sigma else np.zeros((*shape, 0)),
        (np.asarray(spreads.sds).reshape(*shape, -1),),
        ((factor @ factor.swapaxes(-1, -2)).reshape(*shape, *factor.shape[1:]),),
        (effects.reshape(*shape, *effects.shape[1:]),),
    )

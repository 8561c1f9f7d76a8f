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

from bayesinf.engine import CHAINS, Answer, Engine, per_chain
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
from bayesinf.types import Array

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
    draws: int = 4000

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
            Request(CHAINS, per_chain(self.draws), streams, _batch_size(evidence), report),
        )
        draws = _draws(model, signature, evidence, level, sample.points, streams)
        names, scalars = scalar_draws(model, draws)
        findings = (*judge_certified(sample), *judge_chains(names, scalars))
        return Answer(draws, findings)


def starting_points(signature: MarginalSignature, evidence: MarginalEvidence) -> np.ndarray:
    """Several points from which the mode of the spreads is sought.

    Residual and group spreads are both unknown, so that small, even and large group spreads are
    tried, relative to what the outcomes' spread allows.
    """
    gram = np.asarray(evidence.gram)
    moment = np.asarray(evidence.moment)
    fitted = float(moment @ np.linalg.pinv(gram) @ moment) if len(moment) else 0.0
    residual = max(float(evidence.square) - fitted, 1e-10 * float(evidence.square), 1e-300)
    spread = np.sqrt(residual / max(float(evidence.weight), 1.0))
    if not signature.has_sigma:
        spread = np.sqrt(residual / max(float(np.trace(gram)), 1e-300) * max(len(moment), 1))
    per_row = np.array([g.sum() for g in _diagonal(evidence.group_gram)])
    scale = np.sqrt(per_row / max(float(evidence.weight), 1.0))
    if not signature.has_sigma:
        scale = np.sqrt(per_row / per_row.max())
    starts = []
    for share in (0.05, 0.5, 1.5):
        start = np.zeros(signature.size)
        first = int(signature.has_sigma)
        if signature.has_sigma:
            start[0] = np.log(spread) - 0.2 * share
        start[first : first + len(scale)] = np.log(share * spread / np.maximum(scale, 1e-12))
        starts.append(start)
    return np.array(starts)


def _diagonal(group_gram: Array) -> list[np.ndarray]:
    values = np.asarray(group_gram)
    return [values[k, k] for k in range(values.shape[0])]


def _batch_size(evidence: MarginalEvidence) -> int:
    effects, coefficients, levels = np.shape(evidence.group_cross)
    return max(16, LARGEST_BATCH // max(effects * (coefficients + effects) * levels, 1))


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
    effects = np.concatenate([part[1] for part in parts])
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

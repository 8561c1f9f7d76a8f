"""marginal: Gaussian models with group terms, coefficients and group effects integrated out.

Given the spreads (sigma, the group sds and their correlations) everything else is Gaussian, so only
these few numbers are sampled, around their mode; the coefficients and the effects are then drawn
given each draw of the spreads. Nothing is compiled unless the certificate fails. One group term has
a density of its own, which evaluates many points at once (`model/marginal.py`); of several, crossed
or nested, the largest is eliminated level by level (`model/crossed`).

Source: Lai, Domke and Sheldon (2024), Hamiltonian Monte Carlo inference of marginalized linear
mixed-effects models. Departures: coefficients and any number of effects are integrated out too, and
the spreads are sampled by independence Metropolis-Hastings, from a surrogate where a value of their
density takes long; HMC is what remains when the certificate fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import CHAINS, EFFECTIVE, Answer, Engine, per_chain
from bayesinf.model.crossed.density import crossed_density, read_crossed
from bayesinf.model.crossed.draws import draw_crossed
from bayesinf.model.crossed.rows import CrossedRows, affordable, crossed_rows
from bayesinf.model.fact import count_of
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
from bayesinf.model.program import Program
from bayesinf.model.structure import gaussian_coefficients, is_gaussian, unknowns
from bayesinf.numerics.certified import Certified, Request, sample_certified
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
    """Group effects in a Gaussian model, with all but the spreads integrated out.

    Attributes:
        draws: Draws to keep, in four chains.
    """

    name: ClassVar[str] = "marginal"
    draws: int | None = None

    def refuses(self, model: Model) -> str | None:
        """Refuses other families, models without groups or too many, non-Gaussian coefficients."""
        reason = is_gaussian(model).reason_against
        if reason is None and not model.design.rows.groups:
            reason = "the model has no group effects"
        reason = reason or gaussian_coefficients(model).reason_against
        if reason is None and len(model.design.rows.groups) > 1:
            reason = affordable(model).reason_against
        return reason

    def merit(self, model: Model | Program) -> str:
        """What has a closed form, and what is left to sample."""
        assert isinstance(model, Model), "programs are objected to"
        found = unknowns(model)
        return (
            f"given the {count_of(found.hyperparameters, 'hyperparameter')}, the "
            f"{found.coefficients + found.effects:,} coefficients and group effects have a closed "
            "form, so that only the hyperparameters are sampled"
        )

    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Samples the spreads, then draws coefficients and effects given them."""
        effective = EFFECTIVE if self.draws is None else None
        wanted = Request(CHAINS, per_chain(self.draws), streams, 1, report, effective)
        one = len(model.design.rows.groups) == 1
        sample, draws = (_solve_one if one else _solve_several)(model, wanted)
        names, scalars = scalar_draws(model, draws)
        findings = (*judge_certified(sample), *judge_chains(names, scalars))
        return Answer(draws, findings)


def _solve_one(model: Model, wanted: Request) -> tuple[Certified, Draws]:
    """One group term."""
    signature = marginal_signature(model)
    evidence, level = marginal_evidence(model)
    sample = sample_certified(
        marginal_density(signature),
        evidence,
        starting_points(signature, evidence),
        replace(wanted, batch=_batch_size(evidence)),
    )
    draws = _draws(model, signature, evidence, level, sample.points, wanted.streams)
    return sample, draws


def _solve_several(model: Model, wanted: Request) -> tuple[Certified, Draws]:
    """Several group terms."""
    rows = crossed_rows(model)
    sample = sample_certified(
        crossed_density(rows.signature),
        rows.evidence,
        crossed_starting_points(rows),
        replace(
            wanted,
            batch=max(1, LARGEST_BATCH // (rows.size + 1) ** 2),
            seconds=rows.seconds,
        ),
    )
    return sample, _crossed_draws(model, rows, sample.points, wanted.streams)


def starting_points(signature: MarginalSignature, evidence: MarginalEvidence) -> np.ndarray:
    """Several points from which the mode of the spreads is sought.

    Residual and group spreads are both unknown, so that small and even group spreads are tried,
    relative to what least squares leaves. Where prior and data disagree, the posterior may
    lie at the prior's coefficients instead, with a residual or a group spread that makes up for it.
    """
    near, far = _spread_left(
        np.asarray(evidence.gram),
        np.asarray(evidence.moment),
        float(evidence.square),
        float(evidence.weight),
        np.asarray(evidence.prior_mean),
    )
    size = int(signature.has_sigma)
    sums = np.asarray(evidence.group_gram)
    weights = np.array([sums[k, k].sum() for k in range(signature.group.effects)])
    scale = _relative_scale(weights, float(evidence.weight) if signature.has_sigma else 0.0)
    starts = []
    for sigma, sd in _guesses(near, far):
        start = np.zeros(signature.size)
        start[:size] = np.log(sigma)
        start[size : size + len(scale)] = np.log(sd / scale)
        starts.append(start)
    return np.array(starts)


def crossed_starting_points(rows: CrossedRows) -> np.ndarray:
    """The same for several terms; in turn, each term's spread is tried large and all others small.

    That is where a second mode would be: two terms may vie for the same differences.
    """
    signature, evidence = rows.signature, rows.evidence
    last = rows.parts[-1]
    weight = float(evidence.weight)
    near, far = _spread_left(
        rows.border_gram[last, last].toarray(),
        rows.border_moment[last, 0],
        float(evidence.square),
        weight,
        rows.prior.mean,
    )
    total = weight if signature.has_sigma else 0.0
    scales = [_relative_scale(sums, total) for sums in rows.column_weights]
    terms = range(len(scales))
    tried = [(sigma, [sd] * len(scales)) for sigma, sd in _guesses(near, far)]
    tried += [(near, [near if k == large else 0.05 * near for k in terms]) for large in terms]
    starts = np.zeros((len(tried), signature.size))
    for start, (sigma, sds) in zip(starts, tried, strict=True):
        start[: int(signature.has_sigma)] = np.log(sigma)
        for k, sd in enumerate(sds):
            place = signature.places[k]
            start[place : place + len(scales[k])] = np.log(sd / scales[k])
    return starts


def _guesses(near: float, far: float) -> tuple[tuple[float, float], ...]:
    """Guesses at sigma and the spread of the group effects' contributions."""
    return (near, 0.05 * near), (near, 0.5 * near), (far, 0.3 * far), (near, far)


def _relative_scale(weights: np.ndarray, total: float) -> np.ndarray:
    """The root mean square of each varying column, from the weighted sums of its squares."""
    total = total or float(weights.max())
    return np.sqrt(np.maximum(weights, 1e-300) / max(total, 1e-300))


def _spread_left(
    gram: np.ndarray, moment: np.ndarray, square: float, weight: float, mean: np.ndarray
) -> tuple[float, float]:
    """The spread that least squares leaves, and the spread around the prior's coefficients."""
    weight = max(weight, 1.0)
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


def _crossed_draws(model: Model, rows: CrossedRows, points: np.ndarray, streams: Streams) -> Draws:
    chains, count = points.shape[:2]
    shape = (chains, count)
    flat = points.reshape(chains * count, -1)
    latents = draw_crossed(rows, flat, streams.generator("latents"))
    if model.design.has_intercept:
        latents.coefficients[:, 0] += rows.level
    spreads = read_crossed(rows.signature, flat)
    sigma = np.asarray(spreads.sigma).reshape(*shape, 1)
    correlations = [np.asarray(factor) for factor in spreads.factors]
    return Draws(
        uncentre(latents.coefficients.reshape(*shape, -1), model.design.centre),
        sigma if rows.signature.has_sigma else np.zeros((*shape, 0)),
        tuple(np.asarray(sds).reshape(*shape, -1) for sds in spreads.sds),
        tuple(
            (factor @ factor.swapaxes(-1, -2)).reshape(*shape, *factor.shape[1:])
            for factor in correlations
        ),
        tuple(effects.reshape(*shape, *effects.shape[1:]) for effects in latents.effects),
    )

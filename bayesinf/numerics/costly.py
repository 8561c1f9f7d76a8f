"""Draws from a log density that costs much per evaluation: from a surrogate where that agrees.

The mode is sought frugally; a surrogate is put through the values around it; fresh exact values at
draws of the surrogate say how far posterior means can be off. While that is too much, the fresh
values join the surrogate and it is asked again. When it never agrees, its draws still are good
proposals: fewer than two in three are wasted at ten times the bound, so that weights from exact
values put them right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bayesinf.numerics.ascent import find_modes_frugally
from bayesinf.numerics.density import Value, evaluate
from bayesinf.numerics.importance import Certificate, Proposal, Weighted, adapt, importance_sample
from bayesinf.numerics.independence import Request, correct, walk_once
from bayesinf.numerics.mode import Modes
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.surrogate import (
    FRESH,
    LARGEST_DESIGN,
    ROUNDS,
    Agreement,
    Record,
    Surrogate,
    begin,
    compare,
    through_record,
)

PILOT = 4000
"""Proposals that say how high the weights of a surrogate reach."""

OUTER = 0.15
"""Share of the proposals that a flatter surrogate makes, so that the weights stay bounded."""

ENOUGH = 750
"""Exact values per chain, where the surrogate only proposes and nobody says how many draws."""

ADAPTING = 1000
"""Proposals per round of moment matching for a surrogate."""

LEAST_ACCEPTED = 0.02
"""Share of the proposals; below it, drawing from a surrogate takes longer than exact values do."""

GROWTH = 0.5
"""Fresh values of a round, as a share of those that the surrogate rests on."""


@dataclass(frozen=True, eq=False)
class Costly:
    """Draws of a costly density, or why there are none.

    Attributes:
        modes: What the search for the mode found.
        points: Shape (chain, draw, d); None where nothing was certified.
        certificate: Of the weights behind the draws: those of proposals for the surrogate where it
            agrees with the density, else those of its draws for the density itself.
        agreement: How the surrogate compares; None where there was no one mode to put it around.
        doubt: Why the draws are not certified; empty when they are.
    """

    modes: Modes
    points: np.ndarray | None
    certificate: Certificate | None
    agreement: Agreement | None
    doubt: str


def sample_costly(values: Value, starts: np.ndarray, request: Request) -> Costly:
    """Draws from a density of which each value takes long.

    Args:
        values: From points (n, d) to log densities (n,).
        starts: Shape (s, d). Where the mode is sought from.
        request: How draws are wanted.

    Returns:
        The draws with their evidence, or the doubt.

    Raises:
        SamplingError: When the density is finite at none of the starts.
    """
    record = Record(values)
    modes = find_modes_frugally(record, starts)
    if not modes.best.converged:
        return Costly(modes, None, None, None, "no mode with definite curvature was found")
    if not modes.agree:
        return Costly(modes, None, None, None, "the starts found different modes")
    found = _agree(record, modes, request)
    if found is None:
        return Costly(modes, None, None, None, "the density is too far from any normal one")
    sampled, agreement = found
    warp = sampled.surrogate.warp
    w, certificate, doubt = np.empty(0), None, "the surrogate disagrees"
    if agreement.agrees:
        weigh = partial(importance_sample, sampled.surrogate.in_coordinates, sampled.proposal)
        w, certificate, doubt = correct(weigh, request)
    if doubt:
        agreement = replace(agreement, used=False)
        few = replace(request, draws=min(request.draws, ENOUGH)) if request.effective else request
        exact = partial(sampled.weigh_exactly, record)
        w, certificate, doubt, _ = walk_once(exact, few, 1)
    points = warp.points(w.reshape(-1, w.shape[-1])).reshape(w.shape)
    return Costly(modes, points, certificate, replace(agreement, evaluations=record.count), doubt)


def _agree(record: Record, modes: Modes, request: Request) -> tuple[Sampled, Agreement] | None:
    """Rounds of putting a surrogate through all exact values and asking it for fresh ones.

    Returns:
        The last surrogate, and how it compares; None when one of them could hardly be drawn from.
    """
    warp = begin(record, modes.best, request.streams.generator("design"))
    standard = Student(np.zeros(len(warp.place)), np.eye(len(warp.place)))
    fresh, searched, number = FRESH, record.count, 0
    while True:
        generator = request.streams.generator("surrogate", str(number))
        surrogate = through_record(record, warp)
        proposal = adapt(surrogate.in_coordinates, standard, generator, ADAPTING)
        sampled = Sampled(surrogate, proposal)
        if sampled.acceptance(generator) < LEAST_ACCEPTED:
            return None
        agreement = compare(record, surrogate, *sampled.spread(generator, fresh, 0.5))
        number += 1
        if agreement.agrees or number == ROUNDS or record.count - searched > LARGEST_DESIGN:
            return sampled, agreement
        fresh = max(FRESH, int(GROWTH * len(surrogate.design)))


@dataclass(frozen=True, eq=False)
class Sampled:
    """A surrogate with a proposal from which it is drawn.

    Attributes:
        surrogate: A log density on standard coordinates.
        proposal: Reaches wherever that does.
    """

    surrogate: Surrogate
    proposal: Proposal

    def acceptance(self, rng: np.random.Generator) -> float:
        """The share of proposals that become draws of the surrogate."""
        weighted = importance_sample(self.surrogate.in_coordinates, self.proposal, rng, PILOT)
        return float(np.exp(log_mean(weighted.log_weights) - weighted.log_weights.max()))

    def spread(
        self, rng: np.random.Generator, n: int, outer: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws places from the surrogate, and from a flatter version that reaches further out.

        Args:
            rng: The source of randomness.
            n: How many places.
            outer: The share of them that the flatter version makes.

        Returns:
            Places (n, d) in random order, and the normalised log density (n,) of the mixture.
        """
        power = flattening(len(self.surrogate.warp.place))
        value = self.surrogate.in_coordinates

        def flatter(w: np.ndarray) -> np.ndarray:
            return power * value(w)

        pilot = importance_sample(value, self.proposal, rng, PILOT)
        flat_weights = pilot.log_weights - (1.0 - power) * pilot.log_densities
        far = round(outer * n)
        near_places = draw_by_rejection(value, self.proposal, rng, n - far)
        far_places = draw_by_rejection(flatter, self.proposal, rng, far)
        places = rng.permutation(np.concatenate([near_places, far_places]))
        heights = value(places)
        return places, np.logaddexp(
            np.log(1.0 - far / n) + heights - log_mean(pilot.log_weights),
            np.log(far / n) + power * heights - log_mean(flat_weights),
        )

    def weigh_exactly(self, record: Record, rng: np.random.Generator, n: int) -> Weighted:
        """Draws of the surrogate, a few of them further out, weighed by the density itself."""
        w, drawn = self.spread(rng, n, OUTER)
        warp = self.surrogate.warp
        densities = record(warp.points(w)) + warp.log_stretch(w)
        return Weighted(w, densities, densities - drawn)


def flattening(d: int) -> float:
    """The power of a normal density of d dimensions that moves its radius one sd outwards."""
    return (1.0 + 1.0 / np.sqrt(d)) ** -2


def log_mean(logs: np.ndarray) -> float:
    """The logarithm of the mean of exponentials."""
    highest = float(logs.max())
    return highest + float(np.log(np.exp(logs - highest).mean()))


def draw_by_rejection(
    value: Value, proposal: Proposal, rng: np.random.Generator, n: int
) -> np.ndarray:
    """Draws independent points of a cheap density.

    Args:
        value: Log density of points (n, d), not normalised.
        proposal: Reaches wherever the density does.
        rng: The source of randomness.
        n: How many points.

    Returns:
        Points (n, d). They follow the density up to where its weight exceeds the largest of
        `PILOT` proposals; beyond, which is about one in `PILOT`, there are too few.
    """
    ceiling = float(importance_sample(value, proposal, rng, PILOT).log_weights.max())
    points, count = [], 0
    while count < n:
        tried = proposal.sample(rng, PILOT)
        weights = evaluate(value, tried) - proposal.log_density(tried)
        kept = -rng.standard_exponential(len(tried)) <= weights - ceiling
        points.append(tried[kept])
        count += int(kept.sum())
    return np.concatenate(points)[:n]

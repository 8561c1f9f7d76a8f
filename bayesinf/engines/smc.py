"""smc: particles that are led from a wide t distribution to the posterior.

Tempered sequential Monte Carlo with Hamiltonian moves. It finds several modes with their relative
weights, and estimates the evidence. The particles start from a multivariate t that is wide around
every mode that climbs from several starts found, not from the prior, which may be improper or far
away; a second run starts from what the first one found, and the evidences of the two must agree.

Four islands of particles are the four chains, so that R-hat compares what is independent.

Source: Del Moral, Doucet and Jasra (2006), JRSS B 68; Buchholz, Chopin and Jacob (2021), Bayesian
Analysis 16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

from bayesinf.engine import CHAINS, Answer, GeneralEngine, per_chain
from bayesinf.errors import ModelError
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.landscape import survey
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.pathfinder import find_paths
from bayesinf.numerics.random import Streams
from bayesinf.numerics.tempering import Islands, reference_around, sample_tempered
from bayesinf.posterior.approximation import (
    judge_evidence,
    judge_interruption,
    judge_modes,
    judge_tempering,
)
from bayesinf.posterior.judgement import judge_chains
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import target_of

SPREAD = 2.0
"""How far from zero, in units of order one, the random starts lie."""

STARTS = 16
"""Climbs that look for modes besides those from the known points: of two modes with equal basins
one is missed once in 65,000 times."""

LARGEST_DIMENSION = 500
"""Unknowns above which thousands of particles do not know their own covariance."""


@final
@dataclass(frozen=True)
class SMC(GeneralEngine):
    """Models of several modes, and the evidence of any model; on request only.

    Attributes:
        particles: Particles on each of the four islands.
        draws: Draws to keep, over all islands. None keeps every particle once.
    """

    name: ClassVar[str] = "smc"
    particles: int = 500
    draws: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("particles", 100), ("draws", 1)):
            if getattr(self, name) is not None and getattr(self, name) < least:
                raise ModelError(
                    f"{name} must be at least {least}, not {getattr(self, name)!r}.",
                    code="smc-settings",
                )

    def refuses(self, model: Model | Program) -> str | None:
        """Refuses more unknowns than the particles' covariance can serve."""
        size = model.layout.size
        if size > LARGEST_DIMENSION:
            return (
                f"the model has {size} unknowns; particles that move together serve at most "
                f"{LARGEST_DIMENSION}"
            )
        return None

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Looks for modes, and leads the particles to the posterior."""
        target = target_of(model)
        count = CHAINS * self.particles
        land = survey(target.density, target.data, target.size, target.rows, target.traced, count)
        starts = target.starts(streams.generator("starts"), SPREAD, STARTS)
        paths = find_paths(land, starts, streams.generator("paths"))
        paths.refuse_interrupted()
        each = self.particles if self.draws is None else per_chain(self.draws)
        run = sample_tempered(
            land.slopes,
            reference_around(paths),
            Islands(CHAINS, self.particles, each),
            streams.generator("particles"),
            report,
        )
        draws = target.read(run.positions)
        several = len(paths.modes) > 1
        findings = (
            *judge_tempering(run, f"a wide t around the {'modes' if several else 'mode'}"),
            *judge_evidence(run, target.evidence_offset, isinstance(model, Program)),
            *judge_modes(paths),
            *judge_interruption(
                run.interrupted, "the particles are those that last reached the posterior"
            ),
            *judge_chains(*scalar_draws(model, draws)),
        )
        return Answer(draws, findings)

"""laplace: the mode and its curvature, corrected by importance sampling.

For models of few unknowns and no group effects. The Gaussian at the mode only proposes; the draws
follow the posterior itself, and the certificate says how good the proposals were.

Source: Vehtari et al. (2024) for the k-hat diagnostic. Departure: its gate is 0.5 on each of two
halves, and several starts must find the same mode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

from bayesinf.engine import CHAINS, EFFECTIVE, Answer, GeneralEngine, per_chain
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.certified import Request, sample_certified
from bayesinf.numerics.compiled import compiled_derivatives, compiled_value
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.numerics.sizes import in_sizes
from bayesinf.posterior.judgement import judge_certified, judge_chains
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import target_of

LARGEST_DIMENSION = 40
"""Above about 40 unknowns the proposals' efficiency falls below a half and HMC is cheaper."""

SPREAD = 2.0
"""How far from zero, in units of order one, the further starts of the search lie."""

LARGEST_BATCH = 8_000_000
"""Row-draw pairs evaluated at once (64 MB per temporary array)."""

COMPILE_ABOVE = 300_000
"""Rows times unknowns squared above which compiling value, gradient and Hessian (about a second
without a compilation cache) is cheaper than central differences in NumPy."""


@final
@dataclass(frozen=True)
class Laplace(GeneralEngine):
    """Models without group effects, by importance sampling around the mode.

    Attributes:
        draws: Draws to keep, in four chains.
    """

    name: ClassVar[str] = "laplace"
    draws: int | None = None

    def refuses(self, model: Model | Program) -> str | None:
        """Refuses group effects, and more unknowns than importance sampling can serve."""
        if isinstance(model, Model) and model.design.rows.groups:
            return (
                "the model has group effects, whose many unknowns importance sampling cannot serve"
            )
        if model.layout.size > LARGEST_DIMENSION:
            return (
                f"the model has {model.layout.size} unknowns; importance sampling serves at most "
                f"{LARGEST_DIMENSION}"
            )
        return None

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Finds the mode, proposes around it, and weighs the proposals by the posterior."""
        target = target_of(model)
        density, data = target.density, target.data
        compiles = target.traced or target.rows * target.size**2 > COMPILE_ABOVE
        value = compiled_value(density, data) if compiles else None
        sample = sample_certified(
            density,
            data,
            target.starts(streams.generator("starts"), SPREAD, 2),
            Request(
                CHAINS,
                per_chain(self.draws),
                streams,
                max(16, LARGEST_BATCH // target.rows),
                report,
                EFFECTIVE if self.draws is None else None,
            ),
            derivatives=compiled_derivatives(density, data) if compiles else None,
            value=in_sizes(value) if value and target.traced else value,
        )
        draws = target.read(sample.points)
        names, scalars = scalar_draws(model, draws)
        findings = (*judge_certified(sample), *judge_chains(names, scalars))
        return Answer(draws, findings)

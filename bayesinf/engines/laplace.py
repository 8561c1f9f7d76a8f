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

import numpy as np

from bayesinf.engine import CHAINS, Answer, Engine, per_chain
from bayesinf.model.density import (
    evidence_of,
    joint_density,
    pad,
    signature_of,
)
from bayesinf.model.layout import read_layout
from bayesinf.model.model import Model
from bayesinf.model.units import expected_units, prior_place
from bayesinf.numerics.certified import Request, sample_certified
from bayesinf.numerics.compiled import compiled_derivatives, compiled_value
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import draws_of_values
from bayesinf.posterior.judgement import judge_certified, judge_chains
from bayesinf.posterior.summary import scalar_draws

LARGEST_DIMENSION = 40
"""Above about 40 unknowns the proposals' efficiency falls below a half and HMC is cheaper."""

LARGEST_BATCH = 8_000_000
"""Row-draw pairs evaluated at once (64 MB per temporary array)."""

COMPILE_ABOVE = 300_000
"""Rows times unknowns squared above which compiling value, gradient and Hessian (about a second
without a compilation cache) is cheaper than central differences in NumPy."""


@final
@dataclass(frozen=True)
class Laplace(Engine):
    """Models without group effects, by importance sampling around the mode.

    Attributes:
        draws: Draws to keep, in four chains.
    """

    name: ClassVar[str] = "laplace"
    draws: int = 4000

    def refuses(self, model: Model) -> str | None:
        """Refuses group effects, and more unknowns than importance sampling can serve."""
        if model.design.rows.groups:
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
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Finds the mode, proposes around it, and weighs the proposals by the posterior."""
        signature, evidence = pad(signature_of(model), evidence_of(model))
        place, width = expected_units(model, signature.layout)
        evidence = evidence._replace(place=place, width=width)
        far = (prior_place(model, signature.layout, place) - place) / width
        density = joint_density(signature)
        large = len(evidence.response) * signature.layout.size**2 > COMPILE_ABOVE
        batch = max(16, LARGEST_BATCH // len(evidence.response))
        sample = sample_certified(
            density,
            evidence,
            starting_points(far, streams),
            Request(CHAINS, per_chain(self.draws), streams, batch, report),
            derivatives=compiled_derivatives(density, evidence) if large else None,
            value=compiled_value(density, evidence) if large else None,
        )
        draws = draws_of_values(model, read_layout(signature.layout, place + width * sample.points))
        names, scalars = scalar_draws(model, draws)
        findings = (*judge_certified(sample), *judge_chains(names, scalars))
        return Answer(draws, findings)


def starting_points(prior: np.ndarray, streams: Streams) -> np.ndarray:
    """Starts at the expected place, at the prior's, and at two points around the first."""
    noise = streams.generator("starts").normal(0, 2.0, (2, len(prior)))
    return np.vstack([np.zeros(len(prior)), prior, noise])

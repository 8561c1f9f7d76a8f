"""laplace: the mode and its curvature, corrected by importance sampling.

For models of few unknowns and no group effects. The Gaussian at the mode only proposes; the draws
follow the posterior itself, and the certificate says how good the proposals were.

Source: Vehtari et al. (2024) for the k-hat diagnostic. Departure: its gate is 0.5 on each of two
halves, and several starts must find the same mode, unless the log posterior is known to be concave.
With very many rows a few hundred evaluations show instead that the normal distribution at the mode
is as good as the posterior (`numerics.near_normal`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import CHAINS, EFFECTIVE, Answer, GeneralEngine, per_chain
from bayesinf.model.fact import Fact, count_of
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.model.structure import log_concave
from bayesinf.numerics.certified import Certified, Request, correct, sample_certified
from bayesinf.numerics.compiled import compiled_derivatives, compiled_value
from bayesinf.numerics.density import Value
from bayesinf.numerics.importance import importance_sample
from bayesinf.numerics.mode import Derivatives, Mode, Modes, find_modes
from bayesinf.numerics.near_normal import Distance, distance_from_normal, sample_normal
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.random import Streams
from bayesinf.numerics.sizes import in_sizes
from bayesinf.posterior.judgement import judge_certified, judge_chains
from bayesinf.posterior.settling import settle
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import Exact, Target, target_of
from bayesinf.posterior.verdict import Finding

LARGEST_DIMENSION = 40
"""Above about 40 unknowns the proposals' efficiency falls below a half and HMC is cheaper."""

SPREAD = 2.0
"""How far from zero, in units of order one, the further starts of the search lie."""

LARGEST_BATCH = 8_000_000
"""Row-draw pairs evaluated at once (64 MB per temporary array)."""

MANY_ROWS = 5_000
"""Rows from which on it is measured first how far the posterior is from normal. That takes 200
evaluations, and importance sampling of any posterior 5,000, at some 6 ns a row."""

FEW = 750
"""Draws in each chain of so many rows when nobody says how many: mostly enough for `EFFECTIVE`."""

CLOSE = 0.3
"""Distance from the normal distribution up to which proposals need no heavy tails. Sums of skewed
terms (log gamma) in 2 to 40 dimensions, at distances up to 0.4, had k-hat below 0.15 with `LIGHT`.
"""

LIGHT = 30.0
"""Degrees of freedom of the proposals there. In 21 dimensions nine tenths of them count, of those
with 7 degrees of freedom two thirds; the tails are still heavier than the posterior's."""

NEAR = EFFECTIVE**-0.5
"""In posterior sds: below the Monte Carlo error of the means of `EFFECTIVE` draws."""

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
                f"importance weights of all {model.layout.size:,} unknowns, with the group "
                "effects, would be too uneven"
            )
        if model.layout.size > LARGEST_DIMENSION:
            return (
                f"the model has {model.layout.size} unknowns; importance sampling serves at most "
                f"{LARGEST_DIMENSION}"
            )
        return None

    def merit(self, model: Model | Program) -> str:
        """How few unknowns there are."""
        few = count_of(model.layout.size, "unknown")
        what = few if isinstance(model, Program) else f"{few} and no group effects"
        return f"{what}: draws at the mode are weighed by the exact posterior or compared with it"

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Finds the mode, proposes around it, and weighs the proposals by the posterior."""
        if isinstance(model, Program):
            return self._solve_program(model, streams, report)
        target = target_of(model)
        proof = single_mode(model)
        stated = (Finding(proof.sentence, "good", "one-mode"),) if proof.holds else ()
        known = target.starts(streams.generator("starts"), SPREAD, 2)
        starts = known[:1] if proof.holds else known
        request = self._request(target, streams, report)
        modes, sample = None, None
        if target.exact is not None and target.rows >= MANY_ROWS:
            modes = find_modes(target.exact.value, target.exact.derivatives, starts)
            distance = _distance(target.exact, modes, streams)
            if distance is not None and distance.is_below(NEAR):
                draws = target.read(self._normal_draws(modes.best, streams))
                return Answer(draws, (*stated, _certificate(distance)), independent=True)
            if distance is not None and distance.is_below(CLOSE):
                sample = _by_light_proposals(target.exact, modes, request)
        if sample is None:
            value, derivatives = _evaluation(target)
            sample = sample_certified(
                target.density, target.data, starts, request, derivatives, value, modes
            )
        draws = target.read(sample.points)
        names, scalars = scalar_draws(model, draws)
        return Answer(draws, (*stated, *judge_certified(sample), *judge_chains(names, scalars)))

    def _solve_program(
        self, program: Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        settled = settle(target_of(program), streams)
        target = settled.target
        sample = sample_certified(
            target.density,
            target.data,
            settled.starts,
            self._request(target, streams, report),
            settled.derivatives,
            settled.value,
            settled.modes,
        )
        draws = target.read(sample.points)
        found = (*judge_certified(sample), *judge_chains(*scalar_draws(program, draws)))
        return Answer(draws, (*settled.notes, *found))

    def _request(
        self, target: Target, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Request:
        few = self.draws is None and target.rows >= MANY_ROWS
        return Request(
            CHAINS,
            FEW if few else per_chain(self.draws),
            streams,
            max(16, LARGEST_BATCH // target.rows),
            report,
            EFFECTIVE if self.draws is None else None,
        )

    def _normal_draws(self, mode: Mode, streams: Streams) -> np.ndarray:
        shape = (CHAINS, per_chain(self.draws))
        points = sample_normal(mode, streams.generator("normal"), shape[0] * shape[1])
        return points.reshape(*shape, -1)


def _distance(exact: Exact, modes: Modes, streams: Streams) -> Distance | None:
    """How far the posterior is from normal; None where it has not one mode to be normal around."""
    if not modes.agree or len(modes.all) > 1:
        return None
    return distance_from_normal(exact.value, modes.best, streams.generator("distance"))


def _by_light_proposals(exact: Exact, modes: Modes, request: Request) -> Certified | None:
    """Draws from proposals that are almost normal, as the posterior is; None where in doubt."""
    proposal = Student.at_mode(modes.best.point, modes.best.hessian, LIGHT)
    points, certificate, doubt = correct(partial(importance_sample, exact.value, proposal), request)
    return None if doubt else Certified(points, modes, certificate)


def _certificate(distance: Distance) -> Finding:
    return Finding(
        f"With so many rows the posterior is normal but for a little: {distance.evaluations} exact "
        "evaluations around its mode bound what separates any posterior mean from that of the "
        f"normal distribution, of which the draws are, by {distance.bound:.3f} posterior standard "
        f"deviations (limit {NEAR:.3f}).",
        "good",
        "near-normal",
        {
            "distance": distance.bound,
            "k_hat": distance.k_hat,
            "evaluations": float(distance.evaluations),
        },
    )


def single_mode(model: Model | Program) -> Fact:
    """Whether the posterior is known to have one mode, so that one start finds it."""
    if not isinstance(model, Model) or model.layout.size > model.layout.coefficients:
        return Fact(False, "the log posterior is not known to be concave in all unknowns")
    concave = log_concave(model)
    if not concave.holds:
        return concave
    return Fact(True, f"{concave.reason}, which one start of the search is enough to find")


def _evaluation(target: Target) -> tuple[Value | None, Derivatives | None]:
    """Values and derivatives as they are had fastest; None where NumPy's own will do."""
    if target.exact is not None:
        return target.exact.value, target.exact.derivatives
    density, data = target.density, target.data
    if not target.traced and target.rows * target.size**2 <= COMPILE_ABOVE:
        return None, None
    value = compiled_value(density, data)
    return in_sizes(value) if target.traced else value, compiled_derivatives(density, data)

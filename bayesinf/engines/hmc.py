"""hmc: trajectories in coordinates in which the posterior is almost a standard normal.

For group models the Laplace approximation of the whole model comes first; it whitens the
coordinates, follows the effects' mode as the spreads move, and centres every effect as far as its
rows determine it. What is left is nearly a standard normal of any dimension, through which many
synchronised chains take two to four steps a draw; nothing is compiled. Other models are whitened by
the curvature at their mode. The run ends on evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import CHAINS, EFFECTIVE, Answer, GeneralEngine, per_chain
from bayesinf.errors import ModelError
from bayesinf.model.fact import count_of
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.blas import single_threaded
from bayesinf.numerics.compiled import single
from bayesinf.numerics.hmc import SHARING, TARGET_ACCEPT, HmcRun, Plan, run_hmc
from bayesinf.numerics.mode import EVIDENCE_GAP
from bayesinf.numerics.nuts import Progress, run_nuts
from bayesinf.numerics.random import Streams
from bayesinf.numerics.rotation import HostMover
from bayesinf.posterior.judgement import judge_chains, judge_hmc, judge_nuts, nuts_statistics
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import target_of
from bayesinf.posterior.verdict import Finding
from bayesinf.posterior.whitening import Whitened, whiten

FEWEST = 16
"""Draws of each chain at the least; where fewer are asked for, they are thinned out of these."""

MOST = 1024
"""Draws of each chain after which the run gives up hoping for evidence."""

LARGEST_HESSIAN = 300
"""Unknowns of a model without groups whose second derivatives are compiled and inverted."""

LARGEST_BORDER = 6000
"""Rows of the dense part of the precision matrix: 300 MB."""


@final
@dataclass(frozen=True)
class HMC(GeneralEngine):
    """Models of any family, by Hamiltonian Monte Carlo whitened at the mode.

    Attributes:
        draws: Draws to keep, over all chains. None goes on until every population and scale
            parameter has 1000 effective draws.
        chains: Synchronised chains, a multiple of 8: eight share a start.
        target_accept: Higher values take smaller steps.
    """

    name: ClassVar[str] = "hmc"
    draws: int | None = None
    chains: int = 32
    target_accept: float = TARGET_ACCEPT

    def __post_init__(self) -> None:
        if not 0 < self.target_accept < 1:
            raise ModelError(
                f"target_accept lies between 0 and 1; {self.target_accept!r} does not.",
                code="hmc-settings",
            )
        if self.chains < 2 * SHARING or self.chains % SHARING:
            raise ModelError(
                f"chains is a multiple of {SHARING} and at least {2 * SHARING}, not "
                f"{self.chains!r}.",
                code="hmc-settings",
            )

    def refuses(self, model: Model | Program) -> str | None:
        """Refuses models whose curvature is too large a dense matrix."""
        if isinstance(model, Program) or not model.layout.groups:
            size = model.layout.size
            if size > LARGEST_HESSIAN:
                return (
                    f"the model has {size:,} unknowns, and their curvature is computed for at "
                    f"most {LARGEST_HESSIAN}"
                )
            return None
        sizes = sorted(group.levels * group.effects for group in model.layout.groups)
        border = sum(sizes[:-1]) + model.layout.coefficients
        if border > LARGEST_BORDER:
            return (
                f"besides the largest factor there are {border:,} effects and coefficients, and "
                f"their dense matrix may have at most {LARGEST_BORDER:,} rows"
            )
        return None

    def merit(self, model: Model | Program) -> str:
        """What whitening brings."""
        return (
            f"curvature at the mode makes the {count_of(model.layout.size, 'unknown')} nearly "
            "independent standard normal variables, which short Hamiltonian trajectories cross"
        )

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Whitens the model at its mode, and runs the chains."""
        # The matrices are small, and threads of the linear algebra library would wait for ours.
        with single_threaded():
            return self._solve(model, streams, report)

    def _solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        whitened = whiten(model, streams)
        if whitened.doubt:
            return self._fall_back(model, streams, whitened, whitened.doubt, report)
        generator = streams.generator("hmc")
        superchains = generator.standard_normal((whitened.field.size, self.chains // SHARING))
        thinning = 1 if self.draws is None else -(-FEWEST * self.chains // self.draws)
        run = run_hmc(
            lambda scale: HostMover(whitened.field, scale),
            np.repeat(superchains, SHARING, axis=1),
            whitened.watch,
            self._plan(thinning),
            generator,
            report,
        )
        if not run.settled and not run.interrupted:
            doubt = f"{len(run.points)} draws of {self.chains} whitened chains did not settle"
            return self._fall_back(model, streams, whitened, doubt, report)
        draws = whitened.read(run.points[thinning - 1 :: thinning])
        names, scalars = scalar_draws(model, draws)
        notes = (*whitened.notes, *_judge_modes(whitened))
        findings = (*notes, *judge_hmc(run), *judge_chains(names, scalars))
        return Answer(draws, findings, statistics=_statistics(run, thinning))

    def _plan(self, thinning: int) -> Plan:
        if self.draws is None:
            return Plan(EFFECTIVE, MOST, self.target_accept)
        return Plan(None, thinning * -(-self.draws // self.chains), self.target_accept)

    def _fall_back(
        self,
        model: Model | Program,
        streams: Streams,
        whitened: Whitened,
        doubt: str,
        report: Callable[[Progress], None] | None,
    ) -> Answer:
        """The No-U-Turn sampler, which adapts its metric for a thousand draws."""
        target = whitened.target or target_of(model)
        run = run_nuts(
            single(target.density),
            target.data,
            target.chain_starts(streams.generator("fallback"), CHAINS),
            warmup=1000,
            draws=per_chain(self.draws),
            seed=streams.integer("fallback"),
            report=report,
            target_accept=0.9,
        )
        draws = target.read(run.positions)
        names, scalars = scalar_draws(model, draws)
        note = Finding(
            f"Whitening at the mode did not serve ({doubt}), so the No-U-Turn sampler took over.",
            "note",
            "fallback",
        )
        notes = (*whitened.notes, note, *_judge_modes(whitened))
        findings = (*notes, *judge_nuts(run), *judge_chains(names, scalars))
        return Answer(draws, findings, statistics=nuts_statistics(run))


def _judge_modes(whitened: Whitened) -> tuple[Finding, ...]:
    if whitened.modes < 2:
        return ()
    gap = whitened.gap
    return (
        Finding(
            f"The posterior has {whitened.modes} modes; the second holds about "
            f"{np.exp(-max(gap, 0.0)):.1e} of the first's probability.",
            "warning" if gap <= EVIDENCE_GAP else "note",
            "modes",
            {"modes": float(whitened.modes), "gap": float(gap)},
        ),
    )


def _statistics(run: HmcRun, thinning: int) -> dict[str, np.ndarray]:
    chosen = slice(thinning - 1, None, thinning)
    return {
        "diverging": run.diverging[chosen].T,
        "energy": run.energies[chosen].T,
        "acceptance_rate": run.acceptances[chosen].T,
        "lp": run.log_densities[chosen].T,
        "step_size": np.full(run.diverging[chosen].T.shape, run.step),
    }

"""nuts: Hamiltonian Monte Carlo on everything, for models that nothing cheaper serves.

NumPyro's No-U-Turn sampler (Hoffman and Gelman 2014; Betancourt 2017) on a flat vector of unknowns
in units of order one, in chunks that are compiled once per structure and size bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

from bayesinf.engine import CHAINS, DRAWS, Answer, GeneralEngine
from bayesinf.errors import ModelError
from bayesinf.model.fact import count_of
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.compiled import single
from bayesinf.numerics.memory import refuse_beyond_memory
from bayesinf.numerics.nuts import Progress, run_nuts
from bayesinf.numerics.random import Streams
from bayesinf.posterior.judgement import judge_chains, judge_nuts, nuts_statistics
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import target_of

ARRAYS = 20
"""Arrays of one number for each row and chain that a step holds at one time, threads included: with
less memory the process may be ended by the runtime below Python, which no error can tell."""


@final
@dataclass(frozen=True)
class NUTS(GeneralEngine):
    """Any model, by Hamiltonian Monte Carlo.

    Attributes:
        draws: Draws to keep, over all chains.
        chains: Chains, run side by side.
        warmup: Draws per chain in which step size and metric adapt; not kept.
        target_accept: Higher values take smaller steps; raise it against divergences.
        max_tree_depth: A trajectory has at most two to this power steps.
    """

    name: ClassVar[str] = "nuts"
    draws: int | None = None
    chains: int = CHAINS
    warmup: int = 1000
    target_accept: float = 0.8
    max_tree_depth: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.target_accept < 1:
            raise ModelError(
                f"target_accept lies between 0 and 1; {self.target_accept!r} does not.",
                code="nuts-settings",
            )
        for name in ("draws", "chains", "warmup", "max_tree_depth"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ModelError(
                    f"{name} must be at least 1, not {getattr(self, name)!r}.", code="nuts-settings"
                )

    def refuses(self, model: Model | Program) -> str | None:
        """Refuses nothing."""
        del model
        return None

    def merit(self, model: Model | Program) -> str:
        """That it needs nothing."""
        count = count_of(model.layout.size, "unknown")
        return f"no shortcut applies; trajectories learn the shape of all {count} on the way"

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Runs the chains, and reads the unknowns out of the flat vectors."""
        rows = model.rows if isinstance(model, Program) else len(model.design.response)
        refuse_beyond_memory(
            f"Sampling {rows:,} rows in {self.chains} chains by 'nuts'",
            ARRAYS * float(rows) * self.chains,
            "Use another engine, fewer chains or rows, or a machine with more memory.",
        )
        target = target_of(model)
        generator = streams.generator("starts")
        run = run_nuts(
            single(target.density),
            target.data,
            target.chain_starts(generator, self.chains),
            warmup=self.warmup,
            draws=-(-(DRAWS if self.draws is None else self.draws) // self.chains),
            seed=streams.integer("nuts"),
            report=report,
            target_accept=self.target_accept,
            max_tree_depth=self.max_tree_depth,
        )
        draws = target.read(run.positions)
        names, scalars = scalar_draws(model, draws)
        findings = (*judge_nuts(run), *judge_chains(names, scalars))
        return Answer(draws, findings, statistics=nuts_statistics(run))

"""What an engine is: it refuses a model in a sentence, or computes its posterior.

    refuses(model) -> str | None     why this engine cannot serve the model
    run(model, streams) -> Posterior

`engines.Auto` asks the listed engines in turn, cheapest and most exact first. An engine that needs
nothing but a density is a `GeneralEngine`, and serves models written by hand too.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np

from bayesinf.errors import ModelError
from bayesinf.model.fact import count_of
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.model.structure import sentences
from bayesinf.numerics.memory import enough_memory
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import Draws
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import ProgramDraws, ProgramPosterior
from bayesinf.posterior.provenance import (
    Choice,
    Explanation,
    Provenance,
    fingerprint,
    installed_versions,
)
from bayesinf.posterior.states import DrawsOnly, State
from bayesinf.posterior.verdict import Finding, Verdict

CHAINS = 4
"""Chains that draws are stored in; four is what R-hat was calibrated on (Vehtari et al. 2021)."""

DRAWS = 4000
"""Draws kept when nobody says how many and they cost little: the ends of intervals are then certain
to about 2 % of their width."""

EFFECTIVE = 1000
"""Effective draws of every population and scale parameter that an engine stops at when nobody says
how many draws to keep: means are then certain to 3 % of a posterior standard deviation."""


NEEDS_FORMULA = "the model is written by hand, and this engine reads the structure of formulas"


@dataclass(frozen=True, eq=False)
class Answer[D: Draws | ProgramDraws]:
    """What an engine found: draws, with their certificate.

    Attributes:
        draws: Of every unknown.
        findings: The engine's certificate and its doubts.
        state: The closed form, where the engine has one.
        statistics: Per-draw facts under ArviZ's names.
        independent: Whether the draws are independent of each other.
    """

    draws: D
    findings: tuple[Finding, ...]
    state: State = field(default_factory=DrawsOnly)
    statistics: Mapping[str, np.ndarray] = field(default_factory=dict)
    independent: bool = False


class Engine(ABC):
    """One way to compute a posterior.

    A member is a final frozen dataclass with typed settings, listed in `engines.ALL`.

    Attributes:
        draws: Draws to keep, over all chains, rounded up to full chains. None leaves it to the
            engine: `DRAWS` where draws cost little, else as many as make `EFFECTIVE` effective
            draws of every population and scale parameter.
        approximate: Whether its draws may be those of an approximation; its verdict is then bad.
    """

    name: ClassVar[str]
    approximate: ClassVar[bool] = False
    draws: int | None

    @abstractmethod
    def refuses(self, model: Model) -> str | None:
        """Says in a sentence why this engine cannot serve the model; None when it can."""

    @abstractmethod
    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Computes the posterior of a model that the engine does not refuse.

        Args:
            model: The model.
            streams: Random streams by name.
            report: Called now and then with the progress, by engines that take long.

        Returns:
            Draws with their certificate.
        """

    def merit(self, model: Model | Program) -> str:
        """What this engine makes of a model that it does not refuse, as half a sentence."""
        return f"it applies to all {count_of(model.layout.size, 'unknown')}"

    def objection(self, model: Model | Program) -> str | None:
        """Why this engine cannot serve a model of either kind, in a sentence; None when it can."""
        return NEEDS_FORMULA if isinstance(model, Program) else self.refuses(model)

    def run(
        self,
        model: Model,
        streams: Streams,
        report: Callable[[Progress], None] | None = None,
        explanation: Explanation | None = None,
    ) -> Posterior:
        """Computes the posterior and writes down where it comes from.

        Raises:
            ModelError: When fewer draws than one are asked for.
            SamplingError: `no-memory`, and what the engine raises.
        """
        self._refuse_bad_draws()
        start = time.perf_counter()
        with enough_memory(f"The engine '{self.name}'"):
            answer = self.solve(model, streams, report)
        seconds = time.perf_counter() - start
        return Posterior(
            model=model,
            values=answer.draws,
            verdict=Verdict(answer.findings),
            provenance=Provenance(
                rows=len(model.design.response),
                fingerprint=fingerprint(model.design),
                seconds=seconds,
                **self._origin(model, streams, explanation),
            ),
            state=answer.state,
            statistics=answer.statistics,
            independent=answer.independent,
        )

    def _refuse_bad_draws(self) -> None:
        if self.draws is not None and self.draws < 1:
            raise ModelError(
                f"draws={self.draws} asks for no draws.",
                code="draws",
                hint="Ask for some, for example draws=4000, or leave it to the engine.",
            )

    def _origin(
        self, model: Model | Program, streams: Streams, explanation: Explanation | None
    ) -> dict[str, Any]:
        """What provenance says of every run of this engine."""
        asked = Explanation((Choice(self.name, True, "asked for by name"),), sentences(model))
        return {
            "engine": self.name,
            "settings": asdict(self),  # type: ignore[call-overload]
            "seed": streams.seed,
            "explanation": explanation or asked,
            "versions": installed_versions(),
        }


class GeneralEngine(Engine):
    """An engine that needs nothing of a model but its `Target`: it serves formulas and programs."""

    @abstractmethod
    def refuses(self, model: Model | Program) -> str | None:
        """Says in a sentence why this engine cannot serve the model; None when it can."""

    @abstractmethod
    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Computes the posterior of a model that the engine does not refuse; see `Engine`."""

    def objection(self, model: Model | Program) -> str | None:
        """Why this engine cannot serve a model of either kind, in a sentence; None when it can."""
        return self.refuses(model)

    def run_program(
        self,
        program: Program,
        streams: Streams,
        report: Callable[[Progress], None] | None = None,
        explanation: Explanation | None = None,
    ) -> ProgramPosterior:
        """Computes the posterior of a model written by hand; see `run`."""
        self._refuse_bad_draws()
        start = time.perf_counter()
        with enough_memory(f"The engine '{self.name}'"):
            answer = self.solve(program, streams, report)
        seconds = time.perf_counter() - start
        return ProgramPosterior(
            model=program,
            values=answer.draws,
            verdict=Verdict(answer.findings),
            provenance=Provenance(
                rows=program.rows,
                fingerprint=program.fingerprint,
                seconds=seconds,
                **self._origin(program, streams, explanation),
            ),
            statistics=answer.statistics,
            independent=answer.independent,
        )


def per_chain(draws: int | None) -> int:
    """Draws in each of the `CHAINS` chains, at least one; None stands for `DRAWS` in all."""
    return max(1, -(-(DRAWS if draws is None else draws) // CHAINS))

"""auto: the first engine that does not refuse, the cheapest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, final

from bayesinf.engine import Answer, Engine, GeneralEngine
from bayesinf.engines.conjugate import Conjugate
from bayesinf.engines.hmc import HMC
from bayesinf.engines.laplace import Laplace
from bayesinf.engines.marginal import Marginal
from bayesinf.engines.nuts import NUTS
from bayesinf.engines.quadrature import Quadrature
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.model.structure import sentences
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import ProgramPosterior
from bayesinf.posterior.provenance import Choice, Explanation

ORDER: tuple[Engine, ...] = (Conjugate(), Marginal(), Laplace(), HMC(), Quadrature(), NUTS())
"""The cheapest first, as measured: see docs/decisions/0011. The last one refuses nothing."""


@final
@dataclass(frozen=True)
class Auto(GeneralEngine):
    """Chooses the engine by the model's structure, and says why.

    | engine     | serves                                                                |
    |------------|-----------------------------------------------------------------------|
    | conjugate  | Gaussian regression without groups, Normal or flat priors             |
    | marginal   | Gaussian regression with group terms, nested or crossed               |
    | laplace    | any family without groups, up to 40 unknowns                          |
    | hmc        | groups of any number and family; up to 300 unknowns without groups    |
    | quadrature | any family with one group term of up to three effects, where hmc      |
    |            | would need too large a matrix                                         |
    | nuts       | everything else                                                       |

    Attributes:
        draws: Draws to keep.
        order: The engines to ask, in turn.
    """

    name: ClassVar[str] = "auto"
    draws: int | None = None
    order: tuple[Engine, ...] = ORDER

    def refuses(self, model: Model | Program) -> str | None:
        """Refuses only what every engine in its order refuses."""
        if self.choose(model) is None:
            return "every engine refuses it"
        return None

    def choose(self, model: Model | Program) -> Engine | None:
        """The engine that would run."""
        return next((engine for engine in self.order if engine.objection(model) is None), None)

    def explain(self, model: Model | Program) -> Explanation:
        """Which engine would run, and why not the others."""
        choices: list[Choice] = []
        chosen: str | None = None
        for engine in self.order:
            reason = engine.objection(model)
            if reason is None and chosen is None:
                chosen = engine.name
                choices.append(Choice(engine.name, True, engine.merit(model)))
            else:
                not_needed = f"would serve too, but takes longer than {chosen}"
                choices.append(Choice(engine.name, False, reason or not_needed))
        return Explanation(tuple(choices), sentences(model))

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Solves the model with the chosen engine."""
        if isinstance(model, Program):
            return self._general(model).solve(model, streams, report)
        return self._chosen(model).solve(model, streams, report)

    def run(
        self,
        model: Model,
        streams: Streams,
        report: Callable[[Progress], None] | None = None,
        explanation: Explanation | None = None,
    ) -> Posterior:
        """Runs the chosen engine; the posterior bears its name and the table of reasons."""
        return self._chosen(model).run(model, streams, report, explanation or self.explain(model))

    def run_program(
        self,
        program: Program,
        streams: Streams,
        report: Callable[[Progress], None] | None = None,
        explanation: Explanation | None = None,
    ) -> ProgramPosterior:
        """Runs the chosen engine on a model written by hand; see `run`."""
        reasons = explanation or self.explain(program)
        return self._general(program).run_program(program, streams, report, reasons)

    def _chosen(self, model: Model | Program) -> Engine:
        engine = self.choose(model)
        assert engine is not None, "NUTS refuses nothing"
        return replace(engine, draws=self.draws)  # type: ignore[type-var]

    def _general(self, program: Program) -> GeneralEngine:
        engine = self._chosen(program)
        assert isinstance(engine, GeneralEngine), "the others object to programs"
        return engine

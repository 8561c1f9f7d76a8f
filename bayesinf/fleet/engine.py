"""The fleet's way as an engine, for one model: what its tests and its calibration run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

from bayesinf.engine import Answer, Engine
from bayesinf.errors import SamplingError
from bayesinf.fleet.solve import solve_fleet, way_for
from bayesinf.model.model import Model
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams


@final
@dataclass(frozen=True)
class Fleet(Engine):
    """Solves one model as `bi.fit_many` solves each of many.

    It is not in the catalogue: for one model, `laplace` and `conjugate` do the same and more.

    Attributes:
        draws: Draws to keep.
    """

    name: ClassVar[str] = "fleet"
    draws: int | None = None

    def refuses(self, model: Model) -> str | None:
        """Refuses what cannot be solved side by side with others: group effects, many unknowns."""
        if way_for(model) is None:
            return "models with group effects or many unknowns are not solved side by side"
        return None

    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Solves a fleet of one model.

        Raises:
            SamplingError: When the model has no posterior.
        """
        solved = solve_fleet([model], ["alone"], streams, self.draws, report)
        if solved.refused:
            raise SamplingError(solved.refused[0], code="no-posterior")
        found = solved.plain_posterior(0, model)
        return Answer(
            found.values,
            found.verdict.findings,
            state=found.state,
            statistics=found.statistics,
            independent=found.independent,
        )

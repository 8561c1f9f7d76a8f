"""Members that break their contracts on purpose, to show that the checks can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, final

from bayesinf.engine import Answer, Engine
from bayesinf.engines import Conjugate
from bayesinf.model.model import Model
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams


@final
@dataclass(frozen=True)
class HalvedSpread(Engine):
    """The conjugate posterior with every coefficient pulled half-way to its mean."""

    name: ClassVar[str] = "halved"
    draws: int = 4000

    def refuses(self, model: Model) -> str | None:
        return Conjugate().refuses(model)

    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        answer = Conjugate(self.draws).solve(model, streams, report)
        draws = answer.draws
        pulled = 0.5 * draws.coefficients + 0.5 * draws.coefficients.mean((0, 1))
        return replace(answer, draws=replace(draws, coefficients=pulled))

"""An engine that is not in the catalogue: NUTS with every second draw left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from bayesinf.engine import DRAWS, Engine
from bayesinf.engines import NUTS


@dataclass(frozen=True)
class Thinned(Engine):
    """NUTS, thinned."""

    name: ClassVar[str] = "thinned"
    draws: int | None = None

    def refuses(self, model):
        if model.layout.size > 4:
            return "the model has more than four unknowns"
        return None

    def solve(self, model, streams, report):
        wanted = DRAWS if self.draws is None else self.draws
        answer = NUTS(draws=2 * wanted).solve(model, streams, report)
        chains, draws = answer.draws.shape
        kept = np.arange(chains)[:, None] * draws + np.arange(1, draws, 2)
        return replace(answer, draws=answer.draws.take(kept), statistics={})

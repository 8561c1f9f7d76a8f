"""Fits for laws about what follows from a posterior, whatever the posterior is.

`made_up_fit` has draws from nowhere: what is read from draws must obey its laws for any draws, and
a random posterior of a mixed logistic model then takes no longer than making up numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

import bayesinf as bi
from bayesinf.engine import Answer, Engine
from bayesinf.model.layout import read_layout
from bayesinf.posterior.draws import draws_of_values
from tests.laws.strategies import Question

CHAINS, DRAWS = 4, 15


@final
@dataclass(frozen=True)
class MadeUp(Engine):
    """Draws around nowhere in particular, of the scale of the columns."""

    name: ClassVar[str] = "made up"
    draws: int | None = CHAINS * DRAWS

    def refuses(self, model):
        return None

    def solve(self, model, streams, report):
        rows, layout = model.design.rows, model.layout
        flat = 0.3 * streams.generator("made up").normal(size=(CHAINS, DRAWS, layout.size))
        sizes = np.abs(rows.population - model.design.centre).max(axis=0)
        flat[..., : len(sizes)] /= np.where(sizes > 0, sizes, 1.0)
        place = len(sizes) + len(layout.parameters)
        for group, shape in zip(rows.groups, layout.groups, strict=True):
            flat[..., place : place + shape.effects] -= np.log(np.abs(group.matrix).max(axis=0))
            place += shape.effects * (1 + shape.levels) + shape.free_correlations
        return Answer(draws_of_values(model, read_layout(layout, flat)), (), independent=True)


def made_up_fit(asked: Question, seed: int) -> bi.Fit:
    """A fit of the question's model with made-up draws."""
    return bi.fit(asked.model(), engine=MadeUp(), seed=seed)


def exact_fit(asked: Question, seed: int, draws: int = 400) -> bi.Fit:
    """A fit by the engine that suits the model: for Gaussian questions exact draws at once."""
    return bi.fit(asked.model(), seed=seed, draws=draws)

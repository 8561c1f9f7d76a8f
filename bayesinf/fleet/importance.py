"""Importance sampling around the modes of many models, all in one compiled program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from bayesinf.engines.laplace import SPREAD
from bayesinf.fleet.common import Common
from bayesinf.fleet.stack import stack
from bayesinf.model.density import Evidence
from bayesinf.model.layout import read_layout
from bayesinf.model.model import Model
from bayesinf.model.structure import log_concave
from bayesinf.model.units import prior_place
from bayesinf.numerics.fleet.certified import Sampled, sample_members
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import draws_of_values
from bayesinf.posterior.verdict import Finding

FURTHER_STARTS = 2
"""Starts of each search besides those that data and priors suggest, as in `engines.laplace`."""


@final
@dataclass(frozen=True)
class Importance:
    """Modes by Newton's method, then importance sampling; for models without group effects.

    Attributes:
        one_mode: Whether the posterior is known to have one mode at most: one start will do.
    """

    one_mode: bool

    @classmethod
    def of(cls, model: Model) -> Importance:
        """The way for models of this structure."""
        only_coefficients = model.layout.size == model.layout.coefficients
        return cls(only_coefficients and log_concave(model).holds)

    @property
    def engine(self) -> str:
        """The same steps, for one model."""
        return "laplace"

    @property
    def praise(self) -> str:
        """Why this way."""
        return "few unknowns and no group effects: importance sampling around all modes at once"

    def solve(self, models: Sequence[Model], streams: Sequence[Streams], draws: int) -> Common:
        """Draws from posteriors of one size bucket; see `numerics.fleet.certified`."""
        members, evidence = stack(models)
        generators = [own.generator("fleet") for own in streams]
        starts = self._starts(models, evidence, streams)
        sample = sample_members(members, starts, draws, generators)
        flat = evidence.place[:, None] + evidence.width[:, None] * sample.chosen.points
        # All models share centre and layout, so that their draws are read as chains of one.
        found = draws_of_values(models[0], read_layout(models[0].layout, flat))
        return Common(
            found.coefficients,
            found.parameters,
            sample.chosen.copies.astype(np.int32),
            sample.chosen.k_hats,
            sample.chosen.ess,
            _doubts(sample),
        )

    def finding(self, common: Common, place: int, effective: float) -> Finding:
        """The certificate of one model."""
        first, second = common.k_hats[place]
        mode = "The posterior is log-concave" if self.one_mode else "All starts found one mode"
        return Finding(
            f"{mode}; k-hat of the importance weights is {first:.2f} and {second:.2f} on two "
            f"halves (limit 0.5), and the {common.copies.shape[1]} draws, chosen by weight, are "
            f"worth {effective:.0f} independent ones.",
            "good",
            "k-hat",
            {"k_hat": max(first, second), "ess": float(common.ess[place]), "effective": effective},
        )

    def _starts(
        self, models: Sequence[Model], evidence: Evidence, streams: Sequence[Streams]
    ) -> np.ndarray:
        """Where searches begin, shape (model, start, size), in the units of the evidence."""
        zero = np.zeros((len(models), 1, models[0].layout.size))
        if self.one_mode:
            return zero
        place, width = np.asarray(evidence.place), np.asarray(evidence.width)
        priors = [prior_place(model, model.layout, place[k]) for k, model in enumerate(models)]
        shape = (FURTHER_STARTS, zero.shape[2])
        further = [own.generator("starts").normal(0, SPREAD, shape) for own in streams]
        far = (np.stack(priors) - place) / width
        return np.concatenate([zero, far[:, None], np.stack(further)], axis=1)


def _doubts(sample: Sampled) -> np.ndarray:
    """Why members are not certified, shape (model,); empty where they are."""
    summits, chosen = sample.summits, sample.chosen
    doubts = np.full(len(summits.converged), "", dtype=object)
    doubts[~summits.agree] = "the starts found different modes"
    doubts[~summits.converged] = "no mode with definite curvature was found"
    for k in np.flatnonzero(summits.agree & ~chosen.certified).tolist():
        effective = min(chosen.ess[k], chosen.effective[k].min(initial=np.inf))
        doubts[k] = f"k-hat {chosen.k_hats[k].max():.2f}, weights worth {effective:.0f} draws"
    return doubts

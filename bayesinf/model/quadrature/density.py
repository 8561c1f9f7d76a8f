"""The same density as in `value.py`, written for JAX: for trajectories, where weights fail.

Rows are summed by the code of their group, and the group modes are found anew at every point,
because trajectories go where no linear response reaches: to spreads near zero, and far from the
mode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, final

import jax
import numpy as np

from bayesinf.family import Family, Known
from bayesinf.model.density import Evidence, Signature, evidence_of, log_prior, pad, signature_of
from bayesinf.model.model import Model
from bayesinf.model.quadrature.block import climb, log_integrals
from bayesinf.model.quadrature.likelihood import Likelihood, Parameters, Slopes
from bayesinf.model.quadrature.rows import without_levels
from bayesinf.model.quadrature.rule import Rule
from bayesinf.model.quadrature.settings import Settings, settings_at
from bayesinf.types import Array, namespace

STEPS = 12
"""Newton steps from zero, each at most two prior sds long; log-concave groups need 4 to 6."""


class QuadratureData(NamedTuple):
    """All numbers of the density.

    Attributes:
        evidence: The rows and the priors.
        rule: The nodes.
    """

    evidence: Evidence
    rule: Rule


def quadrature_data(model: Model, rule: Rule) -> tuple[Signature, QuadratureData]:
    """Fills a model's rows and levels up to their size buckets, for `quadrature_density`."""
    signature, evidence = pad(signature_of(model), evidence_of(model))
    return signature, QuadratureData(evidence, rule)


@lru_cache(maxsize=256)
def quadrature_density(signature: Signature) -> Callable[[Array, QuadratureData], Array]:
    """The log posterior density with the group effects integrated out; NumPy or JAX.

    Args:
        signature: Structure of the padded model; equal signatures give the same function object.

    Returns:
        A function of flat vectors (n, d) and the data, with values (n,).
    """
    left, levels = without_levels(signature), signature.layout.groups[0].levels

    def log_density(flat: Array, data: QuadratureData) -> Array:
        settings = settings_at(left, flat)
        # The integral does not depend on where its nodes lie, so neither does its derivative.
        still = (
            settings if namespace(flat) is np else settings_at(left, jax.lax.stop_gradient(flat))
        )
        start = namespace(flat).zeros((len(still.scale), levels, len(flat)))
        peak = climb(Scattered.at(signature, data, still), still.scale, start, STEPS)
        rows = Scattered.at(signature, data, settings)
        integrals = log_integrals(rows, settings.scale, peak, data.rule)
        prior = log_prior(left, settings.values, data.evidence)
        return integrals.sum(0) + prior + settings.values.log_jacobian

    return log_density


@final
@dataclass(frozen=True, eq=False)
class Scattered(Likelihood):
    """Rows in any order, each with the code of its group; NumPy or JAX.

    Attributes:
        family: The outcome's family.
        evidence: The rows.
        levels: How many groups there are.
        fixed: Shape (row, point). The linear predictors without group effects.
        parameters: The family's parameters, shape (point,) each.
    """

    family: Family
    evidence: Evidence
    levels: int
    fixed: Array
    parameters: Parameters

    @classmethod
    def at(cls, signature: Signature, data: QuadratureData, settings: Settings) -> Scattered:
        """The likelihood at some settings."""
        rows = data.evidence
        fixed = rows.population @ settings.values.coefficients.T + rows.offset[:, None]
        levels = signature.layout.groups[0].levels
        return cls(signature.family, rows, levels, fixed, settings.parameters)

    def log_density(self, moves: Array) -> Array:
        """The log likelihood of each group, with every constant."""
        rows = self.family.log_density(*self._arguments(moves.swapaxes(0, 1)))
        return self._sum(rows)

    def slopes(self, move: Array) -> Slopes:
        """The derivatives of that in the effects."""
        xp = namespace(move, self.fixed)
        first, second = self.family.slopes(*self._arguments(move))
        bend = xp.maximum(-second, 0.0)
        columns = self.evidence.varying[0].T[:, :, None]
        pairs = ((a, c) for a in range(len(move)) for c in range(a + 1))
        return Slopes(
            [self._sum(column * first) for column in columns],
            {(a, c): self._sum(columns[a] * columns[c] * bend) for a, c in pairs},
        )

    def _arguments(self, move: Array) -> tuple[Array, Array, Parameters, Known]:
        """What the family asks for, at group effects (effect, ..., group, point)."""
        rows, eta = self.evidence, self.fixed
        for column, own in zip(rows.varying[0].T, move, strict=True):
            eta = eta + column[:, None] * own[..., rows.codes[0], :]
        trials = None if rows.trials is None else rows.trials[:, None]
        error = None if rows.standard_error is None else rows.standard_error[:, None]
        return rows.response[:, None], eta, self.parameters, Known(trials, error)

    def _sum(self, values: Array) -> Array:
        """Weighted sums over the rows of each group, from (..., row, point)."""
        xp, codes = namespace(values), self.evidence.codes[0]
        rows = xp.moveaxis(self.evidence.weights[:, None] * values, -2, 0)
        if xp is not np:
            return xp.moveaxis(jax.ops.segment_sum(rows, codes, self.levels), 0, -2)
        total = np.zeros((self.levels, *rows.shape[1:]))
        np.add.at(total, codes, rows)
        return np.moveaxis(total, 0, -2)

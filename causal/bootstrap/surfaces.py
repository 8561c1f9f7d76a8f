"""The outcome's regression as a nuisance: refitted for many vectors of row weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import override

import numpy as np

from causal.bootstrap.nuisance import (
    Basis,
    Choice,
    fit_choice,
    fit_linear,
    orthonormal,
    weak_penalty,
)
from causal.bootstrap.propensity import Arms, refuse_groups
from causal.comparison import Comparison
from causal.estimand import ATC, ATE, ATO, ATT, CATE


class Surface(ABC):
    """Expected outcomes of every row under every level."""

    @abstractmethod
    def expected(self, weights: np.ndarray) -> np.ndarray:
        """Refits for many vectors of row weights.

        Args:
            weights: (draw, row), of mean about one.

        Returns:
            (level, draw, row) expected outcomes with the treatment set to each level.
        """


@dataclass(frozen=True, eq=False)
class LinearSurface(Surface):
    """Least squares.

    Attributes:
        basis: The design of the rows as they are.
        designs: (level, row, coefficient) those with the treatment set to each level.
        outcome: (row,) numbers.
    """

    basis: Basis
    designs: np.ndarray
    outcome: np.ndarray

    @override
    def expected(self, weights: np.ndarray) -> np.ndarray:
        """Refits by weighted least squares."""
        found = fit_linear(self.basis.matrix, self.outcome, weights)
        return found @ np.swapaxes(self.designs, 1, 2)


@dataclass(frozen=True, eq=False)
class LogisticSurface(Surface):
    """Logistic regression; separated outcomes get a weakly informative prior.

    Attributes:
        basis: The design of the rows as they are.
        designs: (level, row, coefficient) those with the treatment set to each level.
        outcome: (row,) zeros and ones.
        unit: The fit with all rows weighing alike.
        penalty: The precision of the prior; None is flat.
    """

    basis: Basis
    designs: np.ndarray
    outcome: np.ndarray
    unit: Choice
    penalty: np.ndarray | None

    @override
    def expected(self, weights: np.ndarray) -> np.ndarray:
        """Refits by weighted maximum likelihood."""
        matrix, start = self.basis.matrix, self.unit.coefficients[0]
        found = fit_choice(matrix, self.outcome, weights, self.penalty, start)
        failed = np.flatnonzero(~found.converged)
        if len(failed):
            ridge = weak_penalty(self.basis)
            mended = fit_choice(matrix, self.outcome, weights[failed], ridge)
            found.coefficients[failed] = mended.coefficients
        return np.stack([found.chances(design)[1] for design in self.designs])


def read_surface(comparison: Comparison, arms: Arms) -> Surface:
    """Builds the outcome's regression for the rows as they are and under each level.

    Args:
        comparison: Says which outcome model; it is linear or logistic.
        arms: The rows.

    Raises:
        DataError: The model's columns do not decide what a row would have under some level.
    """
    model = replace(comparison, frame=arms.table).outcome_model()
    basis = orthonormal(model.design.rows.population)
    designs = []
    for level in arms.labels:
        moved = arms.table.replace(arms.treatment, level)
        designs.append(basis.of(model.on(moved).design.rows.population))
    together = np.array(designs)
    if model.family.name == "gaussian":
        return LinearSurface(basis, together, arms.outcome)
    ones = np.ones((1, len(arms.outcome)))
    unit = fit_choice(basis.matrix, arms.outcome, ones)
    if unit.converged.all():
        return LogisticSurface(basis, together, arms.outcome, unit, None)
    penalty = weak_penalty(basis)
    unit = fit_choice(basis.matrix, arms.outcome, ones, penalty)
    return LogisticSurface(basis, together, arms.outcome, unit, penalty)


def outcome_columns(comparison: Comparison) -> tuple[str, ...]:
    """The columns that the outcome model reads, and that no row may miss."""
    terms = comparison.outcome_model().formula.terms
    return tuple(dict.fromkeys(name for call in terms for name in call.variables))


def refuse_surface(comparison: Comparison, name: str) -> str | None:
    """Says what keeps an estimator from refitting the outcome model, or None.

    Args:
        comparison: What is asked of which rows.
        name: What the estimator is called.
    """
    if not isinstance(comparison.estimand, ATE | ATT | ATC | ATO | CATE):
        return f"{name} answers for averages; it cannot answer for {comparison.estimand!r}."
    if comparison.model.priors:
        return (
            f"{name} refits its regressions with flat priors, so priors= has no place in it. Leave "
            "them out, or use standardisation."
        )
    model = comparison.outcome_model()
    kind = (model.family.name, model.family.link.name)
    if kind not in (("gaussian", "identity"), ("bernoulli", "logit")):
        return (
            f"{name} refits outcome models that are linear or logistic; this one is {kind[0]} with "
            f"link {kind[1]}. Use standardisation or weighting."
        )
    rows, response = model.design.rows, model.formula.response
    if rows.groups or response.weights or response.trials or np.any(rows.offset):
        return (
            f"{name} refits outcome models without group terms, weights, trials and offsets; this "
            f"one is {model.formula}. Use standardisation."
        )
    return refuse_groups(comparison)

"""Who had what, and the chance of it: rows of several arms and the model of their treatment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.averages import Groups, find_groups, grouping
from causal.bootstrap.nuisance import Basis, Choice, fit_choice, orthonormal, weak_penalty
from causal.comparison import Comparison, complete_rows, default_family
from causal.estimand import ATC, ATT, Estimand
from causal.formula import columns_of, quoted, treatment_terms
from causal.treatment import Contrast, Treatment, levels_of, order_levels


@dataclass(frozen=True, eq=False)
class Arms:
    """Rows of several arms, and the design of the treatment's model.

    Attributes:
        table: The rows.
        treatment: The treatment's column.
        labels: Its levels, the control first.
        codes: (row,) position of each row's level in the labels.
        outcome: (row,) numbers.
        estimand: What is asked.
        groups: The sets of rows to average over.
        terms: The terms of the treatment's model.
        basis: Its design.
        names: Names of the design's columns, those left out that others explain.
    """

    table: bi.Table
    treatment: str
    labels: tuple[object, ...]
    codes: np.ndarray
    outcome: np.ndarray
    estimand: Estimand
    groups: Groups
    terms: tuple[str, ...]
    basis: Basis
    names: tuple[str, ...]

    @property
    def had(self) -> np.ndarray:
        """(row,) booleans: whether a row had any level but the control."""
        return self.codes > 0

    def of(self, level: int) -> np.ndarray:
        """Positions of the rows that had a level."""
        return np.flatnonzero(self.codes == level)

    def contrast(self, chances: np.ndarray) -> Contrast | None:
        """The two arms for checks that compare two; None where there are more.

        Args:
            chances: (level, row) chances of each level.
        """
        if len(self.labels) != 2:
            return None
        weights = self.estimand.weights(self.had, chances)
        named = Treatment(self.treatment, self.labels[0], self.labels[1])
        return Contrast(self.table, named, self.had, weights)


def read_arms(
    comparison: Comparison, terms: Sequence[str] | None, more: Collection[str] = ()
) -> Arms:
    """Reads who had what, and builds the design of the treatment's model.

    Args:
        comparison: What is asked of which rows.
        terms: The terms of the treatment's model; None takes those that the default outcome model
            has, without groups.
        more: Further columns that no row may miss.

    Raises:
        DataError: The treatment has one level, or lacks the control; a group lacks an arm.
        ModelError: The average is over the rows of an arm, and there are more than two.
    """
    by = grouping(comparison.estimand)
    extra = () if terms is None else variables_of(comparison, terms)
    wanted = tuple(dict.fromkeys((*comparison.columns, *by, *extra, *more)))
    table = complete_rows(comparison.frame, wanted)
    require_levels(table, comparison.treatment)
    labels = order_levels(table, comparison.treatment, comparison.control)
    check_estimand(comparison, labels)
    values = table.columns[comparison.treatment]
    codes = np.select([values == label for label in labels], range(len(labels)))
    chosen = treatment_terms(comparison.adjusters, table, codes > 0) if terms is None else terms
    response = quoted(comparison.outcome)
    family = comparison.model.family or default_family(table, comparison.outcome)
    outcome = bi.model(f"{response} ~ 1", table, family).design.response
    design = bi.model(f"{response} ~ {' + '.join(chosen) or '1'}", table, family).design
    basis = orthonormal(design.rows.population)
    arms = Arms(
        table,
        comparison.treatment,
        labels,
        codes,
        np.asarray(outcome, dtype=float),
        comparison.estimand,
        find_groups(table, comparison.estimand),
        tuple(chosen),
        basis,
        tuple(design.names[position] for position in basis.kept),
    )
    check_cells(arms)
    return arms


def variables_of(comparison: Comparison, terms: Sequence[str]) -> tuple[str, ...]:
    """The columns that terms of a formula read."""
    formula = f"{quoted(comparison.outcome)} ~ {' + '.join(terms) or '1'}"
    family = comparison.model.family or default_family(comparison.frame, comparison.outcome)
    found = bi.model(formula, comparison.frame, family).formula.terms
    return tuple(dict.fromkeys(name for call in found for name in call.variables))


def require_levels(table: bi.Table, column: str) -> None:
    """Checks that a treatment has levels enough to compare, and few enough to weigh.

    Raises:
        DataError: There is one level, or more than 20.
    """
    levels = levels_of(table, column)
    if not 2 <= len(levels) <= 20:
        raise bi.DataError(
            f"The treatment '{column}' has {len(levels)} level{'s' * (len(levels) != 1)} in the "
            "rows used; weights compare 2 to 20.",
            code="constant-treatment" if len(levels) < 2 else "treatment-levels",
            column=column,
            hint="Check how it is coded; for a number, ask for causal.Dose() by standardisation.",
        )


def check_estimand(comparison: Comparison, labels: tuple[object, ...]) -> None:
    """Refuses averages over the treated, or the controls, where there are several treatments.

    Raises:
        ModelError: The estimand is of two arms, and there are more.
    """
    if len(labels) == 2 or not isinstance(comparison.estimand, ATT | ATC):
        return
    raise bi.ModelError(
        f"With {len(labels)} levels of '{comparison.treatment}' the {comparison.estimand.name} "
        "does not say which arm's rows to average over: each pair of arms has other treated rows.",
        code="estimand-of-two-arms",
        column=comparison.treatment,
        hint="Ask for causal.ATE() or causal.ATO(), or keep the rows of two levels.",
    )


def check_cells(arms: Arms) -> None:
    """Refuses groups of rows in which an arm has nobody, because nothing can be weighed there."""
    for label, members in zip(arms.groups.labels, arms.groups.members, strict=True):
        for position, level in enumerate(arms.labels):
            if not (members & (arms.codes == position)).any():
                raise bi.DataError(
                    f"Among the rows with {label}, none has {arms.treatment} = {level!r}, so there "
                    "is nothing to weigh for it.",
                    code="empty-arm",
                    column=arms.treatment,
                    hint="Ask by another column or fewer bins, or use an outcome model: "
                    "estimator='standardisation'.",
                )


@dataclass(frozen=True, eq=False)
class Propensity:
    """The treatment's model, ready to be refitted.

    Attributes:
        arms: The rows.
        unit: The fit with all rows weighing alike.
        penalty: The precision of the prior; None is flat, which is maximum likelihood.
    """

    arms: Arms
    unit: Choice
    penalty: np.ndarray | None

    def fit(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Refits for many vectors of row weights.

        Args:
            weights: (draw, row), of mean about one.

        Returns:
            (level, draw, row) chances, and (draw,) booleans that are False where only a weakly
            informative prior gave an answer though the prior is flat.
        """
        matrix, codes = self.arms.basis.matrix, self.arms.codes
        found = fit_choice(matrix, codes, weights, self.penalty, self.unit.coefficients[0])
        failed = np.flatnonzero(~found.converged)
        if len(failed):
            mended = fit_choice(matrix, codes, weights[failed], weak_penalty(self.arms.basis))
            found.coefficients[failed] = mended.coefficients
        return found.chances(matrix), found.converged

    def steady(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Refits as `fit` does, for chances that are divided by: see `floored`."""
        chances, well = self.fit(weights)
        return floored(chances, self.arms.codes), well


def floored(chances: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Keeps the chance of what each row had from falling below one over the number of rows.

    So no row stands for more than all rows together: relative to the share of its arm it counts
    for at most as many rows as its arm has. A draw whose Dirichlet weights hardly hold a row may
    call what that row had all but impossible, and one over that chance would be the whole answer.
    The chances of the other levels shrink in proportion, so that all still sum to one.

    Args:
        chances: (level, ..., row) chances of each level.
        codes: (row,) the level that each row had.

    Example:
        >>> floored(np.array([[0.99, 0.4], [0.01, 0.6]]), np.array([1, 1])).tolist()
        [[0.5, 0.4], [0.5, 0.6]]
    """
    own = np.take_along_axis(chances, codes.reshape(1, *(1,) * (chances.ndim - 2), -1), axis=0)
    least = 1 / len(codes)
    if own.min() >= least:
        return chances
    rest = np.maximum(1 - own, least)
    small = own < least
    shrunk = np.where(small, chances * (1 - least) / rest, chances)
    had = np.arange(len(chances)).reshape(-1, *(1,) * (chances.ndim - 1)) == codes
    return np.where(had & small, least, shrunk)


def fit_propensity(arms: Arms) -> Propensity:
    """Fits the treatment's model to the rows as they are.

    By maximum likelihood; where the arms are separated, so that it has no finite answer, with a
    weakly informative prior, which `judge_separation` tells of.
    """
    ones = np.ones((1, len(arms.codes)))
    unit = fit_choice(arms.basis.matrix, arms.codes, ones)
    if unit.converged.all():
        return Propensity(arms, unit, None)
    penalty = weak_penalty(arms.basis)
    return Propensity(arms, fit_choice(arms.basis.matrix, arms.codes, ones, penalty), penalty)


def refuse_groups(comparison: Comparison) -> str | None:
    """Says that group terms cannot be held equal by weights, where there are some."""
    found = columns_of([entry for entry in comparison.adjusters if entry.kind == "group"])
    if not found:
        return None
    return (
        f"Weights cannot hold group terms ({', '.join(found)}) equal: their models have flat "
        "priors. Adjust for the column itself, or use standardisation."
    )

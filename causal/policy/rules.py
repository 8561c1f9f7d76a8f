"""Rules that say whom to treat: values that can be printed, and applied to new rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate
from causal.policy.effects import row_effects


@dataclass(frozen=True, repr=False)
class Rule(ABC):
    """Says of each row whether to treat it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        return ()

    @property
    @abstractmethod
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The ways to be treated, each a row of conditions that hold together."""

    @abstractmethod
    def chosen(self, table: bi.Table) -> np.ndarray:
        """Marks the rows to be treated, as (row,) booleans; `treats` reads the frame first."""

    def treats(self, frame: object) -> np.ndarray:
        """Marks the rows to be treated.

        Args:
            frame: Rows with the rule's columns.

        Returns:
            (row,) booleans.

        Raises:
            DataError: A column is missing, or holds what cannot be compared.
        """
        return self.chosen(bi.Table.read(frame, list(self.columns) or None))

    def __str__(self) -> str:
        if not self.paths:
            return "treat nobody"
        if () in self.paths:
            return "treat everybody"
        return "treat if " + ", or ".join(" and ".join(path) for path in self.paths)

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, repr=False)
class Everybody(Rule):
    """Treats every row.

    Example:
        >>> Everybody()
        treat everybody
    """

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """One way, without a condition."""
        return ((),)

    def chosen(self, table: bi.Table) -> np.ndarray:
        """Marks all rows."""
        return np.ones(table.n, dtype=bool)


@dataclass(frozen=True, repr=False)
class Nobody(Rule):
    """Treats no row.

    Example:
        >>> Nobody()
        treat nobody
    """

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """No way."""
        return ()

    def chosen(self, table: bi.Table) -> np.ndarray:
        """Marks no row."""
        return np.zeros(table.n, dtype=bool)


@dataclass(frozen=True, repr=False)
class Threshold(Rule):
    """Treats the rows on one side of a number.

    Attributes:
        column: A column of numbers.
        at: The number.
        side: ">" treats the rows above it, "<=" the others.

    Example:
        >>> rule = Threshold("age", 40)
        >>> rule, rule.treats({"age": [39, 40, 41]}).tolist()
        (treat if age > 40, [False, False, True])
    """

    column: str
    at: float
    side: Literal[">", "<="] = ">"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """One condition."""
        return ((f"{self.column} {self.side} {self.at:.6g}",),)

    def chosen(self, table: bi.Table) -> np.ndarray:
        """Compares the column with the number."""
        above = numbers(table, self.column) > self.at
        return above if self.side == ">" else ~above


@dataclass(frozen=True, repr=False)
class Both(Rule):
    """Treats the rows that two rules treat both.

    Example:
        >>> Both(Threshold("age", 40), Threshold("dose", 20, "<="))
        treat if age > 40 and dose <= 20
    """

    first: Rule
    second: Rule

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of both rules."""
        return tuple(dict.fromkeys((*self.first.columns, *self.second.columns)))

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Every way of the first with every way of the second."""
        return tuple((*one, *other) for one in self.first.paths for other in self.second.paths)

    def chosen(self, table: bi.Table) -> np.ndarray:
        """Marks what both mark."""
        return self.first.chosen(table) & self.second.chosen(table)


@dataclass(frozen=True, repr=False)
class Split(Rule):
    """Asks one question, and goes on with one of two rules: a node of a tree.

    Attributes:
        column: A column of numbers.
        at: The number.
        low: The rule of rows at or below it.
        high: The rule of rows above it.

    Example:
        >>> rule = Split("age", 40, Nobody(), Threshold("dose", 20, "<="))
        >>> rule
        treat if age > 40 and dose <= 20
    """

    column: str
    at: float
    low: Rule
    high: Rule

    @property
    def columns(self) -> tuple[str, ...]:
        """The column asked for, and those of the two rules."""
        return tuple(dict.fromkeys((self.column, *self.low.columns, *self.high.columns)))

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The ways below the number, then those above."""
        below = tuple((f"{self.column} <= {self.at:.6g}", *path) for path in self.low.paths)
        above = tuple((f"{self.column} > {self.at:.6g}", *path) for path in self.high.paths)
        return (*below, *above)

    def chosen(self, table: bi.Table) -> np.ndarray:
        """Goes left or right, row by row."""
        above = numbers(table, self.column) > self.at
        return np.where(above, self.high.chosen(table), self.low.chosen(table))


@dataclass(frozen=True, repr=False, eq=False)
class EffectAbove(Rule):
    """Treats the rows whose expected effect is worth more than something.

    Attributes:
        at: What the effect has to exceed, in units of the outcome.
        estimate: The estimate whose outcome model gives the effects of new rows.

    Example:
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> estimate = run(made.study, made.frame, Computation(draws=400, seed=1))
        >>> EffectAbove(1.7, estimate).treats({"z": [-3.0, 3.0]}).tolist()
        [False, True]
    """

    at: float
    estimate: Estimate

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the outcome model uses, but for outcome and treatment."""
        contrast = self.estimate.answer.contrast
        used = () if contrast is None else tuple(contrast.table.columns)
        left_out = {self.estimate.study.outcome}
        if contrast is not None:
            left_out.add(contrast.treatment.column)
        return tuple(name for name in used if name not in left_out)

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """One condition, on the posterior."""
        return ((f"the expected effect > {self.at:.6g}",),)

    def chosen(self, table: bi.Table) -> np.ndarray:
        """Compares posterior mean effects of these rows with the number."""
        return row_effects(self.estimate, table).mean(axis=(0, 1)) > self.at


@dataclass(frozen=True, repr=False, eq=False)
class Rows(Rule):
    """Treats rows that were picked one by one; it says nothing about new rows.

    Attributes:
        picked: (row,) booleans.

    Example:
        >>> Rows(np.array([True, False]))
        treat if picked (1 of 2 rows)
    """

    picked: np.ndarray

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """How many were picked."""
        return ((f"picked ({int(self.picked.sum())} of {len(self.picked)} rows)",),)

    def chosen(self, table: bi.Table) -> np.ndarray:
        """Marks the rows that were picked.

        Raises:
            DataError: There is another number of rows.
        """
        if table.n != len(self.picked):
            raise bi.DataError(
                f"This rule picked among {len(self.picked)} rows and says nothing about "
                f"{table.n} others.",
                code="rule-of-other-rows",
                hint="Take causal.policy.EffectAbove or a tree, which apply to new rows.",
            )
        return self.picked


def numbers(table: bi.Table, column: str) -> np.ndarray:
    """A column as numbers without gaps.

    Raises:
        DataError: The column holds text, or is missing somewhere.
    """
    values = table.columns[column]
    if values.dtype.kind not in "fiub":
        raise bi.DataError(
            f"A rule compares '{column}' with a number, and it holds {values[0]!r}.",
            code="rule-needs-numbers",
            column=column,
            hint="Make a column of it that is 1 or 0 for one of its levels.",
        )
    found = values.astype(float)
    gaps = np.flatnonzero(np.isnan(found))
    if len(gaps):
        raise bi.DataError(
            f"'{column}' is missing in {len(gaps)} rows, first in row {gaps[0]}; a rule has to "
            "decide for each row.",
            code="rule-meets-gap",
            column=column,
            hint="Fill these rows in, or leave them out.",
        )
    return found

"""What one study is: a research design, which says what is compared and under which assumptions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation


@dataclass(frozen=True, eq=False)
class Example:
    """Made-up data that keep a study's assumptions, with the truth.

    Attributes:
        study: The study.
        frame: Its data, one array of shape (row,) per column.
        effect: The effect that the study asks for, in these rows.
    """

    study: Study
    frame: dict[str, np.ndarray]
    effect: float


def refuse_repeats(columns: Sequence[str], different: str) -> None:
    """Refuses a column that is named in two roles.

    Args:
        columns: The columns of all roles.
        different: The roles, for the hint: "outcome, unit and time".

    Raises:
        ModelError: `same-variable`.

    Example:
        >>> refuse_repeats(["y", "who", "when"], "outcome, unit and time")
    """
    for column in columns:
        if (count := columns.count(column)) > 1:
            raise bi.ModelError(
                f"'{column}' is named in {count} roles.",
                code="same-variable",
                column=column,
                hint=f"Name different columns for {different}.",
            )


def as_names(given: object, role: str) -> tuple[str, ...]:
    """Reads the columns of a role: a name, or several.

    Args:
        given: What was said.
        role: The argument, for the error.

    Raises:
        ModelError: `not-column-names`.

    Example:
        >>> as_names("x", "covariates"), as_names(["x", "z"], "covariates")
        (('x',), ('x', 'z'))
    """
    if isinstance(given, str):
        return (given,)
    named = tuple(given) if isinstance(given, Iterable) else (given,)
    if all(isinstance(name, str) for name in named):
        return named  # pyright: ignore[reportReturnType]
    raise bi.ModelError(
        f"{role} takes names of columns, not {given!r:.60}.",
        code="not-column-names",
        hint=f"Write {role}=('first', 'second').",
    )


def is_count(given: object) -> bool:
    """Whether something is a whole number of at least 0.

    Example:
        >>> is_count(2), is_count("1"), is_count(1.5), is_count(True)
        (True, False, False, False)
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        return False
    return bool(given >= 0)


class Study(ABC):
    """A research design: one question, one kind of comparison, the assumptions that it buys.

    Attributes:
        name: The name of the design, which is that of its file.
        outcome: The outcome's column.
    """

    name: ClassVar[str]
    outcome: str

    @classmethod
    @abstractmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up data for which the study's assumptions hold and the effect is known.

        Args:
            rng: Decides the data.
        """

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The columns that the study reads."""

    @property
    def amounts(self) -> tuple[str, ...]:
        """Those of its columns whose numbers count as amounts, not as names of something."""
        return tuple(dict.fromkeys(self.columns))

    @property
    @abstractmethod
    def effect_name(self) -> str:
        """The usual abbreviation of the effect, such as "ATT"."""

    @property
    @abstractmethod
    def subject(self) -> str:
        """What the effect is of, and on what: "qsmk on wt82_71"."""

    @property
    def procedure(self) -> str:
        """The name under which its coverage was measured."""
        return self.name.replace("_", " ")

    @abstractmethod
    def question(self, answer: Answer) -> str:
        """Says in words and potential outcomes what is asked.

        Args:
            answer: The draws, with the rows that they are about.
        """

    @abstractmethod
    def answer(self, frame: object, computation: Computation) -> Answer:
        """Computes draws of the effect.

        Args:
            frame: The data as the user has them.
            computation: How models are fitted.

        Raises:
            DataError: The frame lacks a column, or holds what the design cannot use.
        """

    @abstractmethod
    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Says what has to be believed, each with the checks that speak about it.

        Args:
            answer: The draws, with the rows that they are about.
        """

    @abstractmethod
    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Runs the checks that this design calls for.

        Args:
            answer: The draws, with the rows that they are about.
        """

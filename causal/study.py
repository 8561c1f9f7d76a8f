"""What one study is: a research design, which says what is compared and under which assumptions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.estimand import Estimand
from causal.estimate import Answer
from causal.treatment import Contrast, build_contrast


@dataclass(frozen=True, eq=False)
class Example:
    """Made-up data that keep a study's assumptions, with the truth.

    Attributes:
        study: The study.
        frame: Its data, one array of shape (row,) per column.
        effect: The effect that the estimand asks for, in these rows.
    """

    study: Study
    frame: dict[str, np.ndarray]
    effect: float


@dataclass(frozen=True)
class Study(ABC):
    """A research design.

    Attributes:
        name: The name of the design.
        outcome: The outcome's column.
        treatment: The treatment's column.
        estimand: What is asked.
        control: The treatment's level that stands for "without it"; None goes by convention.
    """

    outcome: str
    treatment: str
    estimand: Estimand
    control: object = field(default=None, kw_only=True)

    name: ClassVar[str]

    @classmethod
    @abstractmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up data for which the study's assumptions hold and the effect is known.

        Args:
            rng: Decides the data.
        """

    @property
    @abstractmethod
    def adjustment(self) -> tuple[str, ...]:
        """The columns that are held equal in the comparison."""

    @abstractmethod
    def formula(self, contrast: Contrast) -> str:
        """Writes the outcome model to fit.

        Args:
            contrast: The rows that miss none of the study's columns.
        """

    @abstractmethod
    def assumptions(self, model: bi.Model) -> tuple[str, ...]:
        """Says, one sentence each, what has to be believed that the data cannot show.

        Args:
            model: The outcome model.
        """

    @abstractmethod
    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Runs the checks that this design calls for.

        Args:
            answer: The draws of the effect, with the model and the rows.
        """

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the study needs."""
        return tuple(dict.fromkeys((self.outcome, self.treatment, *self.adjustment)))

    def contrast(self, table: bi.Table) -> Contrast:
        """Says which rows are compared and how they are weighed.

        Args:
            table: Rows without missing values.

        Raises:
            DataError: The treatment does not have two levels in these rows.
        """
        return build_contrast(table, self.treatment, self.estimand, self.control)

    def question(self, answer: Answer) -> str:
        """Says in words what is asked, and what 1 and 0 stand for."""
        levels = answer.fit.model.design.recipe.outcome_levels
        label, trials = outcome_label(answer.fit.model), answer.fit.model.formula.response.trials
        parts = (
            self.estimand.sentence(self.treatment, label),
            f"{label} is a row's share of successes in its trials; rows count alike, however many "
            "trials they have."
            if trials
            else "",
            answer.contrast.treatment.sentence(),
            f"Of {self.outcome}, {levels[1]!r} counts as 1 and {levels[0]!r} as 0."
            if levels
            else "",
        )
        return " ".join(part for part in parts if part)


def outcome_label(model: bi.Model) -> str:
    """Names what the averages are of: the outcome's column, or the share of its trials.

    Args:
        model: The outcome model.

    Example:
        >>> frame = {"k": [1, 2, 3, 5], "n": [4, 4, 6, 6], "t": [0, 1, 0, 1]}
        >>> outcome_label(bi.model("k | trials(n) ~ t", frame, family="binomial"))
        '(k/n)'
    """
    response = model.formula.response
    column = response.expression.strip("`")
    return f"({column}/{response.trials.strip('`')})" if response.trials else column

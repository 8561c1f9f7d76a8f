"""The question, as a value: which difference of potential outcomes, averaged over whom."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bayesinf import BayesinfError, ModelError


class Estimand(ABC):
    """An average difference between the outcomes under treatment and without it.

    Attributes:
        name: The usual abbreviation.
    """

    name: ClassVar[str]

    @abstractmethod
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked.

        Args:
            treatment: Name of the treatment's column.
            outcome: Name of the outcome's column.
        """

    @abstractmethod
    def weights(self, treated: np.ndarray) -> np.ndarray:
        """Says which rows are averaged over.

        Args:
            treated: (n,) booleans, True for the rows that had the treatment.

        Returns:
            (n,) weights that are not negative and sum to one.

        Raises:
            BayesinfError: There are no rows to average over, or the array is not boolean.
        """


@dataclass(frozen=True)
class ATE(Estimand):
    """The average effect over all rows.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, section 1.2.

    Example:
        >>> ATE().weights(np.array([True, False]))
        array([0.5, 0.5])
    """

    name: ClassVar[str] = "ATE"

    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        return (
            f"The average treatment effect (ATE): how much higher {outcome} would be on average "
            f"if every row had {treatment} = 1 than if every row had {treatment} = 0, "
            f"{difference(treatment, outcome)}."
        )

    def weights(self, treated: np.ndarray) -> np.ndarray:
        """Weighs all rows alike."""
        return shares(np.ones_like(checked(treated)), "rows")


@dataclass(frozen=True)
class ATT(Estimand):
    """The average effect over the rows that had the treatment.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, chapter 4.

    Example:
        >>> ATT().weights(np.array([True, False, True]))
        array([0.5, 0. , 0.5])
    """

    name: ClassVar[str] = "ATT"

    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        condition = f" | {treatment} = 1"
        return (
            f"The average treatment effect on the treated (ATT): how much higher {outcome} is on "
            f"average among the rows with {treatment} = 1 than it would be had those same rows had "
            f"{treatment} = 0, {difference(treatment, outcome, condition)}."
        )

    def weights(self, treated: np.ndarray) -> np.ndarray:
        """Weighs the treated rows alike, and the others not at all."""
        return shares(checked(treated), "treated rows")


def difference(treatment: str, outcome: str, condition: str = "") -> str:
    """Writes the expectation of a difference of potential outcomes."""
    return f"E[{outcome}({treatment}=1) - {outcome}({treatment}=0){condition}]"


def checked(treated: np.ndarray) -> np.ndarray:
    """Refuses what is not one boolean per row, because casting would make NaN a treated row."""
    treated = np.asarray(treated)
    if treated.dtype != np.bool_ or treated.ndim != 1:
        raise BayesinfError(
            f"Who was treated is given as {treated.dtype} values of shape {treated.shape}, "
            "not as one True or False per row.",
            code="treatment-not-boolean",
            hint="Compare the column with its treated level first: frame['t'] == 1.",
        )
    return treated


def shares(chosen: np.ndarray, noun: str) -> np.ndarray:
    """Spreads a weight of one evenly over the chosen rows."""
    count = int(np.count_nonzero(chosen))
    if count == 0:
        raise BayesinfError(
            f"There are no {noun} to average the effect over.",
            code="nobody-to-average-over",
            hint="Check how the treatment is coded, and what was dropped for missing values.",
        )
    return chosen.astype(np.float64) / count


ALL: tuple[type[Estimand], ...] = (ATE, ATT)
"""The catalogue of estimands."""


def as_estimand(given: object) -> Estimand:
    """Reads an estimand that is given by its name.

    Raises:
        ModelError: It is neither an estimand nor the name of one.

    Example:
        >>> as_estimand("ATT")
        ATT()
    """
    if isinstance(given, Estimand):
        return given
    for kind in ALL:
        if given == kind.name:
            return kind()
    known = ", ".join(f"causal.{kind.name}()" for kind in ALL)
    what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
    raise ModelError(
        f"What is asked for has to be an estimand or the name of one; this is {what}.",
        code="not-an-estimand",
        hint=f"Write one of {known}.",
    )

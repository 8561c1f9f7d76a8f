"""The question, as a value: which difference of potential outcomes, averaged over whom."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import ClassVar, override

import numpy as np

import bayesinf as bi
from bayesinf import ModelError
from causal.population import SAMPLE, Population, checked, shares


@dataclass(frozen=True, repr=False)
class Estimand(ABC):
    """A difference between the outcomes under treatment and without it.

    Attributes:
        population: The rows at hand, or the population that they were drawn from.
        name: The usual abbreviation.
        averaged: What the rows are called that it averages over.
    """

    population: Population = field(default=SAMPLE, kw_only=True)

    name: ClassVar[str]
    averaged: ClassVar[str] = "rows"

    @abstractmethod
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked.

        Args:
            treatment: Name of the treatment's column.
            outcome: Name of the outcome's column.
        """

    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Says how much rows count by what they were like before the treatment.

        Args:
            chances: (level, ..., row) chances of each level of the treatment, the control first.

        Returns:
            (..., row) weights that are not negative: 1 where all rows count alike.

        Source:
            Li, Morgan and Zaslavsky (2018), Balancing covariates via propensity score weighting,
            JASA 113, where this is h(x); Li and Li (2019), Annals of Applied Statistics 13, for
            more than two levels.
        """
        return np.ones(chances.shape[1:])

    def weights(self, treated: np.ndarray, chances: np.ndarray | None = None) -> np.ndarray:
        """Says which rows are averaged over.

        Args:
            treated: (row,) booleans, True for the rows that had the treatment: any level of it but
                the control.
            chances: (level, row) chances of each level, the control first, which estimands ask for
                that are defined by them.

        Returns:
            (row,) weights that are not negative and sum to one.

        Raises:
            BayesinfError: There are no rows to average over, or the array is not boolean.
            ModelError: The estimand asks for the chances, or is no average over rows.
        """
        return shares(self.chosen(checked(treated), chances), self.averaged)

    def chosen(self, treated: np.ndarray, chances: np.ndarray | None = None) -> np.ndarray:
        """Says how much each row counts, before division by the sum: `weights` unchecked."""
        counted = np.ones((2, len(treated))) if chances is None else chances
        return self.tilt(counted)

    def __repr__(self) -> str:
        said = [
            f"{entry.name}={getattr(self, entry.name)!r}"
            for entry in fields(self)
            if getattr(self, entry.name) != entry.default
        ]
        return f"{type(self).__name__}({', '.join(said)})"


@bi.checked_class
@dataclass(frozen=True, repr=False)
class ATE(Estimand):
    """The average effect over all rows.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, section 1.2.

    Example:
        >>> ATE().weights(np.array([True, False]))
        array([0.5, 0.5])
    """

    name: ClassVar[str] = "ATE"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        return (
            f"The average treatment effect (ATE): how much higher {outcome} would be on average "
            f"if every row had {treatment} = 1 than if every row had {treatment} = 0, "
            f"{difference(treatment, outcome)}."
        )


@bi.checked_class
@dataclass(frozen=True, repr=False)
class ATT(Estimand):
    """The average effect over the rows that had the treatment.

    With more than two levels these are the rows of any level but the control, for every contrast.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, chapter 4.

    Example:
        >>> ATT().weights(np.array([True, False, True]))
        array([0.5, 0. , 0.5])
    """

    name: ClassVar[str] = "ATT"
    averaged: ClassVar[str] = "treated rows"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        condition = f" | {treatment} = 1"
        return (
            f"The average treatment effect on the treated (ATT): how much higher {outcome} is on "
            f"average among the rows with {treatment} = 1 than it would be had those same rows had "
            f"{treatment} = 0, {difference(treatment, outcome, condition)}."
        )

    @override
    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Counts rows by their chance of treatment, which is how often they are treated."""
        return 1 - chances[0]

    @override
    def chosen(self, treated: np.ndarray, chances: np.ndarray | None = None) -> np.ndarray:
        """Counts the treated rows."""
        return treated.astype(np.float64)


@bi.checked_class
@dataclass(frozen=True, repr=False)
class ATC(Estimand):
    """The average effect over the rows that did not have the treatment.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, chapter 4.

    Example:
        >>> ATC().weights(np.array([True, False, False]))
        array([0. , 0.5, 0.5])
    """

    name: ClassVar[str] = "ATC"
    averaged: ClassVar[str] = "rows without the treatment"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        condition = f" | {treatment} = 0"
        return (
            f"The average treatment effect on the controls (ATC): how much higher {outcome} would "
            f"be on average among the rows with {treatment} = 0 had those same rows had "
            f"{treatment} = 1, {difference(treatment, outcome, condition)}."
        )

    @override
    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Counts rows by their chance of being without the treatment."""
        return chances[0]

    @override
    def chosen(self, treated: np.ndarray, chances: np.ndarray | None = None) -> np.ndarray:
        """Counts the rows without the treatment."""
        return (~treated).astype(np.float64)


@bi.checked_class
@dataclass(frozen=True, repr=False)
class ATO(Estimand):
    """The average effect where the arms overlap: rows count by how undecided their treatment was.

    Rows whose treatment was almost certain count almost nothing, so the answer needs no
    extrapolation; the price is that it is about a group that is known only by its weights.

    Source:
        Li, Morgan and Zaslavsky (2018), Balancing covariates via propensity score weighting, JASA
        113: h(x) = e(x) (1 - e(x)); Li and Li (2019), Annals of Applied Statistics 13, the harmonic
        mean for more levels.

    Example:
        >>> ATO().tilt(np.array([[0.5, 0.9], [0.5, 0.1]]))
        array([0.25, 0.09])
    """

    name: ClassVar[str] = "ATO"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        return (
            f"The average treatment effect where the arms overlap (ATO): how much higher {outcome} "
            f"would be with {treatment} = 1 than with {treatment} = 0, averaged over rows that "
            "count by e(x) (1 - e(x)), where e(x) is their chance of treatment, "
            f"E[h ({outcome}({treatment}=1) - {outcome}({treatment}=0))] / E[h]."
        )

    @override
    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Counts rows by the harmonic mean of their chances, up to a factor."""
        return 1 / np.sum(1 / chances, axis=0)

    @override
    def chosen(self, treated: np.ndarray, chances: np.ndarray | None = None) -> np.ndarray:
        """Counts rows by the tilt of their chances."""
        if chances is None:
            raise ModelError(
                "The effect where the arms overlap (ATO) weighs rows by their chance of treatment, "
                "and nothing was said about it.",
                code="needs-propensity",
                hint="Take an estimator that models the treatment, such as causal.Weighting().",
            )
        return self.tilt(chances)


@bi.checked_class
@dataclass(frozen=True, repr=False)
class CATE(Estimand):
    """The average effect within groups of rows, beside the average over all of them.

    Attributes:
        by: A column, or several, each read on its own; text and few-valued columns give one group
            per level, others one per quantile bin.
        bins: How many quantile bins.

    Example:
        >>> CATE(("sex",))
        CATE(by=('sex',))
    """

    by: tuple[str, ...] | str
    bins: int = 4
    name: ClassVar[str] = "CATE"

    def __post_init__(self) -> None:
        # One column may be given by its name alone.
        listed = isinstance(self.by, tuple | list) and all(isinstance(one, str) for one in self.by)
        if isinstance(self.by, str) or listed:
            given = (self.by,) if isinstance(self.by, str) else tuple(self.by)
            object.__setattr__(self, "by", given)
        whole = isinstance(self.bins, int) and self.bins >= 2
        if not whole or not isinstance(self.by, tuple) or not self.by:
            raise ModelError(
                f"Effects within groups need a column and at least 2 bins, not "
                f"by={self.by!r:.60} and bins={self.bins!r:.60}.",
                code="no-groups",
                hint="Write causal.CATE('sex') or causal.CATE(('sex', 'age')).",
            )

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        return (
            f"The average treatment effect within levels of {', '.join(self.by)} (CATE): how much "
            f"higher {outcome} would be on average with {treatment} = 1 than with {treatment} = 0 "
            "among the rows of each group, "
            f"{difference(treatment, outcome, f' | {self.by[0]}')}; first over all rows."
        )


@bi.checked_class
@dataclass(frozen=True, repr=False)
class QuantileEffect(Estimand):
    """How far the treatment moves quantiles of the outcome's distribution.

    The difference of the quantiles of two distributions, one with every row treated and one with
    none; it is not the quantile of the rows' effects, which no data can show.

    Attributes:
        probabilities: Between 0 and 1, in rising order; the headline is the middle one.

    Source:
        Firpo (2007), Efficient semiparametric estimation of quantile treatment effects,
        Econometrica 75.

    Example:
        >>> QuantileEffect((0.1, 0.5, 0.9)).headline
        0.5
    """

    probabilities: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 0.9)
    name: ClassVar[str] = "QTE"

    def __post_init__(self) -> None:
        hint = "Write causal.QuantileEffect((0.1, 0.5, 0.9))."
        given = _numbers(self.probabilities, "The probabilities of quantiles", hint)
        rising = all(low < high for low, high in zip((0.0, *given), (*given, 1.0), strict=True))
        if not given or not rising:
            raise ModelError(
                f"The probabilities of quantiles lie between 0 and 1 and rise; these are {given}.",
                code="bad-probabilities",
                hint=hint,
            )
        object.__setattr__(self, "probabilities", given)

    @property
    def headline(self) -> float:
        """The probability whose quantiles are compared first: the middle one."""
        return self.probabilities[len(self.probabilities) // 2]

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        return (
            f"The quantile treatment effect (QTE): the {self.headline:g} quantile of {outcome} if "
            f"every row had {treatment} = 1 minus that if every row had {treatment} = 0, "
            f"Q[{outcome}({treatment}=1)] - Q[{outcome}({treatment}=0)]; not a quantile of the "
            "rows' own effects."
        )


@bi.checked_class
@dataclass(frozen=True, repr=False)
class Dose(Estimand):
    """The average outcome at each of several doses of a treatment that is a number.

    Attributes:
        grid: Doses in rising order; the headline compares the last to the first.

    Source:
        Imbens (2000), The role of the propensity score in estimating dose-response functions,
        Biometrika 87.

    Example:
        >>> Dose((0, 10, 20))
        Dose(grid=(0.0, 10.0, 20.0))
    """

    grid: tuple[float, ...]
    name: ClassVar[str] = "dose-response"

    def __post_init__(self) -> None:
        hint = "Write causal.Dose((0, 10, 20))."
        given = _numbers(self.grid, "Doses", hint)
        if len(given) < 2 or not np.isfinite(given).all() or (np.diff(given) <= 0).any():
            raise ModelError(
                f"A dose-response curve needs two or more finite doses that rise, not {given}.",
                code="bad-grid",
                hint=hint,
            )
        object.__setattr__(self, "grid", given)

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        low, high = self.grid[0], self.grid[-1]
        return (
            f"The dose-response curve: the average of {outcome} if every row had {treatment} = d, "
            f"E[{outcome}({treatment}=d)], for {len(self.grid)} doses d; first how much higher it "
            f"is at {high:g} than at {low:g}."
        )


def difference(treatment: str, outcome: str, condition: str = "") -> str:
    """Writes the expectation of a difference of potential outcomes."""
    return f"E[{outcome}({treatment}=1) - {outcome}({treatment}=0){condition}]"


def _numbers(given: object, what: str, hint: str) -> tuple[float, ...]:
    """Several numbers, or one of them by itself."""
    try:
        return tuple(np.atleast_1d(np.asarray(given, dtype=float)).tolist())
    except (TypeError, ValueError):
        raise ModelError(
            f"{what} are numbers; these are {given!r}.", code="not-numbers", hint=hint
        ) from None

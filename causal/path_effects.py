"""Effects along a path: through a mediator, past it, or of those whom an instrument moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np

import bayesinf as bi
from causal.estimand import Estimand, difference


@dataclass(frozen=True, repr=False)
class LATE(Estimand):
    """The average effect over compliers: those whom the instrument moves into the treatment.

    Attributes:
        instrument: Name of the instrument's column.

    Source:
        Angrist, Imbens and Rubin (1996), Identification of causal effects using instrumental
        variables, JASA 91.

    Example:
        >>> "compliers" in LATE("offer").sentence("training", "wage")
        True
    """

    instrument: str

    name: ClassVar[str] = "LATE"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        moved = f" | {treatment}({self.instrument}=1) > {treatment}({self.instrument}=0)"
        return (
            f"The local average treatment effect (LATE): how much higher {outcome} would be on "
            f"average with {treatment} = 1 than with {treatment} = 0 among the compliers, whose "
            f"{treatment} is decided by {self.instrument}, {difference(treatment, outcome, moved)}."
        )

    @override
    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Refuses: nobody can say which rows are compliers."""
        raise no_rows(self, "compliers, whom nobody can point out", "an instrument")


@dataclass(frozen=True, repr=False)
class NDE(Estimand):
    """The natural direct effect: what the treatment does while the mediator stays as without it.

    Attributes:
        mediator: Name of the mediator's column.

    Source:
        Pearl (2001), Direct and indirect effects, UAI; VanderWeele (2015), Explanation in Causal
        Inference, section 2.3 (the pure direct effect).

    Example:
        >>> "E[y(1, m(0)) - y(0, m(0))]" in NDE("m").sentence("t", "y")
        True
    """

    mediator: str

    name: ClassVar[str] = "NDE"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        held = f"{self.mediator}(0)"
        return (
            f"The natural direct effect (NDE): how much higher {outcome} would be on average with "
            f"{treatment} = 1 than with {treatment} = 0, were {self.mediator} in both cases what "
            f"it is with {treatment} = 0, E[{outcome}(1, {held}) - {outcome}(0, {held})]."
        )

    @override
    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Refuses: comparing arms of rows cannot tell the paths apart."""
        raise no_rows(self, "one path of an effect", "a mediator, causal.Mediation")


@dataclass(frozen=True, repr=False)
class NIE(Estimand):
    """The natural indirect effect: what the treatment does by moving the mediator.

    Attributes:
        mediator: Name of the mediator's column.

    Source:
        Pearl (2001), Direct and indirect effects, UAI; VanderWeele (2015), Explanation in Causal
        Inference, section 2.3 (the total indirect effect, so that NDE + NIE is the total effect).

    Example:
        >>> "E[y(1, m(1)) - y(1, m(0))]" in NIE("m").sentence("t", "y")
        True
    """

    mediator: str

    name: ClassVar[str] = "NIE"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        name = self.mediator
        return (
            f"The natural indirect effect (NIE): how much higher {outcome} would be on average "
            f"with {treatment} = 1 if {name} moved from what it is with {treatment} = 0 to what "
            f"it is with {treatment} = 1, E[{outcome}(1, {name}(1)) - {outcome}(1, {name}(0))]."
        )

    @override
    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Refuses: comparing arms of rows cannot tell the paths apart."""
        raise no_rows(self, "one path of an effect", "a mediator, causal.Mediation")


@dataclass(frozen=True, repr=False)
class CDE(Estimand):
    """The controlled direct effect: what the treatment does with the mediator set to one value.

    Attributes:
        mediator: Name of the mediator's column.
        value: What it is set to, for every row.

    Source:
        Robins and Greenland (1992), Identifiability and exchangeability for direct and indirect
        effects, Epidemiology 3.

    Example:
        >>> "E[y(1, m=2) - y(0, m=2)]" in CDE("m", 2).sentence("t", "y")
        True
    """

    mediator: str
    value: object

    name: ClassVar[str] = "CDE"

    @override
    def sentence(self, treatment: str, outcome: str) -> str:
        """Says in words and potential outcomes what is asked."""
        held = f"{self.mediator}={self.value}"
        return (
            f"The controlled direct effect (CDE): how much higher {outcome} would be on average "
            f"with {treatment} = 1 than with {treatment} = 0, were {self.mediator} set to "
            f"{self.value} for every row, E[{outcome}(1, {held}) - {outcome}(0, {held})]."
        )

    @override
    def tilt(self, chances: np.ndarray) -> np.ndarray:
        """Refuses: comparing arms of rows cannot tell the paths apart."""
        raise no_rows(self, "one path of an effect", "a mediator, causal.Mediation")


def no_rows(estimand: Estimand, what: str, study: str) -> bi.ModelError:
    """The error that an estimand is no average over rows that can be weighed."""
    return bi.ModelError(
        f"The {estimand.name} is about {what}: it is no average over rows of two arms.",
        code="no-row-weights",
        hint=f"Use a study with {study}.",
    )


def refuse_paths(
    estimand: Estimand, outcome: str, treatment: str, adjust: Sequence[str] = ()
) -> None:
    """Refuses an effect along a path where rows of two arms are compared, and names its study.

    Args:
        estimand: What is asked.
        outcome: The outcome's column.
        treatment: The treatment's column.
        adjust: What is held equal.

    Raises:
        ModelError: `estimand-of-a-study`.

    Example:
        >>> try:
        ...     refuse_paths(NIE("m"), "y", "t", ["x"])
        ... except bi.ModelError as error:
        ...     print(error.hint)
        Write causal.estimate(frame, causal.Mediation('y', 't', 'm', adjust=['x'])).
    """
    if isinstance(estimand, LATE):
        what, role, column = "an instrument", "covariates", estimand.instrument
        study, given, more = "Instrument", repr((column,)), ""
    elif isinstance(estimand, NDE | NIE | CDE):
        what, role, column = "a mediator", "adjust", estimand.mediator
        study, given, more = "Mediation", repr(column), ""
        if isinstance(estimand, CDE):
            more = f", values=({estimand.value!r},)"
        elif isinstance(estimand, NDE):
            more = ", asked=causal.NDE"
    else:
        return
    held = f", {role}={list(adjust)!r}" if adjust else ""
    raise bi.ModelError(
        f"The {estimand.name} takes {what}, '{column}', into account; a comparison of rows by "
        f"'{treatment}' alone cannot answer for it.",
        code="estimand-of-a-study",
        column=column,
        hint=f"Write causal.estimate(frame, causal.{study}({outcome!r}, {treatment!r}, "
        f"{given}{held}{more})).",
    )


PATH_EFFECTS: tuple[type[Estimand], ...] = (LATE, NDE, NIE, CDE)
"""The catalogue of effects along a path."""

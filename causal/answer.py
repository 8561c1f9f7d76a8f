"""The answer of a study: draws of an effect, what it is made of, and how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import bayesinf as bi
from causal.treatment import Contrast

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

type Status = Literal["untestable", "supported", "in doubt"]


@dataclass(frozen=True)
class Computation:
    """How models are to be fitted.

    Attributes:
        engine: As in `bi.fit`.
        draws: How many draws to keep.
        seed: As in `bi.fit`.
    """

    engine: str | bi.Engine = "auto"
    draws: int = 4000
    seed: object = None

    def __post_init__(self) -> None:
        whole = isinstance(self.draws, int | np.integer) and not isinstance(self.draws, bool)
        if not whole or self.draws < 1:
            raise bi.ModelError(
                f"draws={self.draws!r} is not a whole number of at least 1.",
                code="draws",
                hint="Leave it out, or give for example draws=4000.",
            )


@dataclass(frozen=True, eq=False)
class Effects:
    """Several effects of one kind, from the same draws as the headline.

    Attributes:
        over: What they are told apart by, such as "event time" or "unit".
        labels: One label for each.
        draws: (chain, draw, label) draws.

    Example:
        >>> effects = Effects("arm", ("a", "b"), np.zeros((4, 10, 2)))
        >>> list(effects.summary().index)
        ['a', 'b']
    """

    over: str
    labels: tuple[object, ...]
    draws: np.ndarray

    def __post_init__(self) -> None:
        if self.draws.ndim != 3 or self.draws.shape[-1] != len(self.labels):
            raise bi.BayesinfError(
                f"Draws of shape {self.draws.shape} do not hold {len(self.labels)} effects over "
                f"{self.over}: their axes are chain, draw and label.",
                code="shape-of-effects",
                hint="Reshape them to (chain, draw, label).",
            )

    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of these effects.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame with one line per label and the columns of `bi.summary_frame`.
        """
        import pandas as pd

        frame = bi.summary_frame([str(label) for label in self.labels], self.draws, prob, self.over)
        frame.index = pd.Index(list(self.labels), name=self.over)
        return frame


@dataclass(frozen=True, eq=False)
class Path:
    """What was observed over time, beside what would have been without the intervention.

    Attributes:
        over: What the times are called.
        times: (time,) labels in order.
        observed: (time,) outcomes; nan where one is missing.
        counterfactual: (chain, draw, time) draws of the outcome without the intervention.
        begins: The first time with the intervention.
    """

    over: str
    times: np.ndarray
    observed: np.ndarray
    counterfactual: np.ndarray
    begins: Any


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture for the report, drawn when it is asked for.

    Attributes:
        caption: What it shows.
        alternative: The same in words, for those who cannot see it.
        draw: Draws it into axes.
    """

    caption: str
    alternative: str
    draw: Callable[[Axes], None]


def nothing() -> Mapping[str, Any]:
    """An empty mapping that stays empty."""
    return MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Answer:
    """Draws of an effect, and what they come from.

    Attributes:
        draws: (chain, draw) draws of the effect that was asked for.
        method: How it was computed, in a sentence or two.
        parts: What the effect is made of, each (chain, draw), in the order of the summary.
        effects: Finer effects from the same draws, such as one per event time.
        prediction: The prediction that the effect comes from.
        contrast: The rows and arms compared, in studies that compare rows of arms.
        tables: Frames to look up, such as donor weights or balance.
        pictures: Pictures of the design and of the answer.
        findings: What the computation found out about itself.
        basis: "quasi-posterior" where the draws come from no likelihood.
        seed: What random numbers of later checks derive from.
    """

    draws: np.ndarray
    method: str
    parts: Mapping[str, np.ndarray] = field(default_factory=nothing)
    effects: Mapping[str, Effects] = field(default_factory=nothing)
    prediction: bi.Fit | Path | None = None
    contrast: Contrast | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=nothing)
    pictures: tuple[Picture, ...] = ()
    findings: tuple[bi.Finding, ...] = ()
    basis: Literal["posterior", "quasi-posterior"] = "posterior"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.draws.ndim != 2 or not np.isfinite(self.draws).all():
            raise bi.SamplingError(
                f"The draws of the effect, of shape {self.draws.shape}, are not one finite number "
                "per chain and draw.",
                code="effect-not-finite",
                hint="Look at the outcome and at the columns of the design for extreme values.",
            )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles mappings as dicts: their read-only views cannot be."""
        values = [getattr(self, entry.name) for entry in fields(self)]
        return Answer, tuple(dict(one) if isinstance(one, Mapping) else one for one in values)


@dataclass(frozen=True)
class Assumption:
    """Something that has to be believed, and which checks speak about it.

    Attributes:
        sentence: What has to be believed, in the names of the user's columns.
        checks: Codes of the findings that speak about it; none where no data could.
    """

    sentence: str
    checks: tuple[str, ...] = ()

    def status(self, findings: tuple[bi.Finding, ...]) -> Status:
        """Says how it stands after the checks.

        Args:
            findings: All findings of the study.

        Returns:
            "untestable" where no check spoke about it, "in doubt" where one warned, else
            "supported": a check can fail to show a fault, never prove an assumption.
        """
        about = [found for found in findings if found.code in self.checks]
        if not about:
            return "untestable"
        troubled = any(found.severity in ("warning", "bad") for found in about)
        return "in doubt" if troubled else "supported"

    def __str__(self) -> str:
        return self.sentence

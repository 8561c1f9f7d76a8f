"""Sensitivity: what the effect would be if something that cannot be tested were wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.answer import Picture, nothing
from causal.estimate import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ESTIMATED = "as estimated"
"""The line of the effect without any bias."""

COLUMNS = ("mean", "sd", "lower", "upper")
"""What the summary takes over; draws of beliefs are independent, so they need no diagnostics."""

SURE = 0.95
"""Chance of the effect's sign, bias and all, from which it is called robust."""

UNSURE = 0.8
"""Chance of the effect's sign below which the bias is a warning."""


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """Draws of an effect under a belief about its bias; prints what it takes to overturn it.

    Attributes:
        name: The effect's abbreviation.
        subject: What the effect is of, and on what.
        belief: What is believed about the bias, in a sentence.
        method: How the bias follows from that, in a sentence or two.
        draws: (chain, draw) draws of the effect by what is assumed: the first is that as
            estimated, the second the one to quote.
        null: The effect that means none: 0 for a difference, 1 for a ratio.
        strengths: (chain, draw) posterior of what it would take to explain the effect away, by
            name, such as the robustness value.
        tables: Frames by name: "benchmarks", "contours", "extreme".
        pictures: Pictures of the same.
        told: What it would take, in a sentence.
    """

    name: str
    subject: str
    belief: str
    method: str
    draws: Mapping[str, np.ndarray]
    null: float = 0.0
    strengths: Mapping[str, np.ndarray] = field(default_factory=nothing)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=nothing)
    pictures: tuple[Picture, ...] = ()
    told: str = ""

    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of the effect under each assumption about its bias.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame indexed by assumption with columns `mean sd lower upper above_null`; the last is
            the probability that the effect is above no effect.
        """
        stacked = np.stack(list(self.draws.values()), axis=-1)
        frame = bi.summary_frame(list(self.draws), stacked, prob, "assumed")
        above = (stacked > self.null).mean(axis=(0, 1))
        kept = frame.drop(columns=[name for name in frame.columns if name not in COLUMNS])
        kept = kept.assign(above_null=above)
        kept.attrs.update(frame.attrs)
        return kept

    def chance(self) -> float:
        """The probability that the effect has the sign that was estimated, bias and all."""
        estimated, quoted = list(self.draws.values())[:2]
        above = estimated.mean() > self.null
        return float(np.mean((quoted > self.null) == above))

    def sentence(self, prob: float | None = None) -> str:
        """Says the effect with and without the bias in words.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.
        """
        frame = self.summary(prob)
        first, second = frame.iloc[0], frame.iloc[1]
        interval = f"{percent(frame.attrs['interval_prob'])} interval"
        return (
            f"{self.name} of {self.subject}: {first['mean']:.4g} as estimated; {self.belief}, "
            f"{second['mean']:.4g}, {interval} [{second['lower']:.4g}, {second['upper']:.4g}], "
            f"with the sign that was estimated with probability {shown_chance(self.chance())}. "
            f"{self.told}"
        ).strip()

    def finding(self) -> bi.Finding:
        """Says whether the effect's sign outlives the bias, as a finding for a verdict."""
        chance = self.chance()
        severity = "good" if chance >= SURE else "note" if chance >= UNSURE else "warning"
        evidence = {"chance_of_sign": chance}
        evidence |= {
            name.replace(" ", "_").lower(): float(np.mean(draws))
            for name, draws in self.strengths.items()
        }
        remedy = (
            "" if severity == "good" else "Say so beside the effect, or measure what is hidden."
        )
        return bi.Finding(self.sentence(), severity, "sensitivity", evidence, remedy)

    def table(self, name: str) -> pd.DataFrame:
        """A frame by its name.

        Args:
            name: Such as "benchmarks" or "contours".

        Raises:
            ModelError: There is no such table.
        """
        if name not in self.tables:
            known = ", ".join(repr(key) for key in self.tables) or "none"
            raise bi.ModelError(
                f"This sensitivity has no table {name!r}; it has {len(self.tables)}.",
                code="unknown-table",
                hint=f"Ask for one of {known}.",
            )
        return self.tables[name]

    def benchmarks(self) -> pd.DataFrame:
        """Confounders as strong as each covariate, and what they would leave of the effect."""
        return self.table("benchmarks")

    def contours(self) -> pd.DataFrame:
        """The effect over a grid of strengths."""
        return self.table("contours")

    def plot(self) -> Figure:
        """Draws the first picture: which strengths leave which effect."""
        from matplotlib.figure import Figure

        if not self.pictures:
            raise bi.ModelError(
                "This sensitivity has no picture.",
                code="no-picture",
                hint="Read its summary() instead.",
            )
        figure = Figure(figsize=(6.0, 4.2), layout="constrained")
        self.pictures[0].draw(figure.subplots())
        return figure

    def __repr__(self) -> str:
        lines = [
            self.sentence(),
            *self.summary().to_string(float_format="{:.4g}".format).splitlines(),
            *(f"{name}: {spread_of(draws)}" for name, draws in self.strengths.items()),
            self.method,
        ]
        return "\n".join(["Sensitivity", *(f"  {line}" for line in lines)])

    def _repr_html_(self) -> str:
        number = "{:.4g}".format
        tables = "".join(
            f"<p>{escape(name.capitalize())}</p>{frame.to_html(float_format=number, index=False)}"
            for name, frame in self.tables.items()
            if name != "contours"
        )
        strengths = "".join(
            f"<li>{escape(name)}: {spread_of(draws)}</li>" for name, draws in self.strengths.items()
        )
        return (
            f"<h4>Sensitivity</h4><p>{escape(self.sentence())}</p>"
            f"{self.summary().to_html(float_format=number)}<ul>{strengths}</ul>{tables}"
            f"<p>{escape(self.method)}</p>"
        )


def spread_of(draws: np.ndarray) -> str:
    """Writes draws as their mean and credible interval."""
    frame = bi.summary_frame(["strength"], draws[..., None])
    line = frame.iloc[0]
    interval = percent(frame.attrs["interval_prob"])
    return f"{line['mean']:.3g}, {interval} interval [{line['lower']:.3g}, {line['upper']:.3g}]"


def shown_chance(chance: float) -> str:
    """Writes a probability that draws cannot tell from 0 or 1 as a bound.

    Example:
        >>> shown_chance(1.0), shown_chance(0.5)
        ('above 0.999', '0.500')
    """
    if chance < 0.0005:
        return "below 0.001"
    return "above 0.999" if chance > 0.9995 else f"{chance:.3f}"

"""One way to convert a column: an expression, and the condition on which it is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

SHORT = r"(?=.{1,60}\Z)"
"""Begins patterns of single values: longer text is none, and is not searched for one."""


@dataclass(frozen=True)
class Way:
    """An expression that converts a series.

    Attributes:
        convert: From the series, as Python writes it, to the expression.
        when: The condition, "if the month comes first"; empty where it is the only way.
    """

    convert: Callable[[str], str]
    when: str = ""

    @staticmethod
    def by(steps: str, when: str = "") -> Way:
        """The way of methods that are called one after the other.

        Example:
            >>> Way.by(".astype(float)").convert("frame['x']")
            "frame['x'].astype(float)"
        """
        return Way(lambda series: f"{series}{steps}", when)

    def then(self, steps: str) -> Way:
        """The same way, with further methods called."""
        return Way(lambda series: f"{self.convert(series)}{steps}", self.when)

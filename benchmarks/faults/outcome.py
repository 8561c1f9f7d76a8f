"""What came of faults of one kind: how many, how many were refused, and what must never happen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bayesinf.errors import BayesinfError


@dataclass
class Outcome:
    """A tally of faults of one kind.

    Attributes:
        what: The kind, in words.
        good: How often each of the allowed ends was reached, by its name.
        bad: What must never happen, a sentence each: silent, lost, or an error without a name.
    """

    what: str
    good: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """How many faults there were."""
        return sum(self.good.values()) + len(self.bad)

    def refuse(self, error: Exception, where: str, codes: tuple[str, ...] = ()) -> None:
        """Counts an error: a typed one is a refusal, any other must never happen."""
        if not isinstance(error, BayesinfError):
            self.bad.append(f"{where}: {type(error).__name__}: {error}")
        elif codes and error.code not in codes:
            self.bad.append(f"{where}: refused as {error.code}: {error}")
        else:
            self.good["refused"] += 1

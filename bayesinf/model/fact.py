"""A fact: whether something holds for a model, with the sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """Whether something holds for a model, and why.

    Attributes:
        holds: Whether it does.
        reason: The sentence that says so, without capital and full stop, so that it can also end
            another sentence.
    """

    holds: bool
    reason: str

    @property
    def reason_against(self) -> str | None:
        """The reason when the fact does not hold, else None."""
        return None if self.holds else self.reason

    @property
    def sentence(self) -> str:
        """The reason as a sentence by itself.

        Example:
            >>> Fact(True, "the outcome is Gaussian").sentence
            'The outcome is Gaussian.'
        """
        return f"{self.reason[:1].upper()}{self.reason[1:]}."


def count_of(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it must be.

    Example:
        >>> count_of(7584, "row"), count_of(1, "row")
        ('7,584 rows', '1 row')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def joined(words: list[str] | tuple[str, ...]) -> str:
    """Lists words as a sentence does.

    Example:
        >>> joined(["a", "b", "c"])
        'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

"""What is said about a graph that cannot be read, and about questions that it cannot answer."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from bayesinf import BayesinfError


class GraphError(BayesinfError, ValueError):
    """The graph cannot be read, is not a causal graph, or lacks the variable that was asked for.

    Attributes:
        place: Position (from 0) in the graph's text, where the mistake has one.
    """

    def __init__(
        self,
        what: str,
        *,
        code: str,
        column: str | None = None,
        hint: str | None = None,
        place: int | None = None,
    ) -> None:
        super().__init__(what, code=code, column=column, hint=hint)
        self.place = place


def mark(text: str, place: int) -> str:
    """Shows the line of the text that holds a place, with a caret under it.

    Args:
        text: The whole text of the graph.
        place: Position (from 0) of the character to mark; the end of the text is allowed.

    Returns:
        Two lines, each after a line break, to be put behind a sentence.
    """
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line = text[start : len(text) if end < 0 else end].rstrip("\r").replace("\t", " ")
    return f"\n    {line}\n    {' ' * (place - start)}^"


def nearest(name: str, known: Iterable[str]) -> str:
    """Offers the known name that the given one was probably meant to be, whatever its case.

    Returns:
        A sentence with a leading space, or an empty string when nothing is close.
    """
    folded = {other.casefold(): other for other in known}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f" Did you mean '{folded[close[0]]}'?" if close else ""

"""Group terms that repeat each other: no data tell two equal effects of the same levels apart."""

from __future__ import annotations

from collections.abc import Sequence

from bayesinf.formula.algebra import expansion_of
from bayesinf.formula.formula import TermCall
from bayesinf.formula.guard import names_in
from bayesinf.formula.tokens import Place, with_backticks


def refuse_repeats(terms: Sequence[TermCall], starts: Sequence[int], text: str) -> None:
    """Refuses two group terms that give the levels of one factor the same effect."""
    seen: dict[tuple[str, ...], set[str]] = {}
    factors = [call.arguments[1] for call in terms if call.term == "varying"]
    for call, start in zip(terms, starts, strict=True):
        if call.term != "varying" or len(factors) < 2:
            continue
        left, factor = call.arguments
        effects = effects_of(left)
        before = seen.setdefault(tuple(sorted(names_in(factor))), set())
        if repeated := sorted(effects & before):
            which = "an intercept" if repeated[0] == "1" else f"the effect '{repeated[0]}'"
            together = before | effects
            merged = " + ".join(sorted(together if "1" in together else together | {"0"}))
            raise Place(text, start).error(
                f"2 group terms give the levels of '{factor}' {which}; no data tell the two apart.",
                "repeated-term",
                column=factor,
                hint=f"Write one term instead: ({merged} | {factor}).",
            )
        before |= effects


def effects_of(left: str) -> set[str]:
    """The terms of what varies by group, `1` for an intercept."""
    return {
        with_backticks(":".join(factor.text for factor in term))
        for term in expansion_of(left).terms
    }

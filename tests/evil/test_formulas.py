"""No hostile formula runs anything, wherever in a formula it stands; each is refused at once."""

from __future__ import annotations

import time
from collections import Counter

import pytest

import bayesinf as bi
from bayesinf.formula import parse
from tests.evil.clock import forget
from tests.evil.corpus import FRAME, SMALL, Hostile, hostile
from tests.evil.watch import warm_up, watched

CORPUS = hostile()
CATEGORIES = dict.fromkeys(one.category for one in CORPUS)
SHORT = 100
"""Characters up to which a formula is tried in each place."""

secret_value = FRAME["x"]
"""The formulas try to reach what the caller has in scope."""


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()


def refusal(text: str, frame: dict[str, object]) -> tuple[bi.BayesinfError | None, list[str]]:
    """The error, None where there is none, and what happened meanwhile."""
    with watched() as events:
        try:
            bi.model(text, frame)
        except bi.BayesinfError as error:
            return error, events
    return None, events


def test_the_corpus_is_large_and_has_no_repeats() -> None:
    assert len(CORPUS) >= 800
    assert len(CATEGORIES) >= 18
    assert max(Counter(one.text for one in CORPUS).values()) == 1


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_formula_is_refused_in_a_sentence_and_nothing_happens(category: str) -> None:
    for one in CORPUS:
        if one.category != category:
            continue
        error, events = refusal(one.text, FRAME)
        assert error is not None, f"line {one.line} is legal: {one.text[:80]!r}"
        assert events == [], f"line {one.line}: {one.text[:80]!r}"
        assert error.code
        assert len(str(error)) < 2_500, f"line {one.line}"
        assert str(error).isprintable() or "\n" in str(error), f"line {one.line}"


@pytest.mark.parametrize("category", CATEGORIES)
def test_nothing_happens_in_the_other_places_of_a_formula(category: str) -> None:
    for one in CORPUS:
        if one.category != category or len(one.text) > SHORT:
            continue
        for text in one.placed[1:]:
            _, events = refusal(text, SMALL)
            assert not _harmful(events), text


def _harmful(events: list[str]) -> list[str]:
    """What not even a formula may cause that turns out to be legal in another place.

    Of such a formula, formulaic compiles the calls that the guard let through.
    """
    return [event for event in events if not event.startswith(("compile(", "exec("))]


LONG = 0.3
"""Seconds of the processor, which another machine may need three times as many of."""


@pytest.mark.timing
def test_no_refusal_takes_long() -> None:
    """Against the goal of 0.1 s by the clock, `python -m benchmarks.fuzz` measures."""
    slow = {one.line: seconds for one in CORPUS if (seconds := _seconds(one)) >= LONG}
    assert slow == {}


def _seconds(one: Hostile) -> float:
    """The processor's seconds for a refusal, again where something else took it long."""
    best = 1.0
    for _ in range(6):
        forget()
        begin = time.process_time()
        with pytest.raises(bi.BayesinfError):
            bi.model(one.text, FRAME)
        best = min(best, time.process_time() - begin)
        if best < LONG:
            break
    return best


def test_the_hook_sees_what_it_must_see() -> None:
    for act, name in (
        (lambda: eval("1"), "exec("),
        (lambda: compile("1", "", "eval"), "compile("),
        (lambda: open(__file__).close(), "open("),
        (lambda: __import__("os").system("true"), "os.system("),
        (lambda: __import__("socket").socket().close(), "socket."),
        (lambda: __import__("pickle").loads(b"cbuiltins\nlen\n."), "pickle.find_class("),
        (lambda: __import__("subprocess").run(["true"], check=True), "subprocess.Popen("),
    ):
        with watched() as events:
            act()
        assert any(event.startswith(name) for event in events), name
    with watched() as events:
        parse("y ~ log(x)")
    assert events == []

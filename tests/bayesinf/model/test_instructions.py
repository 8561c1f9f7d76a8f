"""A hash tells functions apart by what they do, not by how they are written."""

from __future__ import annotations

from functools import partial

import pytest

from bayesinf.model.instructions import differ, instructions

SCALE = 2.0


def made(source: str, **around: object):
    """The function `f` of some source, in a module of its own."""
    scope = {"__name__": "made", **around}
    exec(source, scope)
    return scope["f"]


PLAIN = "def f(x):\n    return 2.0 * x\n"


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    # a comment\n\n    return (2.0 *\n        x)\n",
        'def f(x):\n    """Documented."""\n    return 2.0 * x\n',
        "def f(x: float) -> float:\n    return 2.0 * x\n",
    ],
)
def test_comments_and_layout_do_not_count(source: str) -> None:
    assert instructions(made(source)) == instructions(made(PLAIN))


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return 3.0 * x\n",
        "def f(x):\n    return 2.0 + x\n",
        "def f(x, y=1):\n    return 2.0 * x\n",
        "def f(x):\n    return [2.0 * x for _ in (1,)]\n",
    ],
)
def test_what_is_done_counts(source: str) -> None:
    assert differ(instructions(made(source)), instructions(made(PLAIN)))


def test_helpers_defaults_closures_and_numbers_around_count() -> None:
    calls = "def g(x):\n    return {}\n\ndef f(x):\n    return g(x)\n"
    assert differ(*(instructions(made(calls.format(part))) for part in ("x", "2 * x")))
    named = "def f(x):\n    return SCALE * x\n"
    assert differ(*(instructions(made(named, SCALE=value)) for value in (1.0, 2.0)))
    defaults = "def f(x, *, power={}):\n    return x**power\n"
    assert differ(*(instructions(made(defaults.format(value))) for value in (1, 2)))

    def closed(inside: float):
        return lambda x: x + inside

    assert differ(instructions(closed(1.0)), instructions(closed(2.0)))
    assert instructions(closed(1.0)) == instructions(closed(1.0))
    both = [partial(made("def f(a, x):\n    return a * x\n"), a) for a in (1.0, 2.0)]
    assert differ(*map(instructions, both))


def test_functions_that_call_each_other_end() -> None:
    turns = "def g(x):\n    return f(x)\n\ndef f(x):\n    return g(x)\n"
    assert instructions(made(turns)) == instructions(made(turns))


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert instructions(abs) == ""
    known = instructions(made(PLAIN))
    assert not differ("", known)
    assert not differ(known, "")
    assert not differ("3.11 " + known.partition(" ")[2][::-1], known)

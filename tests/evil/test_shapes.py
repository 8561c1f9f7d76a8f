"""No formula within the limit of length takes long to read, whether it is read or refused."""

from __future__ import annotations

from contextlib import suppress

import pytest

import bayesinf as bi
from bayesinf import terms
from bayesinf.formula import parse
from bayesinf.formula.tokens import MAX_LENGTH
from tests.evil.clock import seconds_of
from tests.evil.corpus import SMALL
from tests.evil.shapes import LENGTH, SHAPES, formula
from tests.evil.watch import warm_up

SPECIAL = tuple(term.name for term in terms.ALL)
LONG = 0.3
"""Seconds of the processor, which another machine may need several times as many of."""


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()


def test_the_shapes_are_as_long_as_formulas_may_be() -> None:
    lengths = [len(formula(shape)) for shape in SHAPES]
    assert max(lengths) <= MAX_LENGTH
    assert min(lengths) > LENGTH - 100


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read_or_refused_in_a_sentence(shape: str) -> None:
    for length in (300, LENGTH):
        with suppress(bi.FormulaError):
            parse(formula(shape, length), SPECIAL)
    with suppress(bi.BayesinfError):
        bi.model(formula(shape, 300), SMALL)


@pytest.mark.timing
def test_no_shape_takes_long_to_read() -> None:
    """Against the goal of 0.05 s by the clock, `python -m benchmarks.worst_formulas` measures."""
    slow = {shape: seconds for shape in SHAPES if (seconds := _seconds(shape)) >= LONG}
    assert slow == {}


def _seconds(shape: str) -> float:
    text = formula(shape)
    return seconds_of(lambda: parse(text, SPECIAL), LONG)

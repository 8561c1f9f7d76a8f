"""Seeds in every form, and streams that do not move each other."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from bayesinf.errors import ModelError
from bayesinf.numerics.random import Streams, streams_of


def test_the_same_seed_and_name_give_the_same_stream() -> None:
    assert Streams(1).generator("a").normal() == Streams(1).generator("a").normal()
    assert Streams(1).generator("a").normal() != Streams(2).generator("a").normal()
    assert Streams(1).generator("a").normal() != Streams(1).generator("b").normal()


def test_names_are_not_glued_together() -> None:
    one, other = Streams(1).generator("ab", "c"), Streams(1).generator("a", "bc")
    assert one.normal() != other.normal()


def test_every_form_of_seed_is_read() -> None:
    assert streams_of(5) == Streams(5) == streams_of(np.int64(5)) == streams_of(Streams(5))
    assert streams_of(np.random.default_rng(3)) == streams_of(np.random.default_rng(3))
    assert streams_of(jax.random.key(3)) == streams_of(jax.random.key(3))
    assert streams_of(jax.random.key(3)) != streams_of(jax.random.key(4))
    assert streams_of(jax.random.PRNGKey(3)) == streams_of(jax.random.key(3))
    assert streams_of(None) != streams_of(None)


@pytest.mark.parametrize("seed", ["1", 1.0, True])
def test_anything_else_is_refused(seed: object) -> None:
    with pytest.raises(ModelError, match="seed"):
        streams_of(seed)


def test_streams_look_independent() -> None:
    draws = np.array([Streams(1).generator("group", str(k)).normal() for k in range(4000)])
    assert abs(draws.mean()) < 4 / np.sqrt(4000)
    assert abs(draws.var() - 1) < 4 * np.sqrt(2 / 4000)
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 4 / np.sqrt(4000)

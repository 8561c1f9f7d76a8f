"""Double precision inside its block only, and buckets."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from bayesinf.numerics.precision import bucket, double


def test_double_precision_stays_inside_the_block():
    before = jax.config.jax_enable_x64
    with double():
        assert jnp.zeros(1).dtype == jnp.float64
    assert jax.config.jax_enable_x64 == before


def test_buckets_hold_what_they_round_and_waste_at_most_half():
    sizes = [bucket(n) for n in range(1, 70)]
    assert sorted(set(sizes)) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
    assert all(n <= size <= 1.5 * n for n, size in enumerate(sizes, start=1))
    assert bucket(0) == 1

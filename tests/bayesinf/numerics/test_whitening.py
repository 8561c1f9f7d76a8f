"""Whitened densities and their gradients against the change of variables written out."""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.whitening import Whitened, compiled_field, whitened
from bayesinf.types import Array

SIZE, CHAINS = 3, 5


def quartic(points: Array, data: Array) -> Array:
    return -((points - data) ** 4).sum(-1)


def test_a_field_of_a_whitened_density_follows_the_chain_rule(
    generator: np.random.Generator,
) -> None:
    place = generator.normal(size=SIZE)
    factor = np.tril(generator.normal(size=(SIZE, SIZE)))
    centre = generator.normal(size=SIZE)
    field = compiled_field(whitened(quartic), Whitened(place, factor, centre), SIZE, CHAINS)
    points = generator.normal(size=(SIZE, CHAINS))
    away = place[:, None] + factor @ points - centre[:, None]
    values, gradients = field.both(points)
    np.testing.assert_allclose(values, -(away**4).sum(0), rtol=1e-13)
    np.testing.assert_allclose(gradients, factor.T @ (-4 * away**3), rtol=1e-12)
    np.testing.assert_allclose(field.gradients(points), gradients, rtol=1e-13)
    assert field.size == SIZE


def test_densities_that_are_one_object_stay_one_object() -> None:
    assert whitened(quartic) is whitened(quartic)

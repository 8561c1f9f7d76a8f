"""The unknowns that are left when the group effects are integrated out."""

from __future__ import annotations

from typing import NamedTuple

from bayesinf.model.density import Signature
from bayesinf.model.layout import Values, read_layout
from bayesinf.model.quadrature.likelihood import Parameters
from bayesinf.types import Array, namespace


class Settings(NamedTuple):
    """The unknowns at many points.

    Attributes:
        values: As the layout reads them.
        parameters: The family's parameters, shape (point,) each.
        scale: Shape (effect, effect, 1, point). diag(sd) L, from standardised effects to effects.
    """

    values: Values
    parameters: Parameters
    scale: Array


def settings_at(signature: Signature, points: Array) -> Settings:
    """Reads the unknowns out of flat vectors (point, d)."""
    values = read_layout(signature.layout, points)
    names = signature.layout.parameters
    parameters = {name: values.parameters[:, k] for k, name in enumerate(names)}
    scale = values.sds[0][:, :, None] * values.correlations[0]
    return Settings(values, parameters, namespace(scale).moveaxis(scale, 0, -1)[:, :, None])

"""Effects in units of their own spread: another way to write the same model, for funnels.

Effects `theta ~ Normal(mu, tau)` with an unknown `tau` have no mode together with it: where `tau`
goes to zero and all effects to `mu`, the density rises without bound. In units of their spread they
have one.

Source: Papaspiliopoulos, Roberts and Sköld (2007), Statistical Science 22(1); Gorinova, Moore and
Hoffman (2020), Automatic reparameterisation of probabilistic programs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bayesinf.model.program import Program, blaming
from bayesinf.model.sites import base_of, read_sites
from bayesinf.model.tracing import Scales, over_draws
from bayesinf.numerics.precision import double


@dataclass(frozen=True)
class Decentred:
    """A NumPyro model with some of its sites in units of their spread.

    Attributes:
        function: The model.
        names: Of the sites.
    """

    function: Callable[..., object]
    names: tuple[str, ...]

    def __call__(self, **arguments: Any) -> object:
        """Runs the model; see `numpyro.infer.reparam.LocScaleReparam`."""
        from numpyro.handlers import reparam

        return reparam(self.function, config=_strategy(self.names))(**arguments)


def _strategy(names: tuple[str, ...]) -> Callable[[Any], Any]:
    from numpyro.distributions import StudentT
    from numpyro.infer.reparam import LocScaleReparam

    def choose(message: Any) -> Any:
        if message["name"] not in names or message["is_observed"]:
            return None
        kept = ("df",) if isinstance(base_of(message["fn"]), StudentT) else ()
        return LocScaleReparam(centered=0, shape_params=kept)

    return choose


def decentred(program: Program, points: np.ndarray) -> Program | None:
    """The same model with every effect in units of its spread, where that is unknown.

    Args:
        program: With its data.
        points: Flat vectors (n, size) of different unknowns, to see which spreads move with them.

    Returns:
        A program with the same number of unknowns, whose derived sites include the effects; None
        where no site has an unknown spread.
    """
    names = governed(program, points)
    if not names:
        return None
    call = replace(program.code, function=Decentred(program.code.function, names))
    with double(), blaming(program.label):
        sites = read_sites(call, program.data or {}, program.label)
    return replace(program, call=call, sites=sites)


def governed(program: Program, points: np.ndarray) -> tuple[str, ...]:
    """The sites of a location-scale family whose scale is not the same at all points."""
    names = program.sites.scaled
    if not names or len(points) < 2:
        return ()
    with blaming(program.label):
        scales = over_draws(Scales(program.code, program.layout, names), points, program.data or {})
    return tuple(name for name in names if np.any(scales[name] != scales[name][:1]))

"""The catalogue of engines; `ALL` lists them, `Auto` chooses among them."""

from __future__ import annotations

from bayesinf.engine import Engine
from bayesinf.engines.auto import Auto as Auto
from bayesinf.engines.conjugate import Conjugate as Conjugate
from bayesinf.engines.hmc import HMC as HMC
from bayesinf.engines.laplace import Laplace as Laplace
from bayesinf.engines.marginal import Marginal as Marginal
from bayesinf.engines.nuts import NUTS as NUTS
from bayesinf.engines.pathfinder import Pathfinder as Pathfinder
from bayesinf.engines.quadrature import Quadrature as Quadrature
from bayesinf.engines.smc import SMC as SMC
from bayesinf.engines.svi import SVI as SVI
from bayesinf.errors import ModelError, suggest
from bayesinf.formula.tokens import Place

ALL: tuple[type[Engine], ...] = (
    Auto,
    Conjugate,
    Marginal,
    Quadrature,
    Laplace,
    HMC,
    NUTS,
    SVI,
    Pathfinder,
    SMC,
)


def named(name: str) -> type[Engine]:
    """Finds an engine by its name.

    Raises:
        ModelError: For an unknown name, with a suggestion.
    """
    for member in ALL:
        if member.name == name.lower():
            return member
    known = [member.name for member in ALL]
    raise ModelError(
        f"There is no engine '{name}'.{suggest(name, known)}\n"
        f"{Place(f'engine={name!r}', len('engine=')).shown()}",
        code="unknown-engine",
        hint=f"Use one of {', '.join(known)}.",
    )

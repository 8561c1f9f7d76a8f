"""All estimands of one treatment, and how they are found by their names."""

from __future__ import annotations

from bayesinf import ModelError
from causal.estimand import ATC, ATE, ATO, ATT, CATE, Dose, Estimand, QuantileEffect

ALL: tuple[type[Estimand], ...] = (ATE, ATT, ATC, ATO, CATE, QuantileEffect, Dose)
"""The catalogue of estimands of one treatment; those along a path stand in `path_effects`."""

NEEDY: dict[str, str] = {CATE.name: "causal.CATE(by=('sex',))", Dose.name: "causal.Dose((0, 10))"}
"""Estimands that a name alone does not settle, and how to write them."""


def as_estimand(given: object) -> Estimand:
    """Reads an estimand that is given by its name, in capitals or not.

    Raises:
        ModelError: It is neither an estimand nor the name of one, or a name that needs more.

    Example:
        >>> as_estimand("ATT"), as_estimand("att")
        (ATT(), ATT())
    """
    if isinstance(given, Estimand):
        return given
    for kind in ALL:
        if not isinstance(given, str) or given.casefold() != kind.name.casefold():
            continue
        if kind.name in NEEDY:
            raise ModelError(
                f"'{given}' by itself does not say what to ask for.",
                code="estimand-needs-more",
                hint=f"Write it out, for example {NEEDY[kind.name]}.",
            )
        return kind()
    known = ", ".join(NEEDY.get(kind.name, f"causal.{kind.__name__}()") for kind in ALL)
    what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
    raise ModelError(
        f"What is asked for has to be an estimand or the name of one; this is {what}.",
        code="not-an-estimand",
        hint=f"Write one of {known}.",
    )

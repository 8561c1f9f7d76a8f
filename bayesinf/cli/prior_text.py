"""Priors as text: `Days=Normal(0, 10)`, read by names and numbers, never evaluated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields

from bayesinf import priors as catalogue
from bayesinf.errors import BayesinfError, ModelError, suggest
from bayesinf.prior import Prior

_PRIOR = re.compile(r"^\s*(?P<slot>.+?)\s*=\s*(?P<kind>\w+)\s*\((?P<numbers>[^()]*)\)\s*$")


def read_prior(text: str) -> tuple[str, Prior]:
    """Reads `SLOT=PRIOR` by the names of the catalogue; nothing is evaluated.

    Raises:
        ModelError: The text is something else, or the prior does not exist.

    Example:
        >>> read_prior("Days=Normal(0, 10)")
        ('Days', Normal(mean=0.0, sd=10.0))
    """
    match = _PRIOR.match(text)
    known = {kind.__name__: kind for kind in catalogue.ALL}
    if match is None:
        raise ModelError(
            f"'{text}' is not a prior of a slot.",
            code="prior-text",
            hint='Write it as "Days=Normal(0, 10)".',
        )
    if match["kind"] not in known:
        raise ModelError(
            f"There is no prior '{match['kind']}'.{suggest(match['kind'], known)}",
            code="unknown-prior",
            hint=f"The priors are {', '.join(known)}.",
        )
    try:
        numbers = [float(word) for word in match["numbers"].split(",") if word.strip()]
        return match["slot"], known[match["kind"]](*numbers)
    except (ValueError, TypeError) as error:
        if isinstance(error, BayesinfError):
            raise
        raise ModelError(
            f"'{match['numbers']}' are not the numbers of a {match['kind']} prior.",
            code="prior-numbers",
            hint=f"It takes {_takes(known[match['kind']])}.",
        ) from error


def read_priors(texts: Sequence[str]) -> dict[str, Prior]:
    """Reads several priors, one for each slot.

    Raises:
        ModelError: One of them cannot be read, or a slot stands twice.
    """
    priors: dict[str, Prior] = {}
    for slot, prior in map(read_prior, texts):
        if slot in priors:
            raise ModelError(
                f"'{slot}' has two priors, {priors[slot]} and {prior}.",
                code="two-priors",
                hint="Leave one of them out.",
            )
        priors[slot] = prior
    return priors


def _takes(kind: type[Prior]) -> str:
    return ", ".join(field.name for field in fields(kind)) or "no numbers"

"""One thing that is held against an independent answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bayesinf.prior import Prior


@dataclass(frozen=True)
class Check:
    """What was asked, what came out, and whether that is near enough.

    Attributes:
        subject: The part of the library that it speaks about.
        name: A short, stable name; no two checks share subject and name.
        asked: What has to hold, a sentence.
        found: What was found, in words and numbers.
        passed: Whether it holds.
        source: Where the right answer comes from.
        evidence: The numbers behind `found`.
    """

    subject: str
    name: str
    asked: str
    found: str
    passed: bool
    source: str
    evidence: Mapping[str, float] = field(default_factory=dict)


def priors_in_words(priors: Mapping[str, Prior]) -> str:
    """Lists priors by the slots that they are given to.

    Example:
        >>> from bayesinf.priors import Flat, LogFlat
        >>> priors_in_words({"coefficients": Flat(), "sigma": LogFlat()})
        'coefficients ~ Flat(), sigma ~ LogFlat()'
    """
    return ", ".join(f"{slot} ~ {prior.describe()}" for slot, prior in priors.items())

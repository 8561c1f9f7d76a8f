"""How two expected outcomes are compared: pure functions of (high, low), and their words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesinf.errors import ModelError, suggest


def difference(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Says how much larger the first expected outcome is: `high - low`, in the outcome's units."""
    return high - low


def ratio(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Says how many times larger the first expected outcome is: `high / low`."""
    return high / low


def lift(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Says by what share the expected outcome grows: `(high - low) / low`; 0.1 is 10 % more."""
    return (high - low) / low


def odds_ratio(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Says how many times larger the odds are, for two probabilities."""
    return high * (1.0 - low) / (low * (1.0 - high))


@dataclass(frozen=True)
class Contrast:
    """One way to compare two expected outcomes.

    Attributes:
        name: What users call it.
        of: The function of (high, low), elementwise.
        null: Its value where the two do not differ.
        pattern: How a case is labelled, with `{high}` and `{low}`.
        claim: The beginning of a sentence that ends in the number, with `{words}` (what is
            compared), `{outcome}` and `{where}` (the rows averaged over).
        divides: Whether it divides by `low`, which then must keep one sign.
        probabilities_only: Whether it is defined for probabilities alone.
    """

    name: str
    of: Callable[[np.ndarray, np.ndarray], np.ndarray]
    null: float
    pattern: str
    claim: str
    divides: bool = False
    probabilities_only: bool = False


CONTRASTS: dict[str, Contrast] = {
    contrast.name: contrast
    for contrast in (
        Contrast(
            "difference",
            difference,
            0.0,
            "{high} - {low}",
            "{words} is associated with a difference in the {outcome} {where} of",
        ),
        Contrast(
            "ratio",
            ratio,
            1.0,
            "{high} / {low}",
            "{words} is associated with the {outcome} {where} being multiplied by",
            divides=True,
        ),
        Contrast(
            "lift",
            lift,
            0.0,
            "({high} - {low}) / {low}",
            "{words} is associated with a relative change of the {outcome} {where} of",
            divides=True,
        ),
        Contrast(
            "odds_ratio",
            odds_ratio,
            1.0,
            "odds({high}) / odds({low})",
            "{words} is associated with the odds of the {outcome} {where} being multiplied by",
            probabilities_only=True,
        ),
    )
}
"""All contrasts by name."""


def named_contrast(name: str) -> Contrast:
    """Finds a contrast by its name.

    Raises:
        ModelError: No contrast has the name, with the nearest; or it is no text.

    Example:
        >>> named_contrast("lift").null
        0.0
    """
    if not isinstance(name, str):
        raise ModelError(
            f"A contrast is one word; this is '{type(name).__name__}'.",
            code="unknown-contrast",
            hint=f"Give one of {', '.join(map(repr, CONTRASTS))}; ask once for each of several.",
        )
    if name not in CONTRASTS:
        raise ModelError(
            f"There is no contrast {name!r}.{suggest(name, CONTRASTS)}",
            code="unknown-contrast",
            hint=f"The contrasts are {', '.join(CONTRASTS)}.",
        )
    return CONTRASTS[name]


def compare_outcomes(contrast: Contrast, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Compares draws of two expected outcomes, after a check that the comparison means something.

    Args:
        contrast: How.
        high: Shape (draw, case).
        low: Shape (draw, case).

    Returns:
        Shape (draw, case).

    Raises:
        ModelError: `no-ratio`, where a contrast divides by draws that are zero or change sign.
    """
    if contrast.divides:
        unclear = (low.min(axis=0) <= 0) & (low.max(axis=0) >= 0)
        if unclear.any():
            case = int(np.flatnonzero(unclear)[0])
            share = min(float((low[:, case] <= 0).mean()), float((low[:, case] >= 0).mean()))
            raise ModelError(
                f"A {contrast.name} divides by the expected outcome before the change, whose sign "
                f"is not certain: {share:.1%} of its draws lie at or beyond zero.",
                code="no-ratio",
                hint='Use contrast="difference".',
            )
    return contrast.of(high, low)

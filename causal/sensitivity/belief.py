"""What is believed about the strength of a bias: numbers that are not known, as distributions."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import numpy as np

import bayesinf as bi


class Belief(Protocol):
    """A distribution of one number; priors of `bi` are some, and so are those below."""

    def sample(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> np.ndarray:
        """Draws independent values."""
        ...


@dataclass(frozen=True)
class Beta:
    """A beta distribution, of shares between 0 and 1.

    Attributes:
        a: Positive; a / (a + b) is the mean.
        b: Positive; the larger a + b, the surer.

    Example:
        >>> str(Beta(1, 9))
        'Beta(1, 9), mean 0.1'
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (self.a > 0 and self.b > 0 and isfinite(self.a + self.b)):
            raise bi.ModelError(
                f"The numbers of a beta distribution are positive; these are {self.a!r} and "
                f"{self.b!r}.",
                code="belief",
                hint="Give two positive numbers: Beta(1, 9) has the mean 0.1 and is usually below "
                "0.3.",
            )

    def sample(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> np.ndarray:
        """Draws independent values."""
        return rng.beta(self.a, self.b, shape)

    def __str__(self) -> str:
        return f"Beta({self.a:g}, {self.b:g}), mean {self.a / (self.a + self.b):.3g}"


@dataclass(frozen=True)
class Uniform:
    """All numbers between two are believed alike.

    Attributes:
        lower: The smallest.
        upper: The largest.
    """

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not (isfinite(self.lower) and isfinite(self.upper) and self.lower <= self.upper):
            raise bi.ModelError(
                f"A uniform belief goes from a smaller to a larger number, not from "
                f"{self.lower!r} to {self.upper!r}.",
                code="belief",
                hint="Give the smaller number first.",
            )

    def sample(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> np.ndarray:
        """Draws independent values."""
        return rng.uniform(self.lower, self.upper, shape)

    def __str__(self) -> str:
        return f"uniform from {self.lower:g} to {self.upper:g}"


@dataclass(frozen=True)
class Exactly:
    """One number for sure: a scenario rather than a belief.

    Attributes:
        value: The number.
    """

    value: float

    def sample(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> np.ndarray:
        """Repeats the number."""
        del rng
        return np.full(shape, float(self.value))

    def __str__(self) -> str:
        return f"{self.value:g}"


def as_belief(given: Belief | float) -> Belief:
    """Reads a belief that is given as a number.

    Raises:
        ModelError: It is neither a number nor a distribution.

    Example:
        >>> as_belief(2)
        Exactly(value=2.0)
    """
    if isinstance(given, int | float) and not isinstance(given, bool):
        if not isfinite(given):
            raise bi.ModelError(
                f"A strength is a finite number, not {given!r}.",
                code="belief",
                hint="Give a number such as 0.5, or a distribution such as Beta(1, 9).",
            )
        return Exactly(float(given))
    if callable(getattr(given, "sample", None)):
        return given  # pyright: ignore[reportReturnType]
    raise bi.ModelError(
        f"A belief is a number or a distribution such as Beta(1, 9), not {given!r}.",
        code="belief",
        hint="Give a number, causal.Beta, causal.Uniform, or one of bi's priors.",
    )


def draw_strength(
    belief: Belief, what: str, rng: np.random.Generator, shape: tuple[int, ...], most: float
) -> np.ndarray:
    """Draws strengths, and refuses those that cannot be.

    Args:
        belief: The distribution.
        what: What it is about, for the error.
        rng: Decides.
        shape: Of the answer.
        most: The largest possible strength.

    Raises:
        ModelError: A draw lies below zero or above the largest.
    """
    drawn = np.asarray(belief.sample(rng, shape), dtype=float)
    if not (np.isfinite(drawn).all() and drawn.min() >= 0 and drawn.max() <= most):
        raise bi.ModelError(
            f"The {what} lies between 0 and {most:g}; {belief} gives values from "
            f"{drawn.min():.3g} to {drawn.max():.3g}.",
            code="strength-out-of-range",
            hint="Give Beta(1, 9), say, as a belief about a share, bi.HalfNormal(1) of an amount.",
        )
    return drawn

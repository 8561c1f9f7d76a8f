"""A prior: what is believed about one parameter before the data are seen.

Members of the catalogue `bayesinf.priors` are frozen dataclasses of plain numbers, equal and
hashable by value. They are also JAX pytrees whose leaves are those numbers, so that a compiled
density takes its priors as arguments and another prior scale compiles nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import partial
from math import inf, isfinite
from numbers import Real
from typing import Any, ClassVar, Literal

import jax
import numpy as np

from bayesinf.errors import ModelError
from bayesinf.types import Array, namespace

Support = Literal["real", "positive", "correlation"]
"""Where a parameter lives: any number, a positive number, or the Cholesky factor of a correlation
matrix."""

Shape = int | tuple[int, ...]


def numbers_of(prior: Prior) -> tuple[float, ...]:
    """Lists the numbers of a prior in the order in which they are written."""
    return tuple(getattr(prior, field.name) for field in fields(prior))


def flatten(prior: Prior) -> tuple[tuple[float, ...], None]:
    """Takes a prior apart for JAX."""
    return numbers_of(prior), None


def rebuild(kind: type[Prior], _: None, values: Iterable[Any]) -> Prior:
    """Puts a prior together again for JAX, unchecked: its numbers may be traced or stacked."""
    prior = object.__new__(kind)
    for field, value in zip(fields(kind), values, strict=True):
        object.__setattr__(prior, field.name, value)
    return prior


@dataclass(frozen=True)
class Prior(ABC):
    """A belief about one parameter, as a distribution.

    A member says where the parameter may lie (`support`), which of its own numbers must be
    positive (`above_zero`), whether it integrates to one (`proper`), and how heavy its tail is
    (`tail`).
    """

    support: ClassVar[Support]
    proper: ClassVar[bool] = True
    above_zero: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        jax.tree_util.register_pytree_node(cls, flatten, partial(rebuild, cls))

    def __post_init__(self) -> None:
        for field in fields(self):
            value = checked_number(self, field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    @abstractmethod
    def log_density(self, x: Array) -> Array:
        """Gives the logarithm of the density at `x`, normalised if the prior is proper.

        Args:
            x: NumPy or JAX array of any shape; values outside the support give minus infinity.
        """

    @abstractmethod
    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values.

        Args:
            rng: Source of randomness.
            shape: Shape of the answer.

        Raises:
            ModelError: The prior is improper, so there is nothing to draw from.
        """

    @property
    @abstractmethod
    def log_concave(self) -> bool:
        """Whether the log density is concave on the support: it then has one mode at most."""

    @property
    def tail(self) -> float:
        """The power t of a tail in which the density falls as 1 / x^(1 + t).

        Moments exist below it: -1 for a constant, the degrees of freedom of Student's t, and
        infinity, unless a member says otherwise, where the density falls faster than any power.
        """
        return inf

    def describe(self) -> str:
        """Writes the prior as a person would.

        Example:
            >>> from bayesinf.priors import Normal
            >>> Normal(0, 10).describe()
            'Normal(0, 10)'
        """
        return f"{type(self).__name__}({', '.join(f'{value:.4g}' for value in numbers_of(self))})"

    def latex(self) -> str:
        """Writes the prior in LaTeX, for the mathematics of a report."""
        arguments = r",\ ".join(latex_number(value) for value in numbers_of(self))
        return rf"\operatorname{{{type(self).__name__}}}({arguments})"

    def to_json(self) -> dict[str, str | float]:
        """Gives the prior as plain JSON; `bayesinf.priors.prior_from_json` reads it back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"prior": type(self).__name__, **values}


@dataclass(frozen=True)
class PositivePrior(Prior, ABC):
    """A belief about a positive number, such as a standard deviation."""

    support: ClassVar[Support] = "positive"

    @abstractmethod
    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values only."""

    def log_density(self, x: Array) -> Array:
        """Gives the logarithm of the density; minus infinity at zero and below."""
        xp = namespace(x)
        outside = xp.less_equal(x, 0.0)
        # The second `where` keeps the gradient finite outside: JAX multiplies the gradient of the
        # branch not taken by zero, and zero times infinity is not a number.
        inside = self.log_density_above_zero(xp.where(outside, 1.0, x))
        return xp.where(outside, -xp.inf, inside)


@dataclass(frozen=True)
class Choice:
    """A prior together with the reason for it.

    Attributes:
        prior: The prior.
        why: One sentence that says where its numbers come from.
    """

    prior: Prior
    why: str


def checked_number(prior: Prior, name: str, value: object) -> float:
    """Refuses what cannot be a number of a prior, in the user's own words."""
    where = f"{name} of the prior {type(prior).__name__}"
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ModelError(f"The {where} must be a number, not {value!r}.", code="prior-number")
    number = float(value)
    if not isfinite(number):
        raise ModelError(f"The {where} must be finite, not {number}.", code="prior-number")
    if name in prior.above_zero and number <= 0.0:
        raise ModelError(f"The {where} must be positive, not {number:g}.", code="prior-number")
    return number


def improper(prior: Prior) -> ModelError:
    """Says why an improper prior gives no draws, and what to do."""
    return ModelError(
        f"The prior {prior.describe()} is improper, so nothing can be drawn from it.",
        code="improper-prior",
        hint="Give the parameter a proper prior, such as Normal(0, 10), to draw from the model.",
    )


def latex_number(value: float) -> str:
    r"""Writes a number with four digits, with powers of ten as LaTeX.

    Example:
        >>> print(latex_number(2.5e-7))
        2.5 \times 10^{-7}
    """
    mantissa, _, exponent = f"{value:.4g}".partition("e")
    return mantissa if not exponent else rf"{mantissa} \times 10^{{{int(exponent)}}}"

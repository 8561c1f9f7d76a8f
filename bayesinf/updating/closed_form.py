"""What every closed-form belief about one number, or one number per group, can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayesinf.engine import CHAINS, per_chain
from bayesinf.errors import DataError, ModelError
from bayesinf.numerics.random import streams_of
from bayesinf.options import options, percent

if TYPE_CHECKING:
    import pandas as pd

Numbers = Any
"""A number, or anything that NumPy reads as an array of numbers."""

BISECTIONS = 48
"""Halvings of the tail probability: 48 find the shortest interval to 1e-14 of it."""


class ClosedForm(ABC):
    """A distribution with a closed form, for one group or an array of independent groups.

    A member is a final frozen dataclass whose fields are arrays of one shape, that of the groups;
    a single group has shape (). Every method works on all groups at once.
    """

    parameter: ClassVar[str]
    log_evidence: np.ndarray

    @property
    @abstractmethod
    def mean(self) -> np.ndarray:
        """The mean of each group."""

    @property
    @abstractmethod
    def sd(self) -> np.ndarray:
        """The standard deviation of each group."""

    @abstractmethod
    def quantile(self, prob: np.ndarray | float) -> np.ndarray:
        """The value below which the given probability lies."""

    @abstractmethod
    def log_density(self, value: np.ndarray | float) -> np.ndarray:
        """The logarithm of the density."""

    @abstractmethod
    def above(self, value: np.ndarray | float) -> np.ndarray:
        """The probability above a value, from the upper tail itself, so that 1e-20 is not 0."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draws of shape `shape`, whose last axes are those of the groups."""

    @property
    def groups(self) -> tuple[int, ...]:
        """The shape of the groups; () for a single one."""
        return np.shape(self.mean)

    def interval(self, prob: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The credible interval of each group, exactly.

        Args:
            prob: Probability inside; None takes `bi.options.interval`, which also says whether the
                interval has equal tails or is the shortest.

        Returns:
            Lower and upper bounds.
        """
        kind, inside = options.interval_with(prob)
        if kind == "hdi":
            return self._shortest(inside)
        tail = 0.5 * (1.0 - inside)
        return self.quantile(tail), self.quantile(1.0 - tail)

    def probability(self, *, above: np.ndarray | float) -> np.ndarray:
        """The posterior probability that the number of each group exceeds a value.

        Args:
            above: One value for all groups, or one for each.
        """
        return self.above(numbers("above", above))

    def draws(self, n: int = 4000, seed: object = None) -> np.ndarray:
        """Independent draws, in the library's form.

        Args:
            n: How many, rounded up to fill four chains.
            seed: An int, a JAX key, a NumPy Generator, or None for fresh entropy.

        Returns:
            Shape (chain, draw, ...), the last axes being those of the groups.
        """
        if n < 1:
            raise ModelError(f"The number of draws must be at least 1, not {n}.", code="draws")
        generator = streams_of(seed).generator("closed form", type(self).__name__)
        return self.sample(generator, (CHAINS, per_chain(n), *self.groups))

    def summary(
        self, names: Sequence[object] | None = None, prob: float | None = None
    ) -> pd.DataFrame:
        """The table of groups.

        Args:
            names: One per group; None counts them from 0.
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame with columns `mean sd lower upper`, one line per group. Its `attrs` hold the
            kind and probability of the interval. There is no Monte Carlo error to report.
        """
        import pandas as pd

        size = int(np.prod(self.groups))
        if names is not None and len(names) != size:
            raise DataError(f"{len(names)} names are given for {size} groups.", code="names")
        index = pd.RangeIndex(size) if names is None else pd.Index(list(names))
        if names is None and len(self.groups) > 1:
            index = pd.MultiIndex.from_tuples(list(np.ndindex(self.groups)))
        lower, upper = self.interval(prob)
        columns = {"mean": self.mean, "sd": self.sd, "lower": lower, "upper": upper}
        frame = pd.DataFrame({name: np.ravel(v) for name, v in columns.items()}, index=index)
        kind, inside = options.interval_with(prob)
        frame.attrs.update(interval_kind=kind, interval_prob=inside)
        return frame

    def _shortest(self, prob: float) -> tuple[np.ndarray, np.ndarray]:
        """The shortest interval, by bisection on the probability that it leaves out below.

        Its width falls while the density at its lower end is the smaller one. A density that is
        highest at an end of its range has its shortest interval there.
        """
        spare = 1.0 - prob
        low, high = np.zeros(self.groups), np.full(self.groups, spare)
        for _ in range(BISECTIONS):
            tail = 0.5 * (low + high)
            lower, upper = self.quantile(tail), self.quantile(tail + prob)
            rising = self.log_density(lower) < self.log_density(upper)
            low, high = np.where(rising, tail, low), np.where(rising, high, tail)
        tails = np.stack([0.5 * (low + high), np.zeros(self.groups), np.full(self.groups, spare)])
        lower = np.stack([self.quantile(tail) for tail in tails])
        upper = np.stack([self.quantile(np.minimum(tail + prob, 1.0)) for tail in tails])
        best = np.argmin(upper - lower, axis=0)[np.newaxis]
        return (
            np.take_along_axis(lower, best, axis=0)[0],
            np.take_along_axis(upper, best, axis=0)[0],
        )

    def __repr__(self) -> str:
        kind, prob = options.interval
        word = f"{percent(prob)} CrI ({kind.upper()})"
        if self.groups == ():
            lower, upper = self.interval()
            return f"{self.parameter}: {self.mean:.4g}, {word} {lower:.4g} to {upper:.4g}"
        means = self.mean
        span = f"means from {means.min():.4g} to {means.max():.4g}" if means.size else "none"
        return f"{self.parameter} of {means.size} groups: {span}; .summary() lists their {word}"


def numbers(
    name: str,
    values: object,
    least: float = -np.inf,
    whole: bool = False,
    positive: bool = False,
) -> np.ndarray:
    """Reads one number, or an array of them, and refuses what they cannot be.

    Args:
        name: What they are, for the sentence.
        values: A number, a list, an array or a Series.
        least: The smallest allowed.
        whole: Whether they must be whole.
        positive: Whether zero is refused.

    Returns:
        A float64 array; shape () for a single number.

    Raises:
        DataError: With the positions that are wrong.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"'{name}' must be numbers, not {values!r}.", code="not-a-number"
        ) from error
    refuse(name, array, ~np.isfinite(array), "must be finite numbers", "not-finite")
    refuse(name, array, array < least, f"must not be below {least:g}", "negative")
    if positive:
        refuse(name, array, array <= 0, "must be positive", "not-positive")
    if whole:
        refuse(name, array, np.floor(array) != array, "must be whole numbers", "not-whole")
    return array


def refuse(name: str, array: np.ndarray, wrong: np.ndarray, what: str, code: str) -> None:
    """Refuses numbers, naming the first few positions that are wrong."""
    if not np.any(wrong):
        return
    places = np.flatnonzero(wrong)
    where = positions(places, array.shape)
    raise DataError(
        f"'{name}' {what}; {np.ravel(array)[places[0]]:g} is given{where}.",
        code=code,
        column=name,
        rows=places.tolist(),
    )


def positions(places: np.ndarray, shape: tuple[int, ...]) -> str:
    """Says where in an array, counting from 0; nothing for a single number.

    Example:
        >>> positions(np.array([3, 17, 20, 21]), (50,))
        ' at positions 3, 17, 20 and 1 more'
    """
    if shape == ():
        return ""
    spots = [np.unravel_index(int(place), shape) for place in places[:3]]
    listed = ", ".join(
        str(int(spot[0])) if len(shape) == 1 else str(tuple(int(i) for i in spot)) for spot in spots
    )
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f" at position{'s' if len(places) > 1 else ''} {listed}{more}"


def together(**arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Stretches arrays to their common shape.

    Raises:
        DataError: When their shapes do not fit together.
    """
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"'{name}' {array.shape}" for name, array in arrays.items())
        raise DataError(
            f"The shapes do not fit together: {shapes}.",
            code="shapes",
            hint="Give arrays of one shape, or single numbers.",
        ) from error

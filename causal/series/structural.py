"""A structural time series model: level, slope, seasons and controls, each with its own size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.series.state_space import StateSpace

type Scale = (
    bi.HalfNormal | bi.HalfStudentT | bi.HalfCauchy | bi.Gamma | bi.LogNormal | bi.Exponential
)

HALF_T = bi.HalfStudentT(3, 1)
"""The prior of sds of noise and of controls' coefficients, in sds of the outcome."""

MOST_WAVES = 10
"""Pairs of waves that seasons are made of, at most."""

START = 2.5
"""Prior sd of the level at the first time, in sds of the outcome before the intervention."""


class Trend(ABC):
    """How the level of a series goes on.

    Attributes:
        title: Its name in a sentence.
    """

    title: ClassVar[str]

    @property
    @abstractmethod
    def priors(self) -> dict[str, bi.HalfNormal]:
        """Priors of the sds of its shocks, in sds of the outcome before the intervention."""

    @property
    @abstractmethod
    def moves(self) -> np.ndarray:
        """(state, state) how its states go on."""

    @property
    @abstractmethod
    def spread(self) -> np.ndarray:
        """(state,) prior variances at the first time."""


@dataclass(frozen=True)
class LocalLevel(Trend):
    """A level that wanders: tomorrow's is today's and a shock. The default.

    Its shocks have an sd with a half-normal prior of scale 0.3 sds of the outcome before the
    intervention: a pure random walk of 50 times has about that.

    Source:
        Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, section
        2.3; Brodersen et al. (2015), Annals of Applied Statistics 9, section 2.1, whose software
        holds the sd near 0.01 instead.
    """

    title: ClassVar[str] = "local level"

    @property
    def priors(self) -> dict[str, bi.HalfNormal]:
        """The prior of the level's shocks."""
        return {"level": bi.HalfNormal(0.3)}

    @property
    def moves(self) -> np.ndarray:
        """The level stays."""
        return np.eye(1)

    @property
    def spread(self) -> np.ndarray:
        """The level's prior variance."""
        return np.array([START**2])


@dataclass(frozen=True)
class LocalTrend(Trend):
    """A level that goes on with a slope, and a slope that wanders.

    Forecasts go straight on with the last slope, so intervals widen fast.

    Source:
        Brodersen et al. (2015), Annals of Applied Statistics 9, equation 2.3 (without its
        stationary variant).
    """

    title: ClassVar[str] = "local trend"

    @property
    def priors(self) -> dict[str, bi.HalfNormal]:
        """The priors of the shocks of level and slope."""
        return {"level": bi.HalfNormal(0.3), "slope": bi.HalfNormal(0.03)}

    @property
    def moves(self) -> np.ndarray:
        """The level moves by the slope."""
        return np.array([[1.0, 1.0], [0.0, 1.0]])

    @property
    def spread(self) -> np.ndarray:
        """Prior variances of level and slope."""
        return np.array([START**2, 0.5**2])


@dataclass(frozen=True, eq=False)
class Structure:
    """A series in units of its sd before the intervention, and what it is made of.

    Attributes:
        outcome: (time,) outcomes; nan where missing and from the intervention on.
        controls: (time, control) columns with mean 0 and sd 1 before the intervention.
        trend: How the level goes on.
        seasons: Times per cycle, such as 12; None for no seasons.
        priors: Priors of sds that take the place of the default ones, by name.
    """

    outcome: np.ndarray
    controls: np.ndarray
    trend: Trend = field(default=LocalLevel())
    seasons: int | None = None
    priors: Mapping[str, Scale] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, Scale]:
        """The sds to be found, with their priors, in units of the outcome's sd.

        Noise, and the coefficients of seasons and controls, have half-Student-t(3, 0, 1) priors;
        that of the coefficients is shared, so that many of them shrink together.
        """
        sizes: dict[str, Scale] = {"noise": HALF_T}
        sizes |= self.trend.priors
        if self.seasons is not None:
            sizes["season"] = HALF_T
        if self.controls.shape[1]:
            sizes["controls"] = HALF_T
        return sizes | dict(self.priors)

    @property
    def columns(self) -> np.ndarray:
        """(time, column) waves of the seasons, then the controls."""
        return np.hstack([waves(len(self.outcome), self.seasons), self.controls])

    def states(self, sizes: Mapping[str, np.ndarray]) -> StateSpace:
        """The state space model of the level, at given sds.

        Args:
            sizes: (point,) sds by name, those of `sizes`.
        """
        trend, points = self.trend, len(sizes["noise"])
        count = len(trend.spread)
        loads = np.zeros((len(self.outcome), count))
        loads[:, 0] = 1
        shocks = np.stack([sizes[name] ** 2 for name in trend.priors])
        spread = np.tile(trend.spread[:, None], points)
        return StateSpace(loads, trend.moves, sizes["noise"] ** 2, shocks, np.zeros(count), spread)

    def scales(self, sizes: Mapping[str, np.ndarray]) -> np.ndarray:
        """(column, point) prior sds of the coefficients of `columns`, at given sds."""
        count = self.controls.shape[1]
        turns = self.columns.shape[1] - count
        return np.concatenate(
            [
                np.tile(sizes[name], (number, 1))
                for name, number in (("season", turns), ("controls", count))
                if number
            ]
            or [np.empty((0, len(sizes["noise"])))]
        )


def waves(times: int, seasons: int | None) -> np.ndarray:
    """Sines and cosines that together make any pattern of seasons, or a smooth one of many.

    Args:
        times: How many times.
        seasons: Times per cycle; None for no seasons.

    Returns:
        (time, wave) columns: every pattern of up to 20 seasons with mean zero is a mixture of them;
        of longer cycles they are the ten slowest pairs of waves.

    Source:
        Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, section
        2.3.4, with amplitudes that stay.

    Example:
        >>> waves(4, 2).ravel().round(3).tolist()
        [1.0, -1.0, 1.0, -1.0]
    """
    if seasons is None:
        return np.empty((times, 0))
    turns = 2 * np.pi * np.arange(times) / seasons
    made = []
    for pace in range(1, min(seasons // 2, MOST_WAVES) + 1):
        made.append(np.cos(pace * turns))
        if 2 * pace < seasons:
            made.append(np.sin(pace * turns))
    return np.column_stack(made)

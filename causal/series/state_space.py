"""Linear Gaussian state space models of one series: exact likelihood, exact draws of the states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class StateSpace:
    """A series y_t = loads_t' a_t + noise, with a_{t+1} = moves a_t + shocks, at many points.

    A point is one setting of the variances; all points are worked on at once.

    Attributes:
        loads: (time, state) how each state enters the outcome.
        moves: (state, state) how states go on from one time to the next.
        noise: (point,) variances of the outcome about its mean; positive.
        shocks: (state, point) variances of the shocks, which are independent.
        start: (state,) means of the states at the first time.
        spread: (state, point) variances of the states at the first time, independent.
    """

    loads: np.ndarray
    moves: np.ndarray
    noise: np.ndarray
    shocks: np.ndarray
    start: np.ndarray
    spread: np.ndarray

    @cached_property
    def still(self) -> bool:
        """Whether states stay where they are, but for shocks."""
        return bool((self.moves == np.eye(len(self.moves))).all())

    def take(self, points: np.ndarray) -> StateSpace:
        """The model at some of its points, which may repeat."""
        return replace(
            self,
            noise=self.noise[points],
            shocks=self.shocks[:, points],
            spread=self.spread[:, points],
        )

    def advance(self, states: np.ndarray) -> np.ndarray:
        """Moves states (state, ...) one time on, without shocks."""
        if self.still:
            return states
        return (self.moves @ states.reshape(len(states), -1)).reshape(states.shape)


@dataclass(frozen=True, eq=False)
class Gains:
    """What the Kalman filter needs of the past that does not depend on the outcomes.

    Attributes:
        forecast: (time, point) variances of the outcome given its past; infinite where it is
            missing.
        gain: (time, state, point) covariances of states and outcome given the past, over that
            variance; zero where the outcome is missing.
    """

    forecast: np.ndarray
    gain: np.ndarray


def filter_covariances(model: StateSpace, seen: np.ndarray) -> Gains:
    """Runs the part of the Kalman filter that does not depend on the outcomes.

    Args:
        model: The model at all its points.
        seen: (time,) whether the outcome is known.

    Returns:
        The gains.

    Source:
        Durbin and Koopman (2012), Time Series Analysis by State Space Methods, section 4.3.
    """
    times, (states, points) = len(model.loads), model.spread.shape
    forecast = np.full((times, points), np.inf)
    gain = np.zeros((times, states, points))
    diagonal = np.arange(states)
    covariance = np.zeros((states, states, points))
    covariance[diagonal, diagonal] = model.spread
    steady = bool((model.loads == model.loads[0]).all()) and bool(seen.all())
    for time in range(times):
        if steady and time % 16 == 15 and settled(gain[time - 1], gain[time - 2]):
            forecast[time:], gain[time:] = forecast[time - 1], gain[time - 1]
            break
        if seen[time]:
            joint = (model.loads[time] @ covariance.reshape(states, -1)).reshape(states, points)
            forecast[time] = model.loads[time] @ joint + model.noise
            gain[time] = joint / forecast[time]
            covariance -= gain[time][:, None] * joint
        if not model.still:
            half = model.advance(covariance).swapaxes(0, 1)
            covariance = model.advance(np.ascontiguousarray(half))
        covariance[diagonal, diagonal] += model.shocks
    return Gains(forecast, gain)


def settled(gain: np.ndarray, before: np.ndarray) -> bool:
    """Whether the gains have stopped changing, as they do where nothing is ever missing."""
    return bool(np.all(np.abs(gain - before) <= 1e-12 * np.abs(gain)))


def surprises(model: StateSpace, outcome: np.ndarray, gains: Gains) -> np.ndarray:
    """Runs the part of the Kalman filter that follows the outcomes.

    Args:
        model: The model.
        outcome: (time, ...) outcomes; the axes behind must fit (point,) by broadcasting, as in
            (time, draw, point).
        gains: Of the same model; where an outcome is missing its value is not looked at.

    Returns:
        (time, ..., point) outcomes less their forecasts from the past; zero where missing.
    """
    shape = np.broadcast_shapes(outcome.shape[1:], model.noise.shape)
    state = np.broadcast_to(
        model.start.reshape(-1, *(1,) * len(shape)), (len(model.start), *shape)
    ).copy()
    found = np.zeros((len(outcome), *shape))
    inner = (1,) * (len(shape) - 1)
    for time in range(len(outcome)):
        if np.isfinite(gains.forecast[time, 0]):
            flat = model.loads[time] @ state.reshape(len(state), -1)
            found[time] = outcome[time] - flat.reshape(shape)
            gain = gains.gain[time].reshape(len(state), *inner, -1)
            state += gain * found[time]
        state = model.advance(state)
    return found


def log_likelihood(model: StateSpace, outcome: np.ndarray) -> np.ndarray:
    """The log density of the known outcomes at each point.

    Args:
        model: The model at all its points.
        outcome: (time,) outcomes; nan where missing.

    Returns:
        (point,) log densities.

    Example:
        >>> one = np.ones((1, 1))
        >>> model = StateSpace(one, one, np.ones(1), one * 0, np.zeros(1), one * 3)
        >>> exact = -0.5 * (np.log(2 * np.pi * 4) + 2.0**2 / 4)
        >>> bool(np.isclose(log_likelihood(model, np.array([2.0]))[0], exact))
        True
    """
    seen = np.isfinite(outcome)
    gains = filter_covariances(model, seen)
    found = surprises(model, outcome[:, None], gains)[seen]
    forecast = gains.forecast[seen]
    return -0.5 * (np.log(forecast) + found**2 / forecast + LOG_TWO_PI).sum(axis=0)


def draw_states(
    model: StateSpace, outcome: np.ndarray, rng: np.random.Generator, each: int
) -> np.ndarray:
    """Draws paths of the states given the known outcomes, at times before and after them alike.

    A path is drawn without looking at the outcomes, and moved by the smoothed difference between
    the outcomes and what the path would have given.

    Args:
        model: The model at all its points.
        outcome: (time,) outcomes, or (time, draw, point) where each draw has its own; nan where
            missing, as after an intervention, and then in all draws.
        rng: Decides the draws.
        each: How many draws per point.

    Returns:
        (time, state, draw, point) independent draws.

    Source:
        Durbin and Koopman (2002), A simple and efficient simulation smoother for state space time
        series analysis, Biometrika 89; the smoother is Koopman's (1993), Biometrika 80.
    """
    outcome = outcome[:, None, None] if outcome.ndim == 1 else outcome
    gains = filter_covariances(model, np.isfinite(outcome[:, 0, 0]))
    blind, made = simulate(model, rng, each)
    rest = np.nan_to_num(outcome) - made
    errors = surprises(model, rest, gains)
    return blind + smooth(model, errors, gains)


def simulate(
    model: StateSpace, rng: np.random.Generator, each: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws states with mean zero, and outcomes from them.

    Args:
        model: The model at all its points; its start is taken to be zero.
        rng: Decides the draws.
        each: How many draws per point.

    Returns:
        (time, state, draw, point) states and (time, draw, point) outcomes.
    """
    times, (states, points) = len(model.loads), model.spread.shape
    paths = np.empty((times, states, each, points))
    moving = np.flatnonzero(model.shocks.any(axis=1))
    sizes = np.sqrt(model.shocks[moving])[:, None]
    state = np.sqrt(model.spread)[:, None] * rng.standard_normal((states, each, points))
    for time in range(times):
        paths[time] = state
        state = model.advance(state).copy()
        state[moving] += sizes * rng.standard_normal((len(moving), each, points))
    noise = np.sqrt(model.noise) * rng.standard_normal((times, each, points))
    means = (model.loads[:, None] @ paths.reshape(times, states, -1)).reshape(noise.shape)
    return paths, means + noise


def smooth(model: StateSpace, errors: np.ndarray, gains: Gains) -> np.ndarray:
    """The means of the states at all times given all outcomes.

    Args:
        model: The model at all its points.
        errors: (time, draw, point) what `surprises` gave.
        gains: Of the same model.

    Returns:
        (time, state, draw, point) smoothed means.
    """
    times, states = model.loads.shape
    back = np.zeros((times + 1, states, *errors.shape[1:]))
    for time in range(times - 1, -1, -1):
        later = back[time + 1]
        if not model.still:
            later = (model.moves.T @ later.reshape(states, -1)).reshape(later.shape)
        if not np.isfinite(gains.forecast[time, 0]):
            back[time] = later
            continue
        pull = errors[time] / gains.forecast[time] - (gains.gain[time][:, None] * later).sum(axis=0)
        back[time] = later + model.loads[time][:, None, None] * pull
    found = np.empty((times, states, *errors.shape[1:]))
    state = model.start[:, None, None] + model.spread[:, None] * back[0]
    for time in range(times):
        found[time] = state
        state = model.advance(state) + model.shocks[:, None] * back[time + 1]
    return found

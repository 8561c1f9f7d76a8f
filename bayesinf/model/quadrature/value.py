"""The log posterior density with the group effects integrated out, at many points at once.

NumPy on all cores: nothing is compiled, so that the first fit is as fast as the second. Nodes are
placed by one or two Newton steps from where the group modes are expected: at the centre of the
points the modes are known, with their linear response to the unknowns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesinf.model.density import Signature, log_prior
from bayesinf.model.layout import Values, read_layout
from bayesinf.model.quadrature.block import climb, log_integrals
from bayesinf.model.quadrature.likelihood import Likelihood, Parameters, left_out, likelihood
from bayesinf.model.quadrature.rows import Block, GroupedRows
from bayesinf.model.quadrature.rule import COUNTS, Rule, hermite_rule
from bayesinf.numerics.parallel import in_pieces
from bayesinf.types import Array, namespace

POINTS = 32
"""Points evaluated together: the inner loops of NumPy are then long enough, see `rows.ROWS`."""

CELLS = 12_288
"""Rows times points of a temporary array: models of few rows take more points at once."""

TIGHT = 1e-10
"""Group modes at the centre are found to this many prior standard deviations."""

MOST_STEPS = 100

ERROR = 0.01
"""The largest sd of the log density's error over the posterior. An error of sd e moves no posterior
mean by more than e posterior sds (Cauchy-Schwarz), and 1,000 effective draws leave 0.03."""


@dataclass(frozen=True, eq=False)
class Centre:
    """Group modes at one point, and how they move with it.

    Attributes:
        point: Shape (d,).
        modes: Shape (effect, group). Standardised.
        response: Shape (effect, group, d). Their derivatives.
    """

    point: np.ndarray
    modes: np.ndarray
    response: np.ndarray

    def expected(self, points: np.ndarray, span: slice) -> np.ndarray:
        """Where the modes of some groups are at other points, (effect, group, point)."""
        return self.modes[:, span, None] + self.response[:, span] @ (points - self.point).T


@dataclass(frozen=True, eq=False)
class Accuracy:
    """A rule, and what is left to be wrong with it.

    Attributes:
        rule: The rule.
        count: Its nodes per dimension.
        steps: Newton steps before the nodes are placed.
        error: The sd over points of the difference that twice the nodes and more steps make.
    """

    rule: Rule
    count: int
    steps: int
    error: float


class Settings(NamedTuple):
    """The unknowns at many points.

    Attributes:
        values: As the layout reads them.
        parameters: The family's parameters, shape (point,) each.
        scale: Shape (effect, effect, 1, point). diag(sd) L.
    """

    values: Values
    parameters: Parameters
    scale: Array

    def likelihood(self, rows: GroupedRows, block: Block) -> Likelihood:
        """The likelihood of a block's rows at these points, in NumPy."""
        return likelihood(rows.family, block, np.asarray(self.values.coefficients), self.parameters)


def settings_at(signature: Signature, points: Array) -> Settings:
    """Reads the unknowns out of flat vectors (point, d)."""
    values = read_layout(signature.layout, points)
    names = signature.layout.parameters
    parameters = {name: values.parameters[:, k] for k, name in enumerate(names)}
    scale = values.sds[0][:, :, None] * values.correlations[0]
    return Settings(values, parameters, namespace(scale).moveaxis(scale, 0, -1)[:, :, None])


def find_centre(rows: GroupedRows, point: np.ndarray, spread: np.ndarray) -> Centre:
    """Finds the group modes at a point and their response.

    Args:
        rows: The rows.
        point: Shape (d,).
        spread: Shape (d, d). A factor of the points' covariance; the response is measured over one
            sd along each of its columns.

    Returns:
        The modes with their response.
    """
    size = len(point)
    modes = _climb_to_rest(rows, point[None], np.zeros((rows.effects, len(rows.order), 1)))
    around = np.concatenate([point + spread.T, point - spread.T])
    start = np.repeat(modes, 2 * size, axis=-1)
    moved = _climb_to_rest(rows, around, start)
    along = 0.5 * (moved[..., :size] - moved[..., size:])
    return Centre(point, modes[..., 0], along @ np.linalg.inv(spread))


def _climb_to_rest(rows: GroupedRows, points: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Group modes at few points, by Newton steps until they rest, (effect, group, point)."""
    settings = settings_at(rows.signature, points)
    found = start.copy()
    for block, span in zip(rows.blocks, rows.spans, strict=True):
        own = settings.likelihood(rows, block)
        place = start[:, span]
        for _ in range(MOST_STEPS):
            peak = climb(own, settings.scale, place, 1)
            moved = np.abs(peak.place - place).max()
            place = peak.place
            if not moved > TIGHT:
                break
        found[:, span] = place
    return found


def log_densities(
    rows: GroupedRows, centre: Centre, rule: Rule, steps: int, points: np.ndarray
) -> np.ndarray:
    """The log posterior density of coefficients, family parameters, log sds and correlations.

    Args:
        rows: The rows.
        centre: Where the group modes are expected.
        rule: The quadrature's nodes.
        steps: Newton steps before they are placed.
        points: Shape (n, d).

    Returns:
        Shape (n,), normalised with respect to the data as `model.density` is.
    """

    def evaluate(stretch: slice) -> np.ndarray:
        part = points[stretch]
        settings = settings_at(rows.signature, part)
        values = settings.values
        total = log_prior(rows.signature, values, rows.evidence) + values.log_jacobian
        total = total + left_out(rows.family, rows.tally, settings.parameters)
        for block, span in zip(rows.blocks, rows.spans, strict=True):
            own = settings.likelihood(rows, block)
            peak = climb(own, settings.scale, centre.expected(part, span), steps)
            total = total + log_integrals(own, settings.scale, peak, rule).sum(0)
        return np.asarray(total)

    if len(points) == 0:
        return np.zeros(0)
    return np.concatenate(in_pieces(evaluate, len(points), piece_of(rows)))


def piece_of(rows: GroupedRows) -> int:
    """How many points to evaluate together."""
    return max(POINTS, min(512, CELLS // max(rows.count, 1)))


def choose_rule(rows: GroupedRows, centre: Centre, points: np.ndarray) -> Accuracy:
    """Takes the fewest nodes for which about twice as many make no difference that matters.

    Args:
        rows: The rows.
        centre: Where the group modes are expected.
        points: Shape (n, d). Draws of a stand-in for the posterior.

    Returns:
        The rule with its error; the largest one, with whatever error it has, when none suffices.
    """
    found = None
    for count in COUNTS:
        for steps in (1, 2):
            found = measure(rows, centre, count, steps, points)
            if found.error <= ERROR:
                return found
    assert found is not None
    return found


def measure(
    rows: GroupedRows, centre: Centre, count: int, steps: int, points: np.ndarray
) -> Accuracy:
    """Compares a rule with one of about twice the nodes, placed with more care."""
    rule = hermite_rule(count, rows.effects)
    finer = hermite_rule(2 * count + 1, rows.effects)
    values = log_densities(rows, centre, rule, steps, points)
    better = log_densities(rows, centre, finer, steps + 2, points)
    inside = np.isfinite(values) & np.isfinite(better)
    error = float(np.std((values - better)[inside])) if inside.any() else np.inf
    return Accuracy(rule, count, steps, error)

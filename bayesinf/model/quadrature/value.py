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
from bayesinf.model.model import Model
from bayesinf.model.quadrature.block import climb, log_integrals
from bayesinf.model.quadrature.curved import best_form, left_out
from bayesinf.model.quadrature.likelihood import Form, Parameters
from bayesinf.model.quadrature.rows import GroupedRows, grouped_rows
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


@dataclass(frozen=True, eq=False)
class Integrand:
    """The rows of a model, ready to be integrated over their group effects.

    Attributes:
        rows: The rows.
        forms: The likelihood of each bundle.
    """

    rows: GroupedRows
    forms: tuple[Form, ...]

    @property
    def signature(self) -> Signature:
        """What is fixed: family, and the layout of the unknowns that are left."""
        return self.rows.signature

    @property
    def piece(self) -> int:
        """How many points to evaluate together."""
        return max(POINTS, min(512, CELLS // max(self.rows.count, 1)))


def integrand(model: Model) -> Integrand:
    """Arranges the rows of a model with one group term."""
    rows = grouped_rows(model)
    return Integrand(rows, tuple(best_form(rows.family, bundle) for bundle in rows.bundles))


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


def settings_at(signature: Signature, points: Array) -> Settings:
    """Reads the unknowns out of flat vectors (point, d)."""
    values = read_layout(signature.layout, points)
    names = signature.layout.parameters
    parameters = {name: values.parameters[:, k] for k, name in enumerate(names)}
    scale = values.sds[0][:, :, None] * values.correlations[0]
    return Settings(values, parameters, namespace(scale).moveaxis(scale, 0, -1)[:, :, None])


def find_centre(whole: Integrand, point: np.ndarray, spread: np.ndarray) -> Centre:
    """Finds the group modes at a point and their response.

    Args:
        whole: The rows.
        point: Shape (d,).
        spread: Shape (d, d). A factor of the points' covariance; the response is measured over one
            sd along each of its columns.

    Returns:
        The modes with their response.
    """
    size = len(point)
    modes = _climb_to_rest(whole, point[None], np.zeros((whole.rows.effects, len(whole.rows.order), 1)))
    around = np.concatenate([point + spread.T, point - spread.T])
    start = np.repeat(modes, 2 * size, axis=-1)
    moved = _climb_to_rest(whole, around, start)
    along = 0.5 * (moved[..., :size] - moved[..., size:])
    return Centre(point, modes[..., 0], along @ np.linalg.inv(spread))


def _climb_to_rest(whole: Integrand, points: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Group modes at few points, by Newton steps until they rest, (effect, group, point)."""
    settings = settings_at(whole.signature, points)
    found = start.copy()
    for form, span in zip(whole.forms, whole.rows.spans, strict=True):
        own = form.at(settings.values.coefficients, settings.parameters)
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
    whole: Integrand, centre: Centre, rule: Rule, steps: int, points: np.ndarray
) -> np.ndarray:
    """The log posterior density of coefficients, family parameters, log sds and correlations.

    Args:
        whole: The rows.
        centre: Where the group modes are expected.
        rule: The quadrature's nodes.
        steps: Newton steps before they are placed.
        points: Shape (n, d).

    Returns:
        Shape (n,), normalised with respect to the data as `model.density` is.
    """

    rows = whole.rows

    def evaluate(stretch: slice) -> np.ndarray:
        part = points[stretch]
        settings = settings_at(whole.signature, part)
        values = settings.values
        total = log_prior(whole.signature, values, rows.evidence) + values.log_jacobian
        total = total + left_out(rows.family, rows.tally, settings.parameters)
        for form, span in zip(whole.forms, rows.spans, strict=True):
            own = form.at(values.coefficients, settings.parameters)
            peak = climb(own, settings.scale, centre.expected(part, span), steps)
            total = total + log_integrals(own, settings.scale, peak, rule).sum(0)
        return np.asarray(total)

    if len(points) == 0:
        return np.zeros(0)
    return np.concatenate(in_pieces(evaluate, len(points), whole.piece))


def choose_rule(whole: Integrand, centre: Centre, points: np.ndarray) -> Accuracy:
    """Takes the fewest nodes for which about twice as many make no difference that matters.

    Args:
        whole: The rows.
        centre: Where the group modes are expected.
        points: Shape (n, d). Draws of a stand-in for the posterior.

    Returns:
        The rule with its error; the largest one, with whatever error it has, when none suffices.
    """
    found = None
    for count in COUNTS:
        for steps in (1, 2):
            found = measure(whole, centre, count, steps, points)
            if found.error <= ERROR:
                return found
    assert found is not None
    return found


def measure(
    whole: Integrand, centre: Centre, count: int, steps: int, points: np.ndarray
) -> Accuracy:
    """Compares a rule with one of about twice the nodes, placed with more care."""
    rule = hermite_rule(count, whole.rows.effects)
    finer = hermite_rule(2 * count + 1, whole.rows.effects)
    values = log_densities(whole, centre, rule, steps, points)
    better = log_densities(whole, centre, finer, steps + 2, points)
    inside = np.isfinite(values) & np.isfinite(better)
    error = float(np.std((values - better)[inside])) if inside.any() else np.inf
    return Accuracy(rule, count, steps, error)

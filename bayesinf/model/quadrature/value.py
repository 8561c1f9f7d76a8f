"""The log posterior density with the group effects integrated out, at many points at once.

NumPy on all cores: nothing is compiled, so that the first fit is as fast as the second. Nodes are
placed by one or two Newton steps from where the group modes are expected: at the centre of the
points the modes are known, with their linear response to the unknowns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from bayesinf.model.density import Signature, log_prior
from bayesinf.model.model import Model
from bayesinf.model.quadrature.block import climb, log_integrals
from bayesinf.model.quadrature.curved import best_form, left_out
from bayesinf.model.quadrature.likelihood import Form
from bayesinf.model.quadrature.rows import GroupedRows, grouped_rows
from bayesinf.model.quadrature.rule import COUNTS, Rule, hermite_rule
from bayesinf.model.quadrature.settings import settings_at
from bayesinf.numerics.parallel import in_pieces
from bayesinf.numerics.proposal import Student

POINTS = 32
"""Points evaluated together: the inner loops of NumPy are then long enough, see `rows.ROWS`."""

CELLS = 12_288
"""Rows times points of a temporary array: models of few rows take more points at once."""

TIGHT = 1e-10
"""Group modes at the centre are found to this many prior standard deviations."""

MOST_STEPS = 100

VISITS = 6
"""Visits to every row besides those of the nodes: predictors, and a Newton step or two."""

ERROR = 0.01
"""The largest sd of the log density's error over the posterior. An error of sd e moves no posterior
mean by more than e posterior sds (Cauchy-Schwarz), and 1,000 effective draws leave 0.03."""

MARGIN = 0.3
"""Of that error that the choice of nodes may use up, because few draws measure it; two more nodes
in each dimension usually divide it by five or more."""

STEPS = (1, 2, 4)
"""Newton steps to choose from; where the spreads are wide and groups few, modes are harder to
foretell."""

PROBES = 32
"""Draws over which the error is measured."""


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

    def seconds(self, rule: Rule) -> float:
        """What one point is predicted to take on two cores."""
        visits = len(rule.nodes) + VISITS
        return (
            0.5e-9
            * sum(form.nanoseconds for form in self.forms)
            / len(self.forms)
            * (visits * self.rows.count)
        )


def integrand(model: Model) -> Integrand:
    """Arranges the rows of a model with one group term."""
    rows = grouped_rows(model)
    return Integrand(rows, tuple(best_form(rows.family, bundle) for bundle in rows.bundles))


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
    modes = _climb_to_rest(
        whole, point[None], np.zeros((whole.rows.effects, len(whole.rows.order), 1))
    )
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


def choose_rule(whole: Integrand, centre: Centre, proposal: Student, seed: Generator) -> Accuracy:
    """Takes the fewest nodes for which about twice as many make no difference that matters.

    Args:
        whole: The rows.
        centre: Where the group modes are expected.
        proposal: A stand-in for the posterior. Its draws are weighed by the posterior, because
            what happens in its far tails does not matter.
        seed: The source of randomness.

    Returns:
        The rule with its error; the largest one, with whatever error it has, when none suffices.
    """
    points = proposal.sample(seed, PROBES)
    log_proposal = proposal.log_density(points)
    found = None
    for count in COUNTS:
        for steps in STEPS:
            found = measure(whole, centre, count, steps, points, log_proposal)
            if found.error <= MARGIN * ERROR:
                return found
    assert found is not None, "there are counts to choose from"
    return found


def measure(
    whole: Integrand,
    centre: Centre,
    count: int,
    steps: int,
    points: np.ndarray,
    log_proposal: np.ndarray | None = None,
) -> Accuracy:
    """Compares a rule with one of about twice the nodes, placed with more care.

    Args:
        whole: The rows.
        centre: Where the group modes are expected.
        count: Nodes per dimension.
        steps: Newton steps before they are placed.
        points: Shape (n, d).
        log_proposal: Shape (n,). The log density that the points were drawn from; None for the
            posterior itself.

    Returns:
        The rule with its error over the posterior.
    """
    rule = hermite_rule(count, whole.rows.effects)
    finer = hermite_rule(2 * count + 1, whole.rows.effects)
    values = log_densities(whole, centre, rule, steps, points)
    better = log_densities(whole, centre, finer, steps + 2, points)
    inside = np.isfinite(values) & np.isfinite(better)
    if not inside.any():
        return Accuracy(rule, count, steps, np.inf)
    error = (values - better)[inside]
    drawn = np.zeros(len(error)) if log_proposal is None else (better - log_proposal)[inside]
    weights = np.exp(drawn - drawn.max()) if log_proposal is not None else drawn + 1.0
    mean = np.average(error, weights=weights)
    spread = float(np.sqrt(np.average((error - mean) ** 2, weights=weights)))
    return Accuracy(rule, count, steps, spread)

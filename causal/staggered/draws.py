"""Joint draws of everything that a difference-in-differences study reports."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

import bayesinf as bi
from causal.staggered.bootstrap import unit_weights
from causal.staggered.cells import Cells
from causal.staggered.method import Comparison, Method
from causal.staggered.two_way import two_way_effect

FEW = 10
"""Cohorts of fewer units than this borrow the spread of their mean from the never treated."""

LENDERS = 4
"""How many never treated units it takes at least to borrow a spread from."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be computed.

    Attributes:
        method: How effects are computed.
        comparison: The panel that the effects come from.
        complete: The units without gaps, by which trends are judged and the two-way regression run.
        whole: (unit,) booleans: which units of `comparison` these are.
        cells: The treated cells.
        placebos: The cells before treatment that are shown beside.
        steps: The cells before treatment, each against the time before it.
    """

    method: Method
    comparison: Comparison
    complete: Comparison
    whole: np.ndarray
    cells: Cells
    placebos: Cells
    steps: Cells


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws from one set of unit weights each.

    Attributes:
        effects: (draw, cell) effects of the treated cells.
        outcomes: (draw, cell) average outcomes in them.
        shares: (draw, cell) weights of the units of their cohorts.
        placebos: (draw, cell) effects before treatment.
        placebo_shares: (draw, cell) weights of the units of their cohorts.
        steps: (draw, cell) changes before treatment from one time to the next.
        step_shares: (draw, cell) weights of the units of their cohorts.
        two_way: (draw,) coefficients of the two-way fixed effects regression; nan where it cannot
            be run.
    """

    effects: np.ndarray
    outcomes: np.ndarray
    shares: np.ndarray
    placebos: np.ndarray
    placebo_shares: np.ndarray
    steps: np.ndarray
    step_shares: np.ndarray
    two_way: np.ndarray


def make_plan(method: Method, comparison: Comparison, told: str) -> Plan:
    """Finds the cells whose effects can be had.

    Args:
        method: How effects are computed.
        comparison: The panel that they come from.
        told: The column that tells who is treated since when.

    Raises:
        DataError: There is no treated outcome with anything to compare it with.
    """
    panel = comparison.panel
    whole = panel.known.all(axis=1)
    complete = Comparison(panel.take(whole), comparison.controls, comparison.anticipation)
    cells = method.cells(comparison)
    if not len(cells):
        raise bi.DataError(
            f"None of the {np.count_nonzero(~panel.never_treated)} units treated by '{told}' has "
            "controls to compare it with: at every time at which somebody is treated, too few of "
            f"the {len(panel.units)} units are untreated.",
            code="nobody-to-compare",
            column=told,
            hint="Add units that are not treated, or treated later; leave out covariates; lower "
            "the anticipation; or compare with controls='not yet'.",
        )
    return Plan(
        method,
        comparison,
        complete,
        whole,
        cells,
        method.placebo_cells(comparison),
        complete.steps(),
    )


def draw_all(plan: Plan, draws: int, generator: np.random.Generator) -> Drawn:
    """Draws unit weights and computes everything for each.

    Args:
        plan: What is to be computed.
        draws: How many.
        generator: Decides the draws.
    """
    panel = plan.comparison.panel
    blocks = []
    for weights in unit_weights(generator, draws, panel.first_treated):
        small = [group for group in panel.cohorts if (panel.first_treated == group).sum() < FEW]
        weights[:, np.isin(panel.first_treated, small)] = 1.0
        drawn = compute(plan, weights)
        for group in small:
            add_borrowed_spread(plan, drawn, int(group), generator)
        blocks.append(drawn)
    if len(blocks) == 1:
        return blocks[0]
    return Drawn(
        *(
            np.concatenate([getattr(block, field.name) for block in blocks])
            for field in fields(Drawn)
        )
    )


def compute(plan: Plan, weights: np.ndarray) -> Drawn:
    """Everything for given weights.

    Args:
        plan: What is to be computed.
        weights: (draw, unit) weights; all equal, they give the estimates themselves.
    """
    comparison, own = plan.comparison, weights[:, plan.whole]
    seen = plan.complete.panel.treated
    two_way = np.full(len(weights), np.nan)
    if seen.any() and not seen.all(axis=0).any():
        two_way = two_way_effect(plan.complete.panel, own)[0]
    return Drawn(
        effects=plan.method.effects(comparison, weights, plan.cells),
        outcomes=cell_outcomes(comparison, weights, plan.cells),
        shares=cohort_shares(comparison, weights, plan.cells),
        placebos=plan.method.placebos(comparison, weights, plan.placebos),
        placebo_shares=cohort_shares(comparison, weights, plan.placebos),
        steps=plan.complete.changes(own, plan.steps),
        step_shares=cohort_shares(plan.complete, own, plan.steps),
        two_way=two_way,
    )


def cohort_shares(comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
    """(draw, cell) sums of the weights of the units of each cell's cohort."""
    members = comparison.panel.first_treated[:, None] == cells.cohort
    return weights @ members


def cell_outcomes(comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
    """(draw, cell) weighted average outcomes over the units known in each cell."""
    panel = comparison.panel
    members = (panel.first_treated[:, None] == cells.cohort) & panel.known[:, cells.time]
    outcomes = np.where(members, panel.outcome[:, cells.time], 0.0)
    return (weights @ outcomes) / (weights @ members)


def add_borrowed_spread(
    plan: Plan, drawn: Drawn, cohort: int, generator: np.random.Generator
) -> None:
    """Gives a cohort of few units the error that as many untreated units would have, in place.

    A bootstrap of few units is far too sure of their mean, and of one unit it is certain. In its
    stead, the deviations of so many units, drawn from the never treated with replacement, stand for
    what these few would have gone through anyway.

    Args:
        plan: What is computed.
        drawn: Draws in which the cohort's units weigh alike; changed.
        cohort: First treated time.
        generator: Decides the draws.

    Source:
        Conley and Taber (2011), Review of Economics and Statistics 93, of which this is the
        Bayesian counterpart: the controls' deviations are the distribution of the treated's.
    """
    panel = plan.complete.panel
    deviations = control_deviations(plan)
    if len(deviations) < 2:
        return
    count = int((plan.comparison.panel.first_treated == cohort).sum())
    picked = generator.integers(len(deviations), size=(len(drawn.effects), count))
    path = np.zeros((len(drawn.effects), len(panel.times)))
    for one in picked.T:
        path += deviations[one] / count
    for cells, method, values in (
        (plan.cells, plan.method, drawn.effects),
        (plan.placebos, plan.method, drawn.placebos),
    ):
        own = np.flatnonzero(cells.cohort == cohort)
        if own.size:
            values[:, own] -= method.noise(plan.comparison, cells.take(own), path)
    own = np.flatnonzero(plan.steps.cohort == cohort)
    drawn.steps[:, own] -= path[:, plan.steps.time[own]] - path[:, plan.steps.base[own]]


def control_deviations(plan: Plan) -> np.ndarray:
    """(unit, time) deviations of never treated units from their means by unit and by time.

    Deviations of n units are widened by sqrt(n / (n - 3)): what a normal model with unknown
    variance expects of one more unit.
    Without never treated units, those treated last stand in at the times before their treatment.
    """
    panel = plan.complete.panel
    group = panel.first_treated.max(initial=0)
    outcome = panel.outcome[panel.first_treated == group]
    outcome = np.where(np.arange(len(panel.times)) < group, outcome, np.nan)
    if len(outcome) < LENDERS:
        return np.empty((0, len(panel.times)))
    left = outcome - np.nanmean(outcome, axis=1, keepdims=True)
    left = left - left.mean(axis=0)
    return np.nan_to_num(left) * np.sqrt(len(left) / (len(left) - 3))

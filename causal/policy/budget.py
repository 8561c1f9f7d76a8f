"""Whom to treat when not all can be: a number of rows, or a sum of money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate
from causal.policy.rules import Rows
from causal.policy.value import Cost, PolicyValue, costs, net_benefits, value


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """Who is treated within a budget.

    Attributes:
        rule: The rows picked.
        value: What that is worth.
        spent: The sum of their costs.
        missed: What the best allocation of all could gain more by expected net benefits, per row,
            at most.
    """

    rule: Rows
    value: PolicyValue
    spent: float
    missed: float

    def __repr__(self) -> str:
        return (
            f"{self.value.sentence()} It spends {self.spent:.6g}; no other choice within the "
            f"budget is expected to gain more than {self.missed:.2g} per row beyond it."
        )


def treat_best(
    estimate: Estimate,
    *,
    rows: int | None = None,
    budget: float | None = None,
    cost: Cost = 0.0,
    worth: float = 1.0,
) -> Allocation:
    """Picks the rows to treat within a number of rows, a budget, or both.

    Rows are taken in the order of expected net benefit, divided by their cost where there is a
    budget, as long as they gain anything.

    Args:
        estimate: An estimate that says what the treatment does to each row.
        rows: How many may be treated.
        budget: What may be spent, in units of the cost.
        cost: Of treating one row, as in `value`.
        worth: Of one unit of the outcome, as in `value`.

    Raises:
        ModelError: Neither limit is given, or a budget without positive costs.

    Source:
        Dantzig (1957), Discrete-variable extremum problems, Operations Research 5: the greedy
        order solves the problem in which rows can be treated in part, which bounds all others.

    Example:
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> estimate = run(made.study, made.frame, Computation(draws=400, seed=1))
        >>> treat_best(estimate, rows=40).rule
        treat if picked (40 of 400 rows)
    """
    if rows is None and budget is None:
        raise bi.ModelError(
            "Nothing limits how many rows may be treated.",
            code="no-budget",
            hint="Say rows=100 or budget=5000, or take causal.policy.EffectAbove(cost, estimate).",
        )
    gains = net_benefits(estimate, cost, worth).mean(axis=(0, 1))
    price = np.broadcast_to(costs(estimate, cost), gains.shape)
    if budget is not None and not (price > 0).all():
        raise bi.ModelError(
            "A budget can be spent only where treating each row costs something.",
            code="budget-without-cost",
            hint="Give cost= a positive number or column, or say rows= instead.",
        )
    picked, bound = pick(gains, price, len(gains) if rows is None else rows, budget)
    rule = Rows(picked)
    return Allocation(
        rule,
        value(estimate, rule, cost=cost, worth=worth),
        float(price[picked].sum()),
        max(0.0, (bound - float(gains[picked].sum())) / len(gains)),
    )


def pick(
    gains: np.ndarray, price: np.ndarray, rows: int, budget: float | None
) -> tuple[np.ndarray, float]:
    """Picks rows greedily, and bounds what any choice could gain.

    Args:
        gains: (row,) expected net benefits.
        price: (row,) costs.
        rows: How many may be picked.
        budget: What they may cost together; None for no limit.

    Returns:
        (row,) booleans, and an upper bound of the sum of gains of any choice within the limits.

    Example:
        >>> pick(np.array([3.0, 2.0, -1.0]), np.ones(3), 1, None)[0].tolist()
        [True, False, False]
    """
    best = np.argsort(-gains, kind="stable")
    best = best[gains[best] > 0][: max(rows, 0)]
    bound = float(gains[best].sum())
    picked = np.zeros(len(gains), dtype=bool)
    if budget is None:
        picked[best] = True
        return picked, bound
    order = np.argsort(-gains / price, kind="stable")
    order = order[gains[order] > 0]
    spent = np.cumsum(price[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    relaxed = float(gains[order[:whole]].sum())
    if whole < len(order):
        left = budget - (spent[whole - 1] if whole else 0.0)
        relaxed += float(gains[order[whole]] * left / price[order[whole]])
    left, count = budget, 0
    for row in order.tolist():
        if count < rows and price[row] <= left:
            picked[row] = True
            left, count = left - price[row], count + 1
    return picked, min(bound, relaxed)

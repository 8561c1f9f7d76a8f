"""Notes on outcomes that another family describes better, and on what weights do to a fit."""

from __future__ import annotations

import re

import numpy as np

from bayesinf.model.model import Model
from bayesinf.posterior.verdict import Finding

SHARE = re.compile(r"perc|pct|share|prop|rate|frac|ratio|prob", re.IGNORECASE)
"""Names of columns that hold shares or percentages."""

SIMILAR = 1.5
"""Weights of a mean between 1 / 1.5 and 1.5 leave intervals nearly as wide as rows alone do."""


def judge_outcome(model: Model) -> tuple[Finding, ...]:
    """Notes an outcome of two values, or of shares, that was fitted as a measurement."""
    response = model.design.response
    if not model.family.takes_standard_error or not len(response):
        return ()
    name = model.formula.response.expression
    low, high = float(response.min()), float(response.max())
    if (low, high) == (0.0, 1.0) and np.isin(response, (0.0, 1.0)).all():
        return (_yes_or_no(name, len(response), model.family.name),)
    top = 1.0 if high <= 1.0 else 100.0
    is_share = low >= 0.0 and (high <= 1.0 or (high <= 100.0 and SHARE.search(name) is not None))
    return (_shares(name, len(response), top, model.family.name),) if is_share else ()


def _yes_or_no(name: str, rows: int, family: str) -> Finding:
    return Finding(
        f"The outcome '{name}' is 0 or 1 in all {rows} rows, and the {family} family takes it for "
        "a measurement: coefficients are differences of probabilities, and what is predicted may "
        "lie below 0 or above 1.",
        "note",
        "two-values",
        {"rows": float(rows)},
        "Use family='bernoulli' for the probability of 1, unless that is what you want.",
    )


def _shares(name: str, rows: int, top: float, family: str) -> Finding:
    return Finding(
        f"The outcome '{name}' lies between 0 and {top:g} in all {rows} rows; if it is a share, "
        f"the {family} family does not know that nothing lies outside.",
        "note",
        "shares",
        {"rows": float(rows)},
        "Of counts out of a known number, use the counts: 'k | trials(n)' with family='binomial'.",
    )


def judge_weights(model: Model) -> tuple[Finding, ...]:
    """Notes weights that make the data count as many more, or many fewer, rows than there are."""
    weights, rows = model.design.weights, len(model.design.response)
    if weights is None or not rows:
        return ()
    mean = float(weights.mean())
    if 1 / SIMILAR <= mean <= SIMILAR:
        return ()
    return (_weights(model, mean, rows, bool((weights == np.round(weights)).all())),)


def _weights(model: Model, mean: float, rows: int, whole: bool) -> Finding:
    name = model.formula.response.weights
    change = max(mean, 1 / mean) ** 0.5
    how = "narrower" if mean > 1 else "wider"
    return Finding(
        f"The weights '{name}' have the mean {mean:.3g}, so {rows:,} rows count as "
        f"{mean * rows:,.3g}, and intervals are about {change:.3g} times {how} than of the rows "
        "alone: a weight says how many equal rows a row stands for.",
        "note" if whole else "warning",
        "weights",
        {"mean": mean, "rows": float(rows)},
        ("That is right for counts of equal rows. " if whole else "")
        + "If they are survey or inverse-probability weights, which say how much a row counts "
        f"beside others, divide them by their mean: weights({name} / {mean:.6g}).",
    )

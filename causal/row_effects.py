"""From draws of each row's two expected outcomes to an answer: averages, groups, row effects."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Effects
from causal.averages import find_groups
from causal.comparison import Comparison, default_family
from causal.estimand import ATC, ATE, ATT, CATE
from causal.formula import columns_of
from causal.treatment import Contrast

MANY = 0.05
"""Share of rows left out above which their absence is a warning; a convention."""

CHAINS = 4
"""Draws are shown as this many chains, as all draws are."""


def refuse_rows(comparison: Comparison, called: str) -> str | None:
    """Says in a sentence why an average of rows' effects is no answer here, or None.

    Args:
        comparison: What is asked.
        called: The estimator's name in the sentence.
    """
    if not isinstance(comparison.estimand, ATE | ATT | ATC | CATE):
        return f"{called} averages effects of rows; {comparison.estimand.name} is no such average."
    groups = columns_of([entry for entry in comparison.adjusters if entry.kind == "group"])
    if groups:
        return (
            f"{called} takes the noise of rows to be independent, and knows no group terms "
            f"({', '.join(groups)}). Adjust for the column itself, or use standardisation."
        )
    family = comparison.model.family or default_family(comparison.frame, comparison.outcome)
    name = family if isinstance(family, str) else family.name
    if name != "gaussian":
        return (
            f"{called} describes numbers with normal noise, and '{comparison.outcome}' is modelled "
            f"as {name}."
        )
    return None


def answer_from_rows(
    comparison: Comparison,
    contrast: Contrast,
    control: np.ndarray,
    treated: np.ndarray,
    outcome: np.ndarray,
    noise: tuple[float, float] | None,
    method: str,
    streams: bi.Streams,
    findings: tuple[bi.Finding, ...] = (),
) -> Answer:
    """Averages draws of rows over the rows of the estimand, in its population.

    Args:
        comparison: What is asked.
        contrast: The rows, and how much they count.
        control: (draw, row) expected outcomes without the treatment.
        treated: (draw, row) with it.
        outcome: (row,) what was observed.
        noise: Standard deviations of the noise without the treatment and with it, for averages of
            realised outcomes, where each row keeps its observed outcome and the other one is
            predicted with noise of its own; None averages expected outcomes. The effects of single
            rows are expected ones either way.
        method: How the draws came about.
        streams: Random numbers.
        findings: What the computation found about itself.
    """
    rng = streams.generator("population")
    draws = len(control)
    chances = contrast.weights * comparison.estimand.population.weigh(rng, draws, len(outcome))
    groups = find_groups(contrast.table, comparison.estimand)
    arms = [control, treated]
    if noise is not None:
        arms = realised(control, treated, outcome, contrast.received, noise, rng)
    averages = np.array([average(arm, chances, groups.members) for arm in arms])
    shaped = averages.reshape(2, CHAINS, draws // CHAINS, -1)
    effect = shaped[1] - shaped[0]
    before = bi.Table.read(comparison.frame, [comparison.treatment]).n
    rows = (treated - control).reshape(CHAINS, draws // CHAINS, -1)
    effects = {"row": Effects("row", labels_of(contrast), rows)}
    if len(groups.labels) > 1:
        effects["group"] = Effects("group", groups.labels[1:], effect[..., 1:])
    return Answer(
        effect[..., 0],
        f"{method} {comparison.estimand.population.sentence()}",
        {"E[Y(1)]": shaped[1][..., 0], "E[Y(0)]": shaped[0][..., 0]},
        effects,
        contrast=contrast,
        findings=(*findings, *judge_left_out(before, len(outcome))),
        seed=streams.seed,
    )


def judge_left_out(before: int, after: int) -> tuple[bi.Finding, ...]:
    """Says how many rows were left out for missing values, and whom the answer is about.

    Example:
        >>> judge_left_out(100, 98)[0].severity
        'note'
    """
    if before == after:
        return ()
    share = 1 - after / before
    return (
        bi.Finding(
            f"{before - after} of {before} rows were left out, because a value of theirs is "
            "missing. The effect is that in the rows that are left.",
            "warning" if share > MANY else "note",
            "missing-rows",
            {"share": share},
            "If missing says something about treatment and outcome, these rows are a selection.",
        ),
    )


def labels_of(contrast: Contrast) -> tuple[object, ...]:
    """Names rows by the frame's index where there is one, else by their number."""
    index = contrast.table.index
    return tuple(range(contrast.table.n) if index is None else np.asarray(index).tolist())


def average(values: np.ndarray, weights: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Averages values over groups of rows by draw: (draw, group).

    Example:
        >>> average(np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]]), np.array([[True, True]]))
        array([[2.]])
    """
    shares = members.astype(np.float64).T
    return ((values * weights) @ shares) / (np.broadcast_to(weights, values.shape) @ shares)


def realised(
    control: np.ndarray,
    treated: np.ndarray,
    outcome: np.ndarray,
    received: np.ndarray,
    noise: tuple[float, float],
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Puts observed outcomes where they were observed, and predicts the others with their noise."""
    found = []
    for arm, observed, spread in ((control, ~received, noise[0]), (treated, received, noise[1])):
        predicted = arm + spread * rng.standard_normal(arm.shape)
        found.append(np.where(observed, outcome, predicted))
    return found

"""From draws of each row's two expected outcomes to an answer: averages, groups, row effects."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Effects
from causal.averages import find_groups
from causal.comparison import Comparison
from causal.treatment import Contrast

CHAINS = 4
"""Draws are shown as this many chains, as all draws are."""


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
        findings=findings,
        seed=streams.seed,
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

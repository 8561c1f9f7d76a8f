"""The two-way fixed effects regression, to be shown beside: what it weighs and where it errs."""

from __future__ import annotations

import numpy as np

from causal.panel import Panel


def two_way_effect(panel: Panel, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Regresses outcomes on unit effects, time effects and treatment.

    The coefficient is a weighted average of the effects of all treated cells, in which cells that
    are treated for long while others are not yet serve as controls, and may weigh less than zero.

    Args:
        panel: Units without gaps, some treated at some times and not at others.
        weights: (draw, unit) weights of the units.

    Returns:
        (draw,) coefficients, and (cohort, time) weights of the effects at equal unit weights,
        zero where not treated; they add up to one.

    Source:
        De Chaisemartin and D'Haultfoeuille (2020), American Economic Review 110, theorem 1;
        Goodman-Bacon (2021), Journal of Econometrics 225.

    Example:
        >>> outcome = np.array([[1.0, 4.0], [2.0, 3.0]])
        >>> panel = Panel(outcome, ("a", "b"), (1, 2), np.array([1, 2]), {})
        >>> two_way_effect(panel, np.ones((1, 2)))[0]
        array([2.])
    """
    groups = np.unique(panel.first_treated)
    treated = (np.arange(len(panel.times)) >= groups[:, None]).astype(float)
    members = (panel.first_treated[:, None] == groups).astype(float)
    means = np.stack(
        [
            weights[:, own > 0] @ panel.outcome[own > 0] / (weights @ own)[:, None]
            for own in members.T
        ],
        axis=1,
    )
    left, sizes = left_over(treated, weights @ members)
    scaled = sizes[..., None] * left
    coefficients = (scaled * means).sum(axis=(1, 2)) / (scaled * treated).sum(axis=(1, 2))
    left, sizes = left_over(treated, np.ones((1, len(panel.outcome))) @ members)
    cells = sizes[0][:, None] * left[0] * treated
    return coefficients, cells[groups < len(panel.times)] / cells.sum()


def left_over(treated: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(draw, group, time) treatment less its group and time averages, and (draw, group) shares."""
    shares = sizes / sizes.sum(axis=1, keepdims=True)
    by_group = treated.mean(axis=1, keepdims=True)
    by_time = shares @ treated
    overall = by_time.mean(axis=1)[:, None, None]
    return treated - by_group - by_time[:, None, :] + overall, shares

"""Equally weighted draws out of weighted ones, many members at once."""

from __future__ import annotations

import numpy as np


def resample(
    log_weights: np.ndarray, offsets: np.ndarray, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Chooses draws by weight, systematically, and leaves copies of a point side by side.

    A point of weight w, out of weights that sum to one, is taken floor or ceil of `draws` w times.
    Where there are more points than draws, few are taken twice; and because copies stand next to
    each other, every ordinary diagnostic counts them as what they are (see
    docs/decisions/0010-fleets-resample.md).

    Args:
        log_weights: Shape (m, n), each member's up to a constant and with a finite largest one.
        offsets: Shape (m,). Where each member's comb of equally spaced teeth begins: uniform
            between 0 and 1.
        draws: How many to choose.

    Returns:
        The chosen points (m, draws), rising, and how often the point of each draw was taken.

    Source:
        Kitagawa (1996), Journal of Computational and Graphical Statistics 5(1), section 3.1.
    """
    members, n = log_weights.shape
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    reached = np.cumsum(weights, axis=1)
    reached *= draws / reached[:, -1:]
    reached[:, -1] = draws
    # An offset just below one, added to a whole number, may round up to the next.
    teeth = np.minimum(np.floor(reached + offsets[:, None]), draws).astype(int)
    counts = np.diff(teeth, axis=1, prepend=0)
    taken = np.repeat(np.tile(np.arange(n), members), counts.ravel()).reshape(members, draws)
    return taken, np.take_along_axis(counts, taken, axis=1)


def effective_draws(points: np.ndarray, copies: np.ndarray) -> np.ndarray:
    """Counts how many independent draws the draws of each number are worth, copies seen as one.

    Args:
        points: Shape (m, draws, d).
        copies: Shape (m, draws). How often the point of each draw was taken.

    Returns:
        Shape (m, d): draws times the variance, over the variance that copies lend to the mean.
    """
    centred = points - points.mean(axis=1, keepdims=True)
    centred *= centred
    single, several = centred.sum(1), np.einsum("mn,mnd->md", copies.astype(float), centred)
    return np.divide(
        points.shape[1] * single, several, out=np.ones_like(single), where=several > 0.0
    )

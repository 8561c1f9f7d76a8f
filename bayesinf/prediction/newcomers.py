"""Groups that the fit has not seen: their effects are drawn from the population of groups.

A group's level names its own random stream, so that its effects are the same in whichever order and
in however many pieces rows arrive, and rows of one new group share them.
"""

from __future__ import annotations

import numpy as np

from bayesinf.errors import DataError, name_rows, suggest
from bayesinf.numerics.random import Streams
from bayesinf.term import Effects


def population_root(sds: np.ndarray, correlations: np.ndarray) -> np.ndarray:
    """Takes a square root of the covariance of group effects at each draw.

    Args:
        sds: Shape (draw, effect).
        correlations: Shape (draw, effect, effect).

    Returns:
        Shape (effect, effect, draw): R with R R' the covariance. It is built on the symmetric root
        of the correlations, which exists also where a draw has effects that are perfectly
        correlated, as a Cholesky factor does not.
    """
    values, vectors = np.linalg.eigh(correlations)
    scaled = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    root = sds[:, :, None] * (scaled @ np.swapaxes(vectors, 1, 2))
    return np.ascontiguousarray(np.moveaxis(root, 0, -1))


def newcomer_effects(
    root: np.ndarray, label: str, levels: tuple[str, ...], streams: Streams
) -> np.ndarray:
    """Draws the effects of new levels from the population that each draw describes.

    Args:
        root: Shape (effect, effect, draw); see `population_root`.
        label: The group term's label, part of the stream's name: two terms of one factor have
            effects that are independent of each other.
        levels: The new levels.
        streams: Of the posterior.

    Returns:
        Shape (level, effect, draw): one vector of effects per level and draw, with covariance
        root root', independent between levels.

    Source:
        Gelman & Hill (2007), Data Analysis Using Regression and Multilevel Models, section 12.8.
    """
    size = root.shape[0]
    noise = np.empty((len(levels), size, root.shape[-1]))
    for place, level in enumerate(levels):
        noise[place] = streams.generator("newcomer", label, level).standard_normal(noise.shape[1:])
    effects = np.zeros_like(noise)
    for i in range(size):
        for j in range(size):
            effects[:, i] += root[i, j] * noise[:, j]
    return effects


def newcomer_sentence(group: Effects) -> str | None:
    """A sentence on the new levels of a factor, where there are any: a misspelt one is new too."""
    if not group.unseen:
        return None
    count, rows = len(group.unseen), np.flatnonzero(group.codes >= len(group.levels)).tolist()
    kinds, effects = ("group", "its effects are") if count == 1 else ("groups", "their effects are")
    return (
        f"{count} {kinds} of '{group.factor}' that the fit did not see, {_shown(group.unseen)} "
        f"({name_rows(rows)}): {effects} drawn from the population of groups."
        f"{suggest(group.unseen[0], group.levels)}"
    )


def _shown(levels: tuple[str, ...]) -> str:
    """The first few levels, and how many more there are."""
    more = f" and {len(levels) - 5} more" if len(levels) > 5 else ""
    return f"{', '.join(repr(level) for level in levels[:5])}{more}"


def refuse_newcomers(groups: tuple[Effects, ...]) -> None:
    """Refuses rows of groups that the fit has not seen.

    Raises:
        DataError: Naming the factor, the new levels and their rows.
    """
    for group in groups:
        if not group.unseen:
            continue
        rows = np.flatnonzero(group.codes >= len(group.levels)).tolist()
        levels = "level" if len(group.unseen) == 1 else "levels"
        raise DataError(
            f"The grouping factor '{group.factor}' has {len(group.unseen)} {levels} that the fit "
            f"did not see: {_shown(group.unseen)}, in {len(rows)} of {len(group.codes)} rows "
            f"({name_rows(rows)}).",
            code="new-groups",
            column=group.factor,
            rows=rows,
            hint='Give new_groups="population", which draws their effects from the population of '
            "groups; or fit again with rows of them.",
        )

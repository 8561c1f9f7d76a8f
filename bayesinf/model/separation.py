"""Whether the outcomes of a model bound its coefficients, or leave that to the priors."""

from __future__ import annotations

import numpy as np

from bayesinf.design import Design
from bayesinf.family import Family
from bayesinf.model.cone import cone_size
from bayesinf.model.slots import Priors
from bayesinf.numerics.separation import separating_columns


def open_rows(family: Family, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Marks the rows whose likelihood does not vanish as their predictor goes up, and down.

    Returns:
        Two masks of shape (row,).
    """
    return family.open_ends(design.response, design.rows.known)


def separating_names(family: Family, design: Design) -> list[str]:
    """The coefficients that can move together for ever without making the data less probable.

    This is about the likelihood alone: whether there is a posterior depends on the priors
    (`model.improper`).
    """
    if not family.discrete or not design.names:
        return []
    above, below = open_rows(family, design)
    places = separating_columns(design.rows.population, above, below, design.has_intercept)
    return [design.names[place] for place in places]


def flat_separating_names(family: Family, design: Design, flat: list[int]) -> list[str]:
    """Those with a flat prior that can move together for ever while all others stand still.

    The others stand still in the terms that priors are stated in: the intercept is that of a row
    of average columns. Only together with a flat intercept may columns be taken as they are.

    Args:
        family: Says which rows are open.
        design: The columns, and their centre.
        flat: Positions of the coefficients with a flat prior, in order.
    """
    above, below = open_rows(family, design)
    if not (above | below).any():
        return []
    with_intercept = design.has_intercept and flat[0] == 0
    columns = design.rows.population[:, flat]
    if not with_intercept:
        columns = columns - design.centre[flat]
    places = separating_columns(columns, above, below, with_intercept)
    return [design.names[flat[place]] for place in places]


def names_without_mean(family: Family, design: Design, priors: Priors) -> list[str]:
    """The coefficients whose posterior has no mean: as heavy a tail as the data leave the prior.

    Powers are counted as in `model.improper`, of each coefficient alone beside the flat ones: its
    mean is infinite where they are -1 or more. Several that only together have none are not seen.
    """
    above, below = open_rows(family, design)
    flat = [k for k, name in enumerate(design.names) if not priors[name].proper]
    found = []
    for place, name in enumerate(design.names):
        tail = priors[name].tail
        if not priors[name].proper or tail > 1.0 + len(flat):
            continue
        columns = (design.rows.population - design.centre)[:, [*flat, place]]
        if cone_size(columns, [], above, below) >= tail:
            found.append(name)
    return found

"""Whether the outcomes of a model bound its coefficients, or leave that to the priors."""

from __future__ import annotations

import numpy as np

from bayesinf.design import Design
from bayesinf.family import Family
from bayesinf.numerics.separation import separating_columns


def extremes(family: Family, design: Design) -> tuple[np.ndarray, np.ndarray] | None:
    """Marks the rows whose outcome is the highest that there is, and the lowest.

    Returns:
        Two masks of shape (row,); None for outcomes that always bound the coefficients. Counts
        without trials have a lowest only.
    """
    outcome, trials = design.response, design.rows.known.trials
    match family.name:
        case "bernoulli":
            return outcome == 1, outcome == 0
        case "binomial" if trials is not None:
            tried = np.asarray(trials) > 0
            return (outcome == trials) & tried, (outcome == 0) & tried
        case "poisson" | "negative_binomial":
            return np.zeros(len(outcome), dtype=bool), outcome == 0
    return None


def separating_names(family: Family, design: Design) -> list[str]:
    """The coefficients that can move together for ever without making the data less probable."""
    found = extremes(family, design)
    if found is None or not design.names:
        return []
    up, down = found
    if design.has_intercept and (up.all() or down.all()):
        return ["Intercept"]
    places = separating_columns(design.rows.population, up, down, design.has_intercept)
    return [design.names[place] for place in places]

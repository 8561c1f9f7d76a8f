"""How much the answer depends on the prior: what happens when the prior is made a little stronger.

The prior density is raised to a power near one, the draws are reweighted, and the distance that
each posterior moves is measured. The same is done with the likelihood, for comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesinf.model.pointwise import (
    log_likelihood_at,
    log_prior_draws,
    row_stretches,
)
from bayesinf.numerics.power_scaling import power_scaling_sensitivity
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import centred_scalars
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.verdict import Finding

if TYPE_CHECKING:
    import pandas as pd

LIMIT = 0.05
"""Kallioinen et al. (2024), section 3.3: below it, a scaling of the prior moves nothing to see."""

LARGEST_WORK = 200_000_000
"""Rows x draws; above it (seconds) the likelihood's column is left out."""


def prior_dependence(posterior: Posterior) -> pd.DataFrame:
    """Measures how far each posterior moves when the prior, or the likelihood, is power-scaled.

    Args:
        posterior: What is believed.

    Returns:
        A frame indexed by parameter, with columns `prior` and `likelihood`; see
        `numerics.power_scaling`. `likelihood` is absent where the training rows are not at hand, or
        too many. `attrs["limit"]` is the least that tells something: 0.05, or twice what chance
        gives with this many draws and unknowns.
    """
    import pandas as pd

    model, values = posterior.model, posterior.values
    names, draws = scalar_draws(model, values)
    flat = draws.reshape(values.count, -1)
    prior = log_prior_draws(model, centred_scalars(model, values), values.correlations)
    found = {"prior": power_scaling_sensitivity(flat, prior.reshape(-1))}
    if 0 < len(model.design.response) * values.count <= LARGEST_WORK:
        found["likelihood"] = power_scaling_sensitivity(flat, total_log_likelihood(posterior))
    frame = pd.DataFrame(found, index=pd.Index(names, name="parameter"))
    frame.attrs["limit"] = max(LIMIT, 2.0 * chance_level(posterior, flat, prior.reshape(-1)))
    return frame


def chance_level(posterior: Posterior, flat: np.ndarray, log_prior: np.ndarray) -> float:
    """The sensitivity that quantities unrelated to the prior show, because draws are finite.

    It grows with the number of unknowns, whose log priors add up. Found by shuffling.
    """
    generator = Streams(posterior.provenance.seed).generator("power-scaling")
    return float(power_scaling_sensitivity(flat, generator.permutation(log_prior)).max())


def total_log_likelihood(posterior: Posterior) -> np.ndarray:
    """The log likelihood of all training rows together, at every draw (S,)."""
    model, values = posterior.model, posterior.values
    design, count = model.design, values.count
    effects = tuple(effect.reshape(count, *effect.shape[2:]) for effect in values.effects)
    total = np.zeros(count)
    for rows in row_stretches(len(design.response), count):
        per_row = log_likelihood_at(
            model,
            design.rows.take(rows),
            design.response[rows],
            values.coefficients.reshape(count, -1),
            values.parameters.reshape(count, -1),
            effects,
        )
        total += per_row.sum(axis=1) if design.weights is None else per_row @ design.weights[rows]
    return total


def prior_findings(dependence: pd.DataFrame) -> tuple[Finding, ...]:
    """Says for which parameters the prior matters, and whether it fights with the data.

    Args:
        dependence: The table of `prior_dependence`.
    """
    sizes = dict(zip(dependence.index.astype(str), dependence["prior"].tolist(), strict=True))
    largest, limit = max(sizes.values()), float(dependence.attrs["limit"])
    if largest < limit:
        return (
            Finding(
                "A somewhat stronger or weaker prior would move no parameter to speak of (largest "
                f"power-scaling sensitivity {largest:.3f}, limit {limit:.2f}).",
                "good",
                "prior-dependence",
                {"sensitivity": largest},
            ),
        )
    return tuple(
        Finding(
            f"'{name}' depends on its prior (power-scaling sensitivity {size:.2f}, limit "
            f"{limit:.2f}){_why(dependence, name)}.",
            "warning",
            "prior-dependence",
            {"sensitivity": size},
            "Report the prior with the result, and try another one.",
        )
        for name, size in sizes.items()
        if size >= limit
    )


def _why(dependence: pd.DataFrame, name: str) -> str:
    if "likelihood" not in dependence:
        return ""
    if np.asarray(dependence.loc[name, "likelihood"]) >= LIMIT:
        return ": prior and data pull it to different places"
    return ": beside this prior the data say little about it"

"""How much the answer depends on the prior: what happens when the prior is made a little stronger.

The prior density is raised to a power near one, the draws are reweighted, and the distance that
each posterior moves is measured. The same is done with the likelihood, for comparison.
"""

from __future__ import annotations

import numpy as np

from bayesinf.model.pointwise import LARGEST_BLOCK, log_likelihood_draws, log_prior_draws
from bayesinf.posterior.draws import centred_scalars
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.verdict import Finding

LIMIT = 0.05
"""Kallioinen et al. (2024), section 3.3: below it, a scaling of the prior moves nothing to see."""

LARGEST_ROWS_TIMES_DRAWS = 10 * LARGEST_BLOCK
"""Above it (320 MB of log likelihoods) the likelihood's column is left out."""


def prior_dependence(posterior: Posterior):
    """Measures how far each posterior moves when the prior, or the likelihood, is power-scaled.

    Args:
        posterior: What is believed.

    Returns:
        A pandas frame indexed by parameter, with columns `prior` and `likelihood`: the distance
        (cumulative Jensen-Shannon) per doubling of the power. `likelihood` is absent where the
        training rows are not at hand, or too many.

    Source:
        Kallioinen, Paananen, Bürkner and Vehtari (2024), Detecting and diagnosing prior and
        likelihood sensitivity with power-scaling, Statistics and Computing 34, 57; computed by
        ArviZ.
    """
    import arviz_base as az
    import arviz_stats
    import pandas as pd

    model, values = posterior.model, posterior.values
    names, draws = scalar_draws(model, values)
    prior = log_prior_draws(model, centred_scalars(model, values), values.correlations)
    content = {"posterior": {"parameter": draws}, "log_prior": {"prior": prior}}
    components = ["prior"]
    rows = len(model.design.response)
    if 0 < rows * values.count <= LARGEST_ROWS_TIMES_DRAWS:
        per_row = log_likelihood_draws(
            model, values.coefficients, values.parameters, values.effects
        )
        content["log_likelihood"] = {"rows": per_row.sum(axis=-1)}
        components.append("likelihood")
    tree = az.from_dict(content)
    found = {
        component: np.asarray(arviz_stats.psense(tree, group=component)["parameter"])
        for component in components
    }
    return pd.DataFrame(found, index=pd.Index(names, name="parameter"))


def prior_findings(dependence) -> tuple[Finding, ...]:
    """Says for which parameters the prior matters, and whether it fights with the data.

    Args:
        dependence: The table of `prior_dependence`.
    """
    moved = dependence[dependence["prior"] >= LIMIT]
    if moved.empty:
        return (
            Finding(
                "A somewhat stronger or weaker prior would move no parameter to speak of "
                f"(largest power-scaling sensitivity {dependence['prior'].max():.3f}, limit "
                f"{LIMIT}).",
                "good",
                "prior-dependence",
                {"sensitivity": float(dependence["prior"].max())},
            ),
        )
    findings = []
    for name, row in moved.iterrows():
        against = "likelihood" in row and row["likelihood"] >= LIMIT
        why = (
            "prior and data pull it to different places"
            if against
            else "the data say little about it"
        )
        findings.append(
            Finding(
                f"`{name}` depends on its prior (sensitivity {row['prior']:.2f}, limit {LIMIT}): "
                f"{why}." if "likelihood" in row else
                f"`{name}` depends on its prior (sensitivity {row['prior']:.2f}, limit {LIMIT}).",
                "warning",
                "prior-dependence",
                {"sensitivity": float(row["prior"])},
                "Report the prior with the result, and try another one.",
            )
        )
    return tuple(findings)

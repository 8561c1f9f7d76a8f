"""Exact draws of both surfaces given hyperparameters, by conditioning draws from the prior."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky

import bayesinf as bi
from causal.gaussian_process.evidence import Observed, noise_variances
from causal.gaussian_process.hyperparameters import PARTS
from causal.gaussian_process.kernel import Named, pieces_of

NUGGETS = (1e-10, 1e-8, 1e-6)
"""Shares of the average variance added to the diagonal, in turn, until it can be factorised."""


def draw_surfaces(
    data: Observed, named: Named, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draws both surfaces at the rows, given the outcomes and hyperparameters.

    A draw from the prior, with outcomes to it, is moved by what the outcomes at hand differ from
    its own: f + K (K + S)^-1 (y - f - noise) has exactly the posterior's mean and covariance, and
    needs no covariance of both surfaces at all rows.

    Args:
        data: Rows and outcomes, controls first.
        named: Hyperparameters by name.
        draws: How many.
        rng: Decides them.

    Returns:
        (row, draw) expected outcomes without the treatment, and with it.

    Source:
        Journel and Huijbregts (1978), Mining Geostatistics; Wilson et al. (2021), Pathwise
        conditioning of Gaussian processes, JMLR 22, equation 10 (Matheron's rule).
    """
    parts = {part: pieces_of(part, data.rows, named).total() for part in PARTS}
    variances = noise_variances(data, named)
    observed = parts["shared"].copy()
    for part in PARTS[1:]:
        members = data.members(part)
        observed[members, members] += parts[part][members, members]
    np.fill_diagonal(observed, observed.diagonal() + variances)
    triangle = cholesky(observed, lower=True, overwrite_a=True, check_finite=False)
    prior = {part: draw_normal(parts[part], draws, rng) for part in PARTS}
    surfaces = [prior[part] + prior["shared"] for part in PARTS[1:]]
    first = data.controls
    made_up = np.concatenate([surfaces[0][:first], surfaces[1][first:]])
    made_up += np.sqrt(variances)[:, None] * rng.standard_normal(made_up.shape)
    weights = cho_solve((triangle, True), data.outcome[:, None] - made_up, check_finite=False)
    moved = parts["shared"] @ weights
    for part, surface in zip(PARTS[1:], surfaces, strict=True):
        members = data.members(part)
        surface += moved
        surface += parts[part][:, members] @ weights[members]
    return surfaces[0], surfaces[1]


def draw_normal(covariance: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws from a normal distribution of mean zero.

    Args:
        covariance: (number, number), which may be singular up to rounding.
        draws: How many.
        rng: Decides them.

    Returns:
        (number, draw).

    Raises:
        SamplingError: The covariance is indefinite beyond rounding.
    """
    for nugget in NUGGETS:
        raised = covariance.copy()
        np.fill_diagonal(raised, covariance.diagonal() + nugget * covariance.diagonal().mean())
        try:
            triangle = cholesky(raised, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            continue
        return triangle @ rng.standard_normal((len(covariance), draws))
    raise bi.SamplingError(
        "A covariance of the surfaces is not positive definite.",
        code="indefinite-covariance",
        hint="Look for outcomes or covariates with extreme values.",
    )

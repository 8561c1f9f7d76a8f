"""Small models with one group term, and their densities in plain Python, group by group."""

from __future__ import annotations

import numpy as np
import pandas as pd

import bayesinf as bi
from bayesinf.family import Known
from bayesinf.model.density import evidence_of, log_prior, signature_of
from bayesinf.model.layout import read_layout
from bayesinf.model.quadrature.rows import without_levels


def frame() -> pd.DataFrame:
    """Five groups of 1, 2, 3, 4 and 7 rows, in no order."""
    rng = np.random.default_rng(11)
    group = rng.permutation(np.repeat(np.arange(5), [3, 1, 7, 2, 4]))
    n = len(group)
    x = rng.normal(size=n)
    trials = rng.integers(1, 6, n)
    eta = 0.3 + 0.5 * x + rng.normal(0, 0.8, 5)[group]
    p = 1 / (1 + np.exp(-eta))
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(size=n),
            "g": [f"g{k}" for k in group],
            "w": rng.uniform(0.5, 2.0, n),
            "b": (rng.random(n) < p).astype(int),
            "t": trials,
            "s": rng.binomial(trials, p),
            "k": rng.poisson(np.exp(eta)),
            "y": eta + rng.standard_t(4, n),
            "positive": np.exp(0.3 * eta + 0.2 * rng.normal(size=n)),
        }
    )


MODELS: dict[str, tuple[str, object]] = {
    "logit": ("b ~ x + (1 | g)", "bernoulli"),
    "probit": ("b ~ x + (1 | g)", bi.families.Bernoulli(bi.Probit())),
    "cloglog": ("b ~ x + (1 | g)", bi.families.Bernoulli(bi.CLogLog())),
    "binomial": ("s | trials(t) ~ x + (1 | g)", "binomial"),
    "binomial probit": ("s | trials(t) ~ x + (1 | g)", bi.families.Binomial(bi.Probit())),
    "poisson": ("k ~ x + (1 | g)", "poisson"),
    "negative binomial": ("k ~ x + offset(log(w)) + (1 | g)", "negative_binomial"),
    "student": ("y ~ x + (1 | g)", "student_t"),
    "known errors": ("y | se(w) ~ x + (1 | g)", "student_t"),
    "log link": ("positive ~ x + (1 | g)", bi.families.Gaussian(bi.Log())),
    "weights": ("b | weights(w) ~ 0 + x + (1 | g)", "bernoulli"),
    "weighted counts": ("k | weights(w) ~ x + (1 | g)", "negative_binomial"),
    "only a slope": ("k ~ x + (0 + x | g)", "poisson"),
    "logit slopes": ("b ~ x + (x | g)", "bernoulli"),
    "binomial slopes": ("s | trials(t) ~ x + (x || g)", "binomial"),
    "poisson slopes": ("k ~ x + (x | g)", "poisson"),
    "negative binomial slopes": ("k ~ x + (x | g)", "negative_binomial"),
    "student slopes": ("y ~ x + (x | g)", "student_t"),
}


def model(name: str) -> bi.Model:
    formula, family = MODELS[name]
    return bi.model(formula, frame(), family)


def by_hand(model: bi.Model, point: np.ndarray) -> float:
    """The log density at one point, each group's integral by SciPy's adaptive quadrature."""
    signature, evidence = without_levels(signature_of(model)), evidence_of(model)
    values = read_layout(signature.layout, point)
    scale = values.sds[0][:, None] * values.correlations[0]
    fixed = evidence.population @ values.coefficients + evidence.offset
    parameters = dict(zip(signature.layout.parameters, values.parameters[:, None], strict=True))
    total = float(log_prior(signature, values, evidence) + values.log_jacobian)
    for level in range(model.layout.groups[0].levels):
        own = evidence.codes[0] == level
        known = Known(
            None if evidence.trials is None else evidence.trials[own],
            None if evidence.standard_error is None else evidence.standard_error[own],
        )

        def log_joint(standard: np.ndarray, own=own, known=known) -> float:
            eta = fixed[own] + evidence.varying[0][own] @ (scale @ standard)
            rows = model.family.log_density(evidence.response[own], eta, parameters, known)
            prior = -0.5 * standard @ standard - 0.5 * len(standard) * np.log(2 * np.pi)
            return float(evidence.weights[own] @ rows + prior)

        total += _log_integral(log_joint, scale.shape[0])
    return total


def _log_integral(log_joint, size: int) -> float:
    from scipy.integrate import dblquad, quad
    from scipy.optimize import minimize

    top = minimize(lambda u: -log_joint(u), np.zeros(size), method="BFGS").x
    height = log_joint(top)
    if size == 1:
        value, _ = quad(
            lambda u: np.exp(log_joint(np.array([u])) - height),
            *(-12, 12),
            points=[top[0] - 1, top[0], top[0] + 1],
            epsabs=0,
            epsrel=1e-10,
            limit=400,
        )
    else:
        value, _ = dblquad(
            lambda v, u: np.exp(log_joint(np.array([u, v])) - height),
            *(top[0] - 8, top[0] + 8, top[1] - 8, top[1] + 8),
            epsabs=1e-8,
            epsrel=1e-8,
        )
    return float(np.log(value) + height)

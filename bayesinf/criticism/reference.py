"""Reference mathematics: a formula's model written a second time, by hand, with SciPy's densities.

Nothing here calls the densities that engines use, so that a mistake in one of those shows as a
difference. It needs the design's columns, the outcomes and draws of the unknowns, and nothing else:

    eta = offset + columns @ coefficients + the effects of each row's level
    log likelihood = the weighted sum over rows of log p(outcome | eta)
    log prior = log p(coefficients, parameters, sds, correlations) + log p(effects | sds, ...)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import special, stats

from bayesinf import families, links, priors
from bayesinf.errors import ModelError
from bayesinf.family import Family, Known
from bayesinf.model.model import Model
from bayesinf.posterior.draws import Draws
from bayesinf.prior import Prior

type Numbers = Mapping[str, np.ndarray]

INVERSE_LINKS: dict[type[links.Link], Callable[[np.ndarray], np.ndarray]] = {
    links.Identity: lambda eta: eta,
    links.Log: np.exp,
    links.Logit: special.expit,
    links.Probit: stats.norm.cdf,
    links.CLogLog: lambda eta: -np.expm1(-np.exp(eta)),
}
"""From the linear predictor to the mean."""

PRIORS: dict[type[Prior], Callable[[Any, np.ndarray], np.ndarray]] = {
    priors.Normal: lambda p, x: stats.norm.logpdf(x, p.mean, p.sd),
    priors.StudentT: lambda p, x: stats.t.logpdf(x, p.df, p.location, p.scale),
    priors.Cauchy: lambda p, x: stats.cauchy.logpdf(x, p.location, p.scale),
    priors.HalfNormal: lambda p, x: stats.halfnorm.logpdf(x, scale=p.sd),
    priors.HalfStudentT: lambda p, x: np.log(2.0) + stats.t.logpdf(x, p.df, 0.0, p.scale),
    priors.HalfCauchy: lambda p, x: stats.halfcauchy.logpdf(x, scale=p.scale),
    priors.Exponential: lambda p, x: stats.expon.logpdf(x, scale=1.0 / p.rate),
    priors.Gamma: lambda p, x: stats.gamma.logpdf(x, p.shape, scale=1.0 / p.rate),
    priors.InverseGamma: lambda p, x: stats.invgamma.logpdf(x, p.shape, scale=p.scale),
    priors.LogNormal: lambda p, x: stats.lognorm.logpdf(x, p.sd, scale=np.exp(p.mean)),
    priors.Flat: lambda _, x: np.zeros_like(x),
    priors.FlatPositive: lambda _, x: np.zeros_like(x),
    priors.LogFlat: lambda _, x: -np.log(x),
}
"""The log density of each prior of a number."""


def _sd(numbers: Numbers, known: Known) -> np.ndarray:
    """The spread of measurements: known of each row, or sigma."""
    return numbers["sigma"] if known.standard_error is None else np.asarray(known.standard_error)


def _gaussian(y: np.ndarray, mean: np.ndarray, numbers: Numbers, known: Known) -> np.ndarray:
    return stats.norm.logpdf(y, mean, _sd(numbers, known))


def _student_t(y: np.ndarray, mean: np.ndarray, numbers: Numbers, known: Known) -> np.ndarray:
    return stats.t.logpdf(y, numbers["nu"], mean, _sd(numbers, known))


def _bernoulli(y: np.ndarray, mean: np.ndarray, numbers: Numbers, known: Known) -> np.ndarray:
    del numbers, known
    return special.xlogy(y, mean) + special.xlog1py(1.0 - y, -mean)


def _binomial(y: np.ndarray, mean: np.ndarray, numbers: Numbers, known: Known) -> np.ndarray:
    del numbers
    return stats.binom.logpmf(y, np.asarray(known.trials), mean)


def _poisson(y: np.ndarray, mean: np.ndarray, numbers: Numbers, known: Known) -> np.ndarray:
    del numbers, known
    return stats.poisson.logpmf(y, mean)


def _negative_binomial(
    y: np.ndarray, mean: np.ndarray, numbers: Numbers, known: Known
) -> np.ndarray:
    del known
    shape = numbers["shape"]
    return stats.nbinom.logpmf(y, shape, shape / (shape + mean))


OUTCOMES: dict[type[Family], Callable[[np.ndarray, np.ndarray, Numbers, Known], np.ndarray]] = {
    families.Gaussian: _gaussian,
    families.StudentT: _student_t,
    families.Bernoulli: _bernoulli,
    families.Binomial: _binomial,
    families.Poisson: _poisson,
    families.NegativeBinomial: _negative_binomial,
}
"""The log density of an outcome around its mean: of outcome, mean, parameters, and what is known
of the rows."""

SIGNATURES = {"PRIORS": "prior, x", "OUTCOMES": "y, mean, numbers, known", "INVERSE_LINKS": "eta"}
"""What the functions of each table are given."""


def written_again[Kind, Function](
    written: Mapping[type[Kind], Function], part: Kind, table: str
) -> Function:
    """Finds the reference of a prior, a family or a link; of the very class, not of its parents.

    Args:
        written: One of the tables above.
        part: What is to be computed a second time.
        table: The name of that table.

    Raises:
        ModelError: `no-reference`, for classes of users that were not written a second time.
    """
    kind = type(part)
    if kind not in written:
        raise ModelError(
            f"{kind.__name__} has no reference: calibration compares what an engine draws with "
            "mathematics that was written a second time, and of your own class there is only one "
            "version.",
            code="no-reference",
            hint="Write it again with SciPy, and add it: from bayesinf.criticism import reference; "
            f"reference.{table}[{kind.__name__}] = lambda {SIGNATURES[table]}: ...",
        )
    return written[kind]


def linear_predictor(model: Model, draws: Draws) -> np.ndarray:
    """The linear predictor of every row at draws, effects of the rows' levels included.

    Args:
        model: Gives the columns, the codes of the levels, and the offset.
        draws: With any two leading axes.

    Returns:
        Shape (*draws.shape, row).

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), draws=8, seed=1)
        >>> linear_predictor(fit.model, fit.posterior.values).shape
        (4, 2, 180)
    """
    rows = model.design.rows
    eta = np.zeros((*draws.shape, len(rows))) + rows.offset
    for column, values in enumerate(rows.population.T):
        eta += draws.coefficients[..., column, None] * values
    for group, effects in zip(rows.groups, draws.effects, strict=True):
        for column, values in enumerate(group.matrix.T):
            eta += effects[..., column][..., group.codes] * values
    return eta


def log_density(
    model: Model, response: np.ndarray, eta: np.ndarray, parameters: np.ndarray
) -> np.ndarray:
    """The log density of outcomes given their linear predictor, before weights.

    Args:
        model: Gives family and link, and what is known of the rows.
        response: Outcomes; broadcasts against `eta`.
        eta: Shape (..., row).
        parameters: Shape (..., parameter), of the family, in the model's order.

    Returns:
        Shape (..., row).
    """
    numbers = {one.name: parameters[..., k, None] for k, one in enumerate(model.parameters)}
    mean = written_again(INVERSE_LINKS, model.family.link, "INVERSE_LINKS")(eta)
    outcome = written_again(OUTCOMES, model.family, "OUTCOMES")
    return outcome(response, mean, numbers, model.design.rows.known)


def log_likelihood(model: Model, draws: Draws, responses: np.ndarray | None = None) -> np.ndarray:
    """The log likelihood of all rows together at draws.

    Args:
        model: Of the rows.
        draws: With any two leading axes.
        responses: Outcomes (first axis, row), where each entry of the draws' first axis belongs to
            another data set; None takes the model's own.

    Returns:
        Shape (*draws.shape,).

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), draws=8, seed=1)
        >>> log_likelihood(fit.model, fit.posterior.values).shape
        (4, 2)
    """
    design = model.design
    outcomes = design.response if responses is None else responses[:, None, :]
    rows = log_density(model, outcomes, linear_predictor(model, draws), draws.parameters)
    return (rows if design.weights is None else design.weights * rows).sum(axis=-1)


def log_prior(model: Model, draws: Draws) -> np.ndarray:
    """The log prior density of all unknowns in the user's units, up to a constant.

    Args:
        model: Gives the priors.
        draws: With any two leading axes.

    Returns:
        Shape (*draws.shape,).
    """
    design = model.design
    total = np.zeros(draws.shape)
    for column, name in enumerate(design.names):
        values = draws.coefficients[..., column]
        if column == 0 and design.has_intercept:
            # The intercept's prior speaks of a row with average columns.
            others = design.rows.population[:, 1:].mean(axis=0)
            values = values + draws.coefficients[..., 1:] @ others
        total += _log_prior_of(model.priors[name], values)
    for k, parameter in enumerate(model.parameters):
        total += _log_prior_of(model.priors[parameter.name], draws.parameters[..., k])
    for k, group in enumerate(design.rows.groups):
        for column, name in enumerate(group.names):
            prior = model.priors[f"sd:{group.factor}:{name}"]
            total += _log_prior_of(prior, draws.sds[k][..., column])
        if group.has_correlations:
            sign, log_determinant = np.linalg.slogdet(draws.correlations[k])
            concentration = model.correlation_priors[k].concentration
            total += (concentration - 1.0) * np.where(sign > 0, log_determinant, -np.inf)
        total += _log_density_of_effects(draws, k)
    return total


def _log_prior_of(prior: Prior, values: np.ndarray) -> np.ndarray:
    return written_again(PRIORS, prior, "PRIORS")(prior, values)


def _log_density_of_effects(draws: Draws, k: int) -> np.ndarray:
    """The multivariate normal log density of all levels' effects, up to a constant."""
    sds, effects = draws.sds[k], draws.effects[k]
    covariance = sds[..., :, None] * draws.correlations[k] * sds[..., None, :]
    precision = np.linalg.inv(covariance)
    squares = np.einsum("...li,...ij,...lj->...", effects, precision, effects)
    return -0.5 * squares - 0.5 * effects.shape[-2] * np.linalg.slogdet(covariance)[1]

"""conjugate: Gaussian regression in closed form, from X'X, with sigma by quadrature.

Given sigma the coefficients are Gaussian; the posterior of sigma itself is one-dimensional and is
tabulated. Nothing depends on the number of rows once X'X is known, and the draws are independent.

Source: Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, sections 14.2 and 14.8.
Departure: any prior on sigma, by quadrature over log sigma.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import CHAINS, Answer, Engine, per_chain
from bayesinf.errors import SamplingError
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.model.structure import gaussian_coefficients, is_gaussian
from bayesinf.numerics.linear import (
    Gaussian,
    Orthonormal,
    Pencil,
    coefficient_moments,
    diagonalise,
    draw_coefficients,
    log_evidence,
    orthonormalise,
)
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.quadrature import Tabulated, tabulate
from bayesinf.numerics.random import Streams
from bayesinf.numerics.rows import gram, moment
from bayesinf.posterior.draws import Draws, uncentre
from bayesinf.posterior.states import GaussianStatistics
from bayesinf.posterior.verdict import Finding

WELL_CONDITIONED = 1e6
"""Condition number of a matrix of products up to which ten digits are kept."""


@final
@dataclass(frozen=True)
class Conjugate(Engine):
    """The exact posterior of a Gaussian regression without group effects.

    Attributes:
        draws: Independent draws to keep, in four chains.
    """

    name: ClassVar[str] = "conjugate"
    draws: int | None = None

    def refuses(self, model: Model) -> str | None:
        """Refuses group effects, other families, and coefficients without Gaussian priors."""
        if reason := is_gaussian(model).reason_against:
            return reason
        if model.design.rows.groups:
            return "the model has group effects, which sums over rows alone do not integrate out"
        return gaussian_coefficients(model).reason_against

    def merit(self, model: Model | Program) -> str:
        """What has a closed form."""
        del model
        return (
            "given sigma the coefficients have a closed form, and sigma's own posterior is "
            "tabulated, so that draws are exact and independent"
        )

    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Draws sigma from its tabulated posterior and the coefficients given sigma."""
        del report
        return solve_statistics(model, accurate_statistics(model), self.draws, streams)


def accurate_statistics(model: Model) -> GaussianStatistics:
    """Sums up the rows of a Gaussian model without losing digits to columns that nearly repeat.

    Proper priors keep near copies apart by themselves; where they are flat, or the rows so many
    that priors hardly count, an orthonormal basis does.

    Returns:
        `gaussian_statistics`; in an orthonormal basis where the posterior precision of the
        coefficients, each in its own unit, has a condition number above `WELL_CONDITIONED`.
    """
    level = _level(model)
    columns = len(model.design.names)
    if columns == 0 or len(model.design.rows) < columns or _is_well_conditioned(model, level):
        return gaussian_statistics(model)
    weighted = weighted_columns(model)
    orthonormal = orthonormalise(weighted)
    if orthonormal is None:
        return gaussian_statistics(model)
    origin = _typical_coefficients(model, level, weighted, orthonormal)
    return statistics_around(model, level, orthonormal, origin)


def _typical_coefficients(
    model: Model, level: float, weighted: np.ndarray, orthonormal: Orthonormal
) -> np.ndarray:
    """The posterior mean at the sigma that least squares leave: least squares under flat priors.

    Least squares alone would lie far out where near copies have proper priors, and differences from
    it would lose the digits that the basis keeps. The priors are taken as further rows.
    """
    outcome, prior = _weighted_outcome(model, level), gaussian_coefficients(model).prior(level)
    free = max(len(outcome) - len(prior.mean), 1)
    rounding = float(np.finfo(float).eps ** 2 * (outcome @ outcome))
    variance = max(orthonormal.left(outcome) / free, rounding) if model.parameters else 1.0
    root = np.sqrt(prior.precision * variance)
    rows = np.vstack([weighted, np.diag(root)])
    whole = orthonormalise(rows)
    if whole is None:
        return np.zeros(len(prior.mean))
    return whole.fit(rows, np.concatenate([outcome, root * prior.mean]))


def _is_well_conditioned(model: Model, level: float) -> bool:
    """Whether prior and rows together tell the coefficients apart without loss of digits."""
    outcome = _weighted_outcome(model, level)
    prior = gaussian_coefficients(model).prior(level)
    total = np.diag(prior.precision) + model.design.products / max(float(outcome @ outcome), 1e-300)
    unit = np.sqrt(np.diagonal(total))
    if not (unit > 0).all():
        return True
    spectrum = np.linalg.eigvalsh(total / unit / unit[:, None])
    return bool(spectrum[0] * WELL_CONDITIONED > spectrum[-1])


def statistics_around(
    model: Model, level: float, orthonormal: Orthonormal, origin: np.ndarray
) -> GaussianStatistics:
    """Sums up what coefficients leave of the outcomes, over columns in another basis.

    Args:
        model: Its design gives the rows.
        level: Subtracted from the outcomes.
        orthonormal: The weighted columns in another basis.
        origin: Shape (coefficient,). Of the centred columns.

    Returns:
        The sufficient statistics; those of further rows at the same level, basis and origin add up.
    """
    design = model.design
    weighted = _weighted_outcome(model, level)
    left = weighted - weighted_columns(model) @ origin
    rounding = float(np.finfo(float).eps ** 2 * (weighted @ weighted))
    return GaussianStatistics(
        gram=orthonormal.columns.T @ orthonormal.columns,
        moment=orthonormal.columns.T @ left,
        square=float(left @ left) + rounding,
        weight=float(len(left) if design.weights is None else design.weights.sum()),
        level=level,
        rows=len(left),
        basis=orthonormal.basis,
        origin=origin,
    )


def _level(model: Model) -> float:
    """The mean outcome, where there is an intercept to hold it."""
    design = model.design
    return float(np.average(design.response - design.rows.offset)) if design.has_intercept else 0.0


def _weighted_outcome(model: Model, level: float) -> np.ndarray:
    """The outcomes less offset and level, each times the root of its weight."""
    shifted = model.design.response - model.design.rows.offset - level
    precision = _precision(model)
    return shifted if precision is None else np.sqrt(precision) * shifted


def weighted_columns(model: Model) -> np.ndarray:
    """The centred columns, each row times the root of its weight: their products are X'WX."""
    centred = model.design.rows.population - model.design.centre
    precision = _precision(model)
    return centred if precision is None else centred * np.sqrt(precision)[:, None]


def _precision(model: Model) -> np.ndarray | None:
    """How much each row weighs in the sums: its weight over the square of its known error."""
    precision = model.design.weights
    if model.design.rows.known.standard_error is None:
        return precision
    error = np.asarray(model.design.rows.known.standard_error)
    return (1.0 if precision is None else precision) / error**2


def gaussian_statistics(model: Model, level: float | None = None) -> GaussianStatistics:
    """Sums up the rows of a Gaussian model.

    Args:
        model: Its design gives the rows; columns are centred by the design's centre.
        level: Subtracted from the outcomes before squaring, for accuracy; None takes their mean.

    Returns:
        The sufficient statistics; statistics of further rows taken at the same level add up.
    """
    design, rows = model.design, model.design.rows
    precision = _precision(model)
    if level is None:
        level = _level(model)
    shifted = design.response - rows.offset - level
    weighted = shifted if precision is None else precision * shifted
    population, centre = rows.population, design.centre
    return GaussianStatistics(
        gram=design.products if precision is None else gram(population, centre, precision),
        moment=moment(population, centre, weighted),
        square=float(weighted @ shifted),
        weight=float(len(rows) if design.weights is None else design.weights.sum()),
        level=level,
        rows=len(rows),
    )


def solve_statistics(
    model: Model, statistics: GaussianStatistics, draws: int | None, streams: Streams
) -> Answer:
    """The exact posterior from sufficient statistics alone.

    Args:
        model: Gives priors and centre; its rows are not looked at.
        statistics: Of all rows seen.
        draws: How many to keep; None keeps `DRAWS`.
        streams: Random streams.

    Returns:
        Independent draws, and the statistics as the state from which updates go on.

    Raises:
        SamplingError: When flat priors leave the posterior improper.
    """
    prior = _prior_around(model, statistics)
    _refuse_undetermined(model, statistics, prior)
    pencil = _pencil(statistics, prior)
    shape = (CHAINS, per_chain(draws))
    generator = streams.generator("conjugate")
    if model.parameters:
        table = _table_of_sigma(model, statistics, prior, pencil)
        sigma = np.exp(table.draw(generator, shape[0] * shape[1]))
    else:
        sigma = np.ones(shape[0] * shape[1])
    noise = generator.standard_normal((len(sigma), len(prior.mean)))
    centred = draw_coefficients(pencil, sigma, noise)
    centred += _origin(model, statistics)
    coefficients = uncentre(centred.reshape(*shape, -1), model.design.centre)
    parameters = sigma.reshape(*shape, 1) if model.parameters else np.zeros((*shape, 0))
    return Answer(
        Draws(coefficients, parameters),
        (_certificate(len(sigma)),),
        state=statistics,
        independent=True,
    )


def closed_form_moments(
    model: Model, statistics: GaussianStatistics
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means and sds of the coefficients and of sigma, without any draw.

    Args:
        model: Gives priors and centre.
        statistics: Of all rows seen.

    Returns:
        Two arrays (coefficient,), or one longer where the model has a sigma.

    Raises:
        SamplingError: When flat priors leave the posterior improper.
    """
    prior = _prior_around(model, statistics)
    _refuse_undetermined(model, statistics, prior)
    pencil = _pencil(statistics, prior)
    sigma, weight = np.ones(1), np.ones(1)
    if model.parameters:
        table = _table_of_sigma(model, statistics, prior, pencil)
        sigma, weight = np.exp(table.nodes), table.density / table.density.sum()
    centred, covariance = coefficient_moments(pencil, sigma, weight)
    centred = centred + _origin(model, statistics)
    # The intercept of the columns as they are is one linear combination of the centred ones.
    back = uncentre(np.eye(len(centred)), model.design.centre).T
    mean = back @ centred
    variance = ((back @ covariance) * back).sum(axis=1)
    if model.parameters:
        mean = np.append(mean, weight @ sigma)
        variance = np.append(variance, weight @ (sigma - mean[-1]) ** 2)
    return mean, np.sqrt(variance)


def _prior_around(model: Model, statistics: GaussianStatistics) -> Gaussian:
    """The prior of what the coefficients add to those that were subtracted."""
    prior = gaussian_coefficients(model).prior(statistics.level)
    if statistics.origin is None:
        return prior
    return Gaussian(prior.mean - statistics.origin, prior.precision)


def _origin(model: Model, statistics: GaussianStatistics) -> np.ndarray:
    """The coefficients of the centred columns that were subtracted, the level among them."""
    size = len(model.design.names)
    origin = np.zeros(size) if statistics.origin is None else statistics.origin.copy()
    if model.design.has_intercept:
        origin[0] += statistics.level
    return origin


def _pencil(statistics: GaussianStatistics, prior: Gaussian) -> Pencil:
    return diagonalise(
        statistics.gram, statistics.moment, prior, statistics.square, statistics.basis
    )


def _table_of_sigma(
    model: Model, statistics: GaussianStatistics, prior: Gaussian, pencil: Pencil
) -> Tabulated:
    """The posterior of the logarithm of sigma."""
    log_density = _log_posterior_of_sigma(model, statistics, prior, pencil)
    return tabulate(log_density, _start(statistics))


def _log_posterior_of_sigma(
    model: Model, statistics: GaussianStatistics, prior: Gaussian, pencil: Pencil
) -> Callable[[np.ndarray], np.ndarray]:
    sigma_prior = model.priors["sigma"]

    def log_density(log_sigma: np.ndarray) -> np.ndarray:
        sigma = np.exp(log_sigma)
        evidence = log_evidence(pencil, statistics.square, statistics.weight, prior, sigma)
        return evidence + np.asarray(sigma_prior.log_density(sigma)) + log_sigma

    return log_density


def _start(statistics: GaussianStatistics) -> float:
    """The logarithm of the spread that least squares leaves; 0 where nothing is left."""
    gram = statistics.gram + 1e-12 * np.eye(len(statistics.gram)) * np.trace(statistics.gram)
    explained = statistics.moment @ np.linalg.lstsq(gram, statistics.moment, rcond=None)[0]
    residual = max(statistics.square - explained, 1e-14 * statistics.square)
    return 0.5 * float(np.log(residual / max(statistics.weight, 1.0))) if residual > 0 else 0.0


def _refuse_undetermined(model: Model, statistics: GaussianStatistics, prior: Gaussian) -> None:
    """Coefficients with flat priors must be determined by the rows alone."""
    flat = np.flatnonzero(prior.precision == 0)
    if len(flat) == 0:
        return
    gram = statistics.gram[np.ix_(flat, flat)]
    unit = np.sqrt(np.diagonal(gram))
    scaled = gram / np.where(unit > 0, unit, 1.0)[:, None] / np.where(unit > 0, unit, 1.0)
    if np.linalg.eigvalsh(scaled)[0] > 1e-13:
        return
    names = ", ".join(f"'{model.design.names[k]}'" for k in flat)
    raise SamplingError(
        f"{statistics.rows} rows cannot determine the coefficients with flat priors ({names}): the "
        "posterior is improper.",
        code="improper-posterior",
        hint="Give the coefficients proper priors, such as the defaults, or use more rows.",
    )


def _certificate(draws: int) -> Finding:
    return Finding(
        f"The posterior was computed in closed form; the {draws} draws are independent and exact.",
        "good",
        "exact",
        {"draws": float(draws)},
    )

"""Outcome surfaces of two arms: from rows to draws of both expected outcomes of each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.gaussian_process.draws import draw_surfaces
from causal.gaussian_process.encoding import Encoding, encode_matrix
from causal.gaussian_process.evidence import Observed, maximise, noise_of
from causal.gaussian_process.hyperparameters import hyperparameters_of
from causal.gaussian_process.kernel import Rows
from causal.gaussian_process.propensity import log_odds_of_treatment

CHAINS = 4
"""Draws are independent; they are shown as this many chains because all draws are."""

STAGES = ((1000, 50), (1600, 15))
"""Rows of a random subset, and steps of the search on it: the first finds the neighbourhood."""

ALL_ROWS = (1500, 100)
"""Rows up to which all of them serve at once, and the steps of the search."""

LARGEST = 8000
"""Rows beyond which the covariances (4 numbers per pair of rows) stop fitting into memory."""

RAREST = 0.05
"""Chances of an arm are not taken to be smaller in the inverse chances."""


@dataclass(frozen=True, eq=False)
class SurfaceDraws:
    """Joint draws of both expected outcomes of each row.

    Attributes:
        control: (draw, row) expected outcomes without the treatment.
        treated: (draw, row) with it.
        noise: Standard deviations of the outcome's noise without the treatment and with it.
        log_odds: (row,) estimated log odds of treatment.
        logs: Logarithms of the hyperparameters.
        searched: How many rows served in finding them.
    """

    control: np.ndarray
    treated: np.ndarray
    noise: tuple[float, float]
    log_odds: np.ndarray
    logs: np.ndarray
    searched: int


def fit_surfaces(
    outcome: np.ndarray,
    covariates: Encoding,
    treated: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> SurfaceDraws:
    """Fits both surfaces and draws them at the rows at hand.

    The expected outcome of a row is m(x, e) + r_z(x, e): a surface that both arms share and what
    arm z adds, each a line, smooth curves and rough curves of the covariates x and of the estimated
    log odds of treatment e, with an unknown relevance of each covariate. Relevances and scales are
    set to the mode of their posterior, everything else is integrated out; given them the draws
    are exact and independent.

    Args:
        outcome: (row,) numbers.
        covariates: The rows' covariates.
        treated: (row,) booleans.
        draws: How many.
        rng: Decides the draws, and which rows the search begins with.

    Raises:
        DataError: The outcome is constant, or an arm has fewer than two rows.

    Source:
        Hahn, Murray and Carvalho (2020), Bayesian Analysis 15, for the two surfaces and the
        propensity score among the covariates (here the arms play the same part, so that naming
        the other arm the control changes nothing); Alaa and van der Schaar (2018), Limits of
        estimating heterogeneous treatment effects, ICML, for Gaussian processes.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x, z = rng.normal(size=(80, 1)), np.arange(80) % 2 == 0
        >>> y = x[:, 0] + 2 * z + rng.normal(size=80) / 10
        >>> found = fit_surfaces(y, encode_matrix(x), z, 100, rng)
        >>> round(float((found.treated - found.control).mean()), 1)
        2.0
    """
    refuse(outcome, treated)
    log_odds = log_odds_of_treatment(covariates.values, treated)
    order = np.argsort(treated, kind="stable")
    center, scale = outcome.mean(), outcome.std()
    rows = rows_of(covariates, log_odds, treated).take(order)
    standard = ((outcome - center) / scale)[order]
    data = Observed(rows, int(np.count_nonzero(~treated)), standard)
    logs = search(data, rng)
    named = hyperparameters_of(rows.encoding.values.shape[1]).named(logs)
    back = np.argsort(order)
    control, with_it = (
        drawn.T[:, back] * scale + center for drawn in draw_surfaces(data, named, draws, rng)
    )
    noise_control, noise_treated = (float(scale) * value for value in noise_of(named))
    return SurfaceDraws(
        control,
        with_it,
        (noise_control, noise_treated),
        log_odds,
        logs,
        searched_rows(len(outcome)),
    )


def refuse(outcome: np.ndarray, treated: np.ndarray) -> None:
    """Refuses rows that no surface can be fitted to."""
    if not np.isfinite(outcome).all() or not outcome.std() > 0:
        raise bi.DataError(
            "The outcome has to be finite numbers that are not all alike.",
            code="constant-outcome",
            hint="Leave out rows without an outcome.",
        )
    smaller = int(min(np.count_nonzero(treated), np.count_nonzero(~treated)))
    if smaller < 2:
        raise bi.DataError(
            f"An arm has {smaller} rows; a surface needs at least 2.",
            code="small-arm",
            hint="Compare arms that both have rows.",
        )
    if len(outcome) > LARGEST:
        raise bi.ModelError(
            f"Gaussian-process surfaces take at most {LARGEST} rows; these are {len(outcome)}.",
            code="too-many-rows",
            hint="Take causal.Standardisation() or causal.AIPW(), or a random subset of rows.",
        )


def rows_of(covariates: Encoding, log_odds: np.ndarray, treated: np.ndarray) -> Rows:
    """Adds the log odds to the covariates, and works out the inverse chances."""
    score = encode_matrix(log_odds[:, None], ("log odds of treatment",))
    values = np.concatenate([covariates.values, score.values], axis=1)
    steps = np.concatenate([covariates.steps, score.steps], axis=1)
    owner = np.concatenate([covariates.owner, score.owner + covariates.values.shape[1]])
    chances = np.clip(1 / (1 + np.exp(-log_odds)), RAREST, 1 - RAREST)
    inverse = []
    for chance, members in ((1 - chances, ~treated), (chances, treated)):
        lean = 1 / chance - np.mean(1 / chance[members])
        size = np.sqrt(np.mean(lean[members] ** 2))
        inverse.append(lean / size if size > 1e-6 else np.zeros(len(lean)))
    encoding = Encoding((*covariates.names, *score.names), values, steps, owner)
    return Rows(encoding, np.array(inverse))


def searched_rows(rows: int) -> int:
    """How many of the rows serve in the last stage of the search."""
    return rows if rows <= ALL_ROWS[0] else min(rows, STAGES[-1][0])


def search(data: Observed, rng: np.random.Generator) -> np.ndarray:
    """Finds hyperparameters of high posterior density, on random subsets where rows are many."""
    given = hyperparameters_of(data.rows.encoding.values.shape[1])
    if len(data.outcome) <= ALL_ROWS[0]:
        return maximise(data, given, given.start, ALL_ROWS[1])
    order, logs = rng.permutation(len(data.outcome)), given.start
    for count, iterations in STAGES:
        logs = maximise(data.take(np.sort(order[:count])), given, logs, iterations)
    return logs

"""Posterior predictive checks: does the model produce data like those it was fitted to?

Source: Gelman, Meng and Stern (1996), Statistica Sinica 6; Gelman et al. (2013), Bayesian Data
Analysis, section 6.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.family import Known
from bayesinf.model.pointwise import LARGEST_BLOCK, family_parameters, predictor_draws
from bayesinf.numerics.intervals import interval
from bayesinf.numerics.random import Streams
from bayesinf.options import options
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.summary import summary_frame

if TYPE_CHECKING:
    import pandas as pd

LARGEST_DATA = 20_000_000
"""Numbers in all replicated data sets together; fewer data sets where there are many rows."""

FEWEST = 200
MOST = 1000


def replications(rows: int) -> int:
    """How many replicated data sets are drawn: 1000, or down to 200 where there are many rows."""
    return int(np.clip(LARGEST_DATA // max(rows, 1), FEWEST, MOST))


def replicate(posterior: Posterior, count: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Draws data sets from the fitted model, for the rows and the groups that it was fitted to.

    Args:
        posterior: With its training rows.
        count: How many data sets, each from one posterior draw; draws are taken evenly spaced.

    Yields:
        A stretch of rows and their replicated outcomes (data set, row).
    """
    model, values = posterior.model, posterior.values
    count = min(count, values.count)
    chosen = np.linspace(0, values.count - 1, count).astype(int)
    coefficients = values.coefficients.reshape(values.count, -1)[chosen]
    parameters = family_parameters(model, values.parameters.reshape(values.count, -1)[chosen])
    effects = tuple(e.reshape(values.count, *e.shape[2:])[chosen] for e in values.effects)
    generator = Streams(posterior.provenance.seed).generator("replicates")
    total = len(model.design.response)
    length = max(1, LARGEST_BLOCK // count)
    for start in range(0, total, length):
        stretch = slice(start, min(start + length, total))
        rows = model.design.rows.take(stretch)
        predictor = predictor_draws(rows, coefficients, effects)
        known = Known(rows.known.trials, rows.known.standard_error)
        yield stretch, model.family.sample(generator, predictor, parameters, known)


def statistics_of(posterior: Posterior) -> tuple[str, ...]:
    """The test statistics that can tell something about the family's outcomes."""
    family = posterior.model.family
    if family.two_levels:
        return ("mean",)
    return ("mean", "sd", "min", "max", *(("share of zeros",) if family.discrete else ()))


def replicated_statistics(posterior: Posterior) -> dict[str, np.ndarray]:
    """Each test statistic (data set,) of the replicated data sets, without keeping these."""
    response = posterior.model.design.response
    total, centre = len(response), float(response.mean())
    count = min(replications(total), posterior.values.count)
    sums, squares, zeros = np.zeros(count), np.zeros(count), np.zeros(count)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    for _, outcomes in replicate(posterior, count):
        shifted = outcomes - centre
        sums += shifted.sum(axis=1)
        squares += (shifted**2).sum(axis=1)
        zeros += (outcomes == 0).sum(axis=1)
        low, high = np.minimum(low, outcomes.min(axis=1)), np.maximum(high, outcomes.max(axis=1))
    variance = np.maximum(squares - sums**2 / total, 0.0) / max(total - 1, 1)
    found = {
        "mean": centre + sums / total,
        "sd": np.sqrt(variance),
        "min": low,
        "max": high,
        "share of zeros": zeros / total,
    }
    return {name: found[name] for name in statistics_of(posterior)}


def observed_statistics(posterior: Posterior) -> dict[str, float]:
    """Each test statistic of the observed outcomes."""
    response = posterior.model.design.response
    found = {
        "mean": response.mean(),
        "sd": response.std(ddof=1) if len(response) > 1 else 0.0,
        "min": response.min(),
        "max": response.max(),
        "share of zeros": (response == 0).mean(),
    }
    return {name: float(found[name]) for name in statistics_of(posterior)}


def predictive_table(posterior: Posterior, prob: float | None = None) -> pd.DataFrame:
    """Compares the observed data with replicated data sets, statistic by statistic.

    Args:
        posterior: With its training rows.
        prob: Probability of the predictive interval; None takes `bi.options.interval`.

    Returns:
        A frame indexed by statistic, with columns `observed mean lower upper tail`: the observed
        value, mean and interval over replicated data sets, and the share of replicated data sets
        whose value lies above the observed one (half of the ties counted). Near 0 or 1, the model
        does not produce such data.
    """
    import pandas as pd

    kind, probability = options.interval_with(prob)
    observed, replicated = observed_statistics(posterior), replicated_statistics(posterior)
    lines = []
    for name, values in replicated.items():
        lower, upper = interval(values, kind, probability)
        # The two sums of rows round differently, which must not decide a tie.
        gap = values - observed[name]
        tie = np.abs(gap) <= 1e-9 * np.maximum(np.abs(values), abs(observed[name]))
        tail = float(np.mean((gap > 0) & ~tie) + 0.5 * np.mean(tie))
        lines.append((observed[name], float(values.mean()), float(lower), float(upper), tail))
    frame = pd.DataFrame(
        lines,
        index=pd.Index(list(replicated), name="statistic"),
        columns=["observed", "mean", "lower", "upper", "tail"],
    )
    sets = len(next(iter(replicated.values())))
    frame.attrs.update(interval_kind=kind, interval_prob=probability, replications=sets)
    return frame


def bayesian_r2(posterior: Posterior, prob: float | None = None) -> pd.DataFrame:
    """The share of the outcome's variance that the expected outcomes explain.

    Args:
        posterior: With its training rows.
        prob: Probability of the credible interval; None takes `bi.options.interval`.

    Returns:
        A frame of one line, `bayesian_r2`, in the columns of `fit.summary()`.

    Source:
        Gelman, Goodrich, Gabry and Vehtari (2019), The American Statistician 73(3), with the
        residual variance that the model states.
    """
    model, values = posterior.model, posterior.values
    flat = values.coefficients.reshape(values.count, -1)
    parameters = family_parameters(model, values.parameters.reshape(values.count, -1))
    effects = tuple(e.reshape(values.count, *e.shape[2:]) for e in values.effects)
    total, centre = len(model.design.response), float(model.design.response.mean())
    sums, squares, residual = (np.zeros(values.count) for _ in range(3))
    for start in range(0, total, length := max(1, LARGEST_BLOCK // values.count)):
        rows = model.design.rows.take(slice(start, min(start + length, total)))
        known = Known(rows.known.trials, rows.known.standard_error)
        predictor = predictor_draws(rows, flat, effects)
        mean = np.asarray(model.family.mean(predictor, parameters, known)) - centre
        variance = np.asarray(model.family.variance(predictor, parameters, known))
        sums += mean.sum(axis=1)
        squares += (mean**2).sum(axis=1)
        residual += np.broadcast_to(variance, predictor.shape).sum(axis=1)
    explained = np.maximum(squares / total - (sums / total) ** 2, 0.0)
    share = explained / (explained + residual / total)
    return summary_frame(["bayesian_r2"], share.reshape(*values.shape, 1), prob)

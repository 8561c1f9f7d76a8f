"""Closed-form estimates with instruments: two stages, least squares, limited information."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from causal.instruments.moments import Moments

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Strength:
    """How strongly the instruments move the treatment.

    Attributes:
        f: F of the first stage, with constant noise; with several treatments, the conditional one.
        effective: F that allows for noise that differs between rows.
        share: The share of the treatment's variation, beyond covariates, that instruments explain.
    """

    f: float
    effective: float
    share: float


def two_stage_least_squares(moments: Moments) -> tuple[np.ndarray, np.ndarray]:
    """Estimates effects by two-stage least squares.

    Args:
        moments: What the data say.

    Returns:
        (treatment,) effects and their standard errors with constant noise.

    Source:
        Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 5.2.

    Example:
        >>> from causal.instruments.moments import collect_moments
        >>> z = np.tile([0.0, 1.0], 10)
        >>> t = z + np.arange(20) % 3
        >>> y = 2 * t + np.arange(20) % 5
        >>> found = collect_moments(y, t[:, None], {"z": z}, np.empty((20, 0)))
        >>> round(float(two_stage_least_squares(found)[0][0]), 6)
        2.0
    """
    return solve(moments, moments.signal)


def least_squares(moments: Moments) -> tuple[np.ndarray, np.ndarray]:
    """Estimates effects as if treatments were as good as random, given the covariates."""
    return solve(moments, moments.total)


def solve(moments: Moments, crossed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Regresses by given cross products; noise is what the effects leave of the outcome."""
    gram = crossed[:-1, :-1]
    effects = np.linalg.solve(gram, crossed[:-1, -1])
    left = np.append(-effects, 1.0)
    degrees = moments.rows - moments.covariates - len(effects)
    variance = float(left @ moments.total @ left) / degrees
    return effects, np.sqrt(variance * np.diag(np.linalg.inv(gram)))


def limited_information(moments: Moments) -> float:
    """The limited-information maximum-likelihood estimate of one treatment's effect.

    Source:
        Anderson and Rubin (1949), Annals of Mathematical Statistics 20.
    """
    root = np.linalg.cholesky(moments.noise)
    inside = np.linalg.solve(root, np.linalg.solve(root, moments.signal).T)
    _, vectors = np.linalg.eigh(inside)
    least = np.linalg.solve(root.T, vectors[:, 0])
    return float(-least[0] / least[1])


def strength(moments: Moments) -> Strength:
    """Says how strongly the instruments move the first treatment.

    Source:
        Montiel Olea and Pflueger (2013), A robust test for weak instruments, Journal of Business
        and Economic Statistics 31, for the effective F (the robust F for one instrument);
        Sanderson and Windmeijer (2016), Journal of Econometrics 190, for several treatments.
    """
    count, treatments = moments.reduced.shape[0], moments.reduced.shape[1] - 1
    others = moments.signal[1:-1, 1:-1]
    drop = np.linalg.solve(others, moments.signal[1:-1, 0]) if treatments > 1 else np.empty(0)
    left = np.concatenate([[1.0], -drop, [0.0]])
    signal, noise = float(left @ moments.signal @ left), float(left @ moments.noise @ left)
    f = signal / (count - treatments + 1) / (noise / moments.degrees)
    total = float(moments.total[0, 0])
    share = float(moments.signal[0, 0]) / total
    if treatments > 1:
        return Strength(f, f, share)
    robust = float(np.trace(moments.meat)) * moments.rows / moments.degrees
    return Strength(f, signal / robust if robust > 0 else f, share)


def sargan(moments: Moments) -> tuple[float, float]:
    """Tests whether the instruments agree on one effect.

    Returns:
        The statistic, and the probability of a larger one if they agree; (0, 1) for one instrument.

    Source:
        Sargan (1958), Econometrica 26.
    """
    spare = moments.reduced.shape[0] - moments.reduced.shape[1] + 1
    if spare == 0:
        return 0.0, 1.0
    left = np.append(-two_stage_least_squares(moments)[0], 1.0)
    statistic = (
        moments.rows * float(left @ moments.signal @ left) / float(left @ moments.total @ left)
    )
    return statistic, float(scipy.stats.chi2.sf(statistic, spare))


def estimate_table(moments: Moments) -> pd.DataFrame:
    """Lists closed-form estimates of the first treatment's effect, to stand beside the posterior.

    Returns:
        A frame indexed by method, with columns `estimate error`.
    """
    import pandas as pd

    lines = {}
    for name, estimator in (
        ("least squares", least_squares),
        ("two-stage least squares", two_stage_least_squares),
    ):
        effects, errors = estimator(moments)
        lines[name] = (float(effects[0]), float(errors[0]))
    if moments.reduced.shape[1] == 2:
        lines["limited information"] = (limited_information(moments), float("nan"))
    frame = pd.DataFrame.from_dict(lines, orient="index", columns=["estimate", "error"])
    return frame.rename_axis("method")


def first_stage_table(moments: Moments, treatment: str, outcome: str) -> pd.DataFrame:
    """Lists what each instrument does to treatment and outcome, by least squares.

    Returns:
        A frame indexed by instrument, with an estimate and an error for both.
    """
    import pandas as pd

    named = moments.rotation @ moments.reduced
    spread = np.sqrt((moments.rotation**2).sum(axis=1))
    noise = np.sqrt(np.diag(moments.noise) / moments.degrees)
    return pd.DataFrame(
        {
            treatment: named[:, 0],
            f"{treatment} error": spread * noise[0],
            outcome: named[:, -1],
            f"{outcome} error": spread * noise[-1],
        },
        index=pd.Index(moments.names, name="instrument"),
    )

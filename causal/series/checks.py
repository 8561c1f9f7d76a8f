"""Whether a forecast can stand in for what would have been: placebo, controls, residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

import bayesinf as bi
from causal.series.forecast import Forecast, forecast
from causal.series.series import Series
from causal.series.structural import LocalLevel, Structure

SURPRISING = 2.5
"""Standard deviations above which a break that should not be there is a surprise: 1 in 80."""

LARGE = 0.25
"""Share of the effect that a false one must reach to put it in doubt: a convention."""

FEW = 20
"""Known outcomes before the intervention below which the model is mostly its priors."""

MOST_CONTROLS = 5
"""Controls whose own breaks are looked at: those that move the forecast most."""

QUICK = 500
"""Draws of a check's refits, and points at which their sds are sampled."""


@dataclass(frozen=True, eq=False)
class Forecasted:
    """A series with what it would have been without the intervention.

    Attributes:
        series: The series.
        structure: Its model.
        forecast: Draws of the series without the intervention, in units of its sd before.
        effect: (draw,) draws of the average effect, in the outcome's unit.
        seed: What the random numbers of checks derive from.
    """

    series: Series
    structure: Structure
    forecast: Forecast
    effect: np.ndarray
    seed: int


def judge_series(found: Forecasted) -> tuple[bi.Finding, ...]:
    """Runs the checks of an interrupted time series."""
    return (
        *judge_length(found.series),
        *judge_gaps(found.series),
        judge_sizes(found.forecast),
        judge_residuals(found.forecast),
        *judge_drift(found),
        *judge_time(found),
        *judge_controls(found),
    )


def average_effect(series: Series, paths: np.ndarray) -> np.ndarray:
    """(draw,) average of outcome less path over the times after that can be compared.

    Args:
        series: The series.
        paths: (draw, place) paths on the lattice, in units of the sd before.
    """
    centre, spread = series.scale
    after = series.after
    return (series.outcome[after] - centre - spread * paths[:, series.places[after]]).mean(axis=1)


def judge_length(series: Series) -> tuple[bi.Finding, ...]:
    """Says where few times come before the intervention."""
    early = int(series.known[: series.before].sum())
    if early >= FEW:
        return ()
    return (
        bi.Finding(
            f"Only {early} outcomes are known before the intervention; how far the level wanders "
            "is then mostly the prior's word.",
            "warning",
            "few-times-before",
            {"times": float(early)},
            "Take a longer series, or finer intervals.",
        ),
    )


def judge_gaps(series: Series) -> tuple[bi.Finding, ...]:
    """Says what is missing, and what that means for the average."""
    early, late = series.known[: series.before], series.known[series.before :]
    skipped = int(series.places[-1]) + 1 - len(series.places)
    gone = int((~early).sum()), int((~late).sum())
    if not skipped and not any(gone):
        return ()
    return (
        bi.Finding(
            f"{gone[0]} times before and {gone[1]} from the intervention on lack the outcome or a "
            f"control, and {skipped} times between the first and the last have no row. The model "
            "passes over them exactly; the average effect is over the times that are there.",
            "warning" if gone[1] > 0.1 * len(late) else "note",
            "missing-times",
            {"before": float(gone[0]), "after": float(gone[1]), "skipped": float(skipped)},
            "If outcomes are missing because of what they were, fill them in another way.",
        ),
    )


def judge_sizes(found: Forecast) -> bi.Finding:
    """Says whether the sds of the model were found: the certificate of the importance sampling."""
    sizes = found.sizes
    apart = abs(sizes.evidence[0] - sizes.evidence[1])
    share = sizes.effective / len(sizes.weights)
    good = share > 0.1 and apart < 0.3
    return bi.Finding(
        f"The sds of the model come from {len(sizes.weights)} weighted points worth "
        f"{sizes.effective:.0f} draws; two halves agree on the log marginal likelihood to "
        f"{apart:.2g}. Given the sds, the Kalman filter is exact.",
        "good" if good else "warning" if share > 0.02 and apart < 1 else "bad",
        "sizes",
        {"effective": sizes.effective, "share": share, "evidence_apart": apart},
        "" if good else "Ask with another seed and compare, or fix sds by tighter priors.",
    )


def judge_residuals(found: Forecast) -> bi.Finding:
    """Looks for pattern over time in the errors of forecasts from one time to the next."""
    errors = found.surprises[np.isfinite(found.surprises)]
    lags = max(1, min(10, len(errors) // 5))
    centred = errors - errors.mean()
    size = float(centred @ centred)
    alike = np.array([float(centred[lag:] @ centred[:-lag]) for lag in range(1, lags + 1)]) / size
    count = len(errors)
    ljung = count * (count + 2) * float(np.sum(alike**2 / (count - np.arange(1, lags + 1))))
    chance = float(scipy.stats.chi2.sf(ljung, lags))
    worst = int(np.abs(alike).argmax())
    said = (
        f"Errors of forecasts one time ahead are most alike at a distance of {worst + 1} "
        f"(correlation {alike[worst]:.2f}; Ljung and Box's test over {lags} lags has p = "
        f"{chance:.2g})"
    )
    evidence = {"p_value": chance, "lag": float(worst + 1), "correlation": float(alike[worst])}
    if chance > 0.01:
        return bi.Finding(f"{said}: no pattern was seen.", "good", "residuals", evidence)
    return bi.Finding(
        f"{said}: the model misses a pattern, and its intervals may be too narrow.",
        "warning",
        "residuals",
        evidence,
        f"If the distance is that of a cycle, say seasons={worst + 1}; if it is 1, a trend "
        "(LocalTrend()) or another control may be missing.",
    )


def judge_drift(found: Forecasted) -> tuple[bi.Finding, ...]:
    """Looks whether forecasts one time ahead err to one side, as where a slope is missing."""
    errors = found.forecast.surprises
    errors = errors[np.isfinite(errors)][1:]
    lean = float(errors.mean() / errors.std(ddof=1) * np.sqrt(len(errors)))
    if abs(lean) <= SURPRISING:
        return ()
    side = "below" if lean > 0 else "above"
    return (
        bi.Finding(
            f"Forecasts one time ahead were {side} the outcome more often than chance has it "
            f"(mean error {abs(lean):.2g} standard errors from zero): the series drifts, and the "
            "forecast stays level.",
            "warning",
            "drift",
            {"standard_errors": lean},
            "Say trend=causal.LocalTrend(), or add a control that drifts alike.",
        ),
    )


def judge_time(found: Forecasted) -> tuple[bi.Finding, ...]:
    """Pretends that the intervention came earlier, and looks for an effect that cannot be there."""
    series = found.series
    earlier = series.earlier(series.before - max(2, series.before // 3))
    if int(earlier.known[: earlier.before].sum()) < 6 or not earlier.after.size:
        return ()
    structure = earlier.structure(
        found.structure.trend, found.structure.seasons, found.structure.priors
    )
    paths = forecast(structure, bi.Streams(found.seed + 1), QUICK, QUICK).paths
    draws = average_effect(earlier, paths)
    effect, spread = float(draws.mean()), float(draws.std())
    size = float(abs(found.effect.mean()))
    evidence = {"effect": effect, "sd": spread, "share": abs(effect) / max(size, 1e-300)}
    said = (
        f"Placebo in time: begun {series.before - earlier.before} times earlier, the intervention "
        f"would have had an effect of {effect:.3g} (sd {spread:.2g}) before it was there, against "
        f"{found.effect.mean():.3g} after. Effects below {SURPRISING * spread:.2g} would not be "
        "noticed"
    )
    if abs(effect) <= SURPRISING * spread:
        return (bi.Finding(f"{said}.", "good", "placebo-in-time", evidence),)
    severity = "bad" if abs(effect) > size else "warning" if abs(effect) > LARGE * size else "note"
    return (
        bi.Finding(
            f"{said}; this one is.",
            severity,
            "placebo-in-time",
            evidence,
            "The series breaks by itself: add controls or a trend, or look for another event.",
        ),
    )


def judge_controls(found: Forecasted) -> tuple[bi.Finding, ...]:
    """Looks whether the controls break when the intervention begins, as they must not."""
    series = found.series
    means = found.forecast.coefficients.mean(axis=0)
    if not len(means):
        return ()
    most = np.argsort(-np.abs(means))[:MOST_CONTROLS]
    breaks = {series.names[place]: control_break(found, int(place)) for place in most}
    name = max(breaks, key=lambda key: abs(breaks[key][0]))
    surprise, moved = breaks[name]
    size = float(abs(found.effect.mean()))
    evidence = {"surprise": surprise, "moved": moved, "share": abs(moved) / max(size, 1e-300)}
    said = (
        f"Forecast by itself, the control that breaks most when the intervention begins is "
        f"'{name}', by {abs(surprise):.2g} sds of its forecast"
    )
    if abs(surprise) <= SURPRISING + 0.5 * (len(breaks) > 1):
        return (
            bi.Finding(
                f"{said}: no sign that the intervention reached the controls. A slow or small "
                "influence would not be seen.",
                "good",
                "controls-break",
                evidence,
            ),
        )
    return (
        bi.Finding(
            f"{said}. If the intervention caused that, it moved the forecast by {moved:.3g}, "
            f"{evidence['share']:.0%} of the effect.",
            "warning" if abs(moved) > LARGE * size else "note",
            "controls-break",
            evidence,
            f"Ask whether '{name}' can have been affected; if so, leave it out.",
        ),
    )


def control_break(found: Forecasted, place: int) -> tuple[float, float]:
    """How far a control departs from its own forecast, in sds, and what that does to the effect."""
    control = found.series.control(place)
    structure = control.structure(LocalLevel(), found.structure.seasons, {})
    draws = average_effect(
        control, forecast(structure, bi.Streams(found.seed + 2), QUICK, QUICK).paths
    )
    coefficient = float(found.forecast.coefficients[:, place].mean())
    moved = coefficient * found.series.scale[1] / control.scale[1] * float(draws.mean())
    return float(draws.mean() / draws.std()), moved

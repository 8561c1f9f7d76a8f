"""What an effect that must be zero says about one that need not be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi

PROBABILITY = 0.99
"""Of the interval that has to hold zero, or stay small: one false alarm in a hundred."""

LARGE = 0.5
"""Share of the real effect from which on a false one could explain the answer."""

SMALL = 0.1
"""Share of the real effect below which a false one changes nothing that matters."""


@dataclass(frozen=True, eq=False)
class NullEffect:
    """An effect that is known to be zero, as it was estimated.

    Attributes:
        draws: (chain, draw) draws of it.
        scale: Its unit: the sd of its outcome.
        effect: (chain, draw) draws of the effect that was asked for.
        effect_scale: The unit of that one.
        told: What the null effect is, for the sentence: "The effect of t on x, which ...".
        reach: What the check can and cannot detect, in a sentence.
        code: Of the finding.
        remedy: What to do where it is not zero.
    """

    draws: np.ndarray
    scale: float
    effect: np.ndarray
    effect_scale: float
    told: str
    reach: str
    code: str
    remedy: str


def judge_null(null: NullEffect) -> bi.Finding:
    """Judges how far an effect is from zero that must be zero, against the size of the real one.

    Both are in standard deviations of their outcomes. It fails where it is credibly not zero and
    at least half as large as the real effect: so much bias could be the answer. Credible but
    smaller ones are a warning, unless they are below a tenth of the real effect and of its sd; an
    interval too wide to tell is a note. A bare test of zero is never the measure.

    Args:
        null: Both effects, and what to say about them.

    Source:
        Lipsitch, Tchetgen Tchetgen and Cohen (2010), Negative controls, Epidemiology 21; Hartman
        and Hidalgo (2018), An equivalence approach to balance and placebo tests, AJPS 62, for
        scaling by the effect instead of testing zero.
    """
    line = bi.summary_frame(["null"], null.draws[..., None], PROBABILITY).iloc[0]
    mean, lower, upper = (float(line[name]) for name in ("mean", "lower", "upper"))
    effect, sd = float(null.effect.mean()), float(null.effect.std(ddof=1))
    size, real = abs(mean) / null.scale, abs(effect) / null.effect_scale
    times = size / real if real > 0 else np.inf
    away = not lower <= 0 <= upper
    widest = max(abs(lower), abs(upper)) / null.scale
    if away and times >= LARGE:
        severity, verdict = "bad", "it is not, so as much bias may be in the answer"
    elif away and (times >= SMALL or size >= sd / null.effect_scale):
        severity, verdict = "warning", "it is not, though it is small beside the answer"
    elif away:
        severity, verdict = "note", "it is not, but too small to change the answer"
    elif widest > real:
        severity, verdict = "note", "it may be, but could also be as large as the answer"
    else:
        severity, verdict = "good", "it is, as far as these rows can tell"
    sentence = (
        f"{null.told} is {mean:.4g}, 99% interval [{lower:.4g}, {upper:.4g}], and must be "
        f"zero: {verdict}. It is {size:.2f} standard deviations; the effect asked for, "
        f"{effect:.4g} (sd {sd:.3g}), is {real:.2f}. {null.reach}"
    )
    evidence = {
        "null_effect": mean,
        "lower": lower,
        "upper": upper,
        "effect": effect,
        "effect_sd": sd,
        "standardised": size,
        "effect_standardised": real,
    }
    remedy = null.remedy if severity in ("bad", "warning") else ""
    return bi.Finding(sentence, severity, null.code, evidence, remedy)


def outcome_scale(values: np.ndarray) -> float:
    """The standard deviation of an outcome: numbers, yes and no, or two levels of text.

    Args:
        values: (row,) without missing ones.

    Raises:
        DataError: They do not vary, or are text of more than two levels.

    Example:
        >>> outcome_scale(np.array(["a", "b", "a", "b"], dtype=object))
        0.5
    """
    if values.dtype.kind == "O":
        levels = sorted({str(value) for value in values})
        if len(levels) > 2:
            raise bi.DataError(
                f"An outcome of text has two levels; this one has {len(levels)}.",
                code="outcome-levels",
                hint="Name a column of numbers, or of two levels.",
            )
        values = values.astype(str) == levels[-1]
    spread = float(np.asarray(values, dtype=float).std())
    if spread == 0:
        raise bi.DataError(
            "The outcome is the same in all rows used.",
            code="constant-outcome",
            hint="Name a column that varies.",
        )
    return spread

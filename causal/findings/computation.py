"""Whether the numbers themselves can be trusted: the draws, the outcome model, the rows used."""

from __future__ import annotations

import numpy as np

import bayesinf as bi

R_HAT_LIMIT = 1.01
"""Vehtari et al. (2021), section 4.3."""

DRAWS_PER_CHAIN = 100
"""Effective draws per chain that make the diagnostics reliable; Vehtari et al. (2021), 4.1."""

MANY_DROPPED = 0.05
"""Share of rows dropped above which their absence is a warning; a convention."""


def judge_draws(name: str, draws: np.ndarray) -> tuple[bi.Finding, ...]:
    """Judges R-hat and the number of effective draws of the effect itself."""
    line = bi.summary_frame([name], draws[..., None]).iloc[0]
    agreement, size = float(line["r_hat"]), float(min(line["ess_bulk"], line["ess_tail"]))
    wanted = DRAWS_PER_CHAIN * draws.shape[0]
    told = f"R-hat of the {name} itself is {agreement:.3f}, with {size:.0f} effective draws"
    evidence = {"r_hat": agreement, "ess": size}
    # A comparison with NaN is false, so that draws without diagnostics are not called good.
    if agreement <= R_HAT_LIMIT and size >= wanted:
        return (bi.Finding(f"{told}.", "good", "effect-draws", evidence),)
    usable = agreement <= 1.05 and size >= wanted / 4
    return (
        bi.Finding(
            f"{told} (limits {R_HAT_LIMIT} and {wanted}).",
            "warning" if usable else "bad",
            "effect-draws",
            evidence,
            "Ask for more draws, for example draws=16000.",
        ),
    )


def judge_model(fit: bi.Fit) -> tuple[bi.Finding, ...]:
    """Judges a model that an effect comes from, and the rows that it was fitted to."""
    return (*judge_fit(fit), *judge_missing(fit))


def judge_fit(fit: bi.Fit) -> tuple[bi.Finding, ...]:
    """Passes on what went wrong in the outcome model, or says that nothing did."""
    doubts = fit.verdict.of("bad", "warning")
    if doubts:
        return tuple(
            bi.Finding(
                f"Outcome model: {doubt.sentence}",
                doubt.severity,
                f"model-{doubt.code}",
                doubt.evidence,
                doubt.remedy,
            )
            for doubt in doubts
        )
    return (bi.Finding("The computation of the outcome model passed its checks.", "good", "model"),)


def judge_missing(fit: bi.Fit) -> tuple[bi.Finding, ...]:
    """Says how many rows were dropped, and whom the answer is about."""
    missing = fit.model.design.missing
    share = 1 - missing.n_after / missing.n_before
    if share == 0:
        return ()
    return (
        bi.Finding(
            f"{missing.sentence()} The effect is that in the rows that are left.",
            "warning" if share > MANY_DROPPED else "note",
            "missing-rows",
            {"share": share},
            "If missing says something about treatment and outcome, these rows are a selection.",
        ),
    )


def judge_lost(lost: int, kept: int) -> tuple[bi.Finding, ...]:
    """Says how many rows were left out for missing values; nothing for none.

    Args:
        lost: How many rows miss a value.
        kept: How many miss none.

    Example:
        >>> judge_lost(3, 7)[0].sentence, judge_lost(0, 10)
        ('3 of 10 rows miss a value and were left out.', ())
    """
    if not lost:
        return ()
    share = lost / (lost + kept)
    return (
        bi.Finding(
            f"{lost} of {lost + kept} rows miss a value and were left out.",
            "warning" if share > MANY_DROPPED else "note",
            "missing-rows",
            {"share": share},
            "If missing says something about treatment and outcome, these rows are a selection.",
        ),
    )

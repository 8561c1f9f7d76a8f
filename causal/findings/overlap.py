"""Whether each row has rows like it in the other arm, or is compared with the model's guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

import bayesinf as bi
from causal.findings.balance import shown, standardised_differences
from causal.formula import quoted
from causal.treatment import Contrast, levels_of

LOWEST, HIGHEST = 0.05, 0.95
"""Fitted probabilities of treatment outside of these have almost nobody in the other arm."""

SOME, MOST = 0.02, 0.25
"""Shares of the averaged rows without counterparts: above the first the answer needs care, above
the second it is the model's more than the data's. Conventions, not theorems."""

FOREIGN = 0.10
"""Share of all rows outside, above which rows that nobody asked about bend the outcome model."""

LARGEST = 20_000
"""Rows that the treatment's model is fitted to; more are thinned, because a share of so many is
known to within 0.4 percentage points (one standard error)."""

SMALLEST_ARM = 200
"""Rows of the smaller arm that thinning leaves, where there are as many."""

DRAWS = 2000
"""Draws of the treatment's model: their mean would need fewer, its own checks do not."""


def judge_overlap(
    contrast: Contrast, terms: Sequence[str], columns: Sequence[str], seed: int
) -> tuple[bi.Finding, ...]:
    """Fits the chance of treatment, and says where there is nobody to compare with.

    Args:
        contrast: The rows, who was treated, and which rows the estimand averages over.
        terms: The terms of the treatment's model.
        columns: The columns in which to describe the rows without counterparts.
        seed: Of the draws.

    Returns:
        A finding of severity "good", "note", "warning" or "bad"; a warning that says why where the
        treatment's model could not be fitted; nothing where there is nothing to adjust for.

    Source:
        Crump, Hotz, Imbens and Mitnik (2009), Dealing with limited overlap in estimation of
        average treatment effects, Biometrika 96, for propensity limits; theirs are 0.1 and 0.9.
    """
    if not terms:
        return ()
    kept = thin(contrast, seed)
    try:
        fit, chance = fit_propensity(kept, terms, seed)
    except bi.BayesinfError as error:
        return (
            bi.Finding(
                f"Overlap was not checked, because the treatment's model failed: {error}",
                "warning",
                "overlap-unknown",
                remedy="Compare the arms by hand: the table 'balance' of the estimate.",
            ),
        )
    found = describe_overlap(kept, chance, columns)
    sentence = found.sentence
    if kept is not contrast:
        sentence += (
            f" (Judged by {len(chance)} of {len(contrast.received)} rows, chosen at random.)"
        )
    if not fit.verdict.ok:
        sentence += " These chances are rough: the treatment's model did not pass its own checks."
    return (replace(found, sentence=sentence),)


def thin(contrast: Contrast, seed: int) -> Contrast:
    """Keeps a random part of many rows, the same share of either arm."""
    arms = [np.flatnonzero(contrast.received), np.flatnonzero(~contrast.received)]
    size, smaller = len(contrast.received), min(len(arm) for arm in arms)
    share = max(LARGEST / size, SMALLEST_ARM / smaller)
    if share >= 1:
        return contrast
    rng = bi.Streams(seed).generator("rows")
    chosen = [rng.choice(arm, round(share * len(arm)), replace=False) for arm in arms]
    rows = np.sort(np.concatenate(chosen))
    weights = contrast.weights[rows]
    return Contrast(
        contrast.table.take(rows),
        contrast.treatment,
        contrast.received[rows],
        weights / weights.sum(),
    )


def fit_propensity(
    contrast: Contrast, terms: Sequence[str], seed: int
) -> tuple[bi.Fit, np.ndarray]:
    """Fits a logistic model of the treatment, and each row's chance of it.

    Args:
        contrast: The rows and who was treated.
        terms: The terms of the model.
        seed: Of the draws.

    Returns:
        The fit, and its posterior mean of the chance of each row, shape (n,).
    """
    column = contrast.treatment.column
    rows = {**contrast.table.columns, column: contrast.received.astype(float)}
    formula = f"{quoted(column)} ~ {' + '.join(terms)}"
    fit = bi.fit(formula, rows, family="bernoulli", draws=DRAWS, seed=seed)
    return fit, fit.predict(rows, kind="mean")["mean"].to_numpy()


def describe_overlap(contrast: Contrast, chance: np.ndarray, columns: Sequence[str]) -> bi.Finding:
    """Turns the chances of treatment into a sentence.

    A row lacks counterparts when its chance of treatment is extreme and the arm it was in is the
    likely one; the estimand's weights say how much that matters to the answer.

    Args:
        contrast: The rows, who was treated, and the estimand's weights.
        chance: (n,) fitted chances of treatment.
        columns: The columns in which to describe the rows without counterparts.
    """
    alone = np.where(contrast.received, chance > HIGHEST, chance < LOWEST)
    outside = (chance < LOWEST) | (chance > HIGHEST)
    asked, share = float(contrast.weights[alone].sum()), float(outside.mean())
    evidence = {"share_outside": share, "share_without_counterparts": asked}
    span = f"fitted chances of treatment run from {chance.min():.2f} to {chance.max():.2f}"
    if not outside.any():
        return bi.Finding(
            f"Every row has counterparts in the other arm: {span}.", "good", "overlap", evidence
        )
    severity = "bad" if asked > MOST else "warning" if asked > SOME or share > FOREIGN else "note"
    return bi.Finding(
        f"{share:.1%} of the rows have a chance of treatment outside [{LOWEST}, {HIGHEST}]: "
        f"{describe_sides(contrast.table, chance, columns)}. {asked:.1%} of the rows averaged over "
        f"have almost no counterparts in the other arm; {span}.",
        severity,
        "overlap",
        evidence,
        remedy(contrast, outside, asked),
    )


def describe_sides(table: bi.Table, chance: np.ndarray, columns: Sequence[str]) -> str:
    """Says how many rows are almost never and almost always treated, and which rows these are."""
    sides = {"almost never": chance < LOWEST, "almost always": chance > HIGHEST}
    return ", ".join(
        f"{np.count_nonzero(rows)} {words} treated{region(table, columns, rows)}"
        for words, rows in sides.items()
        if rows.any()
    )


def region(table: bi.Table, columns: Sequence[str], rows: np.ndarray) -> str:
    """Says in which column some rows differ most from the others."""
    if rows.all() or not columns:
        return ""
    frame = standardised_differences(table, columns, rows)
    line = frame.iloc[0]
    return (
        f" (most unlike the others in '{frame.index[0]}', on average {line['chosen']:.3g} against "
        f"{line['others']:.3g})"
    )


def remedy(contrast: Contrast, outside: np.ndarray, asked: float) -> str:
    """Proposes what to do: rows to leave out, or a question that the data can answer."""
    remaining = f"({np.count_nonzero(~outside)} rows remain)"
    if asked == 0:
        return (
            f"Leave the rows outside out {remaining}: nobody asks about them, and they bend the "
            "outcome model."
        )
    never = np.count_nonzero(outside & ~contrast.received) > np.count_nonzero(outside) / 2
    instead = (
        "Ask for the effect on the treated (estimand=causal.ATT()), or leave"
        if never and (contrast.weights > 0).all()
        else "Leave"
    )
    return f"{instead} those rows out {remaining} and say that the effect is that of the others."


def judge_cells(contrast: Contrast, columns: Sequence[str]) -> tuple[bi.Finding, ...]:
    """Finds levels of factors that only one arm has.

    Args:
        contrast: The rows, who was treated, and which rows the estimand averages over.
        columns: Factors and grouping columns.

    Returns:
        One finding if the estimand averages over such rows, else nothing.
    """
    alone = np.zeros(len(contrast.received), dtype=bool)
    told: list[str] = []
    for column in columns:
        for level in levels_of(contrast.table, column):
            rows = contrast.table.columns[column] == level
            had = contrast.received[rows]
            if had.any() != had.all() or not contrast.weights[rows].any():
                continue
            alone |= rows
            told.append(
                f"{column} = {shown(level)} ({'all' if had.all() else 'none'} of {len(had)})"
            )
    if not told:
        return ()
    share = float(contrast.weights[alone].sum())
    more = f" and {len(told) - 5} more" if len(told) > 5 else ""
    return (
        bi.Finding(
            f"Some levels were never compared: treated were {', '.join(told[:5])}{more}. "
            f"{share:.1%} of the average that was asked for is over their rows.",
            "bad" if share > MOST else "warning",
            "empty-cells",
            {"levels": float(len(told)), "share": share},
            "Leave these levels out, merge them with others, or say that their effect is the "
            "model's guess.",
        ),
    )

"""What can be seen of the design: gaps, few units, changing composition, other regressions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import bayesinf as bi
from causal.panel import Panel, spelt_alike
from causal.staggered.cells import Cells
from causal.staggered.draws import FEW, LENDERS, Drawn, Plan
from causal.staggered.imputation import imputable
from causal.staggered.method import Method
from causal.staggered.two_way import two_way_effect


def counted(number: int, noun: str) -> str:
    """Writes a number with its noun.

    Example:
        >>> counted(1, "unit"), counted(2, "unit")
        ('1 unit', '2 units')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def drop_treated_before(
    panel: Panel, anticipation: int, told: str
) -> tuple[Panel, tuple[bi.Finding, ...]]:
    """Leaves out units without a time before treatment.

    Args:
        panel: The units and times.
        anticipation: How many times before treatment a unit may react to it.
        told: The column that tells who is treated since when.

    Raises:
        DataError: Nobody is treated, or nobody is left who is.
    """
    if panel.never_treated.all():
        raise bi.DataError(
            f"None of the {len(panel.units)} units is treated within the panel, by '{told}'.",
            code="nobody-treated",
            column=told,
            hint="Check how it is coded: first_treated=... is a time, treatment=... marks rows.",
        )
    early = panel.first_treated - 1 - anticipation < 0
    if not early.any():
        return panel, ()
    kept = panel.take(~early)
    if kept.never_treated.all():
        raise bi.DataError(
            f"All {np.count_nonzero(~panel.never_treated)} treated units are treated from the "
            f"first time on ({panel.times[0]!r}), by '{told}', so nobody is seen before treatment.",
            code="nobody-before-treatment",
            column=told,
            hint="Add earlier times; or, if the column marks units that are treated at some time, "
            "give first_treated=..., a column with that time; or allow for less anticipation.",
        )
    what = (
        f"{early.sum()} of {len(early)} units were treated before they could be seen "
        "untreated, and are left out."
    )
    level, remedy = "note", "Add earlier times to the data, if there are any."
    zeros = sum(is_zero(label) for label in panel.told)
    if zeros and not kept.never_treated.any():
        what = f"{what} {told} = 0 ({counted(zeros, 'unit')}) was read as treated at time 0."
        level, remedy = "warning", f"If 0 means never, make '{told}' empty there. {remedy}"
    evidence = {"units": float(early.sum())}
    return kept, (bi.Finding(what, level, "already-treated", evidence, remedy),)


def is_zero(label: object) -> bool:
    """Whether a first treated time is 0, which often stands for never; None and False are not.

    Example:
        >>> is_zero(0.0), is_zero("0"), is_zero(None), is_zero(2004)
        (True, True, False, False)
    """
    return str(label).strip() in ("0", "0.0")


def drop_gaps(
    panel: Panel, method: Method, anticipation: int, unit: str = "unit"
) -> tuple[Panel, tuple[bi.Finding, ...]]:
    """Leaves out units with gaps where the method cannot use them, and says so.

    Args:
        panel: The units and times.
        method: How effects are computed.
        anticipation: How many times before treatment a unit may react to it.
        unit: The column of units, for the error.

    Raises:
        DataError: Nobody without gaps is left.
    """
    gaps = ~panel.known
    units = gaps.any(axis=1)
    if not units.any():
        return panel, ()
    evidence = {"cells": float(gaps.sum()), "units": float(units.sum())}
    told = f"{gaps.sum()} of {gaps.size} pairs of unit and time have no outcome or covariates"
    if method.allows_gaps:
        return panel.take(imputable(panel, anticipation)), (
            bi.Finding(
                f"{told}; they are taken to be missing by chance. Units never seen untreated are "
                "left out.",
                "note",
                "gaps",
                evidence,
                "Find out why they are missing.",
            ),
        )
    kept = panel.take(~units)
    if kept.never_treated.all() or not len(kept.units):
        alike, mended = spelt_alike(panel, unit)
        raise bi.DataError(
            f"{told}; no treated unit is without gaps.{alike}",
            code="no-complete-units",
            column=unit if alike else None,
            hint=f"{mended}Leave out the times that are mostly missing, or use "
            "causal.Imputation(), which allows gaps.",
        )
    share = float(units.mean())
    return kept, (
        bi.Finding(
            f"{told}; the {units.sum()} of {len(units)} units that they belong to are left out.",
            "warning" if share > 0.05 else "note",
            "gaps",
            {**evidence, "share": share},
            "Find out why they are missing; causal.Imputation() uses these units too.",
        ),
    )


def standardise_covariates(panel: Panel) -> Panel:
    """Puts covariates on one scale, which changes no effect and keeps equations well-conditioned.

    Args:
        panel: The units and times.

    Raises:
        DataError: A covariate has one value only.
    """
    scaled: dict[str, np.ndarray] = {}
    for name, values in panel.covariates.items():
        known = values[np.isfinite(values)]
        if not known.size or np.ptp(known) == 0:
            raise bi.DataError(
                f"The covariate '{name}' has one value only in the rows used.",
                code="constant-covariate",
                column=name,
                hint="Leave it out.",
            )
        scaled[name] = (values - known.mean()) / known.std()
    return replace(panel, covariates=scaled)


def judge_controls(panel: Panel, controls: str) -> tuple[bi.Finding, ...]:
    """Says that there are no never treated units, where that matters.

    Args:
        panel: The units and times.
        controls: What was asked for.
    """
    if panel.never_treated.any():
        return ()
    asked = " The comparison is with units not yet treated instead." if controls == "never" else ""
    return (
        bi.Finding(
            f"No unit stays untreated.{asked} Once the last cohort is treated, at "
            f"{panel.times[panel.cohorts[-1]]!r}, there is nobody to compare with, and these times "
            "say nothing.",
            "warning",
            "no-never-treated",
            {"cohorts": float(len(panel.cohorts))},
            "Add units that are never treated, if there are any that are comparable.",
        ),
    )


def judge_size(panel: Panel) -> bi.Finding:
    """Says whether there are enough units for the bootstrap over them.

    Args:
        panel: The units and times that are used.
    """
    treated = int((~panel.never_treated).sum())
    others = len(panel.units) - treated
    least = min(int((panel.first_treated == cohort).sum()) for cohort in panel.cohorts)
    evidence = {"treated": float(treated), "never": float(others), "smallest_cohort": float(least)}
    told = (
        f"{counted(treated, 'treated unit')} in {counted(len(panel.cohorts), 'cohort')}, the "
        f"smallest of {least}; {others} never treated"
    )
    if treated >= FEW and others >= FEW and least >= FEW:
        return bi.Finding(f"{told}.", "good", "units", evidence)
    # With later cohorts as controls, few never treated units are no fault by themselves.
    controls = max(others, treated - least)
    lenders = others or int((panel.first_treated == panel.cohorts[-1]).sum())
    remedy = "Where one or a few units are treated, compare with synthetic control."
    if controls < 2 or (least < FEW and lenders < LENDERS):
        return bi.Finding(
            f"{told}. From so few units nobody can say how uncertain the effect is.",
            "bad",
            "units",
            evidence,
            remedy,
        )
    borrowed = (
        f" Cohorts of fewer than {FEW} borrow the spread of their errors from the untreated."
        if least < FEW
        else ""
    )
    narrow = "" if controls >= FEW else " Intervals from so few controls are too narrow."
    return bi.Finding(
        f"{told}.{borrowed}{narrow}",
        "note" if controls >= FEW and treated >= FEW else "warning",
        "units",
        evidence,
        remedy,
    )


def judge_composition(panel: Panel, cells: Cells) -> bi.Finding:
    """Says which cohorts stand behind the last event time.

    Args:
        panel: The units and times that are used.
        cells: The treated cells.
    """
    behind = {
        int(event): np.unique(cells.cohort[cells.event_time == event])
        for event in np.unique(cells.event_time)
    }
    counts = {
        event: int(np.isin(panel.first_treated, cohorts).sum()) for event, cohorts in behind.items()
    }
    last = max(counts)
    evidence = {f"units_at_{event}": float(count) for event, count in counts.items()}
    if len(set(counts.values())) == 1:
        return bi.Finding(
            f"The same {counted(counts[last], 'treated unit')} make up every event time.",
            "good",
            "composition",
            evidence,
        )
    names = ", ".join(str(panel.times[cohort]) for cohort in behind[last])
    return bi.Finding(
        f"Event times are made of different cohorts: {counts[min(counts)]} treated units at "
        f"{min(counts)}, {counts[last]} at {last} (first treated {names}). A rise or fall over "
        "event time may be that change.",
        "note",
        "composition",
        evidence,
        "Look at effects by cohort and time before reading effects over event time as a course.",
    )


def judge_two_way(name: str, plan: Plan, effect: np.ndarray, drawn: Drawn) -> tuple:
    """Says what the usual two-way fixed effects regression would have found, and why.

    Args:
        name: The effect's name.
        plan: What was computed.
        effect: (draw,) draws of the effect.
        drawn: All draws.
    """
    if not np.isfinite(drawn.two_way).all():
        return ()
    equal = np.ones((1, len(plan.complete.panel.units)))
    _, weights = two_way_effect(plan.complete.panel, equal)
    negative = float(-weights[weights < 0].sum())
    other, gap = float(drawn.two_way.mean()), drawn.two_way - effect
    lower, upper = np.quantile(gap, [0.025, 0.975])
    evidence = {
        "two_way": other,
        "difference": float(gap.mean()),
        "lower": float(lower),
        "upper": float(upper),
        "negative_weight": negative,
    }
    told = (
        f"A two-way fixed effects regression would say {other:.4g}, that is {gap.mean():.2g} "
        f"[{lower:.2g}, {upper:.2g}] from the {name}"
    )
    if len(plan.complete.panel.cohorts) == 1:
        return (
            bi.Finding(
                f"{told}; with one cohort no treated unit serves it as a control.",
                "good",
                "two-way-fixed-effects",
                evidence,
            ),
        )
    return (
        bi.Finding(
            f"{told}. With staggered treatment it takes units treated earlier for controls, so "
            f"where effects differ between cohorts or grow it is wrong; effects with negative "
            f"weight make up {negative:.0%} of it.",
            "note",
            "two-way-fixed-effects",
            evidence,
            "Do not report that regression in place of this estimate.",
        ),
    )

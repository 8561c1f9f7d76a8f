"""From a panel to one treated row beside its donors, or a sentence on why not."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

import bayesinf as bi
from causal.panel import Panel, read_panel, spelt_alike
from causal.synthetic.donors import Block
from causal.times import first_time

FEWEST_BEFORE = 5
"""Times before treatment below which donor weights cannot be chosen."""

TRUTHS = frozenset({bool, np.bool_})
"""Types of True and False, which equal 1 and 0."""


@dataclass(frozen=True, eq=False)
class Held:
    """A block with its labels.

    Attributes:
        block: The outcomes.
        names: (donor,) labels.
        times: (time,) labels.
        findings: What was left out to make the block complete.
    """

    block: Block
    names: tuple[object, ...]
    times: np.ndarray
    findings: tuple[bi.Finding, ...]


def read_block(
    frame: object,
    columns: tuple[str, str, str],
    treated: tuple[object, ...],
    begins: object,
    donors: tuple[object, ...] | None,
) -> Held:
    """Reads the outcomes of treated units and donors, before and after one time.

    Args:
        frame: One row for each unit and time.
        columns: The columns of outcome, unit and time.
        treated: Labels of the treated units.
        begins: The first time with treatment.
        donors: Labels of the donors; None takes all other units.

    Returns:
        The block; donors with gaps are left out, with a warning.

    Raises:
        DataError: `unknown-treated-unit`, `begins-outside`, `few-times-before`, `no-donors`,
            `gaps-in-treated`, `constant-outcome`, and those of `read_panel`.
    """
    outcome, unit, time = columns
    panel = read_panel(frame, outcome, unit, time)
    own = [position_of(panel, label, unit) for label in treated]
    before = first_time(panel.times, begins, time)
    if before < FEWEST_BEFORE:
        raise bi.DataError(
            f"Only {before} of {len(panel.times)} times in '{time}' come before {begins!r}; "
            f"weights chosen by fewer than {FEWEST_BEFORE} mean nothing afterwards.",
            code="few-times-before",
            column=time,
            hint="Add earlier times, or use a difference in differences.",
        )
    rows = [
        place
        for place in range(len(panel.units))
        if place not in own and (donors is None or panel.units[place] in donors)
    ]
    for label in donors or ():
        position_of(panel, label, unit)
    require_complete(panel, own, outcome, unit)
    complete = [place for place in rows if np.isfinite(panel.outcome[place]).all()]
    fewest = max(3, 2 * len(own) + 1)
    if len(complete) < fewest:
        alike, mended = spelt_alike(panel, unit)
        raise bi.DataError(
            f"{len(complete)} of {len(rows)} donors have '{outcome}' at all {len(panel.times)} "
            f"times; {fewest} are needed, because each takes a turn at pretending to be "
            f"treated.{alike}",
            code="no-donors",
            column=unit,
            hint=f"{mended}Add untreated units, fill gaps, or use an interrupted time series with "
            "controls.",
        )
    if not np.diff(panel.outcome[complete][:, :before], axis=1).any():
        raise bi.DataError(
            f"'{outcome}' of the {len(complete)} donors never changes before {begins!r}, so it "
            "says nothing about what would have been.",
            code="constant-outcome",
            column=outcome,
            hint="Check the column, or add donors that move.",
        )
    block = Block(panel.outcome[complete], panel.outcome[own].mean(axis=0), before, len(own))
    names = tuple(panel.units[place] for place in complete)
    return Held(block, names, np.array(panel.times), gap_finding(panel, rows, complete, outcome))


def position_of(panel: Panel, label: object, unit: str) -> int:
    """Where a unit stands in the panel."""
    truths = {type(known) for known in panel.units} & TRUTHS
    # True == 1, and would be read as the unit 1.
    if label in panel.units and (truths or type(label) not in TRUTHS):
        return panel.units.index(label)
    given = label.item() if isinstance(label, np.generic) else label
    text = str(given).removesuffix(".0")
    texts = {str(known).removesuffix(".0"): known for known in reversed(panel.units)}
    same, near = texts.get(text, panel.units[0]), get_close_matches(text, texts, n=1)
    listed = f"{', '.join(map(repr, panel.units[:10]))}{' ...' if len(panel.units) > 10 else ''}"
    told, hint = "", f"Write {same!r}." if text in texts else f"Name one of them: {listed}."
    if kind_of(same) != kind_of(given) and (text in texts or type(given) in TRUTHS):
        told = f" The unit {same!r} is {kind_of(same)}, and {given!r} is {kind_of(given)}."
    elif near:
        told = f" Did you mean {texts[near[0]]!r}?"
    raise bi.DataError(
        f"There is no unit {given!r} among the {len(panel.units)} in '{unit}'.{told}",
        code="unknown-treated-unit",
        column=unit,
        hint=hint,
    )


def kind_of(label: object) -> str:
    """What a unit's label is, for a sentence.

    Example:
        >>> kind_of("0"), kind_of(0), kind_of(True)
        ('text', 'a number', 'a truth value')
    """
    if isinstance(label, str):
        return "text"
    return "a truth value" if type(label) in TRUTHS else "a number"


def require_complete(panel: Panel, own: list[int], outcome: str, unit: str) -> None:
    """Refuses treated units without outcome at some time."""
    for place in own:
        gone = np.flatnonzero(~np.isfinite(panel.outcome[place]))
        if gone.size:
            alike, mended = spelt_alike(panel, unit)
            raise bi.DataError(
                f"'{outcome}' of the treated unit {panel.units[place]!r} is missing at {gone.size} "
                f"of {len(panel.times)} times, first at {panel.times[gone[0]]!r}.{alike}",
                code="gaps-in-treated",
                column=outcome,
                hint=f"{mended}Fill it in, drop these times for all units, or use an interrupted "
                "time series, which needs no outcome at every time.",
            )


def gap_finding(
    panel: Panel, rows: list[int], complete: list[int], outcome: str
) -> tuple[bi.Finding, ...]:
    """Says which donors were left out because of gaps."""
    gone = [str(panel.units[place]) for place in rows if place not in complete]
    if not gone:
        return ()
    return (
        bi.Finding(
            f"{len(gone)} of {len(rows)} donors lack {outcome} at some time and were left out: "
            f"{', '.join(gone[:8])}{' ...' if len(gone) > 8 else ''}.",
            "warning" if len(gone) > 0.1 * len(rows) else "note",
            "donors-with-gaps",
            {"left_out": float(len(gone)), "donors": float(len(complete))},
            "Fill the gaps, or shorten the panel to times that all units have.",
        ),
    )

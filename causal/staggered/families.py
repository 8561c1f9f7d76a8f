"""The finer effects, by time since treatment, cohort, calendar time and cell: the same draws."""

from __future__ import annotations

import numpy as np

from causal.answer import Effects
from causal.staggered.averages import AVERAGES, average, average_within
from causal.staggered.draws import Drawn, Plan


def effect_families(
    plan: Plan, drawn: Drawn, effects: np.ndarray, shape: tuple[int, int]
) -> dict[str, Effects]:
    """The finer effects, from the same draws.

    Args:
        plan: What was computed.
        drawn: All draws.
        effects: (draw, cell) effects as they are pooled.
        shape: Chains and draws.
    """
    panel, cells = plan.comparison.panel, plan.cells

    def family(over: str, labels: tuple[object, ...], draws: np.ndarray) -> Effects:
        return Effects(over, labels, draws.reshape(*shape, -1))

    before, placebos = average_within(
        plan.placebos, "event time", drawn.placebo_shares, drawn.placebos
    )
    after, course = average_within(cells, "event time", drawn.shares, effects)
    events = tuple(int(event) for event in (*before, *after))
    found = {"event time": family("event time", events, np.concatenate([placebos, course], axis=1))}
    for over in ("cohort", "calendar time"):
        positions, within = average_within(cells, over, drawn.shares, effects)
        found[over] = family(over, tuple(panel.times[at] for at in positions), within)
    names = [
        f"{panel.times[cohort]} at {panel.times[time]}"
        for cohort, time in zip(cells.cohort, cells.time, strict=True)
    ]
    found["cohort and time"] = family("cohort and time", tuple(names), effects)
    means = [average(cells, over, drawn.shares, effects) for over in AVERAGES]
    found["average"] = family("average", AVERAGES, np.stack(means, axis=1))
    if len(plan.steps):
        labels, steps = average_within(plan.steps, "event time", drawn.step_shares, drawn.steps)
        at = tuple(int(label) for label in labels)
        found["step before treatment"] = family("step before treatment", at, steps)
    return found

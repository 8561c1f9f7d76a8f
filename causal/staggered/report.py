"""What is shown of the effects: tables, the path without treatment, the event-study picture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.answer import Effects, Path, Picture
from causal.panel import Panel
from causal.staggered.averages import AVERAGES, Average, average, average_weights
from causal.staggered.draws import Drawn, Plan

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def untreated_spread(panel: Panel) -> float:
    """The standard deviation of outcome changes among the untreated: what counts as large.

    It is that of units at the same time: what all of them share, such as a recession, says nothing
    about how large an effect may be.

    Args:
        panel: The units and times.
    """
    outcome = np.where(panel.treated, np.nan, panel.outcome)
    changes = np.diff(outcome, axis=1)
    seen = np.isfinite(changes)
    shared = np.where(seen, changes, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    own = (changes - shared)[seen]
    freedom = own.size - int(seen.any(axis=0).sum())
    spread = float(np.sqrt((own**2).sum() / freedom)) if freedom > 0 else 0.0
    rounding = 1e-12 * float(np.nanmax(np.abs(outcome)))
    return spread if spread > rounding else 1.0


def tabulate_averages(plan: Plan, point: Drawn, drawn: Drawn, averages: Effects) -> pd.DataFrame:
    """The averages of the effects, and the two-way fixed effects regression for comparison.

    Args:
        plan: What was computed.
        point: The same with all units weighing alike.
        drawn: All draws.
        averages: The averages' draws.

    Returns:
        A frame indexed by average, with columns `estimate` (all units weighing alike, no pooling),
        `mean sd lower upper`.
    """
    estimates = [
        float(average(plan.cells, over, point.shares, point.effects)[0]) for over in AVERAGES
    ]
    frame = averages.summary().loc[:, ["mean", "sd", "lower", "upper"]]
    frame.insert(0, "estimate", estimates)
    if np.isfinite(drawn.two_way).all():
        shape = (*averages.draws.shape[:2], 1)
        label = "two-way fixed effects"
        other = Effects("average", (label,), drawn.two_way.reshape(shape)).summary()
        line = other.iloc[0][["mean", "sd", "lower", "upper"]]
        frame.loc[label] = [float(point.two_way[0]), *line]
    return frame


def tabulate_cells(plan: Plan, point: Drawn, over: Average, effects: Effects) -> pd.DataFrame:
    """The effects by cohort and time.

    Args:
        plan: What was computed.
        point: The same with all units weighing alike.
        over: How the headline averages.
        effects: The effects' draws.

    Returns:
        A frame with one line per cell and columns `cohort`, `time`, `event time`, `units` of the
        cohort, `weight` in the headline, `estimate` (all units weighing alike, no pooling),
        `mean sd lower upper`.
    """
    import pandas as pd

    panel, cells = plan.comparison.panel, plan.cells
    known = pd.DataFrame(
        {
            "cohort": [panel.times[at] for at in cells.cohort],
            "time": [panel.times[at] for at in cells.time],
            "event time": cells.event_time,
            "units": [int((panel.first_treated == at).sum()) for at in cells.cohort],
            "weight": average_weights(cells, over, point.shares)[0],
            "estimate": point.effects[0],
        }
    )
    drawn = effects.summary()[["mean", "sd", "lower", "upper"]].reset_index(drop=True)
    return pd.concat([known, drawn], axis=1)


def path_without_treatment(plan: Plan, effects: np.ndarray, over: str) -> Path | None:
    """The average outcome of all treated units over time, as it was and as it would have been.

    Before its treatment a unit's outcome is what it would have been. The path ends where the
    effects of some cohort cannot be had.

    Args:
        plan: What was computed.
        effects: (chain, draw, cell) effects.
        over: What the times are called.
    """
    panel, cells = plan.comparison.panel, plan.cells
    ever = ~panel.never_treated
    had = set(zip(cells.cohort.tolist(), cells.time.tolist(), strict=True))
    shown = [
        time
        for time in range(len(panel.times))
        if panel.known[ever, time].any()
        and all((int(g), time) in had for g in panel.cohorts if g <= time)
    ]
    if not shown:
        return None
    outcome = np.where(panel.known, panel.outcome, np.nan)[ever]
    observed = np.nanmean(outcome[:, shown], axis=0)
    shares = np.array([(panel.first_treated == at).sum() for at in cells.cohort]) / ever.sum()
    at = (cells.time[:, None] == np.array(shown)) * shares[:, None]
    times = [panel.times[time] for time in shown]
    return Path(
        over, np.array(times), observed, observed - effects @ at, panel.times[panel.cohorts[0]]
    )


def draw_event_times(effects: Effects, outcome: str, axes: Axes) -> None:
    """Draws one interval for each event time."""
    table = effects.summary()
    events = np.array(effects.labels, dtype=float)
    for chosen, colour in ((events < 0, "#57606a"), (events >= 0, "#08519c")):
        some = table[chosen]
        axes.vlines(events[chosen], some["lower"], some["upper"], color=colour, linewidth=1.4)
        axes.plot(events[chosen], some["mean"], "o", color=colour, markersize=4)
    axes.axhline(0, color="#24292f", linewidth=0.8)
    axes.axvline(-0.5, color="#57606a", linewidth=1, linestyle=":")
    axes.set_xlabel("times since treatment")
    axes.set_ylabel(f"effect on {outcome}", parse_math=False)


def picture_event_times(effects: Effects, outcome: str) -> Picture:
    """The event study: effects over time since treatment, those before it as placebos.

    Args:
        effects: Effects over event time.
        outcome: The outcome's name.
    """
    prob = bi.options.interval[1]
    caption = (
        f"Effects by time since treatment, with {100 * prob:.6g}% credible intervals; those before "
        "treatment (grey) should be near zero."
    )
    return Picture(
        caption,
        f"{caption} The numbers stand in the table by event time.",
        partial(draw_event_times, effects, outcome),
    )

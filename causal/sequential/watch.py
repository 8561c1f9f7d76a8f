"""Real data in the order of their arrival, looked at by plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

import bayesinf as bi
from causal.amounts import coding_sentence, outcome_amount, outcome_levels
from causal.answer import Picture
from causal.comparison import complete_rows, default_family
from causal.findings import (
    judge_codes,
    judge_control,
    judge_lost,
    judge_missing_levels,
    judge_outcome,
    judge_spellings,
)
from causal.sequential.characteristics import Characteristics, operating_characteristics
from causal.sequential.looks import Looks
from causal.sequential.outcomes import Means, Outcome, Proportions, Tally
from causal.treatment import read_treatment

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

type Decision = Literal["stopped", "reached the horizon", "go on"]


@dataclass(frozen=True, eq=False, repr=False)
class Watched:
    """What was believed at each look, and what the plan says.

    Attributes:
        looks: The plan.
        outcome: The kind of outcome.
        table: One line per look that was due, up to the one at which the plan ends the trial, with
            columns `treated control mean lower upper above loss stop`.
        decision: What the plan says after the last of these looks.
        characteristics: What the plan does in the long run.
        subject: The treatment and the outcome, with the levels compared.
        coding: Which level of a text outcome counts as 1; empty where the outcome is numbers.
        findings: What is told of the rows: those left out, and what the alphabet decided.
    """

    looks: Looks
    outcome: Outcome
    table: pd.DataFrame
    decision: Decision
    characteristics: Characteristics
    subject: str
    coding: str = ""
    findings: tuple[bi.Finding, ...] = ()

    def sentence(self) -> str:
        """Says what the plan says, and what that is worth."""
        line = self.table.iloc[-1]
        rows = self.table.index[-1]
        why = f": {self.looks.stop.sentence()}" if self.decision == "stopped" else ""
        number = len(self.table)
        parts = (
            f"After {number} look{'s' * (number > 1)} and {rows} rows the plan says: "
            f"{self.decision}{why}.",
            f"The effect of {self.subject} is {line['mean']:.4g} (95% credible interval "
            f"[{line['lower']:.4g}, {line['upper']:.4g}]), above zero with probability "
            f"{line['above']:.3f}.",
            self.coding,
            *(found.sentence for found in self.findings if found.code == "missing-rows"),
            self.characteristics.sentence(),
        )
        return " ".join(part for part in parts if part)

    def picture(self) -> Picture:
        """The effect and its interval at each look."""

        def draw(axes: Axes) -> None:
            table = self.table
            axes.fill_between(
                table.index, table["lower"], table["upper"], color="#9ecae1", alpha=0.6
            )
            axes.plot(table.index, table["mean"], color="#08519c", marker=".")
            axes.axhline(0.0, color="#57606a", linewidth=1)
            axes.set(xlabel="Rows so far", ylabel="Effect")

        caption = "The effect at each look: posterior mean and 95% credible interval."
        return Picture(caption, self.sentence(), draw)

    def __repr__(self) -> str:
        shown = self.table.to_string(float_format="{:.4g}".format)
        long_run = self.characteristics.table.T.to_string()
        return "\n".join((self.sentence(), shown, long_run, *map(str, self.findings)))


@bi.checked
def watch(
    frame: object,
    outcome: str,
    treatment: str,
    looks: Looks,
    *,
    kind: Outcome | None = None,
    effects: Sequence[float] = (),
    control: object = None,
    trials: int = 10_000,
    seed: object = None,
) -> Watched:
    """Follows a plan of looks through data in the order of their arrival.

    Args:
        frame: Rows in the order of their arrival; incomplete ones are left out.
        outcome: The outcome's column.
        treatment: The treatment's column, with two levels.
        looks: The plan.
        kind: How the outcome is modelled: `Means` or `Proportions`. None takes proportions for
            two levels with the control's share so far, else means with the scatter so far.
        effects: True effects, beside none, for the operating characteristics.
        control: The level without the treatment; None goes by convention.
        trials: Simulated trials per true effect.
        seed: Decides the simulation.

    Raises:
        DataError: There are fewer rows than the first look needs, or an arm has fewer than two.

    Example:
        >>> from causal.sequential.looks import ProbabilityAbove
        >>> rng = np.random.default_rng(1)
        >>> arm = np.arange(1000) % 2
        >>> frame = {"won": rng.random(1000) < 0.2 + 0.1 * arm, "arm": arm}
        >>> looks = Looks(every=100, stop=ProbabilityAbove(0.99), horizon=1000)
        >>> watch(frame, "won", "arm", looks, trials=200, seed=1).decision
        'stopped'
    """
    whole = bi.Table.read(frame, [outcome, treatment])
    table = complete_rows(whole, (outcome, treatment))
    arms = read_treatment(table, treatment, control)
    received = arms.received(table)
    values = outcome_amount(table, outcome)
    sizes = looks.sizes[looks.sizes <= table.n]
    if not len(sizes):
        raise bi.DataError(
            f"The first look is at {looks.sizes[0]} rows, and there are {table.n} complete ones.",
            code="before-the-first-look",
            column=outcome,
            hint="Wait for more rows, or look more often: every=.",
        )
    tally = tally_at(values, received, sizes)
    kind = kind or kind_of(tally, default_family(table, outcome) == "bernoulli")
    belief = kind.belief(tally)
    stop = looks.stop.reached(belief)
    end = int(np.argmax(stop)) if stop.any() else len(sizes) - 1
    decision: Decision = (
        "stopped" if stop.any() else "reached the horizon" if table.n >= looks.horizon else "go on"
    )
    lower, upper = belief.interval(0.95)
    shown = frame_of(
        sizes[: end + 1],
        {
            "treated": tally.size[:, 0].astype(int),
            "control": tally.size[:, 1].astype(int),
            "mean": belief.mean,
            "lower": lower,
            "upper": upper,
            "above": belief.above(),
            "loss": belief.loss(),
            "stop": stop,
        },
    )
    found = operating_characteristics(looks, kind, effects, trials=trials, seed=seed)
    levels = outcome_levels(table, outcome)
    counted = "" if levels is None else f" = {levels[1]!r}"
    return Watched(
        looks,
        kind,
        shown,
        decision,
        found,
        f"{treatment}{arms.comparison()} on {outcome}{counted}",
        "" if levels is None else coding_sentence(outcome, levels),
        judge_rows(whole, table, outcome, treatment, control),
    )


def judge_rows(
    whole: bi.Table, kept: bi.Table, outcome: str, treatment: str, control: object
) -> tuple[bi.Finding, ...]:
    """Looks through outcome and treatment as every study does.

    Args:
        whole: The rows as they were given.
        kept: Those that miss nothing.
        outcome: The outcome's column.
        treatment: The treatment's column.
        control: The level that was named as the control; None where nobody said.
    """
    levels = outcome_levels(kept, outcome)
    return (
        *judge_codes(whole, [outcome]),
        *judge_spellings(whole, [outcome, treatment]),
        *judge_missing_levels(whole, outcome, []),
        *judge_control(whole, treatment, control),
        *(() if levels is None else judge_outcome(whole, outcome, levels)),
        *judge_lost(whole.n - kept.n, kept.n),
    )


def tally_at(values: np.ndarray, received: np.ndarray, sizes: np.ndarray) -> Tally:
    """Counts both arms at each look.

    Args:
        values: (row,) outcomes in the order of arrival.
        received: (row,) booleans.
        sizes: (look,) rows at each look.

    Raises:
        DataError: An arm has fewer than two rows at the first look.
    """
    arms = np.stack([received, ~received], axis=-1).astype(float)
    size = np.cumsum(arms, axis=0)[sizes - 1]
    if (size[0] < 2).any():
        raise bi.DataError(
            f"At the first look, after {sizes[0]} rows, an arm has fewer than two of them.",
            code="arm-too-small",
            hint="Look later, and check that rows are in the order of their arrival.",
        )
    shift = values.mean()
    centred = (values - shift)[:, None] * arms
    total = np.cumsum(centred, axis=0)[sizes - 1]
    squares = np.cumsum(centred**2, axis=0)[sizes - 1]
    rest = (squares - total**2 / size).sum(axis=-1)
    return Tally(size, total + shift * size, rest)


def kind_of(tally: Tally, two_levels: bool) -> Outcome:
    """Chooses the kind of outcome, with its scatter or control share from the last look."""
    size, total = tally.size[-1], tally.total[-1]
    if two_levels:
        return Proportions(control=float((total[1] + 1) / (size[1] + 2)))
    scatter = float(np.sqrt(tally.rest[-1] / (size.sum() - 2)))
    return Means(sd=scatter) if scatter > 0 else Means()


def frame_of(sizes: np.ndarray, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """A frame with one line per look."""
    import pandas as pd

    shown = {name: values[: len(sizes)] for name, values in columns.items()}
    return pd.DataFrame(shown, index=pd.Index(sizes, name="rows"))

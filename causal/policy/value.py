"""What a rule is worth: the average outcome if it were followed, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate, percent
from causal.policy.effects import compared_rows, row_effects, row_outcomes
from causal.policy.rules import Rule

if TYPE_CHECKING:
    import pandas as pd

type Cost = float | str | np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class PolicyValue:
    """The posterior of what follows from a rule, averaged over the rows.

    Gains and losses are net: worth times outcome, minus the cost of each treatment.

    Attributes:
        rule: The rule.
        treated: (row,) booleans, True for rows that it treats.
        outcome: (chain, draw) draws of the average outcome E[Y(rule)]; None where the estimate
            holds effects alone.
        over_nobody: (chain, draw) draws of the gain over treating nobody.
        over_everybody: (chain, draw) draws of the gain over treating everybody.
        loss: (chain, draw) draws of what is missed compared with knowing each row's effect.
    """

    rule: Rule
    treated: np.ndarray
    outcome: np.ndarray | None
    over_nobody: np.ndarray
    over_everybody: np.ndarray
    loss: np.ndarray

    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of these quantities.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.
        """
        named = {
            "E[Y(rule)]": self.outcome,
            "gain over nobody": self.over_nobody,
            "gain over everybody": self.over_everybody,
            "expected loss": self.loss,
        }
        held = {name: draws for name, draws in named.items() if draws is not None}
        return bi.summary_frame(list(held), np.stack([*held.values()], axis=-1), prob, "quantity")

    def sentence(self, prob: float | None = None) -> str:
        """Says in words what the rule is worth.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.
        """
        frame = self.summary(prob)
        probability = frame.attrs["interval_prob"]
        told = []
        for name in ("gain over nobody", "gain over everybody"):
            line = frame.loc[name]
            told.append(
                f"{line['mean']:.4g} per row ({percent(probability)} credible interval "
                f"[{line['lower']:.4g}, {line['upper']:.4g}])"
            )
        share = self.treated.mean()
        return (
            f"The rule '{self.rule}' treats {percent(round(float(share), 3))} of the rows and "
            f"gains {told[0]} over treating nobody, {told[1]} over treating everybody."
        )

    def __repr__(self) -> str:
        return f"{self.sentence()}\n{self.summary().to_string(float_format='{:.4g}'.format)}"


def value(estimate: Estimate, rule: Rule, *, cost: Cost = 0.0, worth: float = 1.0) -> PolicyValue:
    """Says what would follow if a rule decided who is treated.

    Each posterior draw of the rows' effects gives one draw of every quantity. If the rule was
    chosen by these same rows, the figures are too good: `best_tree` gives a held-out one beside.

    Args:
        estimate: An estimate that says what the treatment does to each row.
        rule: Whom to treat.
        cost: Of treating one row: a number, a column, or one number per compared row.
        worth: Of one unit of the outcome, in units of the cost; negative where less is better.

    Raises:
        ModelError: The estimate holds no effects of rows, or the rule is none.
        DataError: The frame lacks a column.

    Source:
        Manski (2004), Statistical treatment rules for heterogeneous populations, Econometrica 72;
        the posterior expected value is that of Bayesian decision theory.

    Example:
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.policy.rules import Threshold
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> estimate = run(made.study, made.frame, Computation(draws=400, seed=1))
        >>> found = value(estimate, Threshold("z", 0.0), cost=2.0)
        >>> bool(found.loss.mean() > 0)
        True
    """
    treated = treated_rows(estimate, rule)
    effects = row_effects(estimate)
    net = worth * effects - costs(estimate, cost)
    chosen = net @ (treated / len(treated))
    outcome = baseline(estimate)
    if outcome is not None:
        outcome = outcome + effects @ (treated / len(treated))
    return PolicyValue(
        rule,
        treated,
        outcome,
        chosen,
        chosen - net.mean(axis=-1),
        np.maximum(net, 0).mean(axis=-1) - chosen,
    )


def net_benefits(estimate: Estimate, cost: Cost = 0.0, worth: float = 1.0) -> np.ndarray:
    """Gives what treating each row gains, after its cost.

    Args:
        estimate: An estimate that says what the treatment does to each row.
        cost: Of treating one row: a number, a column, or one number per compared row.
        worth: Of one unit of the outcome, in units of the cost.

    Returns:
        (chain, draw, row) draws.
    """
    return worth * row_effects(estimate) - costs(estimate, cost)


def perfect_information(
    estimate: Estimate, *, cost: Cost = 0.0, worth: float = 1.0
) -> pd.DataFrame:
    """Says what it would be worth at most to learn more before deciding.

    Args:
        estimate: An estimate that says what the treatment does to each row.
        cost: Of treating one row: a number, a column, or one number per compared row.
        worth: Of one unit of the outcome, in units of the cost.

    Returns:
        A frame with one line per decision, "all or nobody" and "row by row", with what the best
        decision gains now over treating nobody, what it would gain with the effects known, and
        the difference, the expected value of perfect information, all per row.

    Source:
        Raiffa and Schlaifer (1961), Applied Statistical Decision Theory, section 4.5.
    """
    import pandas as pd

    net = net_benefits(estimate, cost, worth)
    whole = net.mean(axis=-1)
    now = [max(0.0, float(whole.mean())), float(np.maximum(net.mean(axis=(0, 1)), 0).mean())]
    known = [float(np.maximum(whole, 0).mean()), float(np.maximum(net, 0).mean())]
    return pd.DataFrame(
        {"now": now, "known": known, "worth_knowing": np.subtract(known, now)},
        index=pd.Index(["all or nobody", "row by row"], name="decision"),
    )


def treated_rows(estimate: Estimate, rule: Rule) -> np.ndarray:
    """(row,) booleans: which of the rows that were compared a rule treats."""
    if not isinstance(rule, Rule):
        raise bi.ModelError(
            f"A rule is a value that says whom to treat, not {rule!r}.",
            code="not-a-rule",
            hint="Write for example causal.policy.Threshold('age', 50), which treats rows above "
            "50; causal.policy.best_tree(estimate) finds one.",
        )
    contrast = estimate.answer.contrast
    rows = compared_rows(estimate, rule.columns)
    if not rule.columns and contrast is not None:
        rows = contrast.table
    return rule.chosen(rows)


def costs(estimate: Estimate, cost: Cost) -> np.ndarray:
    """The cost of treating each row, as numbers that fit the rows.

    Raises:
        DataError: There is another number of costs than rows.
    """
    if isinstance(cost, str):
        return compared_rows(estimate, (cost,)).columns[cost].astype(float)
    found = np.asarray(cost, dtype=float)
    contrast = estimate.answer.contrast
    size = 1 if contrast is None else contrast.table.n
    if found.ndim > 1 or (found.ndim == 1 and len(found) != size) or not np.isfinite(found).all():
        raise bi.DataError(
            f"The cost is one finite number, or one for each of the {size} rows compared; this "
            f"has shape {found.shape}.",
            code="cost-shape",
            hint="Name the column that holds it: cost='price'.",
        )
    return found


def baseline(estimate: Estimate) -> np.ndarray | None:
    """(chain, draw) draws of the average outcome if nobody is treated; None where not known."""
    if isinstance(estimate.prediction, bi.Fit):
        return row_outcomes(estimate)[0].mean(axis=-1)
    contrast, part = estimate.answer.contrast, estimate.answer.parts.get("E[Y(0)]")
    uniform = contrast is not None and np.ptp(contrast.weights) < 1e-12
    return part if uniform else None

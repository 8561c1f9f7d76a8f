"""More than two arms: all pairs from the same draws, and which arm is the best."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation, Effects
from causal.arms import ArmStudy
from causal.comparison import complete_rows, default_family
from causal.estimand import ATC, ATE, ATT
from causal.estimators.standardisation import average_outcome
from causal.findings import judge_model
from causal.findings.balance import shown
from causal.treatment import Contrast, Treatment, order_levels

if TYPE_CHECKING:
    import pandas as pd


def compare_arms(study: ArmStudy, frame: object, computation: Computation) -> Answer:
    """Fits one outcome model to all arms, and compares every pair of them.

    The headline compares the first arm that is not the control with the control.

    Args:
        study: What is asked; its formula is that of a treatment with levels.
        frame: The data as the user has them.
        computation: How models are fitted.

    Returns:
        The answer, with effects over "arm" (average outcomes) and over "contrast" ("b vs a"), and
        the table "arms".

    Raises:
        DataError: The treatment has no level that `control` names.
        ModelError: The estimand is not the average over all rows.

    Example:
        >>> from causal.studies import Experiment
        >>> rng = np.random.default_rng(1)
        >>> arm = np.array(["a", "b", "c"] * 30)
        >>> frame = {"arm": arm, "y": (arm == "c") * 3.0 + rng.normal(size=90)}
        >>> answer = compare_arms(Experiment("y", "arm"), frame, Computation(seed=1))
        >>> answer.effects["contrast"].labels
        ('b vs a', 'c vs a', 'c vs b')
        >>> bool(answer.tables["arms"].loc["c", "highest"] > 0.99)
        True
    """
    if study.estimand in (ATT(), ATC()):
        # Each pair would be about rows of its own, and the arms could not be ranked on the same.
        raise bi.ModelError(
            f"With more than two arms the {study.estimand.name} does not say which arm's rows to "
            "average over: each pair of arms has other treated rows.",
            code="estimand-of-two-arms",
            column=study.treatment,
            hint="Ask for causal.ATE(), an average over all rows, or keep the rows of two arms.",
        )
    if study.estimand != ATE():
        raise bi.ModelError(
            f"More than two arms are compared by averages over rows, not by {study.estimand!r}.",
            code="estimand-of-two-arms",
            hint="Ask for causal.ATE(), or keep the rows of two arms.",
        )
    table = complete_rows(frame, study.columns)
    study.refuse_rows(table)
    levels = order_levels(table, study.treatment, study.control)
    rows = as_factor(table, study.treatment, levels)
    names = tuple(shown(level) for level in levels)
    assigned = rows.columns[study.treatment]
    smallest = min(names, key=lambda name: int(np.count_nonzero(assigned == name)))
    weights = np.full(rows.n, 1 / rows.n)
    every = Contrast(
        rows, Treatment(study.treatment, names[0], names[1]), assigned == smallest, weights
    )
    model = bi.model(
        study.model.formula or study.formula(every),
        rows,
        study.model.family or default_family(rows, study.outcome),
        study.model.priors,
    )
    fit = bi.fit(model, engine=computation.engine, draws=computation.draws, seed=computation.seed)
    averages = np.stack([average_outcome(fit, every, name) for name in names], axis=-1)
    return Answer(
        averages[..., 1] - averages[..., 0],
        f"By standardisation (g-computation) over {rows.n} rows in "
        f"{len(names)} arms, from the model {fit.model.formula} ({fit.model.family.name}); first "
        f"{names[1]} against {names[0]}, then all pairs, from the same draws.",
        {"E[Y(1)]": averages[..., 1], "E[Y(0)]": averages[..., 0]},
        {"arm": Effects("arm", names, averages), "contrast": all_pairs(names, averages)},
        prediction=fit,
        contrast=two_arms(rows, study.treatment, names[0], names[1]),
        tables={"arms": rank_arms(names, averages)},
        findings=judge_model(fit),
        seed=fit.posterior.provenance.seed,
    )


def as_factor(table: bi.Table, column: str, levels: tuple[object, ...]) -> bi.Table:
    """The same rows with one column as text with levels in the given order."""
    values = table.columns[column]
    text = np.array([shown(value) for value in values.tolist()], dtype=object)
    names = tuple(shown(level) for level in levels)
    return bi.Table(
        {**table.columns, column: text},
        {**table.levels, column: names},
        table.index,
        table.n,
        table.positions,
    )


def two_arms(rows: bi.Table, column: str, control: str, treated: str) -> Contrast:
    """The rows of two arms alone, which checks and the question are about."""
    pair = rows.take(np.isin(rows.columns[column].astype(str), (control, treated)))
    received = np.asarray(pair.columns[column] == treated, dtype=bool)
    return Contrast(
        pair, Treatment(column, control, treated), received, np.full(pair.n, 1 / pair.n)
    )


def all_pairs(names: tuple[str, ...], averages: np.ndarray) -> Effects:
    """Every later arm minus every earlier one.

    Args:
        names: The arms, the control first.
        averages: (chain, draw, arm) draws of the average outcomes.
    """
    pairs = sorted(combinations(range(len(names)), 2))
    return Effects(
        "contrast",
        tuple(f"{names[late]} vs {names[early]}" for early, late in pairs),
        np.stack([averages[..., late] - averages[..., early] for early, late in pairs], axis=-1),
    )


def rank_arms(names: tuple[str, ...], averages: np.ndarray) -> pd.DataFrame:
    """How likely each arm is the highest or the lowest, and what choosing it would lose.

    Args:
        names: The arms.
        averages: (chain, draw, arm) draws of the average outcomes.

    Returns:
        A frame indexed by arm with `mean sd lower upper highest lowest loss`: the probabilities of
        being the highest and the lowest, and the expected shortfall from the highest arm, in units
        of the outcome.

    Example:
        >>> draws = np.array([[[0.0, 1.0], [2.0, 1.0], [0.0, 1.0], [0.0, 1.0]]])
        >>> rank_arms(("a", "b"), draws)[["highest", "loss"]].to_numpy().tolist()
        [[0.25, 0.75], [0.75, 0.25]]
    """
    import pandas as pd

    flat = averages.reshape(-1, len(names))
    frame = pd.DataFrame(
        Effects("arm", names, averages).summary(), columns=["mean", "sd", "lower", "upper"]
    )
    best, worst = flat.argmax(axis=1), flat.argmin(axis=1)
    return frame.assign(
        highest=[float(np.mean(best == arm)) for arm in range(len(names))],
        lowest=[float(np.mean(worst == arm)) for arm in range(len(names))],
        loss=(flat.max(axis=1, keepdims=True) - flat).mean(axis=0),
    )

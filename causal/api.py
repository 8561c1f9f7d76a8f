"""The verbs: may an effect be had from these columns, and how large is it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, overload

import bayesinf as bi
from causal.answer import Computation
from causal.choice import (
    as_estimator,
    check_places,
    check_variables,
    find_study,
    refuse_more,
)
from causal.comparison import OutcomeModel
from causal.estimand import ATE, Estimand
from causal.estimands import as_estimand
from causal.estimate import Estimate, run
from causal.estimator import Estimator
from causal.graph import Graph, as_graph
from causal.identification import Identification, Strategy, identify_effect
from causal.study import Study


@bi.checked
def identify(
    graph: str | Graph,
    *,
    outcome: str,
    treatment: str,
    observed: Collection[str] | None = None,
    strategy: Strategy | None = "backdoor",
) -> Identification:
    """Says whether an effect follows from what was measured, and what has to be believed for it.

    Args:
        graph: Who affects whom, for example `"z -> x; z -> y; x -> y"`.
        outcome: A variable of the graph.
        treatment: Another one.
        observed: The columns that were measured; None takes all that the graph does not call
            latent.
        strategy: The way that is asked for: "backdoor" (adjustment), "front-door", "functional"
            (the ID algorithm) or "instrument"; None takes the first of these that the graph allows.

    Returns:
        The variables to adjust for, or what else the effect follows from, and the assumptions.

    Raises:
        NotIdentified: No adjustment gives the effect; the error draws the path that stays open.
        GraphError: The graph cannot be read, or lacks one of the names.

    Example:
        >>> import causal
        >>> causal.identify("z -> x; z -> y; x -> y", outcome="y", treatment="x").adjustment
        ('z',)
    """
    drawn = as_graph(graph)
    measured = set(drawn.nodes) - drawn.latent if observed is None else observed
    return identify_effect(drawn, treatment, outcome, measured, strategy)


@overload
def estimate(
    frame: object,
    outcome: Study,
    *,
    engine: str | bi.Engine = "auto",
    draws: int = 4000,
    seed: object = None,
) -> Estimate: ...


@overload
def estimate(
    frame: object,
    outcome: str,
    treatment: str,
    adjust: Sequence[str] | None = None,
    graph: str | Graph | None = None,
    estimand: str | Estimand | None = None,
    formula: str | None = None,
    family: Any = None,
    priors: Mapping[str, Any] | None = None,
    engine: str | bi.Engine = "auto",
    draws: int = 4000,
    seed: object = None,
    control: object = None,
    estimator: str | Estimator | None = None,
) -> Estimate: ...


@bi.checked
def estimate(
    frame: object,
    outcome: str | Study,
    treatment: str | None = None,
    adjust: Sequence[str] | None = None,
    graph: str | Graph | None = None,
    estimand: str | Estimand | None = None,
    formula: str | None = None,
    family: Any = None,
    priors: Mapping[str, Any] | None = None,
    engine: str | bi.Engine = "auto",
    draws: int = 4000,
    seed: object = None,
    control: object = None,
    estimator: str | Estimator | None = None,
) -> Estimate:
    """Estimates the effect of a treatment on an outcome: its full posterior, and what it rests on.

    Args:
        frame: A data frame (pandas, polars, pyarrow) or a dict of arrays.
        outcome: A column: numbers, or two levels; or a study, such as
            `causal.DifferenceInDifferences(...)`, which says all that follows by itself.
        treatment: A column with two levels: 0 and 1, False and True, or text.
        adjust: What confounds: columns, or terms such as `"C(education)"`, `"bs(age, df=4)"`,
            `"(1 | school)"`. An empty list claims that nothing does, as in an experiment.
        graph: Who affects whom; what to adjust for is read from it, or, where `adjust` is given
            too, checked by it.
        estimand: `causal.ATE()`, which is the default, or another of `causal.estimand`, such as
            `causal.ATT()` or `causal.CATE("age")`; of those that need nothing said, the name.
        formula: The outcome model; None writes one that lets the effect differ between rows (see
            `causal.formula.outcome_formula`).
        family: The outcome's family; None takes bernoulli for two levels, else gaussian.
        priors: Priors of the outcome model by slot name, as in `bi.fit`.
        engine: As in `bi.fit`.
        draws: How many draws to keep.
        seed: An int, a JAX key, a NumPy Generator, or None for fresh entropy, which is recorded.
        control: The treatment's level that stands for "without it". None takes the smaller number,
            or False; of text levels the one that says so ("control", "placebo", "sham", "none",
            "no drug" ...), else the first.
        estimator: How the effect is computed: an estimator or the name of one. None takes
            standardisation; but, where nothing is said about the outcome model, the smooth forest
            for effects within groups (`causal.CATE`) of up to 1,500 rows with a numeric outcome,
            and weighting for `causal.ATO`.

    Returns:
        The estimate; it prints question, answer and doubts.

    Raises:
        NotIdentified: The graph says that adjustment does not give the effect.
        ModelError: Neither `adjust` nor `graph` is given, the formula does not fit them, or
            treatment and outcome are the same column; an argument is unknown, stands in another's
            place, or is of another kind.
        DataError: The frame lacks a column, or the treatment does not have two levels,
            or no level `control`.

    Example:
        >>> import bayesinf as bi, causal
        >>> e = causal.estimate(
        ...     bi.examples.nhefs(), "wt82_71", "qsmk", adjust=["sex", "age"], seed=1
        ... )
        >>> bool(2 < e.summary().loc["ATE", "mean"] < 4)
        True
    """
    check_places(frame, outcome, treatment)
    if isinstance(outcome, Study):
        said = (treatment, adjust, graph, estimand, formula, family, priors, control, estimator)
        refuse_more(outcome, said)
        return run(outcome, frame, Computation(engine, draws, seed))
    if treatment is None:
        raise bi.ModelError(
            f"Nothing says whose effect on '{outcome}' is asked for.",
            code="no-treatment",
            hint="Name the treatment's column, or give a study instead of the outcome.",
        )
    check_variables(outcome, treatment, adjust, graph)
    model = OutcomeModel(formula, family, priors)
    how = None if estimator is None else as_estimator(estimator)
    asked = ATE() if estimand is None else as_estimand(estimand)
    drawn = None if graph is None else as_graph(graph)
    study = find_study(frame, outcome, treatment, adjust, drawn, asked, model, control, how)
    return run(study, frame, Computation(engine, draws, seed))

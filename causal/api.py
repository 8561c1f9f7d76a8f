"""The verbs: may an effect be had from these columns, and how large is it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

import bayesinf as bi
from causal import estimators
from causal.answer import Computation
from causal.arms import ArmStudy
from causal.comparison import OutcomeModel, default_family
from causal.estimand import ATE, Estimand, as_estimand
from causal.estimate import Estimate, run
from causal.estimator import Estimator
from causal.formula import Adjuster, columns_of, read_adjusters
from causal.graph import Graph, GraphError
from causal.identification import (
    Identification,
    backdoor_assumptions,
    check_adjustment,
    identify_backdoor,
)
from causal.studies import Adjustment, Experiment
from causal.study import Study


def identify(
    graph: str | Graph,
    *,
    outcome: str,
    treatment: str,
    observed: Collection[str] | None = None,
) -> Identification:
    """Says whether an effect follows from what was measured, and what has to be believed for it.

    Args:
        graph: Who affects whom, for example `"z -> x; z -> y; x -> y"`.
        outcome: A variable of the graph.
        treatment: Another one.
        observed: The columns that were measured; None takes all that the graph does not call
            latent.

    Returns:
        The variables to adjust for, and the assumptions.

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
    return identify_backdoor(drawn, treatment, outcome, measured)


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
        estimand: `causal.ATE()`, which is the default, or `causal.ATT()`; their names will do.
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
        estimator: How the effect is computed: an estimator or the name of one. None chooses.

    Returns:
        The estimate; it prints question, answer and doubts.

    Raises:
        NotIdentified: The graph says that adjustment does not give the effect.
        ModelError: Neither `adjust` nor `graph` is given, the formula does not fit them, or
            treatment and outcome are the same column.
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
    if isinstance(outcome, Study):
        said = (treatment, adjust, graph, estimand, formula, family, priors, control, estimator)
        if any(value is not None for value in said):
            raise bi.ModelError(
                f"The study {type(outcome).__name__} already says what is compared; what was "
                "given beside it would be ignored.",
                code="study-and-more",
                hint="Put it into the study, or name outcome and treatment instead of a study.",
            )
        return run(outcome, frame, Computation(engine, draws, seed))
    if treatment is None:
        raise bi.ModelError(
            f"Nothing says whose effect on '{outcome}' is asked for.",
            code="no-treatment",
            hint="Name the treatment's column, or give a study instead of the outcome.",
        )
    if adjust is None and graph is None:
        raise bi.ModelError(
            f"Nothing says what confounds {treatment} and {outcome}, and without that a difference "
            "is no effect.",
            code="no-identification",
            hint="Say what confounds: adjust=[...] or graph='...'. adjust=[] claims that there is "
            "no confounding, as in an experiment.",
        )
    if outcome == treatment:
        raise bi.ModelError(
            f"'{outcome}' is both treatment and outcome.",
            code="same-variable",
            column=outcome,
            hint="Name two different columns.",
        )
    asked = ATE() if estimand is None else as_estimand(estimand)
    drawn = None if graph is None else as_graph(graph)
    names = column_names(frame)
    said = OutcomeModel(formula, family, priors)
    written = None
    if formula is not None:
        written = bi.model(formula, frame, family or default_family(frame, outcome), priors)
    adjusters = settle_adjusters(frame, names, outcome, treatment, adjust, written)
    identification = settle_identification(drawn, outcome, treatment, adjusters, names)
    study = choose_study(identification, adjusters, asked, control)
    study = replace(study, model=said)
    if estimator is not None:
        study = replace(study, estimator=as_estimator(estimator))
    return run(study, frame, Computation(engine, draws, seed))


def settle_adjusters(
    frame: object,
    names: Collection[str],
    outcome: str,
    treatment: str,
    adjust: Sequence[str] | None,
    written: bi.Model | None,
) -> tuple[Adjuster, ...] | None:
    """Reads what is adjusted for, by what was asked and by the formula; None leaves it open.

    Raises:
        ModelError: The formula is about another outcome, or leaves something out.
    """
    given = read_adjusters(adjust or (), frame, names, outcome, treatment)
    if written is None:
        return None if adjust is None else given
    asked = written.formula
    if asked.response.expression.strip("`") != outcome:
        raise bi.ModelError(
            f"The formula's outcome is '{asked.response.expression}', the question's '{outcome}'.",
            code="other-outcome",
            hint="Make a column of it first, and name that column as the outcome.",
        )
    used = dict.fromkeys(name for call in asked.terms for name in call.variables)
    for name in (treatment, *columns_of(given)):
        if name not in used:
            raise bi.ModelError(
                f"The formula '{asked}' leaves out '{name}', which the question needs.",
                code="formula-leaves-out",
                column=name,
                hint="Add it to the formula; formula=None writes one.",
            )
    more = [name for name in used if name not in {treatment, *columns_of(given)}]
    return (*given, *read_adjusters(more, frame, names, outcome, treatment))


def settle_identification(
    graph: Graph | None,
    outcome: str,
    treatment: str,
    adjusters: tuple[Adjuster, ...] | None,
    names: Collection[str],
) -> Identification:
    """Finds why adjustment gives the effect: by a graph, by a checked claim, or by a bare one."""
    if graph is None:
        stated = columns_of(adjusters or ())
        return Identification(
            treatment, outcome, stated, backdoor_assumptions(treatment, outcome, stated)
        )
    if adjusters is None:
        return identify_backdoor(graph, treatment, outcome, names)
    return check_adjustment(graph, treatment, outcome, columns_of(adjusters), names)


def choose_study(
    identification: Identification,
    adjusters: tuple[Adjuster, ...] | None,
    estimand: Estimand,
    control: object = None,
) -> ArmStudy:
    """Takes an experiment where nothing is said to affect the treatment, else an adjustment."""
    outcome, treatment = identification.outcome, identification.treatment
    if adjusters is None:
        adjusters = tuple(Adjuster(name, (name,)) for name in identification.adjustment)
    graph = identification.graph
    chance = (
        not adjusters
        if graph is None
        else not graph.parents(treatment) and not graph.spouses(treatment)
    )
    if chance:
        return Experiment(outcome, treatment, estimand, adjusters, control=control)
    return Adjustment(outcome, treatment, estimand, identification, adjusters, control=control)


def column_names(frame: Any) -> list[str]:
    """The names of a frame's columns."""
    if isinstance(frame, Mapping):
        return list(frame)
    if isinstance(frame, bi.Table):
        return list(frame.columns)
    found = getattr(frame, "column_names", None)
    return list(getattr(frame, "columns", ()) if found is None else found)


def as_estimator(given: object) -> Estimator:
    """Reads an estimator that is given by its name.

    Raises:
        ModelError: It is neither an estimator nor the name of one.

    Example:
        >>> as_estimator("standardisation")
        Standardisation()
    """
    if isinstance(given, Estimator):
        return given
    for kind in estimators.ALL:
        if given == kind.name:
            return kind()
    known = ", ".join(repr(kind.name) for kind in estimators.ALL)
    what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
    raise bi.ModelError(
        f"How to compute the effect has to be an estimator or the name of one; this is {what}.",
        code="not-an-estimator",
        hint=f"The names are {known}.",
    )


def as_graph(graph: str | Graph) -> Graph:
    """Reads a graph that is given as text.

    Raises:
        GraphError: It is neither text nor a graph, or cannot be read.
    """
    if isinstance(graph, Graph):
        return graph
    if not isinstance(graph, str):
        raise GraphError(
            f"A graph is text or a causal.Graph; this is a {type(graph).__name__}.",
            code="not-a-graph",
            hint="Write 'z -> x; z -> y; x -> y', or causal.Graph([('z', 'x'), ('z', 'y')]).",
        )
    return Graph.parse(graph)

"""Which study answers a question about columns: by what was stated, or by a graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import MISSING, fields, replace

import bayesinf as bi
from causal import estimators
from causal.arms import ArmStudy
from causal.comparison import OutcomeModel, complete_rows, default_family
from causal.estimand import ATE, ATO, CATE, Estimand
from causal.estimator import Estimator
from causal.formula import Adjuster, column_names, columns_of, read_adjusters
from causal.graph import Graph, GraphError, underlined
from causal.graph.errors import nearest
from causal.identification import (
    Identification,
    NotIdentified,
    backdoor_assumptions,
    check_adjustment,
    identify_backdoor,
)
from causal.studies import Adjustment, Experiment, IdentifiedFunctional
from causal.study import Study
from causal.treatment import levels_of


def find_study(
    frame: object,
    outcome: str,
    treatment: str,
    adjust: Sequence[str] | None,
    graph: Graph | None,
    estimand: Estimand,
    model: OutcomeModel,
    control: object,
    estimator: Estimator | None,
) -> Study:
    """Finds the study that answers a question about columns.

    Args:
        frame: The data as the user has them.
        outcome: The outcome's column.
        treatment: The treatment's column.
        adjust: What confounds, as it was stated; None leaves it to the graph.
        graph: Who affects whom; None takes the statement as it is.
        estimand: What is asked.
        model: What was said about the outcome model.
        control: The treatment's level that stands for "without it".
        estimator: How the effect is computed; None leaves it to the study.

    Returns:
        An experiment, an adjustment, or, where adjustment cannot give the effect but another
        formula of the same distribution does, that formula.

    Raises:
        NotIdentified: The effect does not follow from these columns.
    """
    names = column_names(frame)
    if graph is not None:
        check_drawn(graph, names)
    written = None
    if model.formula is not None:
        family = model.family or default_family(frame, outcome)
        written = bi.model(model.formula, frame, family, model.priors)
    adjusters = settle_adjusters(frame, names, outcome, treatment, adjust, written)
    try:
        identification = settle_identification(graph, outcome, treatment, adjusters, names)
    except NotIdentified as error:
        other = next((found for found in error.others if found.functional is not None), None)
        plain = model == OutcomeModel() and estimator is None and isinstance(estimand, ATE)
        reached = graph is not None and treatment in graph.ancestors(outcome)
        if other is None or adjusters is not None or not plain or not reached:
            raise
        return IdentifiedFunctional(outcome, treatment, other, control)
    study = replace(choose_study(identification, adjusters, estimand, control), model=model)
    held = adjusters != () or isinstance(estimand, ATO)
    if estimator is None and held and model == OutcomeModel():
        estimator = choose_estimator(study, frame)
    return study if estimator is None else replace(study, estimator=estimator)


FOREST_UP_TO = 1500
"""Rows up to which effects within groups are found by the smooth forest: seconds, not minutes."""


def choose_estimator(study: ArmStudy, frame: object) -> Estimator | None:
    """Takes the smooth forest for effects within groups, and weighting where the arms overlap.

    A formula's effects differ as the formula lets them; those of surfaces as the data do, and take
    seconds. Averages over all rows stay with the study's own estimator, which answers in a fraction
    of a second; it cannot point out the rows that an average by overlap is over.

    Args:
        study: What is asked.
        frame: The data as the user has them.

    Returns:
        The estimator, or None for the study's own.
    """
    if isinstance(study.estimand, ATO):
        return estimators.Weighting()
    if not isinstance(study.estimand, CATE):
        return None
    forest = estimators.SmoothForest()
    rows = complete_rows(frame, study.columns)
    small = rows.n <= FOREST_UP_TO and len(levels_of(rows, study.treatment)) == 2
    return forest if small and forest.refuses(study.comparison(frame)) is None else None


def check_drawn(graph: Graph, names: Collection[str]) -> None:
    """Refuses variables of a graph that are no columns and are not said to be unmeasured.

    A misspelt column would otherwise be taken for something that nobody measured, and its path
    closed by another column or none.

    Raises:
        GraphError: `undeclared-unmeasured`.
    """
    known = set(names)
    for name in graph.nodes:
        if name in known or name in graph.latent or name in graph.selected:
            continue
        raise GraphError(
            f"The graph's variable '{name}' is none of the {len(known)} columns, and is not said "
            f"to be unmeasured.{nearest(name, known - set(graph.nodes))}{underlined(graph, name)}",
            code="undeclared-unmeasured",
            column=name,
            hint=f"Correct the name; or, if nobody measured it, declare it: '{name} [latent]'.",
        )


ARROWS = ("->", "<-", "--")
"""What graphs have and names of columns have not."""


def check_places(frame: object, outcome: object, treatment: object) -> None:
    """Checks that each argument of `estimate` stands in its own place.

    Raises:
        ModelError: `graph-out-of-place`, `frame-out-of-place`, `study-class` or
            `not-a-column-name`.
    """
    if isinstance(frame, str | Graph | Study):
        raise bi.ModelError(
            f"The frame comes first, and here is {shown(frame)}.",
            code="frame-out-of-place",
            hint="Write causal.estimate(frame, 'y', 't', adjust=[...]).",
        )
    if isinstance(outcome, type) and issubclass(outcome, Study):
        raise bi.ModelError(
            f"{outcome.__name__} is a kind of study; what it compares is not said.",
            code="study-class",
            hint=f"Say it: causal.{outcome.__name__}({', '.join(required_names(outcome))}).",
        )
    for role, given in (("outcome", outcome), ("treatment", treatment)):
        if is_graph(given, frame):
            raise bi.ModelError(
                f"A graph, {shown(given)}, stands where the {role} belongs.",
                code="graph-out-of-place",
                hint="Give it by name: causal.estimate(frame, 'y', 't', graph='...').",
            )
        if not isinstance(given, str | Study | None) or (role, given) == ("outcome", None):
            raise bi.ModelError(
                f"The {role} is the name of one column, not {shown(given)}.",
                code="not-a-column-name",
                hint="Put it into the frame, and give its name: causal.estimate(frame, 'y', 't', "
                "adjust=[...]).",
            )


def is_graph(given: object, frame: object) -> bool:
    """Whether an argument is a graph, or text with arrows that is no column's name."""
    if not isinstance(given, str):
        return isinstance(given, Graph) or hasattr(given, "is_directed")
    return any(arrow in given for arrow in ARROWS) and given not in column_names(frame)


def required_names(kind: type[Study]) -> list[str]:
    """What a study has to be told, as text for an example."""
    told = fields(kind)  # type: ignore[arg-type]
    return [
        f"{one.name}=..."
        for one in told
        if one.default is MISSING and one.default_factory is MISSING
    ]


def shown(given: object) -> str:
    """An argument for use inside a sentence: text as it is, else its kind."""
    plain = isinstance(given, str | int | float | None)
    return repr(given)[:60] if plain else f"a value of type {type(given).__name__}"


def check_variables(
    outcome: str, treatment: str, adjust: Sequence[str] | None, graph: object
) -> None:
    """Checks that there are two variables, and that something says what confounds them.

    Raises:
        ModelError: Otherwise.
    """
    if adjust is None and graph is None:
        raise bi.ModelError(
            f"Nothing says what confounds '{treatment}' and '{outcome}', and without that a "
            "difference is no effect.",
            code="no-identification",
            hint="Give what confounds: adjust=[...] or graph='...'. adjust=[] claims that there is "
            "no confounding, as in an experiment.",
        )
    if outcome == treatment:
        raise bi.ModelError(
            f"'{outcome}' is named in 2 roles: as treatment and as outcome.",
            code="same-variable",
            column=outcome,
            hint="Name two different columns.",
        )


def refuse_more(study: Study, said: tuple[object, ...]) -> None:
    """Refuses what is said beside a study, because it would be ignored.

    Raises:
        ModelError: Something was said.
    """
    if any(value is not None for value in said):
        raise bi.ModelError(
            f"The study {type(study).__name__} already says what is compared; what was "
            "given beside it would be ignored.",
            code="study-and-more",
            hint="Put it into the study, or name outcome and treatment instead of a study.",
        )


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
    given = read_adjusters(() if adjust is None else adjust, frame, names, outcome, treatment)
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
        else not graph.parents(treatment)
        and not graph.spouses(treatment)
        and treatment in graph.ancestors(outcome)
    )
    if chance:
        return Experiment(outcome, treatment, estimand, adjusters, control=control)
    return Adjustment(outcome, treatment, estimand, identification, adjusters, control=control)


def as_estimator(given: object) -> Estimator:
    """Reads an estimator that is given by its name, as a class or a sentence writes it.

    Raises:
        ModelError: It is neither an estimator nor the name of one.

    Example:
        >>> as_estimator("AIPW"), as_estimator("Standardisation")
        (AIPW(terms=None), Standardisation())
        >>> as_estimator("PartiallyLinear") == as_estimator("partially_linear")
        True
    """
    if isinstance(given, Estimator):
        return given
    for kind in estimators.ALL:
        if isinstance(given, str) and bare(given) == bare(kind.name):
            return kind()
    near = nearest(given, (kind.name for kind in estimators.ALL)) if isinstance(given, str) else ""
    known = ", ".join(repr(kind.name) for kind in estimators.ALL)
    what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
    raise bi.ModelError(
        f"How to compute the effect has to be an estimator or the name of one; this is {what}."
        f"{near}",
        code="not-an-estimator",
        hint=f"Name one of {known}.",
    )


def bare(name: str) -> str:
    """A name without capitals, blanks and what joins words, to compare it.

    Example:
        >>> bare("Partially-Linear"), bare("partially_linear")
        ('partiallylinear', 'partiallylinear')
    """
    return re.sub(r"[\s_-]+", "", name).casefold()

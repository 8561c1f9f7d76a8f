"""Why an effect cannot be had by adjustment, and what would help, in sentences."""

from __future__ import annotations

from causal.graph import Path, intervene, open_path, underlined, without_effects
from causal.identification.alternatives import other_ways
from causal.identification.functional import Hedge
from causal.identification.identification import Identification, NotIdentified, join
from causal.identification.question import Question

SHOWN = 5
"""How many variables are named in a sentence; more are only counted."""


def explain(question: Question) -> NotIdentified:
    """Makes the error for an effect that no adjustment gives.

    Args:
        question: The effect, for which no set of measured variables is valid.

    Returns:
        The error, with a path that stays open under the canonical adjustment set, the other ways
        to the effect, and the proof where there is none.
    """
    treatment, outcome = question.treatment, question.outcome
    begun = f"The effect of {treatment} on {outcome} cannot be had by adjusting for what was "
    if not question.recoverable:
        return explain_selection(question, begun)
    path = obstacle(question)
    if path is None:
        raise ValueError("An effect that adjustment gives has no obstacle to explain.")
    others, hedge = other_ways(question)
    sentences = (f"{begun}measured: {openness(question, path)}", *blame(question, path))
    hints = remedies(question, path, others, hedge)
    return NotIdentified(
        " ".join(sentences) + underlined(question.graph, *first_step(path)),
        treatment=treatment,
        outcome=outcome,
        open_path=path,
        hint=as_sentence("; ".join(hints)),
        others=others,
        hedge=hedge,
    )


def first_step(path: Path) -> tuple[str, str, str]:
    """The first two variables of a path, with the arrow between them."""
    return path.nodes[0], path.arrows[0], path.nodes[1]


def as_sentence(words: str) -> str:
    """Begins with a capital and ends with a stop."""
    return f"{words[0].upper()}{words[1:]}."


def explain_selection(question: Question, begun: str) -> NotIdentified:
    """Makes the error for rows that were kept for reasons that adjustment does not undo."""
    bits, graph = question.bits, question.graph
    treatment, outcome = question.treatment, question.outcome
    names = join(graph.ordered(graph.selected))
    after = bits.without_in(question.x)
    tied = question.selected & after.reach(question.y, question.x, after.ancestors(question.x))
    if tied:
        path = open_path(intervene(graph, treatment), outcome, bits.named(tied), treatment)
        reason = (
            f"which rows were kept ({names}) has to do with {outcome} by the path {path}, so the "
            "rows that were left out would have had other outcomes."
        )
    else:
        path = open_path(without_effects(graph, treatment), treatment, outcome)
        reason = (
            f"{treatment} decides which rows were kept ({names}), so what confounds by the path "
            f"{path} is distributed differently in them than in all rows."
        )
    return NotIdentified(
        f"{begun}measured: {reason}",
        treatment=treatment,
        outcome=outcome,
        open_path=path,
        hint="Add the rows that were left out; find out from elsewhere what "
        "all rows look like; ask for the effect among the kept rows alone, by a graph without the "
        "selected variable, and say so.",
    )


def obstacle(question: Question) -> Path | None:
    """Finds the path that stays open when all that may be adjusted for is."""
    known = question.canonical | question.selected
    return path_given(question, known)


def path_given(question: Question, known: int) -> Path | None:
    """Finds a path other than the effect that is open given some variables."""
    causal = question.bits.named(question.causal)
    backdoor = question.graph.without_arrows([(question.treatment, name) for name in causal])
    return open_path(backdoor, question.treatment, question.outcome, question.bits.named(known))


def openness(question: Question, path: Path) -> str:
    """Draws the open path, and says why adjustment does not close it."""
    if not path.colliders:
        known = question.bits.named(question.canonical)
        told = join(known) if len(known) <= SHOWN else f"all {len(known)} variables that may be"
        held = f"also where one adjusts for {told}" if known else "and nothing may be adjusted for"
        return f"the path '{path}' stays open, {held}."
    bits = question.bits
    below = bits.descendants(bits.mask(path.colliders))
    known = question.canonical | question.selected
    if question.selected & below:
        names = join(bits.named(question.selected & below))
        return f"keeping rows by {names} opens the path '{path}'."
    names = join(bits.named(known & below))
    other = path_given(question, known & ~below)
    return (
        f"adjusting for {names} opens the path '{path}', and without {names} the path '{other}' "
        "is open."
    )


def missing_on(question: Question, path: Path) -> tuple[str, ...]:
    """Lists the variables of the path that would close it, had they been measured."""
    passing = set(path.nodes[1:-1]) - set(path.colliders) - question.measured
    spoiling = question.bits.named(question.causal)
    return tuple(name for name in path.nodes if name in passing.difference(spoiling))


def blame(question: Question, path: Path) -> list[str]:
    """Says of each thing on the path why it cannot be used to close it."""
    treatment, outcome = question.treatment, question.outcome
    found = []
    missing = missing_on(question, path)
    if missing:
        found.append(
            f"{join(missing)} on it {'was' if len(missing) == 1 else 'were'} not measured."
        )
    steps = zip(path.nodes[:-1], path.arrows, path.nodes[1:], strict=True)
    found += [
        f"{one} <-> {other} stands for an unmeasured common cause of the two."
        for one, arrow, other in steps
        if arrow == "<->"
    ]
    spoiling = [name for name in question.bits.named(question.causal) if name in path.nodes[1:-1]]
    if spoiling:
        found.append(
            f"{join(spoiling)} cannot be adjusted for: {treatment} affects {outcome} through "
            f"{'it' if len(spoiling) == 1 else 'them'}."
        )
    if is_reversed(question):
        found.append(f"By this graph it is {outcome} that affects {treatment}.")
    elif not question.causal:
        found.append(f"By this graph {treatment} has no effect on {outcome} at all.")
    return found


def is_reversed(question: Question) -> bool:
    """Whether the outcome affects the treatment."""
    return bool(question.bits.ancestors(question.x) & question.y)


def remedies(
    question: Question,
    path: Path,
    others: tuple[Identification, ...],
    hedge: Hedge | None,
) -> list[str]:
    """Lists what could be done, and names variables of the graph that would serve."""
    if is_reversed(question):
        return ["check the direction of the arrows", "or swap treatment and outcome"]
    missing = join(missing_on(question, path), "or")
    found = [f"measure {missing}" if missing else "measure the common cause and add it by name"]
    sentences = {
        "front-door": "go through {mediators} by the front-door formula, which this graph allows",
        "functional": "evaluate {formula}, which this graph allows",
        "instrument": "use {instrument} as an instrument, which this graph allows",
    }
    found += [
        sentences[way.strategy].format(
            mediators=join(way.mediators),
            formula=way.functional and way.functional.brief,
            instrument=way.instrument,
        )
        for way in others
        # The front-door is a formula already; a second one would say no more.
        if way.strategy != "functional" or others[0] is way
    ]
    if not any(way.strategy == "instrument" for way in others):
        found.append(
            f"find an instrument (something that affects {question.outcome} through "
            f"{question.treatment} alone)"
        )
    if hedge is not None:
        found.append(f"do not look for another formula: {hedge}, so there is none")
    return [*found, "ask how strong the unmeasured would have to be (sensitivity analysis)"]

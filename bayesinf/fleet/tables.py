"""Tables of a fleet: one line per group and parameter, or one line per group."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.fleet.division import Division
from bayesinf.fleet.solved import Solved
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.intervals import interval
from bayesinf.options import options
from bayesinf.posterior.outcome_judgement import judge_outcome, judge_weights
from bayesinf.posterior.sentinel_judgement import judge_sentinels
from bayesinf.posterior.spelling_judgement import judge_spelling
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.verdict import Finding, Verdict

if TYPE_CHECKING:
    import pandas as pd

STRETCH = 256
"""Groups that are summarised at once: at a thousand draws of five numbers, 10 MB."""

LISTED = 5
"""Groups that a sentence names before it counts the rest."""


def summary(
    division: Division,
    solved: Solved,
    prob: float | None = None,
    places: np.ndarray | None = None,
) -> pd.DataFrame:
    """Summarises every parameter of every group that has a posterior.

    Args:
        division: The groups.
        solved: Their posteriors.
        prob: Probability of the credible interval; None takes `bi.options.interval`.
        places: Groups to describe, rising; None describes all that have a posterior.

    Returns:
        A frame with columns `group parameter mean sd lower upper ess k_hat certified`, groups in
        their order. `ess` counts effective draws; `k_hat` is the larger of the group's two halves,
        NaN where no importance sampling was needed or it did not serve. `attrs` say what the
        interval is.
    """
    import pandas as pd

    kind, probability = options.interval_with(prob)
    places = fitted_places(solved) if places is None else places
    names, numbers = _names(division, solved), []
    side_by_side = np.array([place for place in places if place not in solved.own], dtype=int)
    for first in range(0, len(side_by_side), STRETCH):
        part = side_by_side[first : first + STRETCH]
        numbers.append(_describe(_draws(solved, part), kind, probability, solved.effective(part)))
    alone = [place for place in places.tolist() if place in solved.own]
    for place in alone:
        draws = scalar_draws(division[place], solved.draws(place))[1]
        found = diagnose(draws)
        flat = draws.reshape(-1, 1, draws.shape[-1])
        effective = np.fmin(found.ess_bulk, found.ess_tail)[None]
        numbers.append(_describe(flat, kind, probability, effective))
    lines = np.concatenate(numbers) if numbers else np.zeros((0, len(names), 5))
    order = np.argsort([*side_by_side, *alone], kind="stable")
    lines = lines[order].reshape(-1, 5)
    width = len(names)
    frame = pd.DataFrame(lines, columns=["mean", "sd", "lower", "upper", "ess"])
    frame.insert(0, "group", _column([division.groups[place] for place in places], width))
    frame.insert(1, "parameter", names * len(places))
    frame["k_hat"] = np.repeat(k_hats(solved)[places], width)
    sound = [place not in solved.own or solved.own[place].verdict.ok for place in places]
    frame["certified"] = np.repeat(np.array(sound, dtype=bool), width)
    frame.attrs.update(interval_kind=kind, interval_prob=probability)
    return frame


def verdicts(division: Division, solved: Solved) -> pd.DataFrame:
    """What became of every group, and the worst thing found about it.

    Args:
        division: The groups.
        solved: Their posteriors.

    Returns:
        A frame indexed by group, with columns `rows engine certified k_hat ess severity finding`.
        `ess` is that of the parameter with the fewest effective draws. Groups without a posterior
        have no engine, and the reason as their finding.
    """
    import pandas as pd

    tails = k_hats(solved)
    lines = [_line(division, solved, place, tails[place]) for place in range(len(division))]
    columns = ["rows", "engine", "certified", "k_hat", "ess", "severity", "finding"]
    index = pd.Index(division.groups, name=division.by)
    frame = pd.DataFrame(lines, columns=columns, index=index)
    frame.attrs["headline"] = headline(division, solved)
    return frame


def fitted_places(solved: Solved) -> np.ndarray:
    """The places of groups that have a posterior."""
    return np.array([k for k in range(len(solved)) if k not in solved.refused], dtype=int)


def k_hats(solved: Solved) -> np.ndarray:
    """The larger k-hat of each group's two halves; NaN where the draws do not come from weights."""
    if solved.common is None:
        return np.full(len(solved), np.nan)
    found = solved.common.k_hats.max(axis=1)
    found[[*solved.own, *solved.refused]] = np.nan
    return found


def headline(division: Division, solved: Solved) -> str:
    """How many groups were certified at once, how many were fitted again, how many are bad."""
    count, bad = len(division), bad_places(solved)
    model = division.whole.formula.text
    at_once = len(solved) - len(solved.own) - len(solved.refused)
    parts = [f"{at_once:,} certified at once"] if solved.common is not None else []
    for engine, number in _engines(solved).most_common():
        again = "fitted again" if solved.common is not None else "fitted one after another"
        parts.append(f"{number:,} {again} by {engine}")
    if bad:
        parts.append(f"{len(bad):,} not to be interpreted")
    if solved.refused:
        parts.append(f"{len(solved.refused):,} without a posterior")
    models = f"{count:,} model{'s' * (count != 1)} of '{model}' by '{division.by}'"
    return f"{models}: {', '.join(parts)}."


def whole_findings(division: Division) -> tuple[Finding, ...]:
    """What the rows of all groups together say: one group has too few rows to tell a code by."""
    whole = division.whole
    return (
        *judge_spelling(division.by, division.groups),
        *judge_sentinels(whole),
        *judge_outcome(whole),
        *judge_weights(whole),
    )


def fleet_verdict(division: Division, solved: Solved) -> Verdict:
    """The verdict on a fleet as a whole: how many fits need care, and which.

    Every group is looked at, in about a millisecond each; its own verdict is in its fit.
    """
    findings = []
    at_once = len(solved) - len(solved.own) - len(solved.refused)
    if at_once:
        sentence = f"{at_once:,} of {len(solved):,} models were certified at once."
        findings.append(Finding(sentence, "good", "certified", {"models": float(at_once)}))
    if solved.own:
        engines = ", ".join(f"{n:,} by {name}" for name, n in _engines(solved).most_common())
        models = "1 model was" if len(solved.own) == 1 else f"{len(solved.own):,} models were"
        what = "fitted again alone" if solved.doubts else "fitted one after another"
        sentence = f"{models} {what}: {engines}."
        evidence = {"models": float(len(solved.own))}
        findings.append(Finding(sentence, "note", "fitted-alone", evidence))
    bad = bad_places(solved)
    for places, what, code in (
        (bad, "draws that must not be interpreted", "bad-groups"),
        (sorted(solved.refused), "no posterior", "groups-without-posterior"),
    ):
        if places:
            has = "has" if len(places) == 1 else "have"
            sentence = f"{_listed(division, places)} {has} {what}."
            severity = "bad" if len(places) == len(solved) else "warning"
            evidence = {"groups": float(len(places))}
            remedy = "verdicts() says why."
            findings.append(Finding(sentence, severity, code, evidence, remedy))
    warned = warned_places(division, solved)
    if warned:
        kinds = ", ".join(
            f"{count:,} x {code}" for code, count in Counter(chain(*warned.values())).most_common()
        )
        has = "has" if len(warned) == 1 else "have"
        sentence = f"{_listed(division, list(warned))} {has} warnings: {kinds}."
        evidence = {"groups": float(len(warned))}
        remedy = "verdicts() says more, and the verdict of each fit all."
        findings.append(Finding(sentence, "warning", "groups-with-warnings", evidence, remedy))
    findings.extend(whole_findings(division))
    if len(division) == 1:
        sentence = f"'{division.by}' has one value in all rows, so there is one model."
        findings.append(Finding(sentence, "note", "one-group"))
    return Verdict(
        tuple(findings), _opening(len(solved), len(bad), len(solved.refused), len(warned))
    )


def _opening(count: int, bad: int, refused: int, warned: int) -> str:
    """How many fits need care; empty where none does, and where none may be interpreted."""
    total = bad + refused + warned
    if not total or count in (bad, refused):
        return ""
    words = ("not to be interpreted", "without a posterior", "with warnings")
    kinds = zip((bad, refused, warned), words, strict=True)
    parts = ", ".join(f"{number:,} {what}" for number, what in kinds if number)
    return f"{total:,} of {count:,} fits {'needs' if total == 1 else 'need'} care: {parts}."


def warned_places(division: Division, solved: Solved) -> dict[int, set[str]]:
    """The groups whose fits have warnings and may be interpreted, with the codes of these."""
    found = {}
    for place in fitted_places(solved).tolist():
        verdict = solved.verdict(place, division[place])
        if verdict.ok and (warnings := verdict.of("warning")):
            found[place] = {finding.code for finding in warnings}
    return found


def bad_places(solved: Solved) -> list[int]:
    """Groups whose posterior must not be interpreted."""
    return [place for place, found in sorted(solved.own.items()) if not found.verdict.ok]


def _engines(solved: Solved) -> Counter[str]:
    return Counter(found.provenance.engine for found in solved.own.values())


def _listed(division: Division, places: list[int]) -> str:
    named = ", ".join(repr(division.groups[place]) for place in places[:LISTED])
    more = f" and {len(places) - LISTED:,} more" if len(places) > LISTED else ""
    groups = f"{len(places):,} group{'s' * (len(places) != 1)}"
    return f"{groups} ({named}{more})"


def _names(division: Division, solved: Solved) -> list[str]:
    """The parameters, which are those of every group."""
    for place, found in solved.own.items():
        return scalar_draws(division[place], found.values)[0]
    whole = division.whole
    return [*whole.design.names, *(parameter.name for parameter in whole.parameters)]


def _draws(solved: Solved, places: np.ndarray) -> np.ndarray:
    """Draws (draw, place, quantity) of groups that were solved side by side."""
    common = solved.common
    assert common is not None
    both = [common.coefficients[places], common.parameters[places]]
    return np.moveaxis(np.concatenate(both, axis=-1), 1, 0)


def _describe(draws: np.ndarray, kind: str, prob: float, effective: np.ndarray) -> np.ndarray:
    """Mean, sd, ends of the interval and effective draws (place, quantity, 5)."""
    lower, upper = interval(draws, "hdi" if kind == "hdi" else "eti", prob)
    parts = [draws.mean(axis=0), draws.std(axis=0, ddof=1), lower, upper, effective]
    return np.stack(parts, axis=-1)


def _column(values: list[object], repeats: int) -> np.ndarray:
    """The values, each so many times, as whole numbers where all are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        array = array.astype(np.int64)
    return np.repeat(array, repeats)


def _line(division: Division, solved: Solved, place: int, k_hat: float) -> tuple[object, ...]:
    rows = int(division.sizes[place])
    if place in solved.refused:
        return rows, "", False, np.nan, np.nan, "bad", solved.refused[place]
    found = solved.posterior(place, division[place])
    worst = found.verdict.sorted[0]
    evidence = [finding.evidence for finding in found.verdict.findings]
    ess = min((e.get("effective", e.get("ess", np.inf)) for e in evidence), default=np.inf)
    engine, certified = found.provenance.engine, found.verdict.ok
    return rows, engine, certified, float(k_hat), ess, worst.severity, worst.sentence

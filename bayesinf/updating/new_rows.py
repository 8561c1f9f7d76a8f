"""New rows beside what was believed before them: are they of the same kind, and are they new?

Rows are taken as they come; what is odd about them becomes a finding of the updated posterior.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import name_rows
from bayesinf.model.model import Model
from bayesinf.numerics.distinct import row_hashes
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.provenance import fingerprint
from bayesinf.posterior.repeat_judgement import numbers_of
from bayesinf.posterior.verdict import Finding
from bayesinf.prediction.extrapolation import FAR, outside_range
from bayesinf.prediction.mixture import Mixture
from bayesinf.prediction.predictor import predictor_at

SETS = 20_000
"""Sets of outcomes that are simulated. Two statistics, each of which may be the highest or the
lowest of all, make rows of the right kind look odd in at most 4 of draws + 1 updates, and in at
most 4 of 20,001 where the noise of the rows decides: sets from the same draw have the same
unknowns, so that for many rows after few they are as alike as if there were one set per draw."""

SETS_AT_ONCE = 500
"""Most rows are seen to be nothing special after the first of these."""

MOST_ROWS = 1_000
"""Rows that are looked at, evenly spaced: enough to see a shift of an eighth of an sd."""

MOST_DRAWS = 4_000
"""Different draws that sets are simulated from: right rows are odd in at most one update of 1,000.

More would be surer, and each takes the memory of up to a thousand predictions.
"""

CHANCE = 1e-4
"""How likely so many rows may be repeated, or outside of the range, by chance when it is told."""

MARK = 16
"""Characters of a fingerprint by which a history remembers rows."""


def judge_new_rows(posterior: Posterior, new: Model) -> tuple[Finding, ...]:
    """Says what is odd about new rows, given what was believed before them.

    Args:
        posterior: Before the rows.
        new: The same model of the new rows alone, without unseen groups.

    Returns:
        Findings about outcomes that the posterior did not expect, columns outside of the range of
        the fit, and rows that it had already; none where nothing is odd.

    Source:
        Box (1980), JRSS A 143, 383-430: the predictive check of data not used before, which is
        exact because the rows simulated and the rows seen are exchangeable under the model: as far
        as sets are from different draws, and these independent.
    """
    return (
        *_judge_outcomes(posterior, new),
        *_judge_range(posterior, new),
        *_judge_repeats(posterior, new),
    )


def history_of(before: Posterior, new: Model, happened: str) -> str:
    """A line of history that knows the rows again, when somebody gives them once more."""
    mark, earlier = fingerprint(new.design)[:MARK], before.provenance.fingerprint[:MARK]
    return f"{happened}: rows {mark} to rows {earlier}"


def _judge_outcomes(posterior: Posterior, new: Model) -> tuple[Finding, ...]:
    """Compares how far and how widely outcomes lie around predictions with simulated ones."""
    count = len(new.design.response)
    kept = np.arange(min(count, MOST_ROWS)) * count // min(count, MOST_ROWS)
    mixture = _mixture(posterior, new, kept)
    if not np.isfinite(mixture.predictor).all():
        return ()  # the verdict on the draws says so
    centre, scale = _centre_and_scale(mixture)
    seen = (new.design.response[kept] - centre) / scale
    generator = _generator(posterior)
    found = _statistics(seen)
    above, below = np.ones(2, dtype=bool), np.ones(2, dtype=bool)
    usual = []
    for simulated in _simulated(mixture, generator):
        others = _statistics((simulated - centre) / scale)
        above &= (found > others).all(axis=0)
        below &= (found < others).all(axis=0)
        if not (above | below).any():
            return ()
        usual.append(others.mean(axis=0))
    (place, spread), (usual_place, usual_spread) = found, np.mean(usual, axis=0)
    # Back from the scale of the statistics, so that the words take the side that was extreme.
    shift = float(np.sinh(place) - np.sinh(usual_place))
    width = float(np.sinh(np.sqrt(spread)) / max(np.sinh(np.sqrt(usual_spread)), 1e-300))
    draws = len(mixture.predictor)
    return (_unexpected(count, draws, above | below, shift, width),)


def _mixture(posterior: Posterior, new: Model, kept: np.ndarray) -> Mixture:
    """The predictive distribution of some of the rows, before they were learned from."""
    draws = posterior.values.count
    if draws > MOST_DRAWS:
        fewer = posterior.values.take(np.arange(MOST_DRAWS)[None] * draws // MOST_DRAWS)
        posterior = replace(posterior, values=fewer)
    predictor = predictor_at(posterior, new.design.rows.take(kept), "error")
    rows = predictor.rows
    return Mixture(new.family, predictor.at(slice(0, len(rows))), predictor.parameters, rows.known)


def _centre_and_scale(mixture: Mixture) -> tuple[np.ndarray, np.ndarray]:
    """What outcomes are measured from and by; any would do, so a few draws suffice."""
    few = mixture.thinned(SETS_AT_ONCE)
    centre, sd = few.moments
    scale = sd if mixture.family.discrete else few.width
    sound = np.isfinite(scale) & (scale > 0)
    return np.where(np.isfinite(centre), centre, 0.0), np.where(sound, scale, 1.0)


def _generator(posterior: Posterior) -> np.random.Generator:
    updates = str(len(posterior.provenance.history))
    return Streams(posterior.provenance.seed).generator("new rows", updates)


def _simulated(mixture: Mixture, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Sets of outcomes of all rows (set, row), those of a set from the same draw."""
    order = generator.permutation(np.resize(np.arange(len(mixture.predictor)), SETS))
    for draws in np.split(order, SETS // SETS_AT_ONCE):
        parameters = {name: values[draws] for name, values in mixture.parameters.items()}
        predictor = mixture.predictor[draws]
        yield mixture.family.sample(generator, predictor, parameters, mixture.known)


def _statistics(distances: np.ndarray) -> np.ndarray:
    """Where a set of outcomes lies, and how widely, shape (..., 2).

    On a scale that is logarithmic far out, so that one far outcome of a heavy tail is no alarm.
    """
    shrunk = np.arcsinh(distances)
    return np.stack([shrunk.mean(axis=-1), (shrunk**2).mean(axis=-1)], axis=-1)


def _unexpected(count: int, draws: int, odd: np.ndarray, shift: float, width: float) -> Finding:
    parts = []
    if odd[0]:
        side, mean = "above" if shift > 0 else "below", "" if count == 1 else ", on average,"
        parts.append(f"{_shown(abs(shift))} predictive sds {side} what was expected{mean}")
    if odd[1]:
        near = f"{_shown(1 / max(width, 1e-9))} times nearer to what was expected than usual"
        far = f"{_shown(width)} times as far from what was expected as usual"
        parts.append(far if width >= 1 else near)
    lie = "outcome of the new row lies" if count == 1 else f"outcomes of the {count} new rows lie"
    return Finding(
        f"The {lie} {' and '.join(parts).removesuffix(',')}: none of {SETS:,} sets that {draws:,} "
        "draws of the posterior before them produce is so extreme, as right rows are in at most 4 "
        f"of {draws + 1:,} updates.",
        "warning",
        "unexpected-rows",
        {
            "rows": float(count),
            "shift": shift,
            "width": width,
            "sets": float(SETS),
            "draws": float(draws),
        },
        "Check the units of all columns, and that the rows are of the kind that was fitted; "
        "they were learned from as they are.",
    )


def _shown(amount: float) -> str:
    """Three digits; a scale of nearly nothing, as of a sure outcome, makes amounts beyond words."""
    return f"{amount:.3g}" if amount < 10_000 else "over 10,000"


def _judge_range(posterior: Posterior, new: Model) -> tuple[Finding, ...]:
    """Columns that leave the range of the fit: a note if often, and a warning where by far.

    A few of many rows of the same kind lie a little outside: a share of about Beta(2, old rows).
    """
    from scipy.stats import betabinom

    table, recipe = new.design.table, posterior.model.design.recipe
    assert table is not None, "the model was just built from rows"
    far = outside_range(recipe, table, FAR)
    usual = betabinom(table.n, 2.0, max(posterior.provenance.rows - 1.0, 1.0))
    outside = {
        name: rows
        for name, rows in outside_range(recipe, table).items()
        if name in far or usual.sf(len(rows) - 1) < CHANCE
    }
    if not outside:
        return ()
    parts = []
    for name, rows in outside.items():
        column = recipe.schema.columns[name]
        how = f"{'far ' * (name in far)}outside"
        parts.append(
            f"'{name}' lies {how} the {column.low:g} to {column.high:g} of the fit in {len(rows)} "
            f"of {table.n} new rows ({name_rows(rows)})"
        )
    return (
        Finding(
            f"{'; '.join(parts)}.",
            "warning" if far else "note",
            "outside-range",
            {name: float(len(rows)) for name, rows in outside.items()},
            "Check the units; priors and centre stay those of the first rows." if far else "",
        ),
    )


def _judge_repeats(posterior: Posterior, new: Model) -> tuple[Finding, ...]:
    """Rows that the posterior has learned from already, where it can know them again."""
    count = len(new.design.response)
    hashes = row_hashes(numbers_of(new.design))
    again = _given_before(posterior, new, hashes)
    if again is None:
        again = _among_the_old(posterior.model.design, hashes)
    if again is None:
        return ()
    part = f"{again} of the {count} new rows {'was' if again == 1 else 'were'}"
    whole = "The new row was" if count == 1 else f"All {count} new rows were"
    return (
        Finding(
            f"{part if again < count else whole} learned from before, to the last digit: they "
            "count twice now, so that intervals are too narrow.",
            "warning",
            "repeated-rows",
            {"rows": float(count), "repeated": float(again)},
            "Give each row once: take the fit before this update, and only rows that are new.",
        ),
    )


def _given_before(posterior: Posterior, new: Model, hashes: np.ndarray) -> int | None:
    """The number of rows, if exactly these were a whole fit or update, and not by chance.

    How likely two sets of rows are the same by chance is told by how often rows of one set are.
    """
    provenance = posterior.provenance
    known = [*provenance.history, provenance.fingerprint]
    mark = fingerprint(new.design)[:MARK]
    count = len(hashes)
    same = np.unique(hashes, return_counts=True)[1]
    pairs, equal = count * (count - 1) / 2, float((same * (same - 1)).sum()) / 2
    chance = ((equal + 1) / (pairs + 1)) ** count * len(known)
    return count if chance < CHANCE and any(mark in entry for entry in known) else None


def _among_the_old(old: Design, hashes: np.ndarray) -> int | None:
    """How many of the rows stand among the old ones, if more than by chance.

    By chance about as many do as old rows have an equal one among the others.
    """
    from scipy.stats import betabinom

    if old.table is None or not len(old.response):
        return None
    before = row_hashes(numbers_of(old))
    again = int(np.isin(hashes, before).sum())
    if not again:
        return None
    copies = np.unique(before, return_counts=True)[1]
    twins = int(copies[copies > 1].sum())
    usual = betabinom(len(hashes), twins + 0.5, len(before) - twins + 0.5)
    return again if usual.sf(again - 1) < CHANCE else None

"""Bayes' rule for rows that arrive after the fit: exact where there is a closed form.

How a posterior is updated follows from its state: sufficient statistics are added
(`GaussianStatistics`), draws alone are reweighted under guard (`DrawsOnly`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

import numpy as np

from bayesinf.design import Design
from bayesinf.engines.conjugate import (
    gaussian_statistics,
    solve_statistics,
    statistics_around,
    weighted_columns,
)
from bayesinf.errors import ModelError, RefitNeeded
from bayesinf.model.model import Model
from bayesinf.numerics.linear import Orthonormal
from bayesinf.numerics.random import Streams
from bayesinf.posterior.data_judgement import judge_data
from bayesinf.posterior.judgement import judge_chains
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.states import DrawsOnly, GaussianStatistics
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.verdict import Finding, Verdict
from bayesinf.updating.joining import first_new_row, join_designs, join_fingerprints
from bayesinf.updating.new_rows import history_of, judge_new_rows
from bayesinf.updating.reweighting import REFIT, reweight

DATA_CODES = ("separation", "one-row-per-group", "exact-fit", "missing-as-level")
"""Findings about the rows themselves; they are looked for again when all rows are at hand."""


def update(posterior: Posterior, rows: object, missing: str = "drop") -> Posterior:
    """Learns from new rows without fitting again: the old posterior is the new prior.

    A Gaussian regression without groups is updated exactly, from its sufficient statistics: the
    result is that of one fit to all rows with the first fit's priors, and with the same seed even
    its draws are the same. Every other posterior is followed by reweighting its draws by the new
    rows' likelihood and resampling them; a guard says when that no longer works. Both work on a
    posterior that was loaded from disk, which holds no rows.

    Args:
        posterior: What was believed before the rows. It is not changed.
        rows: A frame with the outcome and all predictors; these rows only, not the old ones again.
        missing: What to do with rows that miss a value: `"drop"` or `"error"`, as in the fit.

    Returns:
        The posterior given old and new rows. Its priors, levels, knots and centre are the old ones.
        Its verdict says where the new rows are not what the posterior before them expects (as when
        a column is in other units), leave the range of the fit, or were learned from before; see
        `updating.new_rows`.
        After reweighting, draws are repeated: copies of a draw stand next to each other, so that
        effective sample sizes count them as the single draws that they are, and
        `statistics["source_draw"]` says which draw of the fit each of them copies. Every such
        update costs effective draws, so that one large one is better than many small ones.

    Raises:
        RefitNeeded: When the rows hold levels of a grouping factor that the fit never saw, or move
            the posterior too far to follow (k-hat and effective draws are given).
        DataError: When the rows are not of the kind that the model was fitted to.

    Source:
        Vehtari, Simpson, Gelman, Yao and Gabry (2024), JMLR 25, for k-hat and its limit.

    Example:
        >>> import bayesinf as bi
        >>> frame = bi.examples.sleepstudy()
        >>> half = bi.fit("Reaction ~ Days", frame[:90], seed=1)
        >>> half.update(frame[90:]).posterior.provenance.rows
        180
    """
    new = posterior.model.on(rows, missing)
    _refuse_unseen(new)
    odd = judge_new_rows(posterior, new)
    try:
        moved = updated(posterior.state, posterior, new)
    except RefitNeeded as error:
        raise _because(error, odd) from error
    codes = {finding.code for finding in odd}
    kept = (finding for finding in moved.verdict.findings if finding.code not in codes)
    return replace(moved, verdict=Verdict((*kept, *odd)))


@singledispatch
def updated(state: object, posterior: Posterior, new: Model) -> Posterior:
    """Updates a posterior as its state allows; a new kind of state registers its own way here.

    Args:
        state: `posterior.state`, whose type chooses the way.
        posterior: Before the rows.
        new: The same model of the new rows alone.
    """
    del posterior, new
    raise ModelError(
        f"There is no way to update a posterior whose state is {type(state).__name__}.",
        code="no-update",
    )


@updated.register
def add_statistics(state: GaussianStatistics, posterior: Posterior, new: Model) -> Posterior:
    """Adds the new rows' sufficient statistics: exact, whatever the rows say."""
    whole = state.plus(_statistics_like(state, new))
    streams = Streams(posterior.provenance.seed)
    answer = solve_statistics(posterior.model, whole, posterior.values.count, streams)
    count = len(new.design.response)
    note = Finding(
        f"{_rows(count)} were added exactly, through their sufficient statistics.",
        "good",
        "update",
        {"rows": float(count)},
    )
    moved = replace(
        posterior, values=answer.draws, state=whole, statistics={}, independent=answer.independent
    )
    happened = history_of(posterior, new, f"added {_rows(count)} exactly")
    return _finish(moved, new, (*answer.findings, note), happened)


def _statistics_like(state: GaussianStatistics, new: Model) -> GaussianStatistics:
    """The new rows' statistics at the level, basis and origin of the earlier ones."""
    if state.basis is None or state.origin is None:
        return gaussian_statistics(new, level=state.level)
    turned = Orthonormal(weighted_columns(new) @ state.basis, state.basis)
    return statistics_around(new, state.level, turned, state.origin)


@updated.register
def reweight_draws(state: DrawsOnly, posterior: Posterior, new: Model) -> Posterior:
    """Reweights the draws by the new rows' likelihood, and resamples them."""
    del state
    step = reweight(posterior, new)
    moved = replace(
        posterior,
        values=posterior.values.take(step.index),
        statistics={"source_draw": step.source},
        independent=False,
    )
    count = len(new.design.response)
    note = Finding(
        f"{_rows(count)} were added by reweighting: k-hat {step.k_hat:.2f}, worth "
        f"{step.effective:.0f} of {posterior.values.count} draws; draws repeat.",
        "note",
        "update",
        {"rows": float(count), "k_hat": step.k_hat, "ess": step.effective},
    )
    fresh = judge_chains(*scalar_draws(posterior.model, moved.values))
    happened = (
        f"added {_rows(count)} by reweighting (k-hat {step.k_hat:.2f}, "
        f"{step.effective:.0f} effective draws)"
    )
    return _finish(moved, new, (*fresh, note), history_of(posterior, new, happened))


def _finish(moved: Posterior, new: Model, findings: Iterable[Finding], happened: str) -> Posterior:
    """Writes down what happened: rows, verdict and provenance of the updated posterior."""
    old = moved.model.design
    design = join_designs(old, new.design)
    provenance = moved.provenance
    complete = design.table is not None
    outdated = {finding.code for finding in findings} | set(DATA_CODES if complete else ())
    kept = tuple(finding for finding in moved.verdict.findings if finding.code not in outdated)
    result = replace(
        moved,
        model=replace(moved.model, design=design),
        verdict=Verdict((*kept, *findings)),
        provenance=replace(
            provenance,
            rows=provenance.rows + len(new.design.response),
            fingerprint=join_fingerprints(provenance.fingerprint, design, new.design),
            history=(*provenance.history, happened),
        ),
    )
    return _judge_whole(result, old, new.design) if complete else result


def _judge_whole(result: Posterior, old: Design, new: Design) -> Posterior:
    """Looks at old and new rows together, and says how the rows that it names are counted."""
    fresh = judge_data(replace(result, verdict=Verdict(()))).verdict.findings
    codes = {finding.code for finding in fresh}
    kept = (finding for finding in result.verdict.findings if finding.code not in codes)
    first = first_new_row(old)
    last = first + new.missing.n_before - 1
    new_ones = f"one, row {first}" if first == last else f"ones, rows {first} to {last}"
    counting = f" Rows are counted through the old ones and on through the new {new_ones}."
    told = (
        replace(finding, sentence=finding.sentence + counting * _names_rows(finding.sentence))
        for finding in fresh
    )
    return replace(result, verdict=Verdict((*kept, *told)))


def _names_rows(sentence: str) -> bool:
    """Whether a sentence names rows by their numbers, as `errors.name_rows` writes them."""
    return re.search(r"\brows? \d", sentence) is not None


def _refuse_unseen(new: Model) -> None:
    for group in new.design.rows.groups:
        if not group.unseen:
            continue
        shown = ", ".join(f"'{level}'" for level in group.unseen[:3])
        more = f" and {len(group.unseen) - 3} more" if len(group.unseen) > 3 else ""
        raise RefitNeeded(
            f"The new rows hold levels of '{group.factor}' that the fit never saw ({shown}{more}): "
            "their effects are not among the unknowns of this posterior.",
            code="unseen-level",
            column=group.factor,
            rows=_unseen_rows(new.design, group.codes >= len(group.levels)),
            hint="Fit the formula again on all rows, or update with the rows of known levels only.",
        )


def _unseen_rows(design: Design, unseen: np.ndarray) -> list[int]:
    """Their positions among the rows used, where those are the rows given; else none."""
    if design.missing.n_before != design.missing.n_after:
        return []
    return np.flatnonzero(unseen).tolist()


def _because(error: RefitNeeded, odd: tuple[Finding, ...]) -> RefitNeeded:
    """The same refusal, and what is odd about the rows: a refit would not make them right."""
    if not odd:
        return error
    said = str(error).removesuffix(f"\n  {error.hint}")
    return RefitNeeded(
        " ".join([said, *(finding.sentence for finding in odd)]),
        code=error.code,
        hint=f"{odd[0].remedy.split(';')[0].rstrip('.')}. If they are right, f{REFIT[1:]}",
    )


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"

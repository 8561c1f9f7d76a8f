"""The rows of a model with one group term, in blocks of groups of similar size.

A block is a dense array: rows of a group along the first axis, groups along the second, and the
points at which a density is evaluated along the last. Sums over a group's rows are then sums over
the first axis, and every operation runs over long contiguous stretches of memory. Groups that are
shorter than the longest of their block are filled up with empty rows: of weight 0, and with a
linear predictor so low that its exponential is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from bayesinf.family import Family, Known
from bayesinf.model.density import Evidence, Signature, evidence_of, signature_of
from bayesinf.model.layout import GroupShape
from bayesinf.model.model import Model
from bayesinf.types import Array

ROWS = 480
"""Rows of a block. With 32 points a temporary array has 15,360 numbers (123 kB): it stays in a
core's cache, and is small enough that the C library does not ask the system for its memory every
time (from 128 kB on it does, and one softplus took 8.5 ns instead of 3.0)."""

ROWS_OF_A_BUNDLE = 4096
"""Rows of the blocks that are handled together: with 32 points, 1 MB for each number per row."""

FILLING = 0.1
"""Empty rows that a block may hold, as a share of its rows."""

EMPTY = -800.0
"""The offset of empty rows, whose other columns are 0; from -746 on the exponential is 0."""


class Strip(NamedTuple):
    """Up to `ROWS` rows of the groups of a block.

    Attributes:
        population: Shape (row * group, coefficient + 1): the centred columns, then the offset.
        varying: Per effect an array (row, group, 1), or None for a column of ones.
        response: Shape (row, group, 1).
        weights: Shape (row, group, 1), or None where all are 1.
        trials, standard_error: Shape (row, group, 1), or None.
    """

    population: np.ndarray
    varying: tuple[np.ndarray | None, ...]
    response: np.ndarray
    weights: np.ndarray | None
    trials: np.ndarray | None
    standard_error: np.ndarray | None

    @property
    def known(self) -> Known:
        """What is known about the rows besides outcome and predictors."""
        return Known(self.trials, self.standard_error)


type Block = tuple[Strip, ...]
"""The same groups in every strip; groups of more than `ROWS` rows need several strips."""


class Bundle(NamedTuple):
    """Several blocks, so that what is done per group is done for many groups at once.

    Attributes:
        blocks: The rows.
        spans: For each block, the positions of its groups within the bundle.
    """

    blocks: tuple[Block, ...]
    spans: tuple[slice, ...]


class Tally(NamedTuple):
    """The different outcomes, and how often each occurs.

    Attributes:
        response: Shape (outcome, 1).
        trials: Shape (outcome, 1), or None.
        weights: Shape (outcome, 1). The sum of the weights of the rows with this outcome.
    """

    response: np.ndarray
    trials: np.ndarray | None
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """The rows of a model with one group term.

    Attributes:
        signature: What is fixed: family, and the layout of the unknowns that are left when the
            group effects are integrated out (the model's layout without levels).
        evidence: The priors; its rows are empty.
        bundles: The rows.
        spans: For each bundle, the positions of its groups.
        order: Shape (group,). The level at each position; levels without rows are left out.
        tally: The different outcomes.
        levels: How many levels the model has.
    """

    signature: Signature
    evidence: Evidence
    bundles: tuple[Bundle, ...]
    spans: tuple[slice, ...]
    order: np.ndarray
    tally: Tally
    levels: int

    @property
    def family(self) -> Family:
        """The outcome's family."""
        return self.signature.family

    @property
    def effects(self) -> int:
        """Effects of each group."""
        return self.signature.layout.groups[0].effects

    @property
    def size(self) -> int:
        """Unknowns that are left: coefficients, family parameters, sds and correlations."""
        return self.signature.layout.size

    @property
    def count(self) -> int:
        """How many rows the blocks hold, empty ones included."""
        return sum(rows_of(block) for bundle in self.bundles for block in bundle.blocks)


@dataclass(frozen=True, eq=False)
class _Groups:
    """Which rows belong to which group.

    Attributes:
        rows: Shape (row,). The rows, level after level.
        starts: Shape (level,). Where a level begins in them.
        sizes: Shape (level,).
        order: Shape (group,). The levels that have rows, the largest first.
    """

    rows: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray
    order: np.ndarray

    def index(self, levels: np.ndarray, first: int, last: int) -> np.ndarray:
        """The rows of some groups from place to place, (row, group); -1 after a group's end."""
        place = np.arange(first, last)[:, None]
        inside = place < self.sizes[levels]
        return np.where(inside, self.rows[np.where(inside, self.starts[levels] + place, 0)], -1)


def grouped_rows(model: Model) -> GroupedRows:
    """Arranges the rows of a model with one group term for evaluation in NumPy."""
    evidence, groups = evidence_of(model), _groups(model)
    sizes = groups.sizes[groups.order]
    cuts = list(_cuts(sizes))
    blocks = []
    for cut in cuts:
        levels, longest = groups.order[cut], int(sizes[cut.start])
        firsts = range(0, longest, ROWS)
        index = [groups.index(levels, k, min(k + ROWS, longest)) for k in firsts]
        blocks.append(tuple(_strip(evidence, part) for part in index))
    return _collect(model, evidence, *_bundle(blocks, cuts), groups.order)


def rows_of(block: Block) -> int:
    """How many rows a block holds, empty ones included."""
    return sum(strip.response.size for strip in block)


def _bundle(blocks: list[Block], cuts: list[slice]) -> tuple[tuple[Bundle, ...], tuple[slice, ...]]:
    """Puts neighbouring blocks together, and says where each bundle's groups are."""
    ends = np.cumsum([rows_of(block) for block in blocks])
    number = (ends - 1) // ROWS_OF_A_BUNDLE
    bundles, spans = [], []
    for which in np.unique(number):
        own = np.flatnonzero(number == which)
        start, stop = cuts[own[0]].start, cuts[own[-1]].stop
        within = tuple(slice(cuts[k].start - start, cuts[k].stop - start) for k in own)
        bundles.append(Bundle(tuple(blocks[k] for k in own), within))
        spans.append(slice(start, stop))
    return tuple(bundles), tuple(spans)


def _groups(model: Model) -> _Groups:
    codes = model.design.rows.groups[0].codes
    sizes = np.bincount(codes, minlength=model.layout.groups[0].levels)
    order = np.argsort(-sizes, kind="stable")[: int((sizes > 0).sum())]
    return _Groups(np.argsort(codes, kind="stable"), np.cumsum(sizes) - sizes, sizes, order)


def _cuts(sizes: np.ndarray) -> Iterator[slice]:
    """Cuts groups in descending order of size into stretches of similar size."""
    start = 0
    while start < len(sizes):
        longest = int(sizes[start])
        stretch = sizes[start : start + max(1, ROWS // longest)]
        counts = np.arange(1, len(stretch) + 1)
        full = np.cumsum(stretch) >= (1 - FILLING) * longest * counts
        stop = start + int(np.flatnonzero(full)[-1]) + 1
        yield slice(start, stop)
        start = stop


def _strip(evidence: Evidence, index: np.ndarray) -> Strip:
    """Gathers rows; those of index -1 are empty."""
    inside = index >= 0
    at = np.where(inside, index, 0)

    def pick(values: Array) -> np.ndarray:
        return np.asarray(values)[at][..., None]

    weights = np.where(inside, np.asarray(evidence.weights)[at], 0.0)[..., None]
    columns = np.column_stack([evidence.population, evidence.offset])[at.ravel()]
    columns[~inside.ravel()] = 0.0
    columns[~inside.ravel(), -1] = EMPTY
    effects = np.asarray(evidence.varying[0]).T
    return Strip(
        columns,
        tuple(
            None if (column == 1.0).all() else np.where(inside[..., None], pick(column), 0.0)
            for column in effects
        ),
        pick(evidence.response),
        None if (weights == 1.0).all() else weights,
        None if evidence.trials is None else pick(evidence.trials),
        None if evidence.standard_error is None else pick(evidence.standard_error),
    )


def _collect(
    model: Model,
    evidence: Evidence,
    bundles: tuple[Bundle, ...],
    spans: tuple[slice, ...],
    order: np.ndarray,
) -> GroupedRows:
    return GroupedRows(
        without_levels(signature_of(model)),
        _without_rows(evidence),
        bundles,
        spans,
        order,
        _tally(evidence),
        model.layout.groups[0].levels,
    )


def without_levels(signature: Signature) -> Signature:
    """A structure whose group term has no levels: its unknowns are those that are left."""
    layout, group = signature.layout, signature.layout.groups[0]
    alone = GroupShape(0, group.effects, group.correlated)
    return replace(signature, layout=replace(layout, groups=(alone,)))


def _without_rows(evidence: Evidence) -> Evidence:
    none = np.zeros(0)
    return evidence._replace(
        population=np.zeros((0, np.shape(evidence.population)[1])),
        offset=none,
        response=none,
        weights=none,
        trials=None,
        standard_error=None,
        codes=(),
        varying=(),
        place=none,
        width=none,
    )


def _tally(evidence: Evidence) -> Tally:
    columns = [evidence.response] + ([] if evidence.trials is None else [evidence.trials])
    outcomes, where = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    weights = np.bincount(where.ravel(), np.asarray(evidence.weights), len(outcomes))
    trials = None if evidence.trials is None else outcomes[:, 1:]
    return Tally(outcomes[:, :1], trials, weights[:, None])

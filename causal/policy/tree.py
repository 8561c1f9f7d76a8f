"""The best shallow tree: an exact search over questions of up to two levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate, percent
from causal.policy.effects import compared_rows
from causal.policy.rules import Everybody, Nobody, Rule, Split, numbers
from causal.policy.scores import HeldOut, bootstrap_mean, clusters_of
from causal.policy.value import Cost, PolicyValue, costs, net_benefits, value

DRAWS_SEARCHED = 100
"""Posterior draws for which the search is run again, to see how sure the tree is."""


@dataclass(frozen=True, eq=False, repr=False)
class LearnedTree:
    """A tree chosen by data, and what it is worth.

    Attributes:
        rule: The tree.
        value: Its value in the rows that chose it, which is too good.
        held_out: (draw,) quasi-posterior draws of its gain over nobody where every row is treated
            by a tree that was chosen without it, judged by outcomes; None without `held`.
        agreement: Average share of rows that the best trees of single draws treat as it does.
        shortfall: What it misses on average compared with the best tree of each draw, per row.
    """

    rule: Rule
    value: PolicyValue
    held_out: np.ndarray | None
    agreement: float
    shortfall: float

    def sentence(self) -> str:
        """Says what the tree is worth, and how far to trust that."""
        told = (
            f"{self.value.sentence()} That is optimistic, because the same rows chose the rule. "
            f"The best trees of single posterior draws agree with it on "
            f"{percent(round(self.agreement, 2))} of the rows, and beat it by "
            f"{self.shortfall:.4g} per row on average."
        )
        if self.held_out is None:
            return (
                f"{told} Give held=causal.policy.hold_out(estimate) for a value in rows held out."
            )
        low, high = np.quantile(self.held_out, [0.055, 0.945])
        return (
            f"{told} Cross-fitted, rows treated by trees chosen without them gain "
            f"{self.held_out.mean():.4g} over treating nobody (89% quasi-posterior interval "
            f"[{low:.4g}, {high:.4g}])."
        )

    def __repr__(self) -> str:
        return f"{self.rule}\n{self.sentence()}"


def best_tree(
    estimate: Estimate,
    columns: Sequence[str],
    *,
    depth: int = 2,
    cost: Cost = 0.0,
    worth: float = 1.0,
    cuts: int = 100,
    smallest: int = 1,
    held: HeldOut | None = None,
) -> LearnedTree:
    """Finds the tree that would gain most, by posterior mean net benefits.

    The search is exact over all trees of the depth whose thresholds are among the candidates:
    all values of a column, or, where there are more than `cuts`, that many quantiles.

    Args:
        estimate: An estimate that says what the treatment does to each row.
        columns: Columns of numbers that the tree may ask for.
        depth: 0, 1 or 2.
        cost: Of treating one row, as in `value`.
        worth: Of one unit of the outcome, as in `value`.
        cuts: How many thresholds per column at most.
        smallest: Rows that each leaf has at least.
        held: From `hold_out`, for a cross-fitted value.

    Raises:
        ModelError: The depth is none of these.
        DataError: A column is missing or holds text.

    Source:
        Athey and Wager (2021), Policy learning with observational data, Econometrica 89; the exact
        search is that of Zhou, Athey and Wager (2023), Operations Research 71, by cumulative sums
        of two-way tables here.

    Example:
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> estimate = run(made.study, made.frame, Computation(draws=400, seed=1))
        >>> best_tree(estimate, ["z"], depth=1, cost=1.7).rule.columns
        ('z',)
    """
    if depth not in (0, 1, 2):
        raise bi.ModelError(
            f"The search is exact up to two levels; depth={depth} was asked for.",
            code="tree-depth",
            hint="Write depth=2.",
        )
    table = compared_rows(estimate, tuple(columns))
    matrix = np.column_stack([numbers(table, name) for name in columns])
    net = net_benefits(estimate, cost, worth)
    flat = net.reshape(-1, net.shape[-1])
    mean = flat.mean(axis=0)
    grid = Grid.of(matrix, tuple(columns), cuts, smallest)
    rule = grid.search(mean, depth)
    chosen = rule.chosen(table)
    thinned = flat[np.linspace(0, len(flat) - 1, min(DRAWS_SEARCHED, len(flat))).astype(int)]
    others = [(grid.search(draw, depth).chosen(table), draw) for draw in thinned]
    return LearnedTree(
        rule,
        value(estimate, rule, cost=cost, worth=worth),
        None if held is None else cross_fitted(estimate, held, grid, depth, cost, worth),
        float(np.mean([(other == chosen).mean() for other, _ in others])),
        float(np.mean([draw @ (other.astype(float) - chosen) for other, draw in others]))
        / len(chosen),
    )


def cross_fitted(
    estimate: Estimate, held: HeldOut, grid: Grid, depth: int, cost: Cost, worth: float
) -> np.ndarray:
    """(draw,) draws of the gain where each row is treated by a tree of the other folds.

    The trees of a fold are chosen by the effects that its fit gives to its own rows.
    """
    price = np.broadcast_to(costs(estimate, cost), held.scores.shape)
    gains = np.zeros(len(held.scores))
    for fold, fit in enumerate(held.fits):
        inside, out = held.folds != fold, held.folds == fold
        effects = net_benefits(fit).mean(axis=(0, 1))
        rule = grid.rows(inside).search(worth * effects - price[inside], depth)
        treated = rule.chosen(bi.Table.read(grid.frame(out)))
        gains[out] = treated * (worth * held.scores[out] - price[out])
    rng = bi.Streams(estimate.answer.seed).generator("policy")
    return bootstrap_mean(gains, clusters_of(estimate), rng, estimate.draws.size)


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows sorted into bins of each column, for searches over thresholds.

    Attributes:
        names: (column,) names.
        matrix: (row, column) numbers.
        cuts: For each column the candidate thresholds, rising.
        codes: (row, column) how many thresholds lie strictly below each number.
        smallest: Rows that each leaf has at least.
    """

    names: tuple[str, ...]
    matrix: np.ndarray
    cuts: tuple[np.ndarray, ...]
    codes: np.ndarray
    smallest: int = 1

    @staticmethod
    def of(matrix: np.ndarray, names: tuple[str, ...], cuts: int, smallest: int = 1) -> Grid:
        """Chooses thresholds: all values but the largest, or quantiles where there are many."""
        found = []
        for column in matrix.T:
            values = np.unique(column)
            if len(values) > cuts + 1:
                shares = np.arange(1, cuts + 1) / (cuts + 1)
                values = np.unique(np.quantile(column, shares, method="lower"))
                found.append(values[values < column.max()])
            else:
                found.append(values[:-1])
        codes = [np.searchsorted(at, column) for at, column in zip(found, matrix.T, strict=True)]
        return Grid(names, matrix, tuple(found), np.column_stack(codes), smallest)

    def rows(self, chosen: np.ndarray) -> Grid:
        """The same thresholds with some of the rows."""
        return Grid(self.names, self.matrix[chosen], self.cuts, self.codes[chosen], self.smallest)

    def frame(self, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """The columns of some rows by name."""
        return dict(zip(self.names, self.matrix[chosen].T, strict=True))

    def search(self, gains: np.ndarray, depth: int) -> Rule:
        """Finds the tree with the largest sum of gains over the rows that it treats.

        Args:
            gains: (row,) what treating each row gains.
            depth: 0, 1 or 2.
        """
        total = float(gains.sum())
        leaf: Rule = Everybody() if total > 0 else Nobody()
        if depth == 0:
            return leaf
        least = max(total, 0.0) + 1e-12 * float(np.abs(gains).sum())
        best, place = least, (0, 0)
        for column, at in enumerate(self.cuts):
            if not len(at):
                continue
            found = self.splits(gains, column) if depth == 1 else self.pairs(gains, column)
            cut = int(np.argmax(found))
            if found[cut] > best:
                best, place = float(found[cut]), (column, cut)
        if best == least:
            return leaf
        column, cut = place
        low = self.codes[:, column] <= cut
        return Split(
            self.names[column],
            float(self.cuts[column][cut]),
            self.rows(low).search(gains[low], depth - 1),
            self.rows(~low).search(gains[~low], depth - 1),
        )

    def splits(self, gains: np.ndarray, column: int) -> np.ndarray:
        """(cut,) the gain of the best two leaves on both sides of each threshold."""
        codes, bins = self.codes[:, column], len(self.cuts[column]) + 1
        sums = np.cumsum(np.bincount(codes, gains, bins))
        counts = np.cumsum(np.bincount(codes, minlength=bins))
        return two_leaves(sums[None], counts[None], self.smallest)[0]

    def pairs(self, gains: np.ndarray, column: int) -> np.ndarray:
        """(cut,) the gain where each side of a threshold goes on with its best threshold.

        Args:
            gains: (row,) what treating each row gains.
            column: The column asked for first.
        """
        first, bins = self.codes[:, column], len(self.cuts[column]) + 1
        own = np.cumsum(np.bincount(first, gains, bins))
        size = np.cumsum(np.bincount(first, minlength=bins))
        low = leaf_gain(own[:-1], size[:-1], self.smallest)
        high = leaf_gain(own[-1] - own[:-1], size[-1] - size[:-1], self.smallest)
        for other, at in enumerate(self.cuts):
            if not len(at):
                continue
            width = len(at) + 1
            cells = first * width + self.codes[:, other]
            shape = (bins, width)
            sums = np.bincount(cells, gains, bins * width).reshape(shape).cumsum(0).cumsum(1)
            counts = np.bincount(cells, minlength=bins * width).reshape(shape).cumsum(0).cumsum(1)
            below = two_leaves(sums[:-1], counts[:-1], self.smallest)
            above = two_leaves(sums[-1] - sums[:-1], counts[-1] - counts[:-1], self.smallest)
            low, high = np.maximum(low, below.max(1)), np.maximum(high, above.max(1))
        return low + high


def two_leaves(sums: np.ndarray, counts: np.ndarray, smallest: int) -> np.ndarray:
    """The gain of the best two leaves at each threshold.

    Args:
        sums: (..., bin) cumulative gains; the last bin holds the total.
        counts: (..., bin) cumulative rows.
        smallest: Rows that each leaf has at least.

    Returns:
        (..., bin - 1) gains; minus infinity where a leaf is too small.
    """
    low = leaf_gain(sums[..., :-1], counts[..., :-1], smallest)
    high = leaf_gain(sums[..., -1:] - sums[..., :-1], counts[..., -1:] - counts[..., :-1], smallest)
    return low + high


def leaf_gain(sums: np.ndarray, counts: np.ndarray, smallest: int) -> np.ndarray:
    """What a leaf gains that treats all its rows or none; minus infinity where it is too small."""
    return np.where(counts >= smallest, np.maximum(sums, 0.0), -np.inf)

"""From draws for each row to draws of averages, and from averages to contrasts of all levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

import bayesinf as bi
from causal.answer import Effects
from causal.estimand import ATE, CATE, Estimand
from causal.formula import FACTOR_UP_TO
from causal.population import Population
from causal.treatment import levels_of

BLOCK = 2**21
"""Numbers (16 MB) of draws times rows that are held at once."""

LARGEST = 25_000_000
"""Draws times rows (200 MB) beyond which quantiles are refused, because they need all at once."""

type Predict = Callable[[object, np.ndarray], np.ndarray]
"""From a level of the treatment and positions of rows to (chain, draw, row) expected outcomes."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Sets of rows to average over, all rows first.

    Attributes:
        labels: One for each; the first is "all".
        members: (group, row) booleans.
    """

    labels: tuple[str, ...]
    members: np.ndarray


def find_groups(table: bi.Table, estimand: Estimand) -> Groups:
    """Finds the groups that the estimand asks for: all rows, and those of a `CATE`.

    Args:
        table: The rows.
        estimand: What is asked.

    Raises:
        DataError: The table lacks a column.

    Example:
        >>> table = bi.Table.read({"sex": ["f", "m", "f"]})
        >>> find_groups(table, CATE(("sex",))).labels
        ('all', "sex = 'f'", "sex = 'm'")
    """
    labels, members = ["all"], [np.ones(table.n, dtype=bool)]
    for column in grouping(estimand):
        if column not in table.columns:
            raise bi.DataError(
                f"Effects are asked for by '{column}', which the rows used do not have.",
                code="unknown-column",
                column=column,
                hint="Add it to what is adjusted for, or ask by another column.",
            )
        for label, rows in groups_of(table, column, estimand.bins):  # pyright: ignore[reportAttributeAccessIssue]
            labels.append(label)
            members.append(rows)
    return Groups(tuple(labels), np.array(members))


def grouping(estimand: Estimand) -> tuple[str, ...]:
    """The columns by whose groups effects are asked for; none but for a `CATE`.

    Example:
        >>> grouping(CATE("sex"))
        ('sex',)
    """
    return tuple(estimand.by) if isinstance(estimand, CATE) else ()


def ungrouped(estimand: Estimand, column: str) -> Estimand:
    """The same question, and the same average over all rows, without groups of a column.

    Example:
        >>> ungrouped(CATE(("sex", "age")), "sex"), ungrouped(CATE("sex"), "sex")
        (CATE(by=('age',)), ATE())
    """
    if column not in grouping(estimand):
        return estimand
    assert isinstance(estimand, CATE)
    rest = tuple(name for name in estimand.by if name != column)
    if rest:
        return replace(estimand, by=rest)
    return ATE(population=estimand.population)


def groups_of(table: bi.Table, column: str, bins: int) -> list[tuple[str, np.ndarray]]:
    """Splits rows by the levels of a column, or by its quantiles where it has many values."""
    values, levels = table.columns[column], levels_of(table, column)
    if (
        column in table.levels
        or values.dtype.kind in "Ob"
        or len(levels) <= max(FACTOR_UP_TO, bins)
    ):
        return [(f"{column} = {level!r}", np.asarray(values == level, bool)) for level in levels]
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    found = []
    for position in range(len(edges) - 1):
        close = "]" if position == len(edges) - 2 else ")"
        label = f"{column} in [{edges[position]:g}, {edges[position + 1]:g}{close}"
        found.append((label, place == position))
    return [(label, rows) for label, rows in found if rows.any()]


def average_rows(
    predict: Predict,
    levels: Sequence[object],
    weights: np.ndarray,
    population: Population,
    rng: np.random.Generator,
    shape: tuple[int, int],
) -> np.ndarray:
    """Averages expected outcomes over rows, without ever holding all draws of all rows.

    Args:
        predict: Predicts some rows with the treatment set to a level.
        levels: Levels of the treatment.
        weights: (group, row) how much rows count in each average; they need not sum to one.
        population: Whether the rows stand for themselves or for where they were drawn from.
        rng: Of the population's weights.
        shape: Numbers of chains and draws.

    Returns:
        (chain, draw, level, group): all from the same draws and the same weights of rows.

    Example:
        >>> from causal.population import SAMPLE
        >>> twice = lambda level, rows: np.full((1, 2, len(rows)), 2.0 * level)
        >>> average_rows(twice, [0, 1], np.ones((1, 9)), SAMPLE, np.random.default_rng(1), (1, 2))
        array([[[[0.],
                 [2.]],
        <BLANKLINE>
                [[0.],
                 [2.]]]])
    """
    draws, (groups, rows) = shape[0] * shape[1], weights.shape
    totals = np.zeros((draws, len(levels), groups))
    sizes = np.zeros((draws, groups))
    step = max(BLOCK // draws, 1)
    for begin in range(0, rows, step):
        block = np.arange(begin, min(begin + step, rows))
        counted = population.weigh(rng, draws, len(block))
        sizes += counted @ weights[:, block].T
        for position, level in enumerate(levels):
            expected = predict(level, block).reshape(draws, len(block))
            totals[:, position] += (counted * expected) @ weights[:, block].T
    return (totals / sizes[:, None]).reshape(*shape, len(levels), groups)


def quantiles_of_rows(
    simulate: Predict,
    levels: Sequence[object],
    weights: np.ndarray,
    probabilities: Sequence[float],
    population: Population,
    rng: np.random.Generator,
    shape: tuple[int, int],
) -> np.ndarray:
    """Quantiles of the outcome's distribution over rows, for each draw and level.

    Args:
        simulate: Draws an outcome of each of some rows with the treatment set to a level: from the
            predictive distribution, not its expectation.
        levels: Levels of the treatment.
        weights: (row,) how much rows count.
        probabilities: Of the quantiles.
        population: Whether the rows stand for themselves or for where they were drawn from.
        rng: Of the population's weights.
        shape: Numbers of chains and draws.

    Returns:
        (chain, draw, level, probability).

    Raises:
        ModelError: There are more draws times rows than fit into memory.
    """
    asked = np.flatnonzero(weights)
    draws = shape[0] * shape[1]
    if draws * len(asked) > LARGEST:
        raise bi.ModelError(
            f"Quantiles over {len(asked)} rows need {draws} outcomes of each of them at once, "
            f"which is more than {LARGEST} numbers.",
            code="too-many-rows",
            hint=f"Ask for fewer draws: draws={max(LARGEST // len(asked) // 4 * 4, 4)}.",
        )
    counted = population.weigh(rng, draws, len(asked)) * weights[asked]
    found = np.empty((draws, len(levels), len(probabilities)))
    for position, level in enumerate(levels):
        values = simulate(level, asked).reshape(draws, len(asked))
        found[:, position] = weighted_quantiles(values, counted, probabilities)
    return found.reshape(*shape, len(levels), len(probabilities))


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, probabilities: Sequence[float]
) -> np.ndarray:
    """The smallest value that at least a share p of the weight does not exceed, for each draw.

    Args:
        values: (draw, row), or (1, row) where all draws share them.
        weights: (draw, row), or (1, row) where all draws share them; not negative.
        probabilities: The shares p.

    Returns:
        (draw, probability).

    Example:
        >>> weighted_quantiles(
        ...     np.array([[3.0, 1.0, 2.0]]), np.array([[1.0, 1.0, 2.0]]), [0.25, 0.5]
        ... )
        array([[1., 2.]])
    """
    if len(weights) == 1 and np.ptp(weights) == 0:
        # Sorting values alone is many times faster than sorting rows by them.
        values, weights = np.sort(values, axis=1), np.broadcast_to(weights, values.shape)
    elif len(values) == 1:
        order = np.argsort(values[0])
        weights, values = weights[:, order], values[:, order]
    else:
        order = np.argsort(values, axis=1)
        values = np.take_along_axis(values, order, axis=1)
        weights = np.take_along_axis(np.broadcast_to(weights, values.shape), order, axis=1)
    reached = np.cumsum(weights, axis=1)
    # A share that is reached up to rounding is reached.
    slack = 1e-12 * reached[:, -1:]
    places = [
        np.argmax(reached >= probability * reached[:, -1:] - slack, axis=1)
        for probability in probabilities
    ]
    rows = np.arange(len(weights)) if len(values) > 1 else np.zeros(len(weights), dtype=int)
    return np.stack([values[rows, place] for place in places], axis=-1)


def contrasts(labels: Sequence[object], averages: np.ndarray) -> Effects:
    """All differences between levels, each from the same draws.

    Args:
        labels: The levels, the control first.
        averages: (chain, draw, level).

    Returns:
        Effects over "contrast", named "B vs A" for every A that stands before B.

    Example:
        >>> contrasts(["a", "b", "c"], np.array([[[1.0, 2.0, 4.0]]])).labels
        ('b vs a', 'c vs a', 'c vs b')
    """
    pairs = list(combinations(range(len(labels)), 2))
    names = tuple(f"{labels[high]} vs {labels[low]}" for low, high in pairs)
    draws = np.stack([averages[..., high] - averages[..., low] for low, high in pairs], axis=-1)
    return Effects("contrast", names, draws)

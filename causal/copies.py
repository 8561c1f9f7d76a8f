"""Columns that say again what the outcome or the treatment says: no effect is left beside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

import bayesinf as bi
from causal.formula import FACTOR_UP_TO, distinct, is_factor
from causal.identification.identification import join
from causal.treatment import Contrast, levels_of

FEWEST_ROWS = 8
"""Rows below which columns may say the same by chance: two columns of 0 and 1, once in 128."""

ROWS_PER_CELL = 4
"""Rows per combination of levels, from which on it is no chance that each has one arm alone."""

MOST_LEVELS = 50
"""Levels of text beyond which a column is in no sum: a column of numbers for each would be wide."""

EXACT = 1e-8
"""Share of a column's spread that is rounding: of 16 digits, half are left to the mathematics."""

MOST_PRUNED = 20
"""Columns of a sum beyond which it is not asked of each whether the others suffice."""

LOOKED_AT = 200
"""Rows that show at once, where columns do not repeat each other, that they do not."""


def refuse_copies(contrast: Contrast, columns: Sequence[str]) -> None:
    """Refuses columns that tell exactly who was treated: no rows alike in them can be compared.

    Args:
        contrast: The rows of two arms.
        columns: What is adjusted for.

    Raises:
        DataError: `repeats-treatment`.
    """
    table, name = contrast.table, contrast.treatment.column
    for column in columns:
        same = table.columns[column] == table.columns[column][:1]
        if not (
            np.array_equal(same, contrast.received) or np.array_equal(~same, contrast.received)
        ):
            continue
        values = table.columns[column]
        if len(distinct(values[same])) == len(distinct(values[~same])) == 1:
            raise bi.DataError(
                f"'{column}' says the same as the treatment '{name}' in all {table.n} rows used, "
                "so that no rows alike in it can be compared.",
                code="repeats-treatment",
                column=column,
                hint=f"Leave '{column}' out of what is adjusted for.",
            )


def refuse_sorted_arms(contrast: Contrast, columns: Sequence[str]) -> None:
    """Refuses factors whose levels together tell who was treated, though none does so alone.

    Args:
        contrast: The rows of two arms.
        columns: What is adjusted for, but for grouping columns: whole groups may be treated.

    Raises:
        DataError: `repeats-treatment`.
    """
    table, name = contrast.table, contrast.treatment.column
    few = table.take(np.arange(min(table.n, LOOKED_AT)))
    some = [column for column in columns if is_factor(few, column)]
    if mixed(cells_of(few, some), contrast.received[: few.n]):
        return  # so are the cells of all rows
    factors = [column for column in some if is_factor(table, column)]
    for count, column in enumerate(factors, start=1):
        told = factors[:count]
        cell = cells_of(table, told)
        cells = int(cell.max()) + 1
        if cells * ROWS_PER_CELL > table.n:
            return
        if mixed(cell, contrast.received):
            continue
        raise bi.DataError(
            f"The levels of {join([f"'{one}'" for one in told])} tell who was treated by '{name}': "
            f"each of their {cells} combinations is all of one arm, in all {table.n} rows used, so "
            "that no rows alike in them can be compared.",
            code="repeats-treatment",
            column=column,
            hint=f"Leave '{column}' out of what is adjusted for, if it was decided by the "
            "treatment; else these rows cannot tell the effect.",
        )


def refuse_clusters(table: bi.Table, treatment: str, clusters: str) -> None:
    """Refuses clusters that are the arms: one in each.

    Args:
        table: Rows without missing values.
        treatment: The treatment's column.
        clusters: The column of what came into an arm together.

    Raises:
        DataError: `clusters-are-arms`.
    """
    counts = {
        int(cells_of(table, columns).max()) + 1
        for columns in ([clusters], [treatment], [clusters, treatment])
    }
    if len(counts) > 1 or counts == {1}:
        return
    raise bi.DataError(
        f"The clusters are the arms: '{clusters}' has {max(counts)} levels, one for each arm of "
        f"'{treatment}', in all {table.n} rows used. Nobody can tell an effect from a difference "
        "between two clusters.",
        code="clusters-are-arms",
        column=clusters,
        hint="Name the column of what came into an arm together, such as schools; or leave "
        "clusters= out, if each row was assigned by itself.",
    )


def cells_of(table: bi.Table, columns: Sequence[str]) -> np.ndarray:
    """(row,) numbers of the combinations of levels, from 0 up."""
    cell = np.zeros(table.n, dtype=int)
    for column in columns:
        places = np.unique(codes_of(table, column), return_inverse=True)[1]
        cell = np.unique(cell * (places.max() + 1) + places, return_inverse=True)[1]
    return cell


def mixed(cell: np.ndarray, received: np.ndarray) -> bool:
    """Whether some cell has rows of both arms."""
    treated = np.bincount(cell, received)
    return bool(((treated > 0) & (treated < np.bincount(cell))).any())


def refuse_repeated(table: bi.Table, repeated: str, role: str, columns: Sequence[str]) -> None:
    """Refuses columns that reproduce the outcome, or a dose: by themselves, or together by a sum.

    Beside them nothing is left that the treatment could change, and the effect is 0 whatever it is.

    Args:
        table: Rows without missing values.
        repeated: The outcome, or the treatment where it is an amount.
        role: Which of the two, for the sentence and the code.
        columns: What is adjusted for, but for grouping columns.

    Raises:
        DataError: `repeats-outcome` or `repeats-treatment`.
    """
    values = codes_of(table, repeated)
    if table.n < FEWEST_ROWS or np.ptp(values) == 0:
        return
    few = table.take(np.arange(min(table.n, LOOKED_AT)))
    because = f"in all {table.n} rows used, so that nothing is left beside it for " + (
        "the treatment to change." if role == "outcome" else "the outcome to depend on."
    )
    for column in columns:
        if not says_the_same(codes_of(few, column), values[: few.n]):
            continue
        if says_the_same(codes_of(table, column), values):
            raise bi.DataError(
                f"'{column}' says the same as the {role} '{repeated}' {because}",
                code=f"repeats-{role}",
                column=column,
                hint=f"Leave '{column}' out of what is adjusted for.",
            )
    summed = summands(table, values, columns)
    if summed:
        raise bi.DataError(
            f"The {role} '{repeated}' is an exact sum of multiples of "
            f"{join([f"'{one}'" for one in summed])} {because}",
            code=f"repeats-{role}",
            column=summed[-1],
            hint="Leave out of what is adjusted for what was computed from the outcome or after "
            "the treatment.",
        )


def codes_of(table: bi.Table, column: str) -> np.ndarray:
    """A column as numbers: text by the places of its levels."""
    values = table.columns[column]
    if column in table.levels or values.dtype == object:
        places = {level: place for place, level in enumerate(levels_of(table, column))}
        return np.array([places[value] for value in values.tolist()], dtype=float)
    return values.astype(float)


def says_the_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two columns are each other in another unit, a usual curve, or few levels renamed.

    The same order of all rows is not enough: towns keep theirs from one census to the next.
    """
    levels = len(np.unique(one))
    if levels == 1:
        return bool(np.ptp(other) == 0)
    if levels <= FACTOR_UP_TO and levels == len(np.unique(other)):
        places = (np.unique(values, return_inverse=True)[1] for values in (one, other))
        return len(np.unique(np.column_stack([*places]), axis=0)) == levels
    return any(is_sum(first, [second[:, None]]) for first in bent(one) for second in bent(other))


def bent(values: np.ndarray) -> Iterator[np.ndarray]:
    """A column and its logarithms: multiples of these are powers, roots and exponentials too."""
    yield values
    if values.min() > 0:
        yield np.log(values)
    if values.min() > -1:
        yield np.log1p(values)


def summands(table: bi.Table, values: np.ndarray, columns: Sequence[str]) -> list[str]:
    """The columns of which `values` is an exact sum of multiples; none where it is not."""
    blocks: dict[str, np.ndarray] = {}
    for count in (LOOKED_AT, 10 * LOOKED_AT, table.n):
        rows = table.take(np.arange(min(table.n, count)))
        blocks = {column: indicators(rows, column) for column in columns}
        width = sum(block.shape[1] for block in blocks.values())
        enough = rows.n >= FEWEST_ROWS + 2 * width
        if width == 0 or (not enough and rows.n == table.n):
            return []
        if enough and not is_sum(values[: rows.n], list(blocks.values())):
            return []
    few = max(LOOKED_AT, FEWEST_ROWS + 2 * sum(block.shape[1] for block in blocks.values()))
    return needed(values[:few], {column: block[:few] for column, block in blocks.items()})


def needed(values: np.ndarray, blocks: Mapping[str, np.ndarray]) -> list[str]:
    """The first columns that suffice for the sum, without those that are not in it."""
    columns = list(blocks)

    def suffice(some: Sequence[str]) -> bool:
        return is_sum(values, [blocks[column] for column in some])

    ends = range(1, len(columns) + 1)
    found = columns[: ends[bisect_left(ends, True, key=lambda end: suffice(columns[:end]))]]
    if len(found) > MOST_PRUNED:
        return found
    for column in reversed(found):
        rest = [one for one in found if one != column]
        found = rest if suffice(rest) else found
    return found


def is_sum(values: np.ndarray, blocks: Sequence[np.ndarray]) -> bool:
    """Whether least squares leaves nothing but rounding."""
    matrix = np.column_stack([np.zeros((len(values), 0)), *blocks])
    spread = matrix.std(axis=0)
    centred = (matrix - matrix.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    about = values - values.mean()
    coefficients = np.linalg.lstsq(centred, about, rcond=1e-10)[0]
    rest = about - centred @ coefficients
    return bool(np.abs(rest).max() <= EXACT * np.abs(about).max())


def indicators(table: bi.Table, column: str) -> np.ndarray:
    """(row, number) numbers of a column: itself, or an indicator of each level but the first."""
    values = table.columns[column]
    if not (column in table.levels or values.dtype == object):
        return values.astype(float)[:, None]
    levels = levels_of(table, column)
    if len(levels) > MOST_LEVELS:
        return np.zeros((table.n, 0))
    return np.column_stack(
        [np.zeros((table.n, 0)), *((values == level).astype(float) for level in levels[1:])]
    )

"""How large the cone of directions is along which the rows of a model do not vanish.

The cone is that of `numerics.separation`, among some coefficients and the effects of some group
terms. For one term it mostly needs no search: given a direction d of the coefficients, the effect u
of a level must lie between bounds of its rows, `u >= -x d` where a row is closed below, `u <= -x d`
where one is closed above. So x d must be at least as high in rows of the first kind as in those of
the second, in each level: the cone of conditional logistic regression. Where that holds nothing but
directions that all levels can undo, these and the levels that lack a bound are all there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.separation import (
    LARGEST_CONE,
    null_space,
    separating_columns,
    size_of_cone,
)
from bayesinf.term import Effects

type Varying = tuple[Effects, int]
"""A group term, and the position of one of its effects."""


def cone_size(
    columns: np.ndarray, terms: list[Varying], above: np.ndarray, below: np.ndarray
) -> int:
    """Counts the independent directions of coefficients and effects that no row forbids.

    Args:
        columns: Shape (row, coefficient).
        terms: Each effect with a free value per level.
        above: Shape (row,). Rows whose likelihood does not vanish on the way up.
        below: Shape (row,). Rows whose likelihood does not vanish on the way down.

    Returns:
        The dimension of the space that the cone spans. Of designs beyond `LARGEST_CONE` only what
        is seen without a search, which may be too few.
    """
    alone = _Alone.of(columns, *terms[0], above, below) if len(terms) == 1 else None
    if alone is not None and alone.is_all():
        return alone.size
    if is_measured(columns.shape[1], terms, len(columns)):
        effects = [level_columns(*term) for term in terms]
        return size_of_cone(np.hstack([columns, *effects]), above, below)
    return 0 if alone is None else alone.size


def is_measured(coefficients: int, terms: list[Varying], rows: int) -> bool:
    """Whether a cone of this many coefficients and of these effects is not too large to search."""
    width = coefficients + sum(len(group.levels) for group, _ in terms)
    return not terms or width * rows <= LARGEST_CONE


def level_columns(group: Effects, effect: int) -> np.ndarray:
    """The columns (row, level) that the effects of one sd multiply."""
    columns = np.zeros((len(group.codes), len(group.levels)))
    columns[np.arange(len(group.codes)), group.codes] = group.matrix[:, effect]
    return columns


@dataclass(frozen=True, eq=False)
class _Alone:
    """What is seen of one term without a search: rows that say nothing are left out.

    Attributes:
        columns: Shape (row, coefficient), of size 1 each.
        values: Shape (row,). What multiplies the effect.
        codes: Shape (row,). The rows' levels.
        levels: How many there are.
        raised: Shape (row,). Whether the row's likelihood vanishes on the way down.
        lowered: Shape (row,). Whether it vanishes on the way up.
    """

    columns: np.ndarray
    values: np.ndarray
    codes: np.ndarray
    levels: int
    raised: np.ndarray
    lowered: np.ndarray

    @staticmethod
    def of(
        columns: np.ndarray, group: Effects, effect: int, above: np.ndarray, below: np.ndarray
    ) -> _Alone:
        says = ~(above & below)
        size = np.abs(columns).max(axis=0, initial=0.0)
        return _Alone(
            (columns / np.where(size > 0, size, 1.0))[says],
            group.matrix[says, effect],
            group.codes[says],
            len(group.levels),
            ~below[says],
            ~above[says],
        )

    @property
    def undone(self) -> np.ndarray:
        """Directions of the coefficients, as columns, that the levels can undo together."""
        squares = np.bincount(self.codes, self.values**2, minlength=self.levels)
        rest = np.empty_like(self.columns)
        for place, column in enumerate(self.columns.T):
            shares = np.bincount(self.codes, self.values * column, minlength=self.levels)
            shares = shares / np.where(squares > 0, squares, 1.0)
            rest[:, place] = column - self.values * shares[self.codes]
        return null_space(rest)

    @property
    def size(self) -> int:
        """Levels that lack a bound on one side, and directions that all of them undo."""
        floors, ceilings = self._bounds()
        without = [
            np.bincount(self.codes[rows], minlength=self.levels) == 0 for rows in (floors, ceilings)
        ]
        return int((without[0] | without[1]).sum()) + self.undone.shape[1]

    def is_all(self) -> bool:
        """Whether the cone is seen to hold nothing else."""
        closed = self.raised & self.lowered
        if closed.all() or not self.columns.shape[1]:
            return True
        others = null_space(self.undone.T)
        asked = self._differences() @ others
        yes = np.ones(len(asked), dtype=bool)
        bounded = null_space(asked).shape[1] == 0
        return bounded and len(separating_columns(asked, yes, ~yes, False)) == 0

    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows that bound their level's effect from below, and from above."""
        up, down = self.values > 0, self.values < 0
        floors = (up & self.raised) | (down & self.lowered)
        ceilings = (up & self.lowered) | (down & self.raised)
        return np.flatnonzero(floors), np.flatnonzero(ceilings)

    def _differences(self) -> np.ndarray:
        """Columns of rows that bound the effect of a level from below, less one from above.

        Each row is in at least one pair. Rows that the effect does not reach stand by themselves.
        """
        floors, ceilings = (rows[np.argsort(self.codes[rows])] for rows in self._bounds())
        counts = [
            np.bincount(self.codes[rows], minlength=self.levels) for rows in (floors, ceilings)
        ]
        pairs = np.where(np.minimum(*counts) > 0, np.maximum(*counts), 0)
        level = np.repeat(np.arange(self.levels), pairs)
        turn = np.arange(len(level)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
        sides = []
        for rows, count in zip((floors, ceilings), counts, strict=True):
            place = rows[(np.cumsum(count) - count)[level] + turn % np.maximum(count[level], 1)]
            sides.append(self.columns[place] / self.values[place, None])
        fixed = self.values == 0
        raised, lowered = self.columns[fixed & self.raised], self.columns[fixed & self.lowered]
        return np.vstack([sides[0] - sides[1], raised, -lowered])

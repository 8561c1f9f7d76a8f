"""`Table`: the columns that a model uses, read once from any kind of frame and never changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import numpy as np

from bayesinf.data.columns import Reading, read_array, read_series, whole_numbers
from bayesinf.data.labels import read_labels
from bayesinf.errors import DataError, all_or_some, as_read, suggest
from bayesinf.imports import import_whole

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of equal length.

    Attributes:
        columns: Arrays of shape (row,): float64 (missing is nan), int64 (uint64 where larger),
            bool, or object. An object array holds text, levels of a factor, or, with gaps, True and
            False or whole numbers beyond 2**53; missing is None.
        levels: For columns that were declared as factors, the levels that occur, in declared order
            (as R's `droplevels` leaves them); levels may be text, numbers or booleans.
        index: The pandas index of the rows, so that predictions can be returned aligned; else None.
        n: Number of rows; counted from the columns when not given.
        positions: Where each row stood in the frame as it was read; None when nothing was left out.
    """

    columns: Mapping[str, np.ndarray]
    levels: Mapping[str, tuple[Any, ...]]
    index: Any = None
    n: int = -1
    positions: np.ndarray | None = None

    def __post_init__(self) -> None:
        columns = {name: _read_only(values) for name, values in self.columns.items()}
        object.__setattr__(self, "columns", MappingProxyType(columns))
        object.__setattr__(self, "levels", MappingProxyType(dict(self.levels)))
        if self.n < 0:
            found = next(iter(self.columns.values()), self.index)
            object.__setattr__(self, "n", 0 if found is None else len(found))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the columns: their read-only views cannot be."""
        return Table, (dict(self.columns), dict(self.levels), self.index, self.n, self.positions)

    @staticmethod
    def read(
        frame: object, names: Collection[str] | None = None, labels: Collection[str] = ()
    ) -> Table:
        """Reads columns of a frame.

        Args:
            frame: pandas, polars, a pyarrow table, or a dict of arrays or lists; a dict of single
                values is one row.
            names: The columns wanted, in this order; None reads all. Columns that are not wanted
                are not looked at. A name is found however its accents are encoded, as one letter
                or as two.
            labels: Those that only tell groups apart: their dates and times become text.

        Returns:
            The table. Integers become int64, nullable integers with gaps float64; objects that hold
            only numbers become numbers. Levels of
            a factor are in the order that a pandas categorical or a polars Enum declares; those of
            a polars Categorical or an arrow dictionary are sorted, as text is (an arrow
            dictionary that says that it is ordered is taken at its word).

        Raises:
            DataError: `unknown-column`, `duplicate-columns`, `empty-frame`, `mixed-types`,
                `unsupported-type`, `not-a-frame`, `unequal-lengths`, each naming the column.
        """
        if isinstance(frame, Table):
            return frame if names is None else frame.only(names)
        if isinstance(frame, Mapping):
            return _from_mapping(frame, names, labels)
        return _from_frame(frame, names, labels)

    def take(self, rows: np.ndarray | Sequence[int] | slice) -> Table:
        """The given rows.

        Args:
            rows: A mask of shape (row,), positions (which may repeat), or a slice.

        Returns:
            A table of those rows, its levels those that still occur.
        """
        if isinstance(rows, slice):
            chosen = np.arange(*rows.indices(self.n))
        else:
            chosen = np.arange(self.n)[np.asarray(rows)]
        columns = {
            name: _settled(name, values[chosen], name in self.levels)
            for name, values in self.columns.items()
        }
        index = None if self.index is None else self.index[chosen]
        positions = chosen if self.positions is None else self.positions[chosen]
        return Table(columns, _occurring(columns, self.levels), index, len(chosen), positions)

    def only(self, names: Collection[str]) -> Table:
        """The same rows with the given columns alone.

        Raises:
            DataError: `unknown-column`.
        """
        for name in names:
            if name not in self.columns:
                raise unknown_column(name, tuple(self.columns))
        columns = {name: self.columns[name] for name in names}
        levels = {name: self.levels[name] for name in names if name in self.levels}
        return Table(columns, levels, self.index, self.n, self.positions)

    def as_read(self, rows: np.ndarray | Sequence[int]) -> list[int]:
        """Where the given rows stood in the frame as it was read, for errors that name them."""
        return as_read(rows, self.positions)

    def replace(self, name: str, values: object) -> Table:
        """The same rows with one column set to other values, as for a counterfactual.

        Args:
            name: An existing column.
            values: One value for all rows, or an array of shape (row,).

        Returns:
            A new table; this one is unchanged.

        Raises:
            DataError: `unknown-column`, or `unequal-lengths`.
        """
        if name not in self.columns:
            raise unknown_column(name, tuple(self.columns))
        given = [values] * self.n if np.ndim(values) == 0 else values  # pyright: ignore[reportArgumentType]
        read = read_array(name, given)
        if len(read.values) != self.n:
            raise DataError(
                f"Column '{name}' is given {len(read.values)} values for {self.n} rows.",
                code="unequal-lengths",
                column=name,
                hint="Give one value for each row, or one for all.",
            )
        columns = {**self.columns, name: read.values}
        return Table(columns, self.levels, self.index, self.n, self.positions)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas frame, factors as categoricals, with the index they came with."""
        import pandas as pd

        made = {
            name: pd.Categorical(values.tolist(), categories=list(self.levels[name]))
            if name in self.levels
            else values
            for name, values in self.columns.items()
        }
        return pd.DataFrame(made, index=pd.RangeIndex(self.n) if self.index is None else self.index)


def _read_only(values: np.ndarray) -> np.ndarray:
    view = values.view()
    view.flags.writeable = False
    return view


def unknown_column(name: str, known: Sequence[str]) -> DataError:
    """The error for a column that is not there, with a suggestion and what is there."""
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return DataError(
        f"There is no column '{name}'.{suggest(name, known)}",
        code="unknown-column",
        column=name,
        hint=f"Name one of the {len(known)} columns: {', '.join(known[:20])}{more}."
        if len(known) > 1
        else f"Give a frame with the other columns too; this one has {known[0]} only."
        if known
        else "Give a frame with columns.",
    )


def _wanted(names: Collection[str] | None, present: Sequence[object]) -> dict[str, str]:
    """The names to read, each with the column's own, after the checks that concern names alone."""
    counts = Counter(present)
    asked = counts if names is None else names
    twice = [str(name) for name in asked if counts[name] > 1]
    if twice:
        listed = " and ".join(
            f"{counts[name]} columns with the name '{name}'" for name in twice[:5]
        )
        raise DataError(
            f"The frame has {listed}{' and more' if len(twice) > 5 else ''}.",
            code="duplicate-columns",
            column=twice[0],
            hint="Rename or drop all but one of them.",
        )
    _refuse_nested_names(present)
    if names is None:
        for name in present:
            if not isinstance(name, str):
                raise DataError(
                    f"The column name {name!r} is not text.",
                    code="column-name",
                    column=str(name),
                    hint="Rename the columns: frame.columns = [str(c) for c in frame.columns].",
                )
        return {str(name): str(name) for name in present}
    return {name: _found(name, present) for name in names}


def _found(name: str, present: Sequence[object]) -> str:
    """The column of a name, whose accents may be encoded otherwise in the frame."""
    if name in present and str(name).isascii():
        return name
    alike = [other for other in present if _composed(other) == _composed(name)]
    if not alike:
        raise unknown_column(name, [str(other) for other in present])
    if len(alike) > 1:
        raise DataError(
            f"The frame has {len(alike)} columns that read '{name}' and differ in how their "
            f"accents are encoded: {', '.join(map(ascii, alike))}.",
            code="duplicate-columns",
            column=name,
            hint="Rename or drop all but one of them.",
        )
    return str(alike[0])


def _composed(name: object) -> object:
    return normalize("NFC", name) if isinstance(name, str) else name


def _refuse_nested_names(present: Sequence[object]) -> None:
    """Refuses columns that are named on several levels, as by a pandas MultiIndex."""
    nested = [name for name in present if isinstance(name, tuple)]
    if nested:
        raise DataError(
            f"{all_or_some(len(nested), len(present)).replace('rows', 'columns').capitalize()} "
            f"have names of several parts, such as '{nested[0]}'.",
            code="column-name",
            column=str(nested[0]),
            hint="Flatten them: frame.columns = ['_'.join(map(str, c)) for c in frame.columns].",
        )


def _from_frame(frame: Any, names: Collection[str] | None, labels: Collection[str]) -> Table:
    import_whole("narwhals.stable.v2")
    import narwhals.stable.v2 as nw

    if hasattr(type(frame), "collect"):  # of the type, because columns are attributes in pandas
        raise DataError(
            f"A {type(frame).__name__} has not been computed yet.",
            code="not-a-frame",
            hint="Call .collect() first.",
        )
    of_arrow = hasattr(type(frame), "column_names")
    if not of_arrow and not hasattr(type(frame), "columns"):
        raise _not_a_frame(frame)
    present = frame.column_names if of_arrow else getattr(frame, "columns", ())
    wanted = _wanted(names, list(present))
    if len(set(present)) < len(present):  # none of those wanted is there twice
        frame = frame.select(list(wanted.values())) if of_arrow else frame[[*wanted.values()]]
    try:
        whole = nw.from_native(frame, eager_only=True)
    except TypeError as error:
        raise _not_a_frame(frame) from error
    read = {
        name: (read_labels if name in labels else read_series)(name, whole[there])
        for name, there in wanted.items()
    }
    index = nw.maybe_get_index(whole)
    return _assemble(read, index, len(whole))


def _not_a_frame(frame: object) -> DataError:
    kind = type(frame)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]} "
    what = "None" if frame is None else f"A {module}'{kind.__name__}'"
    shape = getattr(frame, "shape", ())
    hint = "Give a pandas or polars frame, a pyarrow table, or a dict of arrays."
    if isinstance(shape, tuple) and len(shape) == 2:
        maker = "DataFrame.sparse.from_spmatrix" if hasattr(frame, "toarray") else "DataFrame"
        what += f" of {shape[0]} rows and {shape[1]} columns without names"
        hint = f"Give its columns names, by pandas.{maker}(matrix, columns=[...])."
    return DataError(f"{what} is not a data frame that can be read.", code="not-a-frame", hint=hint)


def _from_mapping(
    frame: Mapping[Any, Any], names: Collection[str] | None, labels: Collection[str]
) -> Table:
    wanted = _wanted(names, list(frame))
    single = [name for name, value in frame.items() if _is_single(value)]
    one_row = len(single) == len(frame) > 0
    if single and not one_row:
        raise DataError(
            f"Column '{single[0]}' is a single value, and {len(frame) - len(single)} of the "
            f"{len(frame)} columns are not.",
            code="unequal-lengths",
            column=str(single[0]),
            hint="Give one value for each row.",
        )
    read = {
        name: (read_labels if name in labels else read_array)(
            name, _one(frame[there]) if one_row else frame[there]
        )
        for name, there in wanted.items()
    }
    sizes = {name: len(reading.values) for name, reading in read.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"'{name}' {size}" for name, size in sizes.items())
        usual = Counter(sizes.values()).most_common(1)[0][0]
        raise DataError(
            f"The columns have different lengths: {listed}.",
            code="unequal-lengths",
            column=next(name for name, size in sizes.items() if size != usual),
            hint="Give one value for each row in every column.",
        )
    if sizes:
        size = next(iter(sizes.values()))
    else:
        size = 0 if not frame else 1 if one_row else len(next(iter(frame.values())))
    return _assemble(read, None, size)


def _one(value: Any) -> Any:
    """A single value as a column of one row, arrays without dimensions among them."""
    return np.asarray(value).reshape(1) if isinstance(value, np.ndarray) else [value]


def _is_single(value: Any) -> bool:
    several = isinstance(value, list | tuple | range) or hasattr(value, "toarray")
    return not several and np.ndim(value) == 0


def _assemble(read: Mapping[str, Reading], index: Any, size: int) -> Table:
    if size == 0:
        raise DataError(
            f"The frame has 0 rows, with the columns {_listed(tuple(read))}.",
            code="empty-frame",
            hint="Check the filter or the file that it comes from; a fit takes at least one row.",
        )
    columns = {name: reading.values for name, reading in read.items()}
    declared = {name: r.levels for name, r in read.items() if r.levels is not None}
    return Table(columns, _occurring(columns, declared), index, size)


def _listed(names: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(f"'{name}'" for name in names[:shown]) + more


def _occurring(
    columns: Mapping[str, np.ndarray], levels: Mapping[str, tuple[Any, ...]]
) -> dict[str, tuple[Any, ...]]:
    """Drops the levels that no row has."""
    kept: dict[str, tuple[Any, ...]] = {}
    for name, declared in levels.items():
        present = set(columns[name].tolist())
        kept[name] = tuple(level for level in declared if level in present)
    return kept


def _settled(name: str, values: np.ndarray, is_factor: bool) -> np.ndarray:
    """Turns booleans or whole numbers with gaps into plain ones once the gaps are gone."""
    if is_factor or values.dtype != object or not len(values) or not isinstance(values[0], int):
        return values
    if any(value is None for value in values):
        return values
    return values.astype(bool) if isinstance(values[0], bool) else whole_numbers(name, values)

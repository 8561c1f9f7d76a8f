"""Rows from and to files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf import terms
from bayesinf.cli.csv_form import CsvForm, cells_like, detect, header_of, not_decoded, told
from bayesinf.errors import DataError, name_rows
from bayesinf.fit import Fit
from bayesinf.formula.formula import group_columns
from bayesinf.formula.guard import factor_columns
from bayesinf.formula.split import parse
from bayesinf.posterior.program import ProgramPosterior

if TYPE_CHECKING:
    import pandas as pd


SUFFIXES = (".csv", ".parquet", ".pq")


def _silent(sentence: str) -> None:
    del sentence


def read_rows(
    path: Path,
    as_text: Sequence[str] = (),
    as_numbers: Sequence[str] = (),
    form: CsvForm | None = None,
    tell: Callable[[str], None] = _silent,
) -> pd.DataFrame:
    """Reads a CSV or Parquet file.

    Args:
        path: Its name ends in `.csv`, `.parquet` or `.pq`.
        as_text: Columns of a CSV whose values stay as they are written, such as group names like
            007; a column that is not there is passed over. Other columns are text when they hold
            anything but numbers.
        as_numbers: Columns of a CSV that must be numbers.
        form: How a CSV is written, as far as the caller says so; the file tells the rest.
        tell: Takes sentences on what was not read in the usual way.

    Raises:
        DataError: The file is of another kind, or cannot be read as what it claims to be; or a
            column that must be numbers holds text, whose rows are named.
    """
    import pandas as pd

    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"'{path.name}' is neither a .csv nor a .parquet file.", code="unknown-file-kind"
        )
    try:
        if suffix == ".csv":
            frame = _read_csv(path, as_text, as_numbers, form or CsvForm(), tell)
            for name in as_numbers:
                if name in frame:
                    _refuse_text(name, frame[name])
            return frame
        if form not in (None, CsvForm()):
            raise DataError(
                f"'{path.name}' is no CSV file, so it has no encoding, separator or decimal sign.",
                code="form-of-parquet",
                hint="Leave --encoding, --separator and --decimal out.",
            )
        return pd.read_parquet(path)
    except ImportError as error:
        raise _no_parquet() from error
    except DataError:
        raise
    except UnicodeDecodeError as error:
        raise not_decoded(path, error) from error
    except ValueError as error:  # pandas' parser errors, bad encodings, pyarrow's ArrowInvalid
        raise DataError(f"'{path}' cannot be read: {error}", code="unreadable-file") from error


def _read_csv(
    path: Path,
    as_text: Sequence[str],
    as_numbers: Sequence[str],
    asked: CsvForm,
    tell: Callable[[str], None],
) -> pd.DataFrame:
    """Reads numbers with the usual signs for missing ones, and text as it is written.

    `NA`, `None` and `null` are missing numbers, but as text they may be names: of a country, of a
    group. Of text only an empty cell is missing. Whole numbers with zeros before them, such as a
    postcode 01067, are names, unless the column must be numbers.
    """
    import pandas as pd

    form = detect(path, asked)
    if sentence := told(path, asked, form):
        tell(sentence)
    header_of(path, form)
    kind = {"sep": form.separator, "encoding": form.encoding}
    number: Any = {**kind, "decimal": form.decimal, "low_memory": False}
    frame = pd.read_csv(path, dtype=dict.fromkeys(as_text, "str"), **number)
    words = [
        name
        for name, values in frame.items()
        if values.hasnans and (name in as_text or pd.api.types.infer_dtype(values) == "string")
    ]
    numbers = [
        name
        for name, values in frame.items()
        if name not in as_numbers and pd.api.types.is_numeric_dtype(values)
    ]
    codes = numbers if any(cells_like(path, form, LEADING_ZERO)) else []
    if words or codes:
        text: Any = {**kind, "keep_default_na": False, "na_values": [""]}
        written = pd.read_csv(path, dtype="str", **text)
        frame[words] = written[words]
        for name in codes:
            _keep_zeros(frame, str(name), written[name], tell)
    return frame


LEADING_ZERO = r"0\d+"
"""A whole number that would lose its first digits as a number."""


def _keep_zeros(
    frame: pd.DataFrame, name: str, written: pd.Series, tell: Callable[[str], None]
) -> None:
    """Makes a column text again where a cell of it would lose zeros; missing cells stay missing."""
    cells = written.str.strip()
    rows = np.flatnonzero(cells.str.fullmatch(LEADING_ZERO).fillna(False).to_numpy(dtype=bool))
    if len(rows):
        frame[name] = cells.where(frame[name].notna())
        tell(
            f"Column '{name}' has whole numbers with zeros before them, e.g. "
            f"'{cells.iloc[int(rows[0])]}' ({name_rows(rows)}), and is read as text; if they are "
            "amounts, write them without these zeros."
        )


def _refuse_text(name: str, values: Any) -> None:
    """Refuses text in a column of numbers: one such cell makes text of all of them."""
    rows = _no_numbers(values)
    if len(rows):
        raise DataError(
            f"Column '{name}' was numeric at the fit and has {_cells(values, rows)}.",
            code="type-changed",
            column=name,
            rows=rows.tolist(),
            hint="Correct the cells, or leave the rows out.",
        )


def refuse_strays(frame: pd.DataFrame, formula: str) -> None:
    """Refuses columns of which most cells are numbers and some are not: none was meant as a name.

    Args:
        frame: Rows of a CSV file, to be fitted.
        formula: Groups, and what stands in C(...), may be named as they are.

    Raises:
        DataError: `mixed-types`, with the rows.
    """
    asked = parse(formula, tuple(term.name for term in terms.ALL))
    named = {*groups_of(formula), *factor_columns(asked)}
    for name in asked.variables:
        if name in named or name not in frame:
            continue
        values: Any = frame[name]
        rows = _no_numbers(values)
        if 0 < 2 * len(rows) < int(values.notna().sum()):
            raise DataError(
                f"Most cells of column '{name}' are numbers, and it has {_cells(values, rows)}.",
                code="mixed-types",
                column=name,
                rows=rows.tolist(),
                hint="Correct the cells, or leave them empty. If all of them are names of levels, "
                f"write C({name}).",
            )


def _no_numbers(values: Any) -> np.ndarray:
    """The rows of cells that hold something else than a number."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values):
        return np.zeros(0, dtype=np.int64)
    numbers = np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64)
    return np.flatnonzero(values.notna().to_numpy() & np.isnan(numbers))


def _cells(values: Any, rows: np.ndarray) -> str:
    count = "1 cell that is" if len(rows) == 1 else f"{len(rows)} cells that are"
    return (
        f"{count} no number, e.g. {values.iloc[int(rows[0])]!r} ({name_rows(rows)} of "
        f"{len(values)}; row 0 stands below the line of names)"
    )


MISSING = ("#N/A", "-", ".", "?", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
"""What stands for a missing value in a column of text, unless the fit knows it as a level."""


def without_signs(frame: pd.DataFrame, fit: Fit) -> pd.DataFrame:
    """Makes signs for missing values in columns of text missing: they are no names of new groups.

    Args:
        frame: Rows to predict.
        fit: Knows the levels that its columns had.
    """
    import pandas as pd

    text, _ = columns_of(fit)
    made = frame.copy(deep=False)
    for name in text:
        if name in made and isinstance(made[name].dtype, pd.StringDtype):
            levels = fit.model.design.recipe.schema.columns[name].levels
            made[name] = made[name].mask(made[name].isin(sorted(set(MISSING) - set(levels))))
    return made


def frame_path(path: Path) -> Path:
    """Refuses a name that `write_frame` would refuse, before there is anything to write.

    Raises:
        DataError: It ends in neither `.csv` nor `.parquet` nor `.pq`, or is a folder.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"Predictions are written as .csv or .parquet, not as '{suffix}'.",
            code="unknown-file-kind",
        )
    if path.is_dir():
        raise DataError(f"'{path}' is a folder; predictions are a file.", code="occupied")
    return path


def _no_parquet() -> DataError:
    return DataError(
        "Parquet files need the package pyarrow.",
        code="no-parquet",
        hint="pip install 'bayesinf[parquet]'",
    )


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Writes a frame as CSV or Parquet, by the ending of the name.

    Raises:
        DataError: For any other ending, or without the package that Parquet needs.
    """
    frame_path(path).parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        _for_spreadsheets(frame).to_csv(path)
        return
    try:
        frame.to_parquet(path)
    except ImportError as error:
        raise _no_parquet() from error


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a cell of text for a formula by."""


def _for_spreadsheets(frame: pd.DataFrame) -> pd.DataFrame:
    """Marks text that a spreadsheet would run, by the quote that it reads as 'this is text'."""
    safe = frame.rename(columns=_marked)
    safe.index = safe.index.map(_marked) if safe.index.dtype.kind not in "iufb" else safe.index
    for place, kind in enumerate(safe.dtypes):
        if kind.kind not in "iufb":
            safe.isetitem(place, safe.iloc[:, place].map(_marked))
    return safe


def _marked(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    return f"'{cell}".replace("\r", " ") if cell.startswith(FORMULA_STARTS) else cell


def groups_of(formula: str) -> tuple[str, ...]:
    """The grouping columns of a formula: a CSV's values of these stay as they are written."""
    asked = parse(formula, tuple(term.name for term in terms.ALL))
    groups = (call.arguments[1] for call in asked.terms if call.term == "varying")
    return tuple(name for group in groups for name in group_columns(group))


def columns_of(fit: Fit) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that were text at the fit, and those that were numbers.

    The first must stay as they are written when a CSV is read, the second must be numbers in it.
    """
    if isinstance(fit.posterior, ProgramPosterior):
        return (), ()
    schema = fit.model.design.recipe.schema.columns
    text = {
        name: any(isinstance(level, str) for level in column.levels)
        for name, column in schema.items()
        if column.kind != "boolean"
    }
    return tuple(name for name in text if text[name]), tuple(n for n in text if not text[n])

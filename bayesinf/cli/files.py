"""Rows from and to files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bayesinf import terms
from bayesinf.errors import DataError
from bayesinf.fit import Fit
from bayesinf.formula.formula import group_columns
from bayesinf.formula.split import parse

if TYPE_CHECKING:
    import pandas as pd


def read_rows(path: Path, as_text: Sequence[str] = ()) -> pd.DataFrame:
    """Reads a CSV or Parquet file.

    Args:
        path: Its name ends in `.csv`, `.parquet` or `.pq`.
        as_text: Columns of a CSV whose values stay as they are written, such as group names like
            007; a column that is not there is passed over.

    Raises:
        DataError: The file is of another kind, or cannot be read as what it claims to be.
    """
    import pandas as pd

    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet", ".pq"):
        raise DataError(
            f"'{path.name}' is neither a .csv nor a .parquet file.", code="unknown-file-kind"
        )
    try:
        if suffix == ".csv":
            return pd.read_csv(path, dtype=dict.fromkeys(as_text, "str"))
        return pd.read_parquet(path)
    except ImportError as error:
        raise DataError(
            "Parquet files need the package pyarrow.",
            code="no-parquet",
            hint="pip install 'bayesinf[parquet]'",
        ) from error
    except ValueError as error:  # pandas' parser errors, bad encodings, pyarrow's ArrowInvalid
        raise DataError(f"'{path}' cannot be read: {error}", code="unreadable-file") from error


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Writes a frame as CSV or Parquet, by the ending of the name.

    Raises:
        DataError: For any other ending.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix.lower():
        case ".csv":
            frame.to_csv(path)
        case ".parquet" | ".pq":
            frame.to_parquet(path)
        case other:
            raise DataError(
                f"Predictions are written as .csv or .parquet, not as '{other}'.",
                code="unknown-file-kind",
            )


def groups_of(formula: str) -> tuple[str, ...]:
    """The grouping columns of a formula: a CSV's values of these stay as they are written."""
    asked = parse(formula, tuple(term.name for term in terms.ALL))
    groups = (call.arguments[1] for call in asked.terms if call.term == "varying")
    return tuple(name for group in groups for name in group_columns(group))


def text_columns(fit: Fit) -> tuple[str, ...]:
    """The columns that were text at the fit, and so must stay text when a CSV is read."""
    schema = fit.model.design.recipe.schema.columns
    return tuple(
        name
        for name, column in schema.items()
        if any(isinstance(level, str) for level in column.levels)
    )

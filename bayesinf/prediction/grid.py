"""Counterfactual copies of rows: the same rows, but for one column."""

from __future__ import annotations

from bayesinf.data.table import Table


def with_value(table: Table, column: str, value: object) -> Table:
    """Asks what if: the same rows with one column set to a value.

    Args:
        table: The rows as they are.
        column: The column to set.
        value: One value for all rows, or an array of shape (row,).

    Returns:
        A new table; the given one is unchanged. Whether the model can be asked about the value is
        found out by the prediction, which refuses levels and types that the fit did not have.

    Raises:
        DataError: The table has no such column, or the array is not as long as the table.

    Example:
        >>> import numpy as np
        >>> rows = Table.read({"dose": [1.0, 2.0], "sex": ["f", "m"]})
        >>> with_value(rows, "dose", 0.0).columns["dose"].tolist()
        [0.0, 0.0]
    """
    return table.replace(column, value)

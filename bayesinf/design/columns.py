"""Refuses columns whose coefficients no data could tell: constant and collinear ones, by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayesinf.errors import DataError


def check_columns(matrix: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuses constant and collinear columns, by name.

    Rank is judged by pivoted QR of columns scaled to length one, after centring where there is an
    intercept, at R's tolerance of 1e-7 (`lm.fit`).

    Raises:
        DataError: With the column's name, and the columns that it repeats.
    """
    free = [j for j, name in enumerate(names) if name != "Intercept"]
    if not free or matrix.shape[0] == 0:
        return
    columns = matrix[:, free]
    labels = [names[j] for j in free]
    if len(free) < len(names):
        columns = columns - columns.mean(axis=0)
        _refuse_constant(matrix[:, free], columns, labels)
    _refuse_collinear(columns, labels)


def _refuse_constant(raw: np.ndarray, centred: np.ndarray, labels: list[str]) -> None:
    spread = np.abs(centred).max(axis=0)
    constant = spread <= 1e-13 * np.maximum(np.abs(raw).max(axis=0), 1e-300)
    if constant.any():
        j = int(np.flatnonzero(constant)[0])
        raise DataError(
            f"The column '{labels[j]}' is constant (always {raw[0, j]:g} in the {len(raw)} rows "
            "used), so its coefficient cannot be told from the intercept.",
            code="constant-column",
            column=labels[j],
            hint=f"Leave '{labels[j]}' out of the formula.",
        )


def _refuse_collinear(columns: np.ndarray, labels: list[str]) -> None:
    from scipy.linalg import qr

    length = np.linalg.norm(columns, axis=0)
    triangle = np.linalg.qr(columns / np.where(length > 0, length, 1.0), mode="r")
    found: Any = qr(triangle, mode="r", pivoting=True)
    pivoted, order = np.asarray(found[0]), np.asarray(found[1])
    pivots = np.abs(np.diag(pivoted))
    rank = int((pivots > 1e-7).sum())
    if rank == len(labels):
        return
    extra = int(order[rank])
    weights = np.linalg.lstsq(pivoted[:rank, :rank], pivoted[:rank, rank], rcond=None)[0]
    partners = [labels[int(order[k])] for k in np.flatnonzero(np.abs(weights) > 1e-6)]
    raise DataError(
        f"The column '{labels[extra]}' repeats what {_and(partners)} already say"
        f"{'s' if len(partners) == 1 else ''}: it is an exact linear combination in the "
        f"{len(columns)} rows used, so its coefficient cannot be learned.",
        code="collinear-column",
        column=labels[extra],
        hint=_remedy(labels[extra], partners),
    )


def _remedy(label: str, partners: list[str]) -> str:
    for name in (label, *partners):
        if name.startswith(("cr(", "cs(", "cc(")) and "constraints" not in name:
            spline = name.rpartition("[")[0] or name
            centred = f'{spline.removesuffix(")")}, constraints="center")'
            return f"This spline has an intercept of its own. Write {centred}."
    return f"Leave '{label}' or one of {_and(partners)} out of the formula."


def _and(labels: list[str]) -> str:
    quoted = [f"'{label}'" for label in labels] or ["the intercept"]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]

"""Design matrices beside those of R's `model.matrix`, formula by formula.

    python -m benchmarks.matrices            # prints the table
    python -m benchmarks.matrices --write    # writes it into docs/trust.md

Each of the 38 formulas ends in one of four ways: the same columns as R's, the same column space
with the reason, a refusal whose hint gives the spelling that works here, or something else, which
`tests/reference/test_design_matrices.py` does not allow.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

import bayesinf as bi
from bayesinf.data.table import Table
from bayesinf.design.design import rows_at
from bayesinf.errors import BayesinfError
from benchmarks.page import TRUST, table, write_section

FILES = Path(__file__).resolve().parent.parent / "tests/reference/files/r"

EQUAL = 1e-10
"""Largest difference of two columns that are called equal."""

SAME_SPAN = 1e-9
"""Largest difference of the projections onto two column spaces that are called the same."""

ORDERED = "R codes ordered factors by polynomials, here all factors are coded by treatment"

REASONS = {
    "~f:g": "R keeps all six cells beside the intercept, one column too many",
    "~o": ORDERED,
    "~o*x": ORDERED,
}
"""Why a formula has the same column space as in R by other columns."""

ALIASED = "l is true where f is a, so R's matrix has columns whose coefficients R reports as NA"

REFUSED = {
    "~ns(x,df=4)": ('~ cr(x, df=4, constraints="center")', "another name here"),
    "~factor(i)": ("~ C(i)", "another name here"),
    "~x%in%f": ("~ x:f", "another name here"),
    "~cut(z,3)": ("~ band", "cut before the fit, so that new rows are cut at the same places"),
    "~l*f": ("~ f", ALIASED),
    "~f*g*l": ("~ f * g", ALIASED),
    "~0": (None, "R's matrix has no column, so there is nothing to learn"),
}
"""For formulas that are refused: what spans R's column space here, and why not R's spelling."""

PEERS = {"formulaic": (29, 3, 1, 5), "patsy": (24, 6, 0, 8), "formulae": (23, 6, 2, 7)}
"""Other packages on the same formulas: equal, same span, different, not supported."""

type Outcome = Literal["equal", "same span", "refused", "different"]


@dataclass(frozen=True, eq=False)
class Case:
    """One formula of R, with its columns.

    Attributes:
        formula: As R reads it, without a response.
        names: R's names of the columns.
        matrix: Shape (row, column).
    """

    formula: str
    names: tuple[str, ...]
    matrix: np.ndarray


@dataclass(frozen=True, eq=False)
class Comparison:
    """What became of one of R's formulas here.

    Attributes:
        case: R's formula and matrix.
        outcome: How it ended.
        error: For equal columns and equal spaces, the largest difference.
        why: The reason, where the columns are not R's.
        refusal: The error, where there is one.
    """

    case: Case
    outcome: Outcome
    error: float
    why: str
    refusal: BayesinfError | None = None


def cases() -> list[Case]:
    """The 38 formulas in R's order."""
    entries = json.loads((FILES / "model_matrix.json").read_text(encoding="utf-8"))
    return [
        Case(
            entry["formula"],
            tuple(np.atleast_1d(entry["columns"] or []).tolist()),
            np.array(entry["matrix"], dtype=float).reshape(24, -1),
        )
        for entry in entries
    ]


def rows() -> pd.DataFrame:
    """The rows that R coded, with the types that they had there."""
    frame = pd.read_csv(FILES / "formula_data.csv")
    levels = ["lo", "mid", "hi", "top"]
    frame["o"] = pd.Categorical(frame["o"], categories=levels, ordered=True)
    return frame.assign(band=pd.cut(frame["z"], 3))


def design_matrix(formula: str) -> np.ndarray:
    """The columns of a formula here, intercept included, as predictions make them of new rows.

    Raises:
        AssertionError: When all rows, some in another order or a single one give other columns.
    """
    made = bi.model(f"y {formula}", rows())
    recipe, matrix = made.design.recipe, made.design.rows.population
    for some in ([*range(len(matrix))], [20, 3, 1], [7]):
        again, _ = rows_at(recipe, Table.read(rows().iloc[some], recipe.formula.variables))
        if not np.array_equal(again.population, matrix[some]):
            raise AssertionError(f"'{formula}' gives predictions other columns than the fit.")
    return matrix


def compare(case: Case) -> Comparison:
    """Sets one of R's formulas beside what it gives here."""
    try:
        ours = design_matrix(case.formula)
    except BayesinfError as refusal:
        _, why = REFUSED.get(case.formula, (None, ""))
        return Comparison(case, "refused", np.nan, why, refusal)
    apart = columns_apart(ours, case.matrix)
    if apart <= EQUAL:
        return Comparison(case, "equal", apart, "")
    apart = spaces_apart(ours, case.matrix)
    why = REASONS.get(case.formula, "")
    return Comparison(case, "same span" if apart <= SAME_SPAN else "different", apart, why)


def columns_apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference when each column is set beside its nearest, each used once."""
    if ours.shape != theirs.shape:
        return np.inf
    left, worst = list(range(ours.shape[1])), 0.0
    for column in theirs.T:
        differences = [float(np.abs(ours[:, place] - column).max()) for place in left]
        nearest = int(np.argmin(differences))
        worst = max(worst, differences[nearest])
        del left[nearest]
    return worst


def spaces_apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference between the projections onto two column spaces."""
    return float(np.abs(_projection(ours) - _projection(theirs)).max())


def _projection(matrix: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(matrix, axis=0)
    unit = matrix / np.where(lengths > 0.0, lengths, 1.0)
    left, singular, _ = np.linalg.svd(unit, full_matrices=False)
    basis = left[:, singular > 1e-9 * singular[0]]
    return basis @ basis.T


def section(found: list[Comparison]) -> str:
    """The section of the page."""
    outcomes = [one.outcome for one in found]
    counts = [str(outcomes.count(name)) for name in ("equal", "same span", "different", "refused")]
    peers = [[name, *map(str, numbers)] for name, numbers in PEERS.items()]
    return "\n\n".join(
        [
            "`python -m benchmarks.matrices --write`. Equal is to 1e-10, the same span to 1e-9 in "
            "the projections; what is refused names the spelling that works here, whose span is "
            "checked as well.",
            table(
                ["", "equal", "same span", "silently different", "refused or not supported"],
                [["bayesinf", *counts], *peers],
            ),
            table(["formula in R", "here", "difference", "why"], [_row(one) for one in found]),
        ]
    )


def _row(one: Comparison) -> list[str]:
    why = one.why
    if one.refusal is not None:
        why = f"{why}: *{_cell(one.refusal.hint or '')}*"
    error = "" if np.isnan(one.error) else f"{one.error:.0e}" if one.error else "0"
    return [f"`{_cell(one.case.formula)}`", one.outcome, error, why]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Prints the section, or writes it."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.matrices")
    made.add_argument("--write", action="store_true", help="into docs/trust.md")
    text = section([compare(case) for case in cases()])
    if made.parse_args().write:
        write_section("matrices", text, TRUST)
    print(text)


if __name__ == "__main__":
    main()

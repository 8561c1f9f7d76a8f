"""Each of R's 38 formulas: R's columns, its column space for a reason, or a refusal with a hint."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from benchmarks.matrices import (
    REASONS,
    REFUSED,
    SAME_SPAN,
    Case,
    cases,
    columns_apart,
    compare,
    design_matrix,
    rows,
    spaces_apart,
)

CASES = cases()
HINTS = {
    "~ns(x,df=4)": 'cr(x, df=4, constraints="center")',
    "~factor(i)": "C(i)",
    "~x%in%f": "x:f",
    "~cut(z,3)": "pandas.cut(frame['z'], 3)",
    "~l*f": "Leave 'l:f[T.b]' out",
    "~f*g*l": "Leave 'f[T.b]:l' out",
    "~0": "~ 1",
}


def test_there_are_38() -> None:
    assert len({case.formula for case in CASES}) == 38
    assert set(REASONS) | set(REFUSED) <= {case.formula for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.formula)
def test_no_formula_is_silently_different(case: Case) -> None:
    found = compare(case)
    expected = "same span" if case.formula in REASONS else "equal"
    assert found.outcome == ("refused" if case.formula in REFUSED else expected)
    if found.refusal is not None:
        assert isinstance(found.refusal, bi.FormulaError | bi.DataError | bi.ModelError)
        assert HINTS[case.formula] in (found.refusal.hint or "")


@pytest.mark.parametrize("formula", [name for name, (here, _) in REFUSED.items() if here])
def test_the_spelling_that_works_here_has_the_same_span(formula: str) -> None:
    here, _ = REFUSED[formula]
    assert here is not None
    (case,) = (case for case in CASES if case.formula == formula)
    assert spaces_apart(design_matrix(here), case.matrix) < SAME_SPAN


def test_an_offset_is_no_column_and_is_not_lost() -> None:
    made = bi.model("y ~ offset(x) + z", rows())
    np.testing.assert_array_equal(made.design.rows.offset, rows()["x"])


@pytest.mark.parametrize(
    ("caret", "stars"),
    [
        ("I(x^2)", "I(x**2)"),
        ("I(-x^2)", "I(-(x**2))"),
        ("I(x + z^2)", "I(x + z**2)"),
        ("I(2 * z^2 / z^3)", "I(2 * z**2 / z**3)"),
        ("(x + f)^2", "(x + f)**2"),
    ],
)
def test_a_caret_is_a_power_with_the_precedence_of_r(caret: str, stars: str) -> None:
    np.testing.assert_array_equal(design_matrix(f"~ {caret}"), design_matrix(f"~ {stars}"))


def test_the_comparison_can_fail() -> None:
    (case,) = (case for case in CASES if case.formula == "~x+z")
    wrong = case.matrix.copy()
    wrong[3, 1] += 1e-9
    assert columns_apart(design_matrix("~x+z"), wrong) > 5e-10
    assert spaces_apart(design_matrix("~x+z"), case.matrix[:, :2]) > 0.01
    other = Case("~x", case.names, case.matrix)
    assert compare(other).outcome == "different"

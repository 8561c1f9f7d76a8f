from __future__ import annotations

import numpy as np
import pytest

from bayesinf.errors import DataError, FormulaError
from bayesinf.formula import evaluate

X = np.array([1.0, 2.0, 4.0])
COLUMNS = {
    "x": X,
    "n": np.array([1, 2, 3], dtype=np.int8),
    "b": np.array([True, False, True]),
    "a b": 10 * X,
    "Sepal.Length": 3 * X,
    "g": np.array(["u", "v", "u"], dtype=object),
    "k": np.array([1, 2, 1]),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x", X),
        (" x ", X),
        ("`a b`", 10 * X),
        ("Sepal.Length", 3 * X),
        ("n", [1, 2, 3]),
        ("b", [1, 0, 1]),
        ("10", [10, 10, 10]),
        ("2.5", [2.5] * 3),
        ("-x", -X),
        ("log(x)", np.log(X)),
        ("np.log(x)", np.log(X)),
        ("I(x / `a b`)", [0.1, 0.1, 0.1]),
        ("n ** 3 % 5 // 2", np.array([1, 8, 27]) % 5 // 2),
        ("x * 2 + 1 - x", X + 1),
        ("x > 1", [0, 1, 1]),
        ("(x <= 2) * 3", [3, 3, 0]),
        ("minimum(x, 2)", [1, 2, 2]),
        ("maximum(x, `a b`) + np.pi", 10 * X + np.pi),
        ("exp(-abs(x))", np.exp(-X)),
    ],
)
def test_values(expression: str, expected: np.ndarray) -> None:
    made = evaluate(expression, COLUMNS)
    assert made.dtype == np.float64
    np.testing.assert_array_equal(made, np.asarray(expected, dtype=float))


def test_the_result_is_its_own_array() -> None:
    made = evaluate("x", COLUMNS)
    made[0] = 99
    assert COLUMNS["x"][0] == 1.0


def test_errors() -> None:
    with pytest.raises(DataError) as caught:
        evaluate("log(x - 1)", COLUMNS)
    assert (caught.value.code, caught.value.rows) == ("not-finite", (0,))
    with pytest.raises(DataError) as caught:
        evaluate("g", COLUMNS)
    assert (caught.value.code, caught.value.column) == ("not-a-number", "g")
    with pytest.raises(DataError) as caught:
        evaluate("I(k * 2)", COLUMNS, {"k": (1, 2)})
    assert (caught.value.code, caught.value.column) == ("not-a-number", "k")
    with pytest.raises(DataError) as caught:
        evaluate("x + y", {"x": X, "y": np.array([1.0, np.nan, 2.0])})
    assert (caught.value.code, caught.value.rows) == ("missing-values", (1,))
    with pytest.raises(FormulaError) as error:
        evaluate("scale(x)", COLUMNS)
    assert error.value.code == "remembers"
    with pytest.raises(FormulaError, match="Did you mean"):
        evaluate("log(Sepal_Length)", COLUMNS)

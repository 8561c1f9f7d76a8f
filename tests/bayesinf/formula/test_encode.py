from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable

import numpy as np
import pytest

from bayesinf.errors import DataError, FormulaError
from bayesinf.formula import encode, evaluate
from bayesinf.formula.stack import listed_products

Columns = dict[str, np.ndarray]


def frame(n: int = 120, seed: int = 0) -> Columns:
    rng = np.random.default_rng(seed)
    return {
        "x": rng.normal(size=n),
        "z": rng.gamma(2.0, size=n),
        "i": rng.integers(1, 5, n),
        "s": rng.integers(100, 127, n).astype(np.int8),
        "b": rng.random(n) > 0.5,
        "g": np.array(list("abcd"), dtype=object)[rng.integers(0, 4, n)],
        "h": np.array(["u", "v"], dtype=object)[rng.integers(0, 2, n)],
        "my col": rng.normal(size=n),
        "class": rng.normal(size=n),
        "été": rng.normal(size=n),
        "Sepal.Length": rng.normal(size=n),
    }


def rows(columns: Columns, chosen: slice | list[int]) -> Columns:
    return {name: values[chosen] for name, values in columns.items()}


RIGHT_SIDES = [
    "1",
    "0",
    "x",
    "0 + x",
    "0 + g",
    "g * x",
    "0 + g:x",
    "g:h",
    "g * h * x",
    "C(i)",
    "C(i, contr.sum)",
    "C(g, contr.treatment(base='b'))",
    "C(g, contr.helmert) + C(h, contr.sum)",
    "C(g, contr.poly)",
    "C(g, contr.diff) : x",
    "C(i, levels=[4, 3, 2, 1])",
    "bs(x, df=5)",
    "bs(z, knots=[1, 2], degree=2, extrapolation='extend') : h",
    "cr(x, df=4)",
    "cr(x, df=4, constraints='center')",
    "cc(x, df=4)",
    "poly(x, 3)",
    "poly(x, 2, raw=True)",
    "center(x) + scale(z) + standardize(x)",
    "scale(x, center=2.0, scale=False)",
    "center(log(z)) * g",
    "np.log(z) + log1p(z) + I(x**2) + I(x > 0) + tanh(x) + minimum(x, z)",
    "b * x",
    "center(`my col`):g + `my col`",
    "scale(`my col` - 2 * `my col`) + I(`class` ** 2)",
    "été + I(été * 2) + Sepal.Length + I(`Sepal.Length`)",
    "{x + z}",
    "(x + z + b)**2",
]


@pytest.mark.parametrize("rhs", RIGHT_SIDES)
def test_new_rows_get_the_very_same_bits(rhs: str) -> None:
    columns = frame()
    fitted = encode(rhs, columns)
    kept = json.loads(json.dumps(fitted.state))
    assert fitted.matrix.dtype == np.float64
    assert fitted.matrix.flags.f_contiguous
    assert fitted.matrix.shape == (120, len(fitted.names))
    for chosen in (slice(None), slice(3, 50), [17], [5], list(range(119, -1, -1)), [0, 0, 1]):
        again = encode(rhs, rows(columns, chosen), None, kept)
        assert again.names == fitted.names
        assert again.matrix.tobytes() == np.ascontiguousarray(fitted.matrix[chosen]).tobytes()
    if "Intercept" in fitted.names:
        assert fitted.names[0] == "Intercept"
        assert (fitted.matrix[:, 0] == 1).all()


@pytest.mark.parametrize(
    "rhs",
    ["1", "0 + x", "x", "x + 1", "x + b + i + z", "x + x + z", "z - 1 + x", "`my col` + x + b",
     "`my col`", "x + Sepal.Length", "été + 0", "x * z", "b:x", "0 + z:x + i", "(x + z + i) * b",
     "x:z:i + z:x", "z:`my col` + x:i:b", "i:b + b", "x * z * i * b - x:z",
     "I(x / 10)", "I(x**2) + I(x**3) + I(z**-1) + I(z**0.5) + I(2**i)", "log(z):x + np.exp(x)",
     "I(i // 3 + i % 4) * tanh(x)", "minimum(x, z) + I(-x + +z) + I(np.pi * x)", "{x + z}",
     "I(`my col` - 2) + log1p(z) * i", "I(été * 2) + I(`Sepal.Length`) + I(b + 1)"],
)  # fmt: skip
def test_products_of_numbers_are_stacked_as_formulaic_would(rhs, monkeypatch) -> None:
    columns = frame()
    stacked = encode(rhs, columns)
    module = importlib.import_module("bayesinf.formula.encode")
    monkeypatch.setattr(module, "listed_products", lambda *_: None)
    made = encode(rhs, columns)
    np.testing.assert_array_equal(stacked.matrix, made.matrix)
    assert (stacked.names, stacked.state) == (made.names, made.state)


class Counting:
    """Notes for how many rows a function was called."""

    def __init__(self, function: Callable) -> None:
        self.function = function
        self.rows: list[int] = []

    def __call__(self, rhs, frame, *others):
        self.rows.append(len(frame))
        return self.function(rhs, frame, *others)


@pytest.mark.parametrize(
    "rhs",
    ["g", "g * h + C(i)", "0 + g + b", "g:i + i + np.log(i + 1)", "C(g, contr.sum) + I(i > 2)"],
)  # fmt: skip
def test_repeated_rows_are_encoded_once_each(rhs, monkeypatch) -> None:
    columns = rows(frame(), np.random.default_rng(1).integers(0, 120, 900))
    module = importlib.import_module("bayesinf.formula.encode")
    made = encode(rhs, columns)
    monkeypatch.setattr(module, "REPEATED", 100)
    monkeypatch.setattr(module, "materialise", of_few := Counting(module.materialise))
    short = encode(rhs, columns)
    assert of_few.rows[0] < 130
    np.testing.assert_array_equal(short.matrix, made.matrix)
    assert (short.names, short.state) == (made.names, made.state)
    again = encode(rhs, columns, None, short.state)
    np.testing.assert_array_equal(again.matrix, made.matrix)
    assert short.matrix.flags.f_contiguous


def test_functions_of_all_rows_together_see_all_rows() -> None:
    module = importlib.import_module("bayesinf.formula.encode")
    columns = rows(frame(), np.random.default_rng(1).integers(0, 120, 900))
    for rhs in ("center(i)", "g + poly(i, 2)", "bs(i, df=4)"):
        assert (
            module._by_combinations(rhs, ["g", "i"], columns, {"g": list("abcd")}, None, None)
            is None
        )


@pytest.mark.parametrize(
    "rhs",
    [
        "x + g",
        "x:g",
        "x * z + h",
        "I(x > 0)",
        "center(z)",
        "(x + g):b",
        "poly(x, 2)",
        "I(x) + C(i)",
    ],
)
def test_only_products_of_numbers_are_stacked(rhs) -> None:
    assert listed_products(rhs, frame(), {"g"}) is None


def test_rows_of_one_level_are_coded_by_the_levels_of_the_fit() -> None:
    columns = frame()
    fitted = encode("g * h + C(i)", columns)
    only = [row for row in range(120) if columns["g"][row] == "c" and columns["h"][row] == "v"]
    again = encode("g * h + C(i)", rows(columns, only), None, fitted.state)
    np.testing.assert_array_equal(again.matrix, fitted.matrix[only])


def test_names_are_formulaics() -> None:
    columns = frame()
    assert encode("C(i) + g:x + b", columns).names == (
        "Intercept", "C(i)[T.2]", "C(i)[T.3]", "C(i)[T.4]", "b",
        "g[a]:x", "g[b]:x", "g[c]:x", "g[d]:x",
    )  # fmt: skip
    assert encode("x + g", columns).names == ("Intercept", "x", "g[T.b]", "g[T.c]", "g[T.d]")
    assert encode("0 + g", columns).names == ("g[a]", "g[b]", "g[c]", "g[d]")
    assert encode("log(`my col` + 9)", columns).names == ("Intercept", "log(`my col` + 9)")


def test_treatment_coding_by_hand() -> None:
    columns = frame()
    made = encode("g * x", columns)
    dummies = np.stack([columns["g"] == level for level in "bcd"], axis=1).astype(float)
    x = columns["x"][:, None]
    expected = np.hstack([np.ones((120, 1)), dummies, x, dummies * x])
    np.testing.assert_array_equal(made.matrix, expected)
    summed = encode("0 + C(h, contr.sum)", columns)
    assert summed.matrix.shape[1] == 2  # without an intercept the coding spans all levels
    signed = encode("C(h, contr.sum)", columns).matrix[:, 1]
    np.testing.assert_array_equal(signed, np.where(columns["h"] == "u", 1.0, -1.0))


def test_splines_and_polynomials_by_another_way() -> None:
    from scipy.interpolate import BSpline

    columns = frame()
    x = columns["x"]
    inner = np.quantile(x, [1 / 3, 2 / 3])
    knots = np.r_[[x.min()] * 4, inner, [x.max()] * 4]
    basis = BSpline.design_matrix(x, knots, 3).toarray()[:, 1:]
    np.testing.assert_allclose(encode("0 + bs(x, df=5)", columns).matrix, basis, atol=1e-13)

    q, r = np.linalg.qr(np.vander(x, 4, increasing=True))
    orthogonal = (q * np.sign(np.diag(r)))[:, 1:]
    np.testing.assert_allclose(encode("0 + poly(x, 3)", columns).matrix, orthogonal, atol=1e-12)

    scaled = encode("scale(x) + center(x) + standardize(x)", columns).matrix[:, 1:]
    centred = x - x.mean()
    expected = np.stack([centred / x.std(ddof=1), centred, centred / x.std()], axis=1)
    np.testing.assert_allclose(scaled, expected, atol=1e-13)


def test_small_integers_cannot_overflow_and_booleans_are_numbers() -> None:
    columns = frame()
    made = encode("I(s ** 2) + s:i + b", columns)
    s, i = columns["s"].astype(float), columns["i"].astype(float)
    np.testing.assert_array_equal(made.matrix[:, made.names.index("I(s ** 2)")], s**2)
    np.testing.assert_array_equal(made.matrix[:, made.names.index("s:i")], s * i)
    np.testing.assert_array_equal(made.matrix[:, made.names.index("b")], columns["b"] * 1.0)


def test_declared_levels_keep_their_order_and_empty_ones_go() -> None:
    g = np.array(["lo", "hi", "mid", "hi"], dtype=object)
    made = encode("g", {"g": g}, {"g": ("lo", "mid", "none", "hi")})
    assert made.names == ("Intercept", "g[T.mid]", "g[T.hi]")
    assert made.state["levels"] == {"g": ["lo", "mid", "hi"]}
    codes = encode("k", {"k": np.array([2, 1, 2])}, {"k": (2, 1)})
    assert codes.names == ("Intercept", "k[T.1]")
    flags = encode("k", {"k": np.array([True, False, True], dtype=object)}, {"k": (True, False)})
    assert flags.names == ("Intercept", "k[T.False]")


def test_columns_named_like_functions_and_builtins() -> None:
    x = np.array([1.0, 2.0, 4.0])
    columns = {"log": x, "np": 2 * x, "open": 3 * x, "C": 4 * x, "x": x}
    made = encode("log + open + np + C", columns)
    np.testing.assert_array_equal(made.matrix[:, 1:], np.stack([x, 3 * x, 2 * x, 4 * x], axis=1))
    # Only the columns that a right-hand side names can hide a function.
    np.testing.assert_array_equal(encode("log(x)", columns).matrix[:, 1], np.log(x))


def test_a_column_may_not_hide_a_function_that_is_used() -> None:
    x = np.array([1.0, 2.0, 4.0])
    with pytest.raises(FormulaError, match="both a column and a function") as caught:
        encode("log(x) + log", {"x": x, "log": x})
    assert caught.value.code == "hidden-function"


def caught(act: Callable[[], object]) -> DataError:
    with pytest.raises(DataError) as error:
        act()
    return error.value


def test_unseen_levels_are_named() -> None:
    columns = frame()
    state = encode("g + x", columns).state
    new = {"g": np.array(["a", "q", "r", "q"], dtype=object), "x": np.zeros(4)}
    error = caught(lambda: encode("g + x", new, None, state))
    assert (error.code, error.column, error.rows) == ("unseen-level", "g", (1, 2, 3))
    assert "'q', 'r' in rows 1, 2, 3" in str(error)
    assert "known levels: 'a', 'b', 'c', 'd'." in str(error)


def test_unseen_numbers_of_a_factor_are_named() -> None:
    columns = frame()
    state = encode("C(i, contr.sum)", columns).state
    error = caught(lambda: encode("C(i, contr.sum)", {"i": np.array([1, 7])}, None, state))
    assert (error.code, error.column, error.rows) == ("unseen-level", "i", (1,))
    error = caught(lambda: encode("C(i, levels=[1, 2])", columns))
    assert (error.code, error.column) == ("unseen-level", "i")
    assert len(error.rows) == int((columns["i"] > 2).sum())
    error = caught(lambda: encode("C(floor(i))", {"i": np.array([9, 7])}, None,
                                  encode("C(floor(i))", columns).state))  # fmt: skip
    assert error.code == "unseen-level"


def test_single_levels_are_refused() -> None:
    one = {"g": np.array(["a"] * 3, dtype=object), "k": np.array([2, 2, 2]), "x": np.arange(3.0)}
    for rhs, column in (("g + x", "g"), ("x:g", "g"), ("C(k)", "C(k)"), ("0 + C(k):x", "C(k)")):
        error = caught(lambda rhs=rhs: encode(rhs, one))
        assert (error.code, error.column) == ("single-level", column)


def test_values_that_are_not_finite_are_named() -> None:
    error = caught(lambda: encode("x + log(x)", {"x": np.array([1.0, 0.0, -1.0, 2.0])}))
    assert (error.code, error.column, error.rows) == ("not-finite", "log(x)", (1, 2))
    error = caught(lambda: encode("I(1 / x)", {"x": np.array([1.0, 0.0])}))
    assert error.rows == (1,)
    state = encode("log(x)", {"x": np.array([1.0, 2.0])}).state
    error = caught(lambda: encode("log(x)", {"x": np.array([0.0])}, None, state))
    assert error.rows == (0,)


def test_missing_values_are_named() -> None:
    error = caught(lambda: encode("x", {"x": np.array([1.0, np.nan])}))
    assert (error.code, error.column, error.rows) == ("missing-values", "x", (1,))
    error = caught(lambda: encode("g", {"g": np.array(["a", None, "b"], dtype=object)}))
    assert (error.code, error.column, error.rows) == ("missing-values", "g", (1,))


def test_rows_outside_a_spline_are_named() -> None:
    x = np.linspace(0.0, 1.0, 20)
    for rhs, column in (("bs(x, df=4)", "x"), ("bs(log(`a b`), df=4)", "a b")):
        columns = {column: x + 1}
        state = json.loads(json.dumps(encode(rhs, columns).state))
        new = {column: np.array([1.5, 9.0, 1.5, 0.1])}
        error = caught(lambda rhs=rhs, new=new, state=state: encode(rhs, new, None, state))
        assert (error.code, error.rows) == ("outside-range", (1, 3))
        assert f"'{rhs}' covers" in str(error)
        assert "extrapolation" in str(error)


def test_a_spline_of_a_centred_column_is_named_without_rows() -> None:
    state = encode("bs(center(x), df=4)", {"x": np.linspace(0, 1, 20)}).state
    error = caught(lambda: encode("bs(center(x), df=4)", {"x": np.array([0.5, 9.0])}, None, state))
    assert error.code == "outside-range"


def test_what_cannot_be_computed_says_so() -> None:
    columns = frame()
    for rhs in ("log(g)", "I(x + g)", "bs(g, df=4)"):
        error = caught(lambda rhs=rhs: encode(f"x + {rhs}", columns))
        assert (error.code, error.column) == ("not-a-number", "g")
        assert f"'{rhs}' cannot be computed: it holds '{columns['g'][0]}' in row 0" in str(error)
    for rhs in ("bs(x, df=2)", "cr(x)", "C(g, contr.treatment(base='nope'))"):
        error = caught(lambda rhs=rhs: encode(rhs, columns))
        assert error.code == "cannot-compute"
        assert rhs in str(error)
    error = caught(lambda: encode("x", {"x": np.array(["1"], dtype=object)}, None,
                                  encode("x", columns).state))  # fmt: skip
    assert (error.code, error.column) == ("type-changed", "x")


def test_a_state_belongs_to_its_right_hand_side() -> None:
    columns = frame()
    with pytest.raises(FormulaError) as error:
        encode("x + z", columns, None, encode("x", columns).state)
    assert error.value.code == "other-formula"


def test_the_state_is_small_and_says_what_it_keeps() -> None:
    state = encode("bs(x, df=5) + g", frame()).state
    assert set(state) == {"rhs", "names", "levels", "transforms", "encoders"}
    assert len(json.dumps(state)) < 2_000


def test_the_number_of_rows_can_be_given() -> None:
    state = encode("1", {}, size=3).state
    np.testing.assert_array_equal(encode("1", {}, None, state, size=2).matrix, np.ones((2, 1)))
    assert encode("0", {}, size=2).matrix.shape == (2, 0)
    assert evaluate("10", {}, size=2).tolist() == [10.0, 10.0]


def test_the_input_is_left_alone() -> None:
    columns = frame()
    before = {name: values.copy() for name, values in columns.items()}
    encode("scale(x) + g + I(z * 2)", columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(values, before[name])


@pytest.mark.timing
def test_speed() -> None:
    rng = np.random.default_rng(1)
    columns = {f"x{k}": rng.normal(size=100_000) for k in range(5)}
    rhs = "x0 + x1 + x2 + x3 + x4"
    state = encode(rhs, rows(columns, slice(0, 10))).state

    def seconds(act: Callable[[], object]) -> float:
        begin = time.perf_counter()
        act()
        return time.perf_counter() - begin

    assert min(seconds(lambda: encode(rhs, columns)) for _ in range(3)) < 0.2
    one = rows(columns, [0])
    assert min(seconds(lambda: encode(rhs, one, None, state)) for _ in range(5)) < 0.02


def test_polynomials_of_too_high_a_degree_are_refused() -> None:
    columns = {"x": np.array([1.0, 2.0, 2.0, 5.0, 1.0]), "a b": np.array([0, 1, 1, 0, 1])}
    encode("poly(x, 2)", columns)
    with pytest.raises(DataError, match="degree 3 and 'x' only 3 distinct values") as caught:
        encode("poly(x, 3)", columns)
    assert (caught.value.code, caught.value.column) == ("degree-too-high", "x")
    with pytest.raises(DataError, match="degree 2 and '`a b`' only 2") as caught:
        encode("x + poly(`a b`, degree=2)", columns)
    assert "degree of at most 1" in str(caught.value)


@pytest.mark.parametrize("rhs", ["log(x):z", "a:b:c:d", "I(x / z)"])
def test_products_that_are_not_finite_are_refused_without_warnings(rhs: str) -> None:
    columns = {name: np.full(5, 1e95) for name in "abcd"}
    columns |= {"x": np.array([0.0, 1, 2, 3, 4]), "z": np.array([0.0, 1, 2, 3, 5])}
    error = caught(lambda: encode(rhs, columns))
    assert error.code in ("not-finite", "cannot-compute")

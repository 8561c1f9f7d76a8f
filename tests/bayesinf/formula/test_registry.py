"""Functions of users: allowed by name, kept by name and version, never read from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import bayesinf as bi
from bayesinf import terms
from bayesinf.formula import evaluate, registry
from bayesinf.storage.manifest import write_manifest

RNG = np.random.default_rng(4)
FRAME = {"y": RNG.normal(size=40) + 3, "dose": RNG.random(40) * 3, "g": np.array(list("abcd") * 10)}


def half(dose: np.ndarray) -> np.ndarray:
    return dose / (1 + dose)


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    with registry.apart():
        yield


def test_a_registered_function_is_computed_on_both_sides_and_in_all_terms() -> None:
    with pytest.raises(bi.FormulaError, match=r"bi\.register\(name, function\)"):
        bi.model("y ~ half(dose)", FRAME)
    bi.register("half", half)
    model = bi.model("half(y) ~ half(dose) * g + offset(log(half(dose))) + (half(dose) | g)", FRAME)
    expected = half(FRAME["dose"])
    assert model.design.recipe.functions == {"half": "1"}
    assert np.array_equal(model.design.response, half(FRAME["y"]))
    assert np.array_equal(model.design.rows.population[:, 1], expected)
    assert np.array_equal(model.design.rows.offset, np.log(expected))
    assert np.array_equal(model.design.rows.groups[0].matrix[:, 1], expected)
    assert np.array_equal(evaluate("2 * half(dose)", FRAME), 2 * expected)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("log", "name-taken"),
        ("bs", "name-taken"),
        ("np", "name-taken"),
        ("open", "name-taken"),
        ("factor", "name-taken"),
        ("a b", "bad-name"),
        ("__class__", "bad-name"),
        ("_quoted_61_", "bad-name"),
        ("class", "bad-name"),
        ("x" * 41, "bad-name"),
        ("ｈalf", "bad-name"),  # noqa: RUF001  (a fullwidth letter)
        (3, "bad-name"),
        *((term.name, "name-taken") for term in terms.ALL),
    ],
)
def test_names_with_another_meaning_are_refused(name: str, code: str) -> None:
    with pytest.raises(bi.FormulaError) as caught:
        bi.register(name, half)
    assert caught.value.code == code
    assert caught.value.hint


def test_what_is_no_function_or_no_version_is_refused() -> None:
    with pytest.raises(bi.FormulaError, match="not a function"):
        bi.register("half", "np.log")  # pyright: ignore[reportArgumentType]
    for version in ("", "a b", 2, "x" * 50):
        with pytest.raises(bi.FormulaError, match="not a version"):
            bi.register("half", half, version=version)  # pyright: ignore[reportArgumentType]


def test_a_name_is_taken_once_per_version() -> None:
    bi.register("half", half)
    bi.register("half", half)
    for _ in range(2):  # a cell of a notebook that is run twice
        bi.register("double", lambda values: 2 * values)
    with pytest.raises(bi.FormulaError, match="registered already") as caught:
        bi.register("half", np.sqrt)
    assert caught.value.code == "name-taken"
    bi.register("half", np.sqrt, version="2")
    assert registry.versions(("half", "double")) == {"half": "2", "double": "1"}


def test_functions_that_close_over_a_value_are_told_apart() -> None:
    def power(exponent: int) -> object:
        return lambda values: values**exponent

    bi.register("raised", power(2))  # pyright: ignore[reportArgumentType]
    with pytest.raises(bi.FormulaError, match="registered already"):
        bi.register("raised", power(3))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda values: values - values.mean(), "when it stands alone"),
        (lambda values: np.stack([values, values]), "shape"),
        (np.sum, "shape"),
        (lambda values: values.astype(str), "type"),
        (lambda values: values.nothing, "stopped with AttributeError"),
        (lambda values: values.__iadd__(1), "read-only"),
        (lambda values: [1][len(values)], "stopped with IndexError"),
    ],
)
@pytest.mark.parametrize("formula", ["y ~ wrong(dose)", "wrong(y) ~ dose"])
def test_what_is_not_elementwise_is_refused(function: object, words: str, formula: str) -> None:
    bi.register("wrong", function)  # pyright: ignore[reportArgumentType]
    with pytest.raises(bi.DataError, match=words) as caught:
        bi.model(formula, FRAME)
    assert caught.value.code == "registered-function"
    assert "'wrong'" in str(caught.value)


def test_factors_and_wrong_calls_are_refused() -> None:
    bi.register("half", half)
    with pytest.raises(bi.DataError, match="is not a number"):
        bi.model("y ~ half(g)", FRAME)
    for text in (
        "half(dose, 2)",
        "half()",
        "half(x=dose)",
        "np.half(dose)",
        "half",
        "half.a(dose)",
    ):
        with pytest.raises((bi.FormulaError, bi.DataError)):
            bi.model(f"y ~ {text}", FRAME)
    with pytest.raises(bi.FormulaError, match="both a column and a function"):
        bi.model("y ~ half(dose) + half", {**FRAME, "half": FRAME["dose"]})


def test_a_fit_refuses_to_predict_with_another_version() -> None:
    bi.register("half", half)
    fit = bi.fit("y ~ half(dose)", FRAME, seed=1)
    bi.register("half", np.sqrt, version="2")
    with pytest.raises(
        bi.FormulaError, match="'half' of version 1; here it is version 2"
    ) as caught:
        fit.predict({"dose": [1.0]})
    assert caught.value.code == "other-function"


def test_a_saved_fit_needs_its_function_and_does_not_bring_it(tmp_path: Path) -> None:
    bi.register("half", half, version="1.2")
    fit = bi.fit("y ~ half(dose)", FRAME, seed=1)
    folder = fit.save(tmp_path / "kept")
    rows = {"dose": [0.5, 2.0]}
    again = bi.load(folder)
    assert again.predict(rows).equals(fit.predict(rows))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["model"]["functions"] == {"half": "1.2"}
    bi.register("half", half, version="2")
    with pytest.raises(bi.ArtefactError, match=r"version 1\.2; here it is version 2") as other:
        bi.load(folder)
    assert other.value.code == "other-function"
    with registry.apart():
        registry.forget("half")
        with pytest.raises(bi.ArtefactError, match="here it is not registered") as caught:
            bi.load(folder)
    assert caught.value.code == "unregistered-function"
    assert caught.value.hint is not None
    assert 'bi.register("half", function, version="1.2")' in caught.value.hint


@pytest.mark.parametrize(
    "functions",
    [{"os.system": "1"}, {"half": "1; import os"}, {"half": 1}, ["half"], {"half": "1", "log": "1"},
     {"half": "1", "unused": "1"}, {}],
)  # fmt: skip
def test_what_a_manifest_lists_must_be_what_the_formula_calls(
    functions: object, tmp_path: Path
) -> None:
    bi.register("half", half)
    bi.register("unused", half)
    folder = bi.fit("y ~ half(dose)", FRAME, seed=1).save(tmp_path / "kept")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.pop("seal")
    manifest["model"]["functions"] = functions
    (folder / "manifest.json").write_bytes(write_manifest(manifest))
    with pytest.raises(bi.ArtefactError):
        bi.load(folder)


def test_fits_of_before_have_no_functions(tmp_path: Path) -> None:
    folder = bi.fit("y ~ dose", FRAME, seed=1).save(tmp_path / "kept")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.pop("seal")
    del manifest["model"]["functions"]
    (folder / "manifest.json").write_bytes(write_manifest(manifest))
    assert bi.load(folder).model.design.recipe.functions == {}


def test_threads_that_register_lose_nothing() -> None:
    def one(k: int) -> None:
        bi.register(f"f{k}", lambda values: values + k)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(200)))
    names = [f"f{k}" for k in range(200)]
    assert set(registry.versions(names)) == set(names)


def test_words_of_advice_may_be_registered() -> None:
    for name in ("ln", "s", "mean", "where", "ifelse"):
        bi.register(name, np.log)
        assert name in registry.elementwise()

"""Odd frames: names and values that attack what prints, compares, writes or stores them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.cli.files import write_frame
from tests.evil.watch import warm_up, watched

ROWS = 60
RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=ROWS), RNG.normal(size=ROWS) + 3

SCRIPT = "<script>alert(1)</script>"
ESCAPE = "\x1b[2J\x1b[31m"
BIDI = "a\u202eb"

NAMES = {
    "HTML": SCRIPT,
    "an image": "<img src=x onerror=alert(1)>",
    "an attribute": '" onmouseover="alert(1)',
    "an entity": "&lt;b&gt;",
    "a formula": "y ~ x + (1 | g)",
    "a call": "__import__('os').system('true')",
    "a dunder": "__class__",
    "a slot of priors": "sd:g:Intercept",
    "a keyword": "lambda",
    "LaTeX": r"$\input{/etc/passwd}$",
    "Markdown": "[a](javascript:alert(1))",
    "a spreadsheet": "=cmd|'/C calc'!A0",
    "a template": "{{7*7}}${7*7}%(x)s{0.__class__}",
    "quotes": "'\"",
    "blanks": "  a  b ",
    "a path": "../../etc/passwd",
    "emoji": "👩‍👩‍👧",
    "long": "a" * 3_000,
}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()


def shown(fit: bi.Fit) -> list[str]:
    """What a notebook shows of a fit."""
    html = [
        fit._repr_html_(),
        fit.model._repr_html_(),
        fit.model.priors._repr_html_(),
        fit.comparisons(fit.model.formula.variables[-1])._repr_html_(),
    ]
    return [part or "" for part in html]


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_any_name_is_a_column(name: str) -> None:
    column = NAMES[name]
    plain = bi.fit("y ~ x", {"y": Y, "x": X}, seed=1, draws=400)
    with watched() as events:
        model = bi.model(f"y ~ `{column}`", {"y": Y, column: X})
    assert [event for event in events if not event.startswith(("compile(", "exec("))] == []
    fit = bi.fit(model, seed=1, draws=400)
    assert np.array_equal(fit.summary().to_numpy(), plain.summary().to_numpy())
    assert fit.predict({column: [1.0, 2.0]}).equals(plain.predict({"x": [1.0, 2.0]}))


@pytest.mark.parametrize("name", ["HTML", "an image", "an attribute", "long"])
def test_names_are_escaped_in_html(name: str) -> None:
    column = NAMES[name]
    fit = bi.fit(f"y ~ `{column}`", {"y": Y, column: X}, seed=1, draws=400)
    for part in shown(fit):
        assert "<script>alert" not in part
        assert "<img src=x" not in part
        assert "a" * 500 not in part
    report = fit.report().to_html()  # shows the whole formula, as it must be typed again
    assert "<script>alert" not in report
    assert "<img src=x" not in report


def test_levels_are_escaped_in_html_and_in_terminals() -> None:
    levels = np.array([SCRIPT, ESCAPE, BIDI] * (ROWS // 3))
    fit = bi.fit("y ~ f + (1 | h)", {"y": Y, "f": levels, "h": levels[::-1]}, seed=1, draws=200)
    for part in shown(fit):
        assert "<script>alert" not in part
    for part in (repr(fit), repr(fit.model), repr(fit.model.priors), str(fit.verdict)):
        assert "\x1b" not in part
        assert "\u202e" not in part
    with pytest.raises(bi.DataError) as caught:
        fit.predict({"f": ["\x1b[0mnew"], "h": [BIDI]})
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("hidden", [ESCAPE, BIDI, "\x00", "\ufeffx"])
def test_unused_names_cannot_write_to_the_terminal(hidden: str) -> None:
    with pytest.raises(bi.DataError) as caught:
        bi.model("y ~ unknown", {"y": Y, hidden: X})
    assert hidden not in str(caught.value)
    with pytest.raises(bi.FormulaError, match="does not show"):
        bi.model(f"y ~ `{hidden}`", {"y": Y, hidden: X})


def test_long_names_are_cut_in_sentences() -> None:
    for name in ("a" * 9_000, "a b " * 2_000):
        for attempt in (
            lambda name=name: bi.model(f"y ~ `{name}`", {"y": Y, "x": X}),
            lambda name=name: bi.model(f"y ~ `{name}`", {"y": Y, name: np.full(ROWS, np.inf)}),
            lambda name=name: bi.model("y ~ x", {"y": Y, name: X}),
            lambda name=name: bi.model(f"y ~ C(`{name}`)", {"y": Y, name: np.ones(ROWS)}),
        ):
            with pytest.raises(bi.BayesinfError) as caught:
                attempt()
            assert len(str(caught.value)) < 3_500


@pytest.mark.parametrize(
    "name",
    [
        "Intercept",
        "sigma",
        "chain",
        "draw",
        "obs",
        "mu",
        "lp",
        "log_lik",
        "posterior",
        "nu",
        "shape",
    ],
)
def test_names_of_parameters_are_names_of_columns_too(name: str) -> None:
    plain = bi.fit("y ~ x", {"y": Y, "x": X}, seed=1, draws=400)
    fit = bi.fit(f"y ~ {name}", {"y": Y, name: X}, seed=1, draws=400)
    table = fit.summary()
    assert table.index.is_unique
    assert np.array_equal(table.to_numpy(), plain.summary().to_numpy())


class Evil:
    """Every method that reading might call runs something."""

    ran: ClassVar[list[str]] = []

    def _run(self, *_: object) -> Any:
        Evil.ran.append("ran")
        raise RuntimeError("ran")

    __eq__ = __lt__ = __len__ = __iter__ = __float__ = __int__ = __index__ = __bool__ = _run
    __repr__ = __str__ = __format__ = __array__ = __reduce__ = __getitem__ = _run  # pyright: ignore
    __hash__ = object.__hash__


class Unprintable:
    """Cannot be written out."""

    def __repr__(self) -> str:
        raise RuntimeError("ran")


class Word(str):
    """Text that is equal to everything."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        raise RuntimeError("ran")


def _column(values: list[Any]) -> np.ndarray:
    made = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        made[place] = value
    return made


FRAMES: dict[str, Callable[[], object]] = {
    "objects": lambda: {"y": Y, "x": _column([Evil() for _ in range(ROWS)])},
    "objects among numbers": lambda: {"y": Y, "x": _column([*X[:-1], Evil()])},
    "objects among text": lambda: {"y": Y, "x": _column([*["a", "b"] * 29, "a", Evil()])},
    "objects as the outcome": lambda: {"y": _column([Evil()] * ROWS), "x": X},
    "objects that cannot be written": lambda: {"y": Y, "x": _column([Unprintable()] * ROWS)},
    "an object as the frame": lambda: Evil(),
    "objects in pandas": lambda: pd.DataFrame({"y": Y, "x": _column([Unprintable()] * ROWS)}),
    "functions": lambda: {"y": Y, "x": _column([print] * ROWS)},
    "classes": lambda: {"y": Y, "x": _column([int] * ROWS)},
    "lists": lambda: {"y": Y, "x": _column([[1]] * ROWS)},
    "bytes": lambda: {"y": Y, "x": _column([b"x"] * ROWS)},
    "frames": lambda: {"y": Y, "x": _column([pd.DataFrame()] * ROWS)},
    "records": lambda: {"y": Y, "x": np.zeros(ROWS, dtype=[("a", "f8")])},
    "void": lambda: {"y": Y, "x": np.zeros(ROWS, dtype="V8")},
    "a list of the file": lambda: "/etc/passwd",
    "a path": lambda: Path("/etc/passwd"),
    "code": lambda: "__import__('os').getpid()",
    "numbers for names": lambda: {1: Y, 2: X},
    "nothing for a name": lambda: {None: Y, "y": Y},
    "a number": lambda: 3,
    "a generator": lambda: (value for value in X),
    "a module": lambda: np,
}


@pytest.mark.parametrize("name", FRAMES)
def test_odd_frames_are_refused_in_a_sentence(name: str) -> None:
    frame = FRAMES[name]()
    Evil.ran.clear()
    with pytest.raises(bi.DataError):
        bi.model("y ~ x", FRAMES[name]())  # what is imported late is imported now
    with watched() as events, pytest.raises(bi.DataError) as caught:
        bi.model("y ~ x", frame)
    assert [event for event in events if event.startswith(("os.", "open", "subprocess"))] == []
    assert caught.value.code


def test_text_that_equals_everything_is_text() -> None:
    words = _column([Word(letter) for letter in "abc" * (ROWS // 3)])
    model = bi.model("y ~ g", {"y": Y, "g": words})
    expected = bi.model("y ~ g", {"y": Y, "g": np.array(list("abc") * (ROWS // 3))})
    assert model.design.names == expected.design.names
    assert np.array_equal(model.design.rows.population, expected.design.rows.population)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_of_text_do_not_start_a_spreadsheets_formula(start: str, tmp_path: Path) -> None:
    cell = f"{start}cmd|'/C calc'!A0"
    frame = pd.DataFrame({"mean": [-1.5, 2.0], cell: [cell, "plain"]}, index=[cell, "row"])
    write_frame(frame, tmp_path / "out.csv")
    again = pd.read_csv(tmp_path / "out.csv", index_col=0)
    assert again["mean"].tolist() == [-1.5, 2.0]
    written = f"'{cell}".replace("\r", " ")
    assert again.index.tolist() == [written, "row"]
    assert again.iloc[:, 1].tolist() == [written, "plain"]
    assert str(again.columns[1]).startswith("'")

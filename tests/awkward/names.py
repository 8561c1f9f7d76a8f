"""Section D of the catalogue: names and formulas."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

import bayesinf as bi
from bayesinf.formula.functions import FUNCTIONS
from tests.awkward.frames import frame, modelled
from tests.awkward.row import Handled, Refused, Row, bad_column

OWN_NAMES = ("Intercept", "sigma", "nu", "shape", "coefficients")
"""What models call things of their own: columns of these names are shown in backticks."""

DIMENSIONS = ("mu", "chain", "draw", "row", "coefficient", "population", "parameter", "lower")
"""What draws, tables and programs call theirs."""

QUOTED = (
    "a b",
    "a.b",
    "dose (mg)",
    "x:z",
    "é",
    "Größe",
    "体重",
    "😀",
    "class",
    "lambda",
    "True",
    "1",
)
"""Names that are no identifiers of Python, or words of it."""


@cache
def plain() -> bi.Fit:
    return bi.fit("y ~ x + z", frame(60), draws=400, seed=1)


@cache
def grouped() -> bi.Fit:
    return bi.fit("y ~ x + (1 + x | g)", frame(60), draws=400, seed=1)


def renamed(old: str, new: str) -> pd.DataFrame:
    return frame(60).rename(columns={old: new})


def the_same_posterior(names: tuple[str, ...], shown: str) -> None:
    """A predictor of any name has the posterior, the predictions and the folder of `x`."""
    for name in names:
        data = renamed("x", name)
        fit = bi.fit(f"y ~ `{name}` + z", data, draws=400, seed=1)
        label = shown.format(name)
        assert fit.summary().index.tolist() == ["Intercept", label, "z", "sigma"]
        np.testing.assert_array_equal(fit.summary().to_numpy(), plain().summary().to_numpy())
        pd.testing.assert_frame_equal(fit.predict(data), plain().predict(frame(60)))
        assert float(fit.hypothesis(f"`{name}` > 2")) == float(plain().hypothesis("x > 2"))
        model = bi.model(f"y ~ `{name}` + z", data, priors={label: bi.Normal(0, 3)})
        assert [s.name for s in model.priors.slots.values() if s.source == "user"] == [label]


def the_same_after_saving(name: str) -> None:
    data = renamed("x", name)
    fit = bi.fit(f"y ~ `{name}` + z", data, draws=400, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        loaded = bi.load(fit.save(Path(folder) / "fit"))
        pd.testing.assert_frame_equal(loaded.summary(), fit.summary())
        pd.testing.assert_frame_equal(loaded.predict(data), plain().predict(frame(60)))


def own_names() -> None:
    the_same_posterior(OWN_NAMES, "`{}`")
    the_same_after_saving("Intercept")
    # Without backticks, and without an intercept of the model's own.
    bare = bi.model("y ~ 0 + Intercept + z", renamed("x", "Intercept"))
    assert bare.design.names == ("`Intercept`", "z")
    assert not bare.design.has_intercept


def own_names_of_slopes_and_groups() -> None:
    data = renamed("x", "Intercept")
    fit = bi.fit("y ~ Intercept + (1 + Intercept | g)", data, draws=400, seed=1)
    assert "sd:g:`Intercept`" in fit.summary().index
    np.testing.assert_array_equal(fit.summary().to_numpy(), grouped().summary().to_numpy())
    for name in ("Intercept", "sigma", "chain"):
        other = bi.fit(f"y ~ x + (1 + x | {name})", renamed("g", name), draws=400, seed=1)
        np.testing.assert_array_equal(other.summary().to_numpy(), grouped().summary().to_numpy())


def names_of_dimensions() -> None:
    the_same_posterior(DIMENSIONS, "{}")
    for name in ("chain", "draw", "row", "population"):
        fit = bi.fit(f"{name} ~ x + z", renamed("y", name), draws=400, seed=1)
        np.testing.assert_array_equal(fit.summary().to_numpy(), plain().summary().to_numpy())
        np.testing.assert_array_equal(fit.draws["posterior"]["sigma"].shape, (4, 100))
    the_same_after_saving("chain")


def quoted_names() -> None:
    the_same_posterior(QUOTED, "`{}`")
    the_same_after_saving("dose (mg)")
    for name in ("a b", "Größe"):
        other = bi.fit(f"y ~ x + (1 + x | `{name}`)", renamed("g", name), draws=400, seed=1)
        np.testing.assert_array_equal(other.summary().to_numpy(), grouped().summary().to_numpy())


def an_interaction_and_a_column_of_its_name() -> None:
    data = frame(60).assign(**{"x:z": np.arange(60.0)})
    design = bi.model("y ~ x * z + `x:z`", data).design
    assert set(design.names) == {"Intercept", "x", "z", "x:z", "`x:z`"}
    columns = dict(zip(design.names, design.rows.population.T, strict=True))
    np.testing.assert_array_equal(columns["x:z"], data["x"] * data["z"])
    np.testing.assert_array_equal(columns["`x:z`"], np.arange(60.0))


def accents() -> None:
    """A letter with an accent is one letter or two, in the formula as in the frame."""
    short, long = "caf\u00e9", "cafe\u0301"
    expected = bi.model(f"y ~ {short}", renamed("x", short)).design
    for typed in (short, long):
        for held in (short, long):
            made = bi.model(f"y ~ {typed}", renamed("x", held)).design
            assert made.names == expected.names
            np.testing.assert_array_equal(made.rows.population, expected.rows.population)


def the_outcome_less_a_predictor() -> None:
    design = bi.model("I(y - x) ~ x", frame(60)).design
    np.testing.assert_array_equal(design.response, frame(60)["y"] - frame(60)["x"])


def effects_given_once() -> None:
    apart = bi.model("y ~ (1 | g) + (0 + x | g)", frame(60)).design.rows.groups
    assert [group.names for group in apart] == [("Intercept",), ("x",)]
    merged = bi.model("y ~ x + x", frame(60)).design
    assert merged.names == ("Intercept", "x")


def unknown(formula: str, family: str = "gaussian", title: str = "", name: str = "xx") -> Refused:
    return bad_column(
        36,
        f"an unknown column {title}",
        modelled(formula, frame, family),
        "unknown-column",
        name,
        5,
    )


def with_priors(priors: object) -> Callable[[int], Callable[[], object]]:
    def prepare(n: int) -> Callable[[], object]:
        data = frame(n)
        return lambda: bi.model("y ~ x + (1 | g)", data, priors=priors)  # pyright: ignore[reportArgumentType]

    return prepare


def explains_itself(formula: str, title: str, outcome: str = "y") -> Refused:
    return Refused(
        43,
        title,
        modelled(formula, frame),
        bi.FormulaError,
        "response-on-both-sides",
        names=outcome,
        column=outcome,
    )


def repeated(groups: str, names: str = "g") -> Refused:
    return Refused(
        44,
        groups,
        modelled(f"y ~ {groups}", frame),
        bi.FormulaError,
        "repeated-term",
        names=names,
        count=2,
        column="g",
    )


def unreadable(
    formula: str, names: str, count: int | None = None, code: str = "syntax", title: str = ""
) -> Refused:
    return Refused(
        46, title or formula, modelled(formula, frame), bi.FormulaError, code, names, count
    )


TWELVE = " + ".join(f"v{k}" for k in range(12))


def twelve(n: int) -> pd.DataFrame:
    return frame(n).assign(**{f"v{k}": np.arange(float(n)) ** 0.5 for k in range(12)})


ROWS: tuple[Row, ...] = (
    unknown("y ~ xx", title="among the predictors"),
    unknown("xx ~ x", title="as the outcome"),
    unknown("y ~ x + (1 | xx)", title="as a group"),
    unknown("y ~ log(xx)", title="inside a function"),
    unknown("k | trials(xx) ~ x", "binomial", title="as trials"),
    Refused(
        37,
        "an unknown function",
        modelled("y ~ foo(x)", frame),
        bi.FormulaError,
        "forbidden-code",
        names="foo",
        count=len(FUNCTIONS),
    ),
    Refused(
        37,
        "a function misspelt, in the outcome",
        modelled("lgo(y) ~ x", frame),
        bi.FormulaError,
        "forbidden-code",
        names="lgo",
        count=len(FUNCTIONS),
    ),
    Handled(
        38,
        "columns named Intercept, sigma, nu, shape, coefficients",
        "the posterior of a renamed column; shown in backticks, apart from the model's own",
        own_names,
    ),
    Handled(
        38,
        "such columns as varying slopes and as groups",
        "the posterior of renamed columns",
        own_names_of_slopes_and_groups,
    ),
    Handled(
        39,
        "columns named mu, chain, draw, row, coefficient, ...",
        "the posterior of a renamed column, as predictor and as outcome",
        names_of_dimensions,
    ),
    Handled(
        40,
        "chain and draw as names of the outcome and of a group",
        "the posterior of renamed columns, also in the tree of draws",
        partial(the_same_posterior, ("chain", "draw"), "{}"),
    ),
    Handled(
        41,
        "blanks, dots, brackets, colons, other alphabets, words of Python",
        "written in backticks: the posterior of a renamed column, also after saving",
        quoted_names,
    ),
    Handled(
        41,
        "an interaction x:z and a column of that name",
        "two coefficients, x:z and `x:z`",
        an_interaction_and_a_column_of_its_name,
    ),
    Refused(
        41,
        "blanks without backticks",
        modelled("y ~ dose mg", lambda n: frame(n, **{"dose mg": 1.0})),
        bi.FormulaError,
        "syntax",
        names="mg",
    ),
    Refused(
        41,
        "a name with a dot inside of a function, without backticks",
        modelled("y ~ log(a.b)", lambda n: frame(n, **{"a.b": 1.0})),
        bi.FormulaError,
        "forbidden-code",
        names="a.b",
    ),
    Handled(
        41,
        "é as one letter or as two",
        "found by either spelling",
        accents,
    ),
    Refused(
        41,
        "a name that formulas use for another column's",
        modelled("y ~ x + _quoted_78_", lambda n: frame(n, _quoted_78_=1.0)),
        bi.FormulaError,
        "forbidden-code",
        names="_quoted_78_",
        column="_quoted_78_",
    ),
    bad_column(
        42,
        "two columns of one name",
        modelled("y ~ x", lambda n: pd.concat([frame(n), frame(n)[["x"]]], axis=1)),
        "duplicate-columns",
        "x",
        2,
    ),
    explains_itself("y ~ x + y", "the outcome among its predictors"),
    explains_itself("y ~ x + I(2 * y)", "the outcome inside arithmetic"),
    explains_itself("log(k) ~ k", "a function of the outcome, explained by the outcome", "k"),
    explains_itself("y ~ x + (y | g)", "the outcome as a varying slope"),
    explains_itself("k ~ x + (1 | k)", "the outcome as its own group", "k"),
    explains_itself("y ~ x + offset(y)", "the outcome as its own offset"),
    Handled(
        43,
        "a change explained by its baseline, I(y - x) ~ x",
        "fitted: an outcome computed of two columns may have one as a predictor",
        the_outcome_less_a_predictor,
    ),
    repeated("(1 | g) + (1 | g)"),
    repeated("(1 | g) + (x | g)"),
    repeated("(x | g) + (0 + x || g)", "x"),
    Handled(
        44,
        "(1 | g) + (0 + x | g), and x + x",
        "effects that differ are kept apart, terms that are the same counted once",
        effects_given_once,
    ),
    *(
        Refused(
            44,
            f"{product}, for the square of x",
            modelled(f"y ~ {product}", frame),
            bi.FormulaError,
            "idle-product",
            names="x",
            column="x",
        )
        for product in ("x * x", "x:x", "z + x:g:x")
    ),
    *(
        Refused(
            45,
            f"a prior for {name}",
            with_priors({name: prior}),
            bi.ModelError,
            "unknown-prior-slot",
            names=name,
            column=name,
        )
        for name, prior in {
            "xx": bi.Normal(0, 1),
            "sigm": bi.HalfNormal(1),
            "sd:gg": bi.HalfNormal(1),
            "cor:g": bi.LKJ(2),
        }.items()
    ),
    Refused(
        45,
        "a prior of the wrong kind",
        with_priors({"sigma": bi.Normal(0, 1)}),
        bi.ModelError,
        "prior-support",
        names="sigma",
        column="sigma",
    ),
    Refused(
        45,
        "a number for a prior",
        with_priors({"x": 3}),
        bi.ModelError,
        "not-a-prior",
        names="x",
        column="x",
    ),
    unreadable("y ~ x +", "+"),
    unreadable("y ~ x + (x | g", "("),
    unreadable("y ~ x)", ")"),
    unreadable("y ~~ x", "~", 2),
    unreadable("y", "~"),
    unreadable("y ~ x * * z", "*"),
    unreadable("y ~ x z", "z"),
    unreadable("y ~ [x]", "[", code="forbidden-code"),
    unreadable("y ~ 'x'", "x"),
    unreadable("y ~ x | g", "|", code="group-term"),
    unreadable("y ~ (1 | g | z)", "|", 2, code="group-term"),
    unreadable("k | trials(k) + trials(k) ~ x", "trials", 2),
    unreadable("y ~ (x + z)^9", "9", 5, code="bad-power"),
    Refused(
        46,
        "y ~ 0, with nothing to learn",
        modelled("y ~ 0", frame),
        bi.ModelError,
        "empty-model",
        names="y ~ 0",
        count=0,
    ),
    Refused(
        47,
        "(12 columns)**5",
        modelled(f"y ~ ({TWELVE})**5", twelve),
        bi.FormulaError,
        "too-many-terms",
        names="**",
        count=5000,
    ),
    Refused(
        47,
        "2,000 nested parentheses",
        modelled(f"y ~ {'(' * 2000}x{')' * 2000}", frame),
        bi.FormulaError,
        "too-deep",
        names="((...",
        count=50,
    ),
    Refused(
        47,
        "40,000 characters",
        modelled("y ~ " + "+".join(["x"] * 20_000), frame),
        bi.FormulaError,
        "too-long",
        names="y ~ x+x+x+x+...",
        count=40_003,
    ),
    Refused(
        47,
        "9**9**9",
        modelled("y ~ I(9**9**9)", frame),
        bi.FormulaError,
        "forbidden-code",
        names="9 ** 9 ** 9",
        count=20,
    ),
    Refused(
        48,
        "a family misspelt",
        modelled("y ~ x", frame, "gausian"),
        bi.ModelError,
        "unknown-family",
        names="gausian",
    ),
    Refused(
        48,
        "a link that the family does not have",
        lambda _: lambda: bi.families.Bernoulli(link=bi.Log()),
        bi.ModelError,
        "link-not-offered",
        names="Log()",
        count=3,
        fixed=True,
    ),
)

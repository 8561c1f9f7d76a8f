"""Levels that say "missing" are told in the verdict, whichever column they are of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi

SIZE = 30


def frame(level: str) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    values = np.resize(["a", "b", level], SIZE)
    return pd.DataFrame({"y": rng.normal(size=SIZE), "x": rng.normal(size=SIZE), "g": values})


def codes(fit: bi.Fit) -> list[str]:
    return [finding.code for finding in fit.verdict.of("warning")]


@pytest.mark.parametrize("level", ["", " ", "NA", "nan", "?"])
def test_a_level_that_looks_missing_is_told_with_its_rows(level: str) -> None:
    fit = bi.fit("y ~ x + g", frame(level), draws=400, seed=1)
    assert codes(fit) == ["missing-as-level"]
    assert f"has the level '{level}' in 10 rows" in str(fit.verdict)


@pytest.mark.parametrize("level", ["none", "c", "missing data"])
def test_other_levels_are_not(level: str) -> None:
    assert codes(bi.fit("y ~ x + g", frame(level), draws=400, seed=1)) == []


def test_columns_that_the_formula_does_not_name_are_not_looked_at() -> None:
    assert codes(bi.fit("y ~ x", frame("NA"), draws=400, seed=1)) == []


def test_new_rows_do_not_lose_the_finding() -> None:
    fit = bi.fit("y ~ x + g", frame("NA"), draws=400, seed=1)
    new = frame("NA").assign(x=np.arange(SIZE) / SIZE)
    assert codes(fit.update(new)) == ["missing-as-level"]


SPELT = np.resize(["Male", "male ", "Female", "MALE", "Male"], SIZE)


@pytest.mark.parametrize("formula", ["y ~ x + g", "y ~ x + (1 | g)", "y ~ C(g)"])
def test_one_level_spelt_in_several_ways_is_told_once(formula: str) -> None:
    fit = bi.fit(formula, frame("c").assign(g=SPELT), draws=400, seed=1)
    (finding,) = [finding for finding in fit.verdict.findings if finding.code == "levels-alike"]
    assert "'Male' (12 rows)" in finding.sentence and "'male ' (6 rows)" in finding.sentence
    assert "'MALE' (6 rows)" in finding.sentence and finding.evidence == {"levels": 3.0}


def test_the_advice_on_spelling_works() -> None:
    data = frame("c").assign(g=SPELT)
    fit = bi.fit("y ~ g", data, draws=400, seed=1)
    (finding,) = fit.verdict.of("warning")
    exec(finding.remedy[finding.remedy.index("frame[") :].rstrip("."), {"frame": data})
    assert set(data["g"]) == {"Male", "Female"}
    assert codes(bi.fit("y ~ g", data, draws=400, seed=1)) == []


def test_an_outcome_spelt_in_two_ways_is_told() -> None:
    data = frame("c").assign(y=np.resize(["Low", "low"], SIZE))
    fit = bi.fit("y ~ x", data, "bernoulli", draws=400, seed=1)
    assert "levels-alike" in codes(fit)


def noted(formula: str, levels: list[str]) -> list[bi.Finding]:
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"y": rng.normal(size=90), "g": np.resize(levels, 90)})
    found = bi.fit(formula, data, draws=400, seed=1).verdict.findings
    return [finding for finding in found if finding.code == "numbers-in-levels"]


def test_many_levels_of_a_number_and_a_word_are_noted() -> None:
    (finding,) = noted("y ~ g", [f"{k} rooms" for k in range(30)])
    assert finding.severity == "note" and "30 levels that begin with a number" in finding.sentence
    data = pd.DataFrame({"g": ["3 rooms", "12 rooms"]})
    exec(finding.remedy[finding.remedy.index("frame[") :].rstrip("."), {"frame": data})
    assert data["g"].tolist() == [3.0, 12.0]


@pytest.mark.parametrize(
    ("formula", "write"),
    [("y ~ g", "site {}"), ("y ~ g", "{:05}"), ("y ~ C(g)", "{} rooms"), ("y ~ (1 | g)", "{} m")],
)
def test_labels_and_what_was_asked_for_are_not(formula: str, write: str) -> None:
    assert noted(formula, [write.format(k) for k in range(30)]) == []


def test_declared_levels_are_not() -> None:
    levels = pd.Categorical(np.resize([f"{k} rooms" for k in range(30)], 90))
    data = pd.DataFrame({"y": np.random.default_rng(5).normal(size=90), "g": levels})
    found = bi.fit("y ~ g", data, draws=400, seed=1).verdict.findings
    assert not [finding for finding in found if finding.code == "numbers-in-levels"]


def test_a_few_levels_with_numbers_are_not() -> None:
    assert noted("y ~ g", [f"{k} rooms" for k in range(15)]) == []


@pytest.mark.parametrize("formula", ["y ~ x + g", "y ~ x + (1 | g)"])
@pytest.mark.parametrize("other", ["Cafe\u0301", "Café\u200b", "\uff23afé"])
def test_levels_that_look_the_same_are_told_as_python_writes_them(formula: str, other: str) -> None:
    data = frame("c").assign(g=np.resize(["Café", other, "tea"], SIZE))
    fit = bi.fit(formula, data, draws=400, seed=1)
    (finding,) = [finding for finding in fit.verdict.findings if finding.code == "levels-alike"]
    assert ascii(other) in finding.sentence
    exec(finding.remedy[finding.remedy.index("frame[") :].rstrip("."), {"frame": data})
    assert set(data["g"].str.lower()) == {"café", "tea"}


def test_single_letters_in_two_cases_are_two_levels() -> None:
    data = frame("c").assign(g=np.resize(["A", "a", "B"], SIZE))
    assert codes(bi.fit("y ~ x + g", data, draws=400, seed=1)) == []


@pytest.mark.parametrize(
    "formula",
    ["y ~ C(site)", "y ~ x + (1 | site)", "y ~ (1 | `the site`)", "y ~ C(site) + (1 | g:site)"],
)
def test_a_code_among_the_numbers_of_groups_is_noted_once(formula: str) -> None:
    sites = np.resize([1, 2, 3, 4, -9999999], SIZE)
    name = "the site" if "`" in formula else "site"
    data = frame("c").assign(**{name: sites})
    found = bi.fit(formula, data, draws=400, seed=1).verdict.of("note")
    assert [finding.code for finding in found] == ["missing-as-level"]
    assert "site' has the level -9999999 in 6 rows" in found[0].sentence
    line = found[0].remedy[found[0].remedy.index("frame[") :].rstrip(".")
    exec(line, {"frame": data})
    assert data[name].isna().sum() == 6
    whole = bi.fit(formula, data.dropna(), draws=400, seed=1)
    assert "missing-as-level" not in [finding.code for finding in whole.verdict.findings]


def test_spellings_are_replaced_one_by_one() -> None:
    towns = ["New  York", "New York", "New York", "STRASSE", "Straße", "a", "A", "Köln", "Köln "]
    data = frame("c").assign(g=np.resize([*towns, "x"], SIZE))
    fit = bi.fit("y ~ C(g)", data, draws=400, seed=1)
    (finding,) = [finding for finding in fit.verdict.findings if finding.code == "levels-alike"]
    exec(finding.remedy[finding.remedy.index("frame[") :].rstrip("."), {"frame": data})
    assert set(data["g"]) == {"New York", "STRASSE", "a", "A", "Köln", "x"}


def test_a_power_is_not_the_number_that_it_looks_like() -> None:
    data = frame("c").assign(g=np.resize(["10⁵", "105", "7"], SIZE))
    assert codes(bi.fit("y ~ x + C(g)", data, draws=400, seed=1)) == []


def test_numbers_of_different_words_are_brought_to_one_unit_first() -> None:
    (finding,) = noted("y ~ g", [f"{k} {'rooms' if k % 2 else 'suites'}" for k in range(30)])
    assert "bring them to one unit" in finding.remedy


@pytest.mark.parametrize("missing", ["", "N/A", "unknown", "Unknown "])
def test_an_outcome_that_says_missing_is_told(missing: str) -> None:
    data = frame("c").assign(o=np.resize(["yes", missing, "yes"], SIZE))
    fit = bi.fit("o ~ x", data, "bernoulli", draws=400, seed=1)
    (found,) = [finding for finding in fit.verdict.findings if finding.code == "missing-as-level"]
    assert f"'o' is '{missing}' in 10 rows" in found.sentence
    assert found.severity == "warning"


def test_answers_such_as_none_and_minus_are_outcomes() -> None:
    for low, high in (("none", "some"), ("-", "+")):
        data = frame("c").assign(o=np.resize([low, high], SIZE))
        assert "missing-as-level" not in codes(
            bi.fit("o ~ x", data, "bernoulli", draws=400, seed=1)
        )


def test_text_with_hardly_two_rows_for_a_level_is_told() -> None:
    rng = np.random.default_rng(5)
    made = [f"~{k / 7:.2f}" for k in range(40)]
    data = pd.DataFrame({"y": rng.normal(size=60), "t": np.resize(made, 60)})
    fit = bi.fit("y ~ t", data, draws=400, seed=1)
    (found,) = [one for one in fit.verdict.findings if one.code == "levels-of-few-rows"]
    assert "'t' has 40 levels in 60 rows" in found.sentence
    for formula in ("y ~ C(t)", "y ~ (1 | t)"):
        assert "levels-of-few-rows" not in codes(bi.fit(formula, data, draws=400, seed=1))


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("y ~ x + g + (1 | g)", True),
        ("y ~ 0 + g + (1 | g)", True),
        ("y ~ C(i) + (x | i)", True),
        ("y ~ x + (1 | g)", False),
        ("y ~ i + (1 | i)", False),
        ("y ~ x:g + (1 | g)", False),
        ("y ~ g + (0 + x | g)", False),
    ],
)
def test_levels_that_have_coefficients_and_group_effects_are_told(formula: str, told: bool) -> None:
    rng = np.random.default_rng(1)
    data = {"x": rng.normal(size=40), "g": [*"abcd"] * 10, "i": [1, 2, 3, 4] * 10}
    fit = bi.fit(formula, data | {"y": rng.normal(size=40)}, draws=400, seed=1)
    assert ("levels-twice" in [found.code for found in fit.verdict.of("warning")]) == told

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
    assert set(data["g"]) == {"male", "female"}
    assert codes(bi.fit("y ~ g", data, draws=400, seed=1)) == []


def test_an_outcome_spelt_in_two_ways_is_told() -> None:
    data = frame("c").assign(y=np.resize(["Low", "low"], SIZE))
    fit = bi.fit("y ~ x", data, "bernoulli", draws=400, seed=1)
    assert "levels-alike" in codes(fit)

"""Nested and crossed factors, against cross-tabulations by pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.model.arrangement import arrangement, effects_per_group, rows_per_group


@pytest.fixture
def frame(generator: np.random.Generator) -> pd.DataFrame:
    """Pupils in classes in schools, each answering every item."""
    pupil, item = (places.ravel() for places in np.meshgrid(range(24), range(3)))
    return pd.DataFrame(
        {
            "y": generator.normal(size=72),
            "x": generator.normal(size=72),
            "pupil": [f"p{k}" for k in pupil],
            "room": [f"r{k // 4}" for k in pupil],
            "school": [f"s{k // 8}" for k in pupil],
            "item": [f"i{k}" for k in item],
        }
    )


CASES = {
    "1": ("none", [], "the model has no group effects"),
    "(x | item)": ("one", ["item"], "the effects of the 3 levels of 'item' are independent"),
    "(1 | school) + (1 | pupil)": (
        "nested",
        ["pupil", "school"],
        "each of the 24 levels of 'pupil' lies within one of the 3 of 'school'; 'pupil' is",
    ),
    "(1 | school) + (1 | room) + (1 | pupil)": (
        "nested",
        ["pupil", "room", "school"],
        "'pupil' lies within one of the 6 of 'room'; each of the 6 levels of 'room' lies",
    ),
    "(1 | item) + (1 | pupil)": (
        "crossed",
        ["pupil", "item"],
        "24 levels of 'pupil' and 3 of 'item' are crossed; 'pupil' is eliminated first",
    ),
    "(1 | item) + (1 | pupil) + (1 | school)": (
        "partly nested",
        ["pupil", "item", "school"],
        "; 3 levels of 'item' and 3 of 'school' are crossed; 'pupil' is eliminated first",
    ),
}


@pytest.mark.parametrize("groups", CASES)
def test_factors_are_nested_or_crossed(groups: str, frame: pd.DataFrame) -> None:
    kind, order, words = CASES[groups]
    found = arrangement(bi.model(f"y ~ x + {groups}", frame))
    assert found.kind == kind
    assert [factor.name for factor in found.factors] == order
    assert words in found.reason
    assert found.holds is (kind in ("one", "nested"))


def test_nesting_is_what_a_cross_tabulation_shows(generator: np.random.Generator) -> None:
    """Random factors: a level within one other level has one cell that is not empty."""
    seen = set()
    for _ in range(25):
        frame = pd.DataFrame({"y": generator.normal(size=12)})
        for name, levels in (("a", 6), ("b", 2), ("c", 3)):
            frame[name] = generator.integers(0, levels, 12).astype(str)
        if frame.nunique().min() < 2:
            continue
        model = bi.model("y ~ 1 + (1 | a) + (1 | b) + (1 | c)", frame)
        for factor in arrangement(model).factors:
            for other in set("abc") - {factor.name}:
                cells = pd.crosstab(frame[factor.name], frame[other])
                nested = bool(((cells > 0).sum(axis=1) == 1).all())
                finer = frame[factor.name].nunique() > frame[other].nunique()
                if finer:
                    assert (other in factor.within) is nested
                    seen.add(nested)
    assert seen == {True, False}


def test_the_factor_with_the_most_effects_goes_first(frame: pd.DataFrame) -> None:
    """Three levels with nine effects each are more than 24 levels with one."""
    rich = " + ".join(f"I(x ** {k})" for k in range(1, 9))
    found = arrangement(bi.model(f"y ~ 1 + (1 | pupil) + (1 + {rich} || item)", frame))
    assert [(factor.name, factor.unknowns) for factor in found.factors] == [
        ("item", 27),
        ("pupil", 24),
    ]


def test_effects_and_rows_of_each_level_are_counted(frame: pd.DataFrame) -> None:
    uneven = frame.drop(index=[0, 1, 2])
    factors = arrangement(bi.model("y ~ 1 + (x | item) + (1 | pupil)", uneven)).factors
    by_name = {factor.name: factor for factor in factors}
    assert by_name["item"].effects == ("Intercept", "x")
    for name, factor in by_name.items():
        counts = uneven.groupby(name).size()
        assert factor.rows == (counts.min(), counts.median(), counts.max())
    effects, rows = effects_per_group(factors), rows_per_group(factors)
    assert effects.holds and rows.holds
    assert "each level of 'item' has 2 effects, Intercept and x" in effects.reason
    assert "a level of 'pupil' has 2 to 3 rows (median 3)" in rows.reason
    assert effects_per_group(()).reason == rows_per_group(()).reason


def test_two_terms_on_a_factor_are_one_factor(frame: pd.DataFrame) -> None:
    found = arrangement(bi.model("y ~ 1 + (1 | pupil) + (0 + x | pupil)", frame))
    assert found.kind == "one"
    assert [factor.effects for factor in found.factors] == [("Intercept", "x")]


def test_the_same_groups_under_two_names_lie_within_each_other(frame: pd.DataFrame) -> None:
    twice = frame.assign(seat=frame["pupil"].str.upper())
    assert arrangement(bi.model("y ~ 1 + (1 | pupil) + (1 | seat)", twice)).kind == "nested"


def test_lecturers_belong_to_one_department_and_students_to_many(shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "bayes" / "InstEval.csv.gz", comment="#")
    for name in ("s", "d", "dept"):
        frame[name] = frame[name].astype(str)
    found = arrangement(bi.model("y ~ 1 + (1 | s) + (1 | d) + (1 | dept)", frame))
    assert found.kind == "partly nested"
    assert (frame.groupby("d")["dept"].nunique() == 1).all()
    assert not (frame.groupby("s")["d"].nunique() == 1).all()
    assert found.reason == (
        "each of the 1,128 levels of 'd' lies within one of the 14 of 'dept'; 2,972 levels of 's' "
        "and 14 of 'dept' are crossed; 's' is eliminated first"
    )

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.effects.changes import Changes, changes_of, is_group_only
from bayesinf.effects.contrasts import named_contrast
from bayesinf.effects.expected import rows_asked
from bayesinf.errors import DataError, ModelError
from bayesinf.formula.split import parse
from bayesinf.posterior.posterior import Posterior


def change(posterior: Posterior, variable: str, values=None, contrast="difference") -> Changes:
    table = rows_asked(posterior, None)
    return changes_of(posterior, table, variable, values, named_contrast(contrast))


def test_a_number_is_raised_by_one(linear: Posterior, data: pd.DataFrame) -> None:
    found = change(linear, "x")
    np.testing.assert_array_equal(found.low, data.x)
    np.testing.assert_array_equal(found.highs[0], data.x + 1)
    assert found.labels == ("+1",)
    assert found.words == ("Raising x by 1",)


def test_yes_and_no_go_from_no_to_yes(linear: Posterior) -> None:
    found = change(linear, "treated")
    assert (found.low, found.highs, found.labels) == (False, (True,), ("True - False",))
    found = change(linear, "old", contrast="ratio")
    assert (found.low, found.highs, found.labels) == (0, (1,), ("1 / 0",))


def test_a_factor_goes_from_its_first_level_to_each_of_the_others(linear: Posterior) -> None:
    found = change(linear, "arm")
    assert (found.low, found.highs, found.labels) == ("a", ("b", "c"), ("b - a", "c - a"))
    assert found.words == ("arm = b instead of a", "arm = c instead of a")


def test_values_set_both_sides(linear: Posterior) -> None:
    found = change(linear, "x", (1, np.float64(3.5)), "lift")
    assert (found.low, found.highs, found.labels) == (1, (3.5,), ("(3.5 - 1) / 1",))
    assert change(linear, "arm", ("c", "b")).labels == ("b - c",)


@pytest.mark.parametrize(
    ("variable", "values", "error", "code"),
    [
        ("arms", None, DataError, "unknown-column"),
        ("y", None, DataError, "unknown-column"),
        ("x", (1.0,), ModelError, "values"),
        ("x", (1.0, 1.0), ModelError, "values"),
        ("x", 3.0, ModelError, "values"),
        ("x", ([1.0, 2.0], [2.0, 3.0]), ModelError, "values"),
        ("x", ("low", "high"), DataError, "type-changed"),
        ("x", (0.0, np.inf), DataError, "type-changed"),
        ("treated", (0, 2), DataError, "type-changed"),
        ("arm", ("a", "d"), DataError, "unseen-level"),
    ],
)
def test_bad_changes_are_refused(
    linear: Posterior, variable: str, values: object, error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as caught:
        change(linear, variable, values)
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_a_number_that_only_groups_is_a_factor() -> None:
    assert is_group_only(parse("y ~ x + (x | school/class)"), "class")
    assert not is_group_only(parse("y ~ t + (1 | t)"), "t")
    assert not is_group_only(parse("y ~ x + (t | g)"), "t")
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat([30, 10, 20, 40], 10), "y": rng.normal(size=40)})
    posterior = bi.fit("y ~ 1 + (1 | g)", frame, seed=1, draws=100).posterior
    assert change(posterior, "g").labels == ("20 - 10", "30 - 10", "40 - 10")
    assert change(posterior, "g", (10, 99)).labels == ("99 - 10",)


def test_a_level_in_another_type_is_told(data: pd.DataFrame) -> None:
    posterior = bi.fit("y ~ C(old)", data.assign(old=data.old.astype(int)), seed=1).posterior
    says = "'old' has no level '1'. The level 1 is a number, and '1' is text."
    with pytest.raises(DataError, match=says):
        change(posterior, "old", ("1", 0))


def test_text_in_place_of_numbers_is_refused_before_it_is_raised_by_one(
    linear: Posterior, data: pd.DataFrame
) -> None:
    rows = rows_asked(linear, data.assign(x="one"))
    with pytest.raises(DataError, match="was numeric at the fit"):
        changes_of(linear, rows, "x", None, named_contrast("difference"))

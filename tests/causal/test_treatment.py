import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.estimand import ATE, ATT
from causal.treatment import Treatment, build_contrast, read_treatment


def table(values) -> bi.Table:
    return bi.Table.read(pd.DataFrame({"t": values}))


@pytest.mark.parametrize(
    ("values", "control", "treated"),
    [
        ([0, 1, 1], 0, 1),
        ([1.0, np.nan, 0.0], 0.0, 1.0),
        ([2, 1, 2], 1, 2),
        ([True, False], False, True),
        (["no", "yes", None], "no", "yes"),
        (["Control", "a drug"], "Control", "a drug"),
        (["a drug", "Control"], "Control", "a drug"),
        (["aspirin", "placebo"], "placebo", "aspirin"),
        (pd.Categorical(["new", "old"], categories=["old", "new", "other"]), "old", "new"),
    ],
)
def test_which_level_is_the_control(values, control, treated):
    found = read_treatment(table(values), "t")
    assert (found.control, found.treated) == (control, treated)


def test_rows_with_the_treated_level_received_it():
    rows = table(["drug", "control", "drug"])
    assert read_treatment(rows, "t").received(rows).tolist() == [True, False, True]


def test_levels_are_told_unless_they_are_zero_and_one():
    assert Treatment("t", 0, 1).sentence() == ""
    assert "t = 1 stands for 'drug'" in Treatment("t", "control", "drug").sentence()
    assert "t = 1 stands for True" in Treatment("t", False, True).sentence()


def test_more_than_two_levels_are_refused_and_named():
    with pytest.raises(bi.DataError, match=r"has 3 levels \('a', 'b', 'c'\)") as caught:
        read_treatment(table(["a", "b", "c"]), "t")
    assert caught.value.code == "treatment-levels"
    assert caught.value.column == "t"
    with pytest.raises(bi.DataError, match=r"has 40 levels .* and 35 more"):
        read_treatment(table(np.linspace(0, 1, 40)), "t")


@pytest.mark.parametrize(("values", "said"), [([1, 1], "always 1"), (["a", None], "always 'a'")])
def test_a_constant_treatment_is_refused(values, said):
    with pytest.raises(bi.DataError, match=said) as caught:
        read_treatment(table(values), "t")
    assert caught.value.code == "constant-treatment"


def test_a_contrast_weighs_rows_as_the_estimand_says():
    rows = table([1, 0, 0, 1])
    contrast = build_contrast(rows, "t", ATT())
    assert contrast.weights.tolist() == [0.5, 0, 0, 0.5]
    assert contrast.counts() == (2, 2)
    assert build_contrast(rows, "t", ATE()).weights.tolist() == [0.25] * 4


@pytest.mark.parametrize(
    ("values", "control"),
    [
        (["Active", "Sham"], "Sham"),
        (["any drug", "no drug"], "no drug"),
        (["drug", "None"], "None"),
        (["a", "usual care"], "usual care"),
        (["active", "ctrl"], "ctrl"),
        (["drug", "vehicle"], "vehicle"),
        (["Behandlung", "Kontrolle"], "Kontrolle"),
        (["jab", "unvaccinated"], "unvaccinated"),
        (["new drug", "standard of care"], "standard of care"),
        (["+", "-"], "-"),
        (["advice", "nothing"], "advice"),
        (["control a", "control b"], "control a"),
    ],
)
def test_a_level_says_that_it_is_the_control(values, control):
    assert read_treatment(table(values), "t").control == control


def test_the_control_may_be_given():
    assert read_treatment(table(["Active", "Sham"]), "t", "Active").treated == "Sham"
    assert read_treatment(table([0, 1]), "t", 1).treated == 0
    with pytest.raises(bi.DataError, match="no level 'sham'") as caught:
        read_treatment(table(["Active", "Sham"]), "t", "sham")
    assert caught.value.code == "unknown-control"


def test_levels_are_compared_by_name_unless_they_are_zero_and_one():
    assert Treatment("t", 0, 1).comparison() == Treatment("t", False, True).comparison() == ""
    assert Treatment("t", "Sham", "Active").comparison() == " ('Active' against 'Sham')"

from datetime import date

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.studies.synthetic_control import SyntheticControl
from causal.synthetic.block import read_block

COLUMNS = ("y", "unit", "year")


@pytest.fixture
def frame(generator):
    return pd.DataFrame(SyntheticControl.example(generator).frame)


def read(frame, treated=("u00",), begins=2020, donors=None):
    return read_block(frame, COLUMNS, treated, begins, donors)


def test_it_splits_treated_from_donors(frame):
    held = read(frame)
    assert held.names == tuple(f"u{place:02d}" for place in range(1, 20))
    assert held.block.before == 20 and held.block.donors.shape == (19, 30)
    own = frame[frame["unit"] == "u00"]["y"].to_numpy()
    np.testing.assert_array_equal(held.block.treated, own)
    assert held.findings == ()


def test_several_treated_units_are_averaged_and_donors_chosen(frame):
    held = read(frame, ("u00", "u01"), donors=tuple(f"u{place:02d}" for place in range(5, 12)))
    assert held.block.count == 2 and len(held.names) == 7
    own = frame[frame["unit"].isin(["u00", "u01"])].groupby("year")["y"].mean()
    np.testing.assert_allclose(held.block.treated, own)


@pytest.mark.parametrize("begins", ["2020-01-01", date(2020, 1, 1), pd.Timestamp("2020-01-01")])
def test_dates_may_be_written_in_several_ways(frame, begins):
    frame["year"] = pd.to_datetime(frame["year"].astype(str) + "-01-01")
    assert read(frame, begins=begins).block.before == 20


@pytest.mark.parametrize(
    ("change", "asked", "code"),
    [
        (lambda f: f, {"treated": ("u77",)}, "unknown-treated-unit"),
        (lambda f: f, {"donors": ("u77",)}, "unknown-treated-unit"),
        (lambda f: f, {"begins": 2040}, "begins-outside"),
        (lambda f: f, {"begins": 1990}, "begins-outside"),
        (lambda f: f, {"begins": 2003}, "few-times-before"),
        (lambda f: f[f["unit"] == "u00"], {}, "no-donors"),
        (lambda f: f[f["unit"] <= "u02"], {}, "no-donors"),
        (lambda f: f.drop(index=[4]), {}, "gaps-in-treated"),
        (lambda f: f.assign(y=1.0), {}, "constant-outcome"),
        (lambda f: pd.concat([f, f.iloc[[7]]]), {}, "duplicate-unit-times"),
    ],
)
def test_what_cannot_be_used_is_refused(frame, change, asked, code):
    with pytest.raises(bi.DataError) as caught:
        read(change(frame), **asked)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("whole", "label", "told"),
    [
        (int, "0", "The unit 0 is a number, and '0' is text"),
        (float, "0", "The unit 0.0 is a number, and '0' is text"),
        (str, np.int64(3), "The unit '3' is text, and 3 is a number"),
        (int, True, "The unit 0 is a number, and True is a truth value"),
        (int, np.True_, "and True is a truth value"),
    ],
)
def test_labels_of_another_type_are_told(frame, whole, label, told):
    frame["unit"] = frame["unit"].str[1:].astype(int).astype(whole)
    with pytest.raises(bi.DataError, match=told) as caught:
        read(frame, treated=(label,))
    assert caught.value.code == "unknown-treated-unit"
    with pytest.raises(bi.DataError, match=told):
        read(frame, treated=(whole(2),), donors=(label,))


def test_a_near_label_is_written_as_it_has_to_be(frame):
    frame["unit"] = frame["unit"].str[1:].astype(int)
    with pytest.raises(bi.DataError, match=r"Did you mean 13\?"):
        read(frame, treated=("u13",))


def test_donors_with_gaps_are_left_out_loudly(frame):
    gaps = frame[~((frame["unit"] == "u05") & (frame["year"] == 2003))].copy()
    gaps.loc[gaps["unit"].isin(["u06", "u07"]) & (gaps["year"] == 2010), "y"] = np.nan
    held = read(gaps)
    assert len(held.names) == 16
    (finding,) = held.findings
    assert finding.code == "donors-with-gaps" and finding.severity == "warning"

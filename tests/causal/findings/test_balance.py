import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.estimand import ATE
from causal.findings import judge_balance, judge_randomisation, standardised_differences
from causal.treatment import Contrast, build_contrast


def contrast(frame: pd.DataFrame) -> Contrast:
    return build_contrast(bi.Table.read(frame), "t", ATE())


@pytest.fixture
def frame(generator) -> pd.DataFrame:
    size = 300
    t = (generator.random(size) < 0.4).astype(int)
    return pd.DataFrame(
        {
            "t": t,
            "x": generator.normal(size=size) + t,
            "level": generator.choice(["a", "b", "c"], size),
            "flag": generator.random(size) < 0.3,
        }
    )


def test_differences_against_pandas(frame):
    found = standardised_differences(
        bi.Table.read(frame), ["x", "level", "flag"], frame["t"].to_numpy() == 1
    )
    wide = pd.DataFrame(
        {
            "x": frame["x"],
            **{f"level = {level}": frame["level"].eq(level) * 1.0 for level in "abc"},
            "flag = True": frame["flag"] * 1.0,
        }
    ).groupby(frame["t"])
    means, variances = wide.mean(), wide.var(ddof=0)
    expected = (means.loc[1] - means.loc[0]) / np.sqrt((variances.loc[1] + variances.loc[0]) / 2)
    assert set(found.index) == set(expected.index)
    assert np.allclose(found["difference"], expected[found.index])
    assert np.allclose(found["chosen"], means.loc[1, list(found.index)])
    assert found["difference"].abs().is_monotonic_decreasing


def test_a_column_that_is_the_treatment_differs_without_bound():
    table = bi.Table.read({"x": [1, 1, 2, 2]})
    chosen = np.array([False, False, True, True])
    assert standardised_differences(table, ["x"], chosen)["difference"].tolist() == [np.inf]
    constant = bi.Table.read({"x": [7] * 4})
    assert standardised_differences(constant, ["x"], chosen)["difference"].tolist() == [0]


def test_the_largest_difference_is_told(frame):
    (finding,) = judge_balance(contrast(frame), ["x", "level"])
    assert finding.severity == "note"
    assert "most in 'x'" in finding.sentence
    assert judge_balance(contrast(frame), []) == ()


def test_a_broken_randomisation_is_noticed(frame):
    (finding,) = judge_randomisation(contrast(frame), ["x", "flag"])
    assert finding.severity == "warning"
    assert "'x'" in finding.sentence


def test_sound_randomisations_are_rarely_doubted():
    rng = np.random.default_rng(5)
    doubted = 0
    for _ in range(300):
        frame = {"t": (rng.random(200) < 0.5) * 1, "x": rng.normal(size=200)}
        frame |= {"z": rng.exponential(size=200), "w": rng.random(200) < 0.5}
        (finding,) = judge_randomisation(contrast(pd.DataFrame(frame)), ["x", "z", "w"])
        doubted += finding.severity == "warning"
    # At most 1 % each: more than 9 of 300 have probability 0.001.
    assert doubted <= 9

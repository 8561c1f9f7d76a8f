import numpy as np
import pytest

from causal.discontinuity import Curve, default_jump, jump_at_zero, tables


@pytest.fixture
def data(generator):
    x = generator.uniform(-1, 1, 1500)
    return x, 0.5 * (x >= 0) + np.sin(2 * x) + 0.3 * generator.normal(size=1500)


def test_placebo_cutoffs_use_rows_of_one_side(data):
    x, y = data
    table = tables.placebo_table(x, y, 50.0, 1)
    assert len(table) == 6
    place = table.index[0] - 50
    alone = default_jump(x[x < 0] - place, y[x < 0])
    assert table["jump"].iloc[0] == pytest.approx(alone.centre[0])
    # A jump of the outcome at the cutoff itself is no jump within the sides.
    moved = tables.placebo_table(x, y + 100 * (x >= 0), 50.0, 1)
    assert np.allclose(moved["jump"], table["jump"])
    turned = tables.placebo_table(-x, y, 50.0, -1)
    assert np.allclose(np.sort(turned.index), np.sort(table.index), atol=0.01)


def test_covariates_are_told_in_their_own_sd(data, generator):
    x, _ = data
    z = generator.normal(size=len(x))
    table = tables.covariate_table(x, {"same": z, "moved": 1000 * (z + 3 * (x >= 0))})
    assert table.loc["same", "tail"] > 0.001
    assert table.loc["moved", "tail"] < 1e-6
    assert 0.5 < table.loc["moved", "jump"] < 2.5
    assert tables.covariate_table(x, {}).empty


def test_a_donut_leaves_rows_out(data):
    x, y = data
    table = tables.donut_table(x, y, 0.5, Curve())
    assert list(table.index) == pytest.approx([0.01, 0.025, 0.05, 0.1])
    kept = np.abs(x) >= 0.1
    alone = jump_at_zero(x[kept], y[kept, None], 0.5)
    assert table["jump"].iloc[-1] == pytest.approx(alone.centre[0])


def test_binned_means_never_span_the_cutoff(data):
    x, y = data
    table = tables.binned_means(x, y, 0.5)
    assert len(table) == 40
    assert table["rows"].sum() == (np.abs(x) <= 0.5).sum()
    inside = (x >= 0) & (x < 0.025)
    first = table[table["position"] >= 0].iloc[0]
    assert first["mean"] == pytest.approx(y[inside].mean())


def test_the_rest(data):
    x, y = data
    assert list(tables.bandwidth_table({0.5: jump_at_zero(x, y[:, None], 0.5)}).index) == [0.5]
    assert tables.frequentist_table(x, y, None)["lower"].iloc[0] < 0.5
    assert tables.density_table(np.repeat([-1.0, 1.0], 50)).empty
    assert len(tables.density_table(x)) == 1

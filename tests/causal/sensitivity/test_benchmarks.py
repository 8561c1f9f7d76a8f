import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.formula import Adjuster
from causal.sensitivity.benchmarks import (
    benchmark_table,
    block_of,
    covariate_blocks,
    covariate_strengths,
    strengths_of,
)
from causal.sensitivity.omitted import partial_r2


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rng = np.random.default_rng(5)
    size = 300
    x, w = rng.normal(size=(2, size))
    g = rng.choice(["a", "b", "c"], size)
    t = rng.random(size) < 1 / (1 + np.exp(-x - (g == "a")))
    y = t + x + 0.1 * w + (g == "b") + rng.normal(size=size)
    frame = pd.DataFrame({"y": y, "t": t.astype(int), "x": x, "w": w, "g": g})
    return causal.estimate(frame, "y", "t", adjust=["w", "x", "g"], seed=1)


def test_partial_r2_is_the_squared_partial_correlation():
    rng = np.random.default_rng(1)
    x, z, y = rng.normal(size=(3, 50))
    y = y + x + z
    others = np.column_stack([np.ones(50), z])
    # From the inverse of the correlation matrix, which knows nothing of regressions.
    precision = np.linalg.inv(np.corrcoef([x, y, z]))
    wanted = precision[0, 1] ** 2 / (precision[0, 0] * precision[1, 1])
    assert partial_r2(y, x[:, None], others) == pytest.approx(wanted, rel=1e-10)


def test_what_others_explain_in_full_leaves_nothing():
    x = np.arange(5.0)
    others = np.column_stack([np.ones(5), x])
    assert partial_r2(3 * x + 1, x[:, None] ** 2, others) == 0.0


def test_factors_count_as_a_whole_and_constants_not_at_all(found):
    blocks = covariate_blocks(found)
    assert {name: block.shape[1] for name, block in blocks.items()} == {"w": 2, "x": 2, "g": 2}
    table = bi.Table.read({"one": np.ones(4), "t": [0, 1, 0, 1]})
    constant = block_of(Adjuster("one", ("one",)), table, table.columns["t"] == 1)
    assert constant.shape == (4, 0)


def test_the_strongest_confounder_stands_first(found):
    frame = covariate_strengths(found)
    assert frame.index[0] == "x"
    product = frame["treatment"] * frame["outcome"]
    assert product.is_monotonic_decreasing
    assert ((frame >= 0) & (frame < 1)).all(axis=None)


def test_strengths_are_those_of_nested_regressions(found):
    blocks = covariate_blocks(found)
    table = found.answer.contrast.table
    received, outcome = table.columns["t"].astype(float), table.columns["y"]
    frame = strengths_of(blocks, received, outcome)

    def left(target, columns):
        columns = np.column_stack([np.ones(len(target)), *columns])
        return np.sum((target - columns @ np.linalg.pinv(columns) @ target) ** 2)

    without = left(outcome, [blocks["w"], blocks["x"], received])
    both = left(outcome, [blocks["w"], blocks["x"], received, blocks["g"]])
    assert frame.loc["g", "outcome"] == pytest.approx(1 - both / without, rel=1e-8)


def test_group_terms_count_by_their_levels():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"y": rng.normal(size=80), "t": np.arange(80) % 2, "x": np.ones(80)})
    frame["g"] = rng.choice(list("abcd"), 80)
    found = causal.estimate(frame, "y", "t", adjust=["(1 | g)"], seed=1)
    assert covariate_blocks(found)["(1 | g)"].shape == (80, 3)


def test_the_table_lists_every_multiple(found):
    table = benchmark_table(covariate_strengths(found), (1.0, 2.0))
    assert table.columns.tolist() == ["covariate", "times", "treatment", "outcome"]
    assert len(table) == 6
    assert (table.groupby("covariate")["treatment"].diff().dropna() > 0).all()

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import SimulatedConfounder
from causal.checks.simulated_confounder import basis_of, direction_beyond, read_directions, simulate
from causal.formula import read_adjusters, treatment_terms
from causal.sensitivity.omitted import Confounder, partial_r2

STREAMS = bi.Streams(1)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    size = 300
    x, z = rng.normal(size=(2, size))
    t = (rng.random(size) < 1 / (1 + np.exp(-x))).astype(int)
    return pd.DataFrame({"y": t + x + 0.2 * z + rng.normal(size=size), "t": t, "x": x, "z": z})


@pytest.fixture(scope="module")
def found(frame) -> causal.Estimate:
    names = ["Intercept", "t", "x", "z"]
    return causal.estimate(
        frame,
        "y",
        "t",
        adjust=["x", "z"],
        formula="y ~ t + x + z",
        priors=dict.fromkeys(names, bi.Flat()),
        seed=1,
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_column_has_exactly_the_strength_that_was_asked_for(found, sign):
    directions = read_directions(found)
    made = simulate(directions, Confounder(0.07, 0.2), sign, np.random.default_rng(99))
    table = found.answer.contrast.table
    t, y = table.columns["t"].astype(float), table.columns["y"]
    beside = np.column_stack([directions.known, t])
    assert partial_r2(t, made[:, None], directions.known) == pytest.approx(0.07, rel=1e-9)
    assert partial_r2(y, made[:, None], beside) == pytest.approx(0.2, rel=1e-9)
    assert (made.mean(), made.std()) == pytest.approx((0, 1), abs=1e-9)


def test_adjusting_for_it_takes_the_effect_where_the_formula_says(frame):
    # Additive in the same columns as the benchmarks, so that the formula is an identity.
    adjusters = read_adjusters(["x", "z"], frame, list(frame), "y", "t")
    table = bi.Table.read(frame)
    terms = treatment_terms(adjusters, table, table.columns["t"] == 1)
    found = causal.estimate(
        frame, "y", "t", adjust=["x", "z"], formula=f"y ~ t + {' + '.join(terms)}", seed=1
    )
    (finding,) = SimulatedConfounder().run(found, STREAMS).findings
    assert "formula says" in finding.sentence and "'x'" in finding.sentence
    effect = finding.evidence["effect"]
    assert finding.evidence["left"] < 0.8 * effect
    assert finding.evidence["left"] == pytest.approx(finding.evidence["formula"], abs=0.02)


def test_a_negative_effect_is_pulled_up(frame):
    turned = causal.estimate(frame.assign(y=-frame["y"]), "y", "t", adjust=["x"], seed=1)
    (finding,) = SimulatedConfounder().run(turned, STREAMS).findings
    assert finding.evidence["effect"] < finding.evidence["left"]


def test_a_confounder_that_takes_most_of_the_effect_is_a_warning(frame):
    weak = causal.estimate(frame.assign(y=frame["y"] - 0.8 * frame["t"]), "y", "t", ["x"], seed=1)
    assert SimulatedConfounder().run(weak, STREAMS).findings[0].severity == "warning"


def test_it_needs_something_to_be_like(frame, found):
    plain = causal.estimate(frame, "y", "t", adjust=[], seed=1)
    assert "Nothing was adjusted for" in SimulatedConfounder().refuses(plain)
    with pytest.raises(bi.ModelError, match="'w' was not adjusted for"):
        SimulatedConfounder(like="w").run(found, STREAMS)


def test_what_is_explained_in_full_has_no_direction():
    x = np.arange(5.0)
    with pytest.raises(bi.DataError, match="in full"):
        direction_beyond(2 * x, basis_of(np.column_stack([np.ones(5), x, 3 * x])))

import numpy as np
import pandas as pd
import pytest

from causal.studies.synthetic_control import SyntheticControl
from causal.synthetic.block import read_block
from causal.synthetic.donors import ALL, SyntheticDiD
from causal.synthetic.synthesis import synthesise


@pytest.fixture(scope="module")
def held():
    frame = pd.DataFrame(SyntheticControl.example(np.random.default_rng(3)).frame)
    return read_block(frame, ("y", "unit", "year"), ("u00",), 2020, None)


@pytest.fixture(scope="module")
def found(held):
    return synthesise(held, SyntheticDiD(), 1, 800)


def test_refits_without_a_donor_are_made_for_those_with_weight(held, found):
    weighty = {
        name for name, weight in zip(held.names, found.fit.units, strict=True) if weight > 1e-3
    }
    assert set(found.left_out) == weighty
    name = next(iter(found.left_out))
    by_hand = SyntheticDiD().fit(held.block.without(held.names.index(name))).effect
    assert found.left_out[name] == pytest.approx(by_hand)


def test_every_method_stands_beside(found):
    assert set(found.others) == {kind.title for kind in ALL}
    assert found.others[SyntheticDiD.title] == pytest.approx(found.fit.effect)


def test_draws_are_those_of_the_seed(held, found):
    again = synthesise(held, SyntheticDiD(), 1, 800)
    np.testing.assert_array_equal(found.errors.paths, again.errors.paths)
    other = synthesise(held, SyntheticDiD(), 2, 800)
    assert not np.array_equal(found.errors.paths, other.errors.paths)


def test_tables_are_labelled(held, found):
    tables = found.tables()
    assert set(tables["donors"].index) == set(held.names)
    assert list(tables["placebos in space"].columns) == ["effect", "misfit", "ratio"]
    assert tables["leave one out"].index.name == "without"


def test_parts_and_effects_come_from_the_gaps(found):
    after = np.arange(24.0).reshape(2, 3, 4) / 10
    parts = found.parts(after)
    np.testing.assert_allclose(parts["cumulative"], after.sum(axis=-1))
    effects = found.effects("year", np.arange(2000, 2024), after) if found.before == 20 else {}
    np.testing.assert_allclose(effects["cumulative"].draws[..., -1], parts["cumulative"])
    assert effects["year"].labels == (2020, 2021, 2022, 2023)

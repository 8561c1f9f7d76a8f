from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, strategies as st

from bayesinf.errors import ArtefactError
from bayesinf.formula.state import freeze, thaw

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | NUMBERS | st.text()
KEYS = st.text() | st.integers(0, 99)


@given(
    st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=8)
)
def test_values_come_back_from_json(value: object) -> None:
    assert thaw(json.loads(json.dumps(freeze(value)))) == value


@given(st.lists(NUMBERS))
def test_arrays_come_back_bit_for_bit(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64).reshape(-1, 1)
    again = thaw(json.loads(json.dumps(freeze({"a": array, 1: np.float64(0.1)}))))
    assert again["a"].tobytes() == array.tobytes()
    assert again[1] == 0.1


def test_other_values_are_refused() -> None:
    with pytest.raises(ArtefactError):
        freeze(object())

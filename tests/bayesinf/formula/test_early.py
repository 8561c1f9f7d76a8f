"""What is wrong with numbers is told before factors are coded, which takes far longer."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.formula.encode import encode


def test_a_number_that_is_not_finite_is_told_before_factors_are_coded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def coded(*_: object) -> None:
        raise AssertionError("the factors were coded")

    monkeypatch.setattr(sys.modules["bayesinf.formula.encode"], "_by_formulaic", coded)
    columns = {"x": np.array([1.0, -1.0, 2.0]), "g": np.array(["a", "b", "a"], dtype=object)}
    with pytest.raises(
        bi.DataError, match=r"'log\(x\)' is not a finite number in 1 of 3 rows"
    ) as e:
        encode("1 + g + log(x) + x:g", columns)
    assert e.value.rows == (1,)
    with pytest.raises(AssertionError, match="coded"):
        encode("1 + g + x", columns)

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.errors import ModelError


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    x, z = generator.uniform(0, 10, 60), generator.normal(size=60)
    return pd.DataFrame({"x": x, "z": z, "my x": x, "y": (x > 5) * z + generator.normal(size=60)})


@pytest.mark.parametrize(
    "terms",
    ["I(x > 5)", "floor(x)", "z + np.ceil(x / 2)", "I(x > 5) * z", "I(x // 2)", "I(z * (x > 5))"],
)
def test_a_column_of_steps_has_no_slope(frame: pd.DataFrame, terms: str) -> None:
    fit = bi.fit(f"y ~ {terms}", frame, seed=1)
    with pytest.raises(ModelError, match="'x' enters the model by steps alone") as caught:
        fit.slopes("x")
    assert (caught.value.code, caught.value.column) == ("no-slope", "x")
    assert 'comparisons("x", values=(low, high))' in str(caught.value)
    assert fit.comparisons("x", values=(4.0, 6.0)).draws.std() > 0


def test_a_quoted_column_of_steps_has_no_slope(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="'my x' enters the model by steps alone"):
        bi.fit("y ~ I(`my x` > 5)", frame, seed=1).slopes("my x")


@pytest.mark.parametrize("terms", ["x * I(x > 5)", "I(z > 0) * x", "I(x % 2) + z", "maximum(x, 5)"])
def test_slopes_beside_steps_are_given(frame: pd.DataFrame, terms: str) -> None:
    slope = bi.fit(f"y ~ {terms}", frame, seed=1).slopes("x")
    assert np.abs(slope.draws).max() < 10


def test_a_row_at_a_step_beside_a_line_is_refused(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x * I(x > 5)", frame, seed=1)
    rows = frame[:4].assign(x=[1.0, 5.0, 6.0, 5.0])
    with pytest.raises(ModelError, match="at its very value in rows 1, 3") as caught:
        fit.slopes("x", rows=rows)
    assert (caught.value.code, caught.value.rows) == ("no-slope", (1, 3))
    broken = bi.fit("y ~ x + maximum(x - 5, 0) + I(z > 0)", frame, seed=1)
    assert np.abs(broken.slopes("x", rows=rows).draws).max() < 10

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.sizes import in_sizes


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 10, 11, 27])
def test_any_number_of_points_is_answered_in_few_sizes(count: int) -> None:
    seen: list[int] = []

    def value(points: np.ndarray) -> np.ndarray:
        seen.append(len(points))
        return points.sum(axis=1)

    points = np.arange(2.0 * count).reshape(count, 2)
    assert np.array_equal(in_sizes(value, (4, 10))(points), points.sum(axis=1))
    assert set(seen) <= {4, 10}

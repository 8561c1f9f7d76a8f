import numpy as np
import pytest

from causal.refits.sums import products


@pytest.mark.parametrize("rows", [0, 1, 15, 5000])
@pytest.mark.parametrize("width", [1, 40])
def test_sums_in_blocks_are_those_in_one_piece(rows, width):
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(rows, width)), rng.normal(size=(rows, 3))
    assert np.allclose(products(first, second), first.T @ second, rtol=1e-12, atol=1e-10)
    assert np.allclose(products(first, second[:, 0]), first.T @ second[:, 0], atol=1e-10)

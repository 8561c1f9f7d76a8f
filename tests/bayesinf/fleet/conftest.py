"""A frame of stores of very different sizes, with one outcome per family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

SIZES = {"a": 120, "b": 40, "c": 5, "d": 200, "e": 33, "f": 64}


@pytest.fixture(scope="session")
def stores() -> pd.DataFrame:
    """463 rows in six stores, in random order, with a predictor, a factor and outcomes."""
    rng = np.random.default_rng(5)
    store = rng.permutation(np.repeat(list(SIZES), list(SIZES.values())))
    n = len(store)
    x = rng.normal(2.0, 1.5, n)
    slope = pd.Series(rng.normal(0.4, 0.3, len(SIZES)), list(SIZES))[store].to_numpy()
    eta = slope * (x - 2.0) + 0.3
    return pd.DataFrame(
        {
            "store": store,
            "x": x,
            "colour": rng.choice(["red", "blue"], n),
            "w": rng.uniform(0.5, 2.0, n),
            "bought": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int),
            "paid": rng.normal(10 * eta, 3.0),
            "visits": rng.poisson(np.exp(eta)),
        }
    )

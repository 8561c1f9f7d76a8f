import numpy as np
import pytest

from causal.answer import Computation
from causal.estimand import ATE
from causal.estimate import Estimate, run
from causal.studies import Experiment


def made(size: int = 600, seed: int = 5) -> dict[str, np.ndarray]:
    """An experiment in which the effect is 1 + age - 0.5 noise columns, and a row is missing."""
    rng = np.random.default_rng(seed)
    age, dose = rng.normal(size=size), rng.integers(0, 4, size).astype(float)
    t = (rng.random(size) < 0.5) * 1.0
    y = 0.5 * dose + (0.5 + age) * t + rng.normal(size=size)
    y[3] = np.nan
    price = np.abs(rng.normal(size=size)) + 0.1
    return {"y": y, "t": t, "age": age, "dose": dose, "price": price}


@pytest.fixture(scope="session")
def trial() -> Estimate:
    return run(
        Experiment("y", "t", ATE(), ("age", "dose")), made(), Computation(draws=1000, seed=1)
    )

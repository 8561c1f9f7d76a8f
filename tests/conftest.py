"""What every test may use: the files of `../shared`, and tolerances stated in standard errors."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent

# Tests draw into files and never open a window, also on a machine with a screen.
os.environ.setdefault("MPLBACKEND", "Agg")


def within(
    estimate: float | np.ndarray,
    truth: float | np.ndarray,
    error: float | np.ndarray,
    times: float = 4.0,
) -> bool:
    """Asserts that a random estimate is as near to the truth as its standard error promises.

    Args:
        estimate: The number, or the array of numbers, that came out.
        truth: What should have come out: of the same shape, or one number.
        error: The Monte Carlo standard error of the difference (of both sides, where the truth is
            itself a simulation: `np.hypot(a, b)`). Finite and positive.
        times: How many standard errors are allowed. Four is passed by chance 99.994 % of the time.

    Returns:
        True; a difference that is too large raises AssertionError and names the worst place.
    """
    estimate, truth, error = np.broadcast_arrays(
        *(np.asarray(value, dtype=float) for value in (estimate, truth, error))
    )
    assert estimate.size > 0, "nothing was compared: the arrays are empty"
    assert np.all(np.isfinite(error)) and np.all(error > 0), f"not a standard error: {error}"
    assert np.all(np.isfinite(estimate)), f"not a finite estimate: {estimate}"
    distance = np.abs(estimate - truth) / error
    worst = np.unravel_index(np.argmax(distance), distance.shape)
    place = f" at {tuple(int(i) for i in worst)}" if worst else ""
    assert np.all(distance <= times), (
        f"{estimate[worst]:.6g} is {distance[worst]:.1f} standard errors ({error[worst]:.3g}) "
        f"from {truth[worst]:.6g}{place}; {times:g} are allowed"
    )
    return True


@pytest.fixture(name="within")
def within_as_fixture() -> Callable[..., bool]:
    """The function above, for tests that would rather ask for it than import it."""
    return within


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference data beside the repository; absent, the test is skipped."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the reference data of ../shared/data, which this clone does not have")
    return folder


@pytest.fixture
def generator() -> np.random.Generator:
    """A NumPy generator with a fixed seed: the same numbers in every run."""
    return np.random.default_rng(20_240_501)

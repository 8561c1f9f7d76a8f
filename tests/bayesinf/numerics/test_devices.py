"""The policy of placement as a function of its arguments; where JAX itself is left alone."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from bayesinf.numerics.devices import (
    WORTH_A_GPU,
    Cut,
    choose,
    devices_for,
    home,
    place,
    work_of,
)
from bayesinf.numerics.precision import double

LAPTOP = {"cpu": 1, "gpu": 0, "tpu": 0}
FORCED = {"cpu": 8, "gpu": 0, "tpu": 0}
STATION = {"cpu": 1, "gpu": 4, "tpu": 0}
POD = {"cpu": 1, "gpu": 0, "tpu": 8}
ONLY_GPU = {"cpu": 0, "gpu": 2, "tpu": 0}
SMALL, LARGE = WORTH_A_GPU / 1000, 2.5 * WORTH_A_GPU


@pytest.mark.parametrize(
    ("asked", "work", "present", "chains", "chosen"),
    [
        ("auto", LARGE, LAPTOP, 1, ("cpu", 1)),
        ("auto", SMALL, STATION, 1, ("cpu", 1)),
        ("auto", SMALL, STATION, 64, ("cpu", 1)),
        ("auto", WORTH_A_GPU, STATION, 64, ("gpu", 1)),
        ("auto", np.nextafter(WORTH_A_GPU, 0), STATION, 64, ("cpu", 1)),
        ("auto", LARGE, STATION, 64, ("gpu", 2)),
        ("auto", LARGE, STATION, 1, ("gpu", 2)),
        ("auto", 100 * LARGE, STATION, 64, ("gpu", 4)),
        ("auto", 100 * LARGE, STATION, 3, ("gpu", 3)),
        ("auto", 100 * LARGE, POD, 64, ("cpu", 1)),
        ("auto", SMALL, ONLY_GPU, 64, ("gpu", 1)),
        ("auto", SMALL, FORCED, 6, ("cpu", 6)),
        ("auto", SMALL, FORCED, 64, ("cpu", 8)),
        ("auto", LARGE, FORCED, 1, ("cpu", 1)),
        ("cpu", 100 * LARGE, STATION, 64, ("cpu", 1)),
        ("cpu", LARGE, FORCED, 3, ("cpu", 3)),
        ("gpu", SMALL, STATION, 64, ("gpu", 4)),
        ("gpu", SMALL, STATION, 1, ("gpu", 1)),
        ("gpu", LARGE, STATION, 1, ("gpu", 2)),
        ("tpu", SMALL, POD, 6, ("tpu", 6)),
    ],
)
def test_the_policy(asked, work, present, chains, chosen) -> None:
    assert choose(asked, work, present, chains) == chosen


def test_one_cpu_device_is_left_to_jax() -> None:
    """No placement, no context, no other key in the caches of compiled programs."""
    assert devices_for(100 * LARGE, 64) == ()
    assert home() is None
    with double():
        assert jax.config.jax_default_device is None
        placed = place(np.zeros(3), ())
    assert not placed.committed
    assert placed.dtype == np.float64


def test_the_users_own_choice_for_jax_is_kept() -> None:
    device = jax.devices()[0]
    with jax.default_device(device):
        assert devices_for(LARGE, 4) == ()
        with double():
            assert jax.config.jax_default_device == device


def test_work_counts_all_numbers_for_each_point() -> None:
    data = {"x": np.zeros((100, 5)), "y": np.zeros(100), "scale": 2.0, "absent": None}
    assert work_of(data, 8) == 8 * 601


def test_filling_is_taken_off_rows_alone() -> None:
    data = {"prior": np.arange(9.0), "x": np.zeros((8, 2))}
    cut = Cut(7, (False, True))(data)
    assert cut["prior"].shape == (9,)
    assert cut["x"].shape == (7, 2)

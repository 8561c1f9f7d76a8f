"""Chains, points and rows on two and on eight devices give what one device gives, to rounding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("many_devices.py")


@pytest.fixture(scope="module", params=[2, 8])
def found(request: pytest.FixtureRequest) -> dict:
    """What a process that was forced to have so many CPU devices says."""
    flags = f"--xla_force_host_platform_device_count={request.param}"
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        capture_output=True,
        text=True,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["devices"] == request.param
    return answer


@pytest.mark.parametrize("which", ["even rows", "uneven rows"])
def test_rows_and_points_dealt_out_give_the_same_density_and_derivatives(
    found: dict, which: str
) -> None:
    assert len(found[which]) == 5
    assert max(found[which].values()) < 1e-13


@pytest.mark.parametrize("which", ["even trajectories", "uneven trajectories"])
def test_trajectories_dealt_out_give_the_same_draws(found: dict, which: str) -> None:
    assert found[which] < 1e-10


def test_trees_dealt_out_give_the_same_draws(found: dict) -> None:
    """On two devices chains of one posterior, on eight the members of a fleet; adaptation enlarges
    rounding."""
    assert found["uneven chains"] < 1e-6


def test_no_device_waits_for_another_inside_a_loop_over_chains(found: dict) -> None:
    assert found["waiting"] == 0


def test_the_precision_of_the_user_is_left_alone(found: dict) -> None:
    assert found["untouched"] == "float32"


def test_work_goes_where_the_policy_says(found: dict) -> None:
    """Seven of eight CPU devices pass for GPUs."""
    if found["devices"] == 8:
        assert len(found["accelerators"]) == 7
    wrong = [name for name, right in found["accelerators"].items() if not right]
    assert wrong == []

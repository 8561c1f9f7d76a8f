"""Many systems at once against dense solutions."""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.conjugate_gradients import groups_of_neighbours, solve_together


def systems(count: int, size: int, width: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    root = rng.normal(size=(size, 2 * size))
    middle = root @ root.T
    bends = width * rng.normal(size=(count, size, 1)) * np.eye(size)
    return middle, middle + bends @ middle @ bends


def test_the_error_is_below_a_thousandth_in_every_direction() -> None:
    middle, matrices = systems(30, 12, 0.3)
    right = np.random.default_rng(5).normal(size=(12, 30)) * 40
    inverse = np.linalg.inv(middle)
    solved = solve_together(
        lambda x: np.einsum("nij,jn->in", matrices, x), lambda x: inverse @ x, right
    )
    assert solved.converged.all() and solved.steps > 1
    exact = np.linalg.solve(matrices, right.T[..., None])[..., 0].T
    error = solved.solution - exact
    norms = np.sqrt(np.einsum("in,nij,jn->n", error, matrices, error))
    assert norms.max() < 1.5e-3


def test_a_perfect_guess_needs_no_step() -> None:
    middle, _ = systems(1, 6, 0.0)
    solved = solve_together(
        lambda x: middle @ x, lambda x: np.linalg.solve(middle, x), np.ones((6, 2))
    )
    assert solved.steps <= 1 and solved.converged.all()


def test_a_hopeless_system_is_said_to_be_one() -> None:
    bad = np.diag(10.0 ** np.arange(0, 70, 0.5))
    solved = solve_together(lambda x: bad @ x, lambda x: x, np.ones((140, 1)))
    assert not solved.converged.all()


def test_groups_hold_every_point_once() -> None:
    points = np.random.default_rng(6).normal(size=(101, 3)) * [1.0, 5.0, 0.1]
    groups = groups_of_neighbours(points, 8)
    assert sorted(np.concatenate(groups).tolist()) == list(range(101))
    assert len(groups) == 8 and min(len(group) for group in groups) > 0
    assert max(np.ptp(points[group, 1]) for group in groups) < np.ptp(points[:, 1]) / 2
    assert len(groups_of_neighbours(points[:1], 8)) == 1

"""Host-driven trajectories: right in good coordinates, right or unsettled in wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from bayesinf.errors import SamplingError
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.hmc import HmcRun, Plan, run_hmc
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.rotation import HostMover
from tests.conftest import within

SIZE, CHAINS = 5, 32


@dataclass(frozen=True)
class Normal:
    """Independent normal variables with means and sds of their own."""

    mean: np.ndarray
    sd: np.ndarray

    def gradients(self, points: np.ndarray) -> np.ndarray:
        return (self.mean[:, None] - points) / self.sd[:, None] ** 2

    def both(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        away = (points - self.mean[:, None]) / self.sd[:, None]
        return -0.5 * (away**2).sum(0), self.gradients(points)


def chain_first(points: np.ndarray) -> np.ndarray:
    return points.transpose(2, 0, 1)


def run(field: Normal, plan: Plan, seed: int = 1, report=None) -> HmcRun:
    generator = np.random.default_rng(seed)
    starts = generator.standard_normal((SIZE, CHAINS))
    return run_hmc(
        lambda scale: HostMover(field, scale), starts, chain_first, plan, generator, report
    )


def check_moments(found: HmcRun, field: Normal) -> None:
    draws = chain_first(found.points)
    size = np.minimum(diagnose(draws).ess_bulk, diagnose(draws).ess_tail)
    within(draws.mean((0, 1)), field.mean, field.sd / np.sqrt(size))
    within(draws.std((0, 1)), field.sd, field.sd / np.sqrt(size))


def test_a_standard_normal_needs_few_draws() -> None:
    field = Normal(np.zeros(SIZE), np.ones(SIZE))
    found = run(field, Plan(1000, 1000))
    assert found.settled and not found.diverging.any()
    assert found.points.shape[0] * CHAINS < 4000
    check_moments(found, field)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_wrong_spreads_are_learned(seed: int) -> None:
    field = Normal(np.linspace(-1.0, 1.0, SIZE), np.array([0.4, 0.7, 1.0, 1.6, 2.5]))
    found = run(field, Plan(1000, 2000), seed)
    assert found.settled
    check_moments(found, field)


def test_a_wrong_mode_is_left_or_unsettled() -> None:
    """The coordinates stand thirty standard deviations from the mass."""
    field = Normal(np.full(SIZE, 30.0), np.ones(SIZE))
    found = run(field, Plan(1000, 500))
    if found.settled:
        check_moments(found, field)


def test_so_many_draws_as_were_asked_for() -> None:
    field = Normal(np.zeros(SIZE), np.ones(SIZE))
    found = run(field, Plan(None, 37))
    assert found.points.shape == (37, SIZE, CHAINS) and found.settled


def test_what_was_drawn_before_an_interrupt_is_kept() -> None:
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 2:
            raise KeyboardInterrupt

    field = Normal(np.zeros(SIZE), np.ones(SIZE))
    found = run(field, Plan(None, 500), report=stop)
    assert found.interrupted and len(found.points) == told[-1].done < 500

    def stop_at_once(_: Progress) -> None:
        raise KeyboardInterrupt

    assert run(field, Plan(None, 500), report=stop_at_once).interrupted


def test_an_interrupt_before_any_draw_is_an_error() -> None:
    field = Normal(np.zeros(SIZE), np.ones(SIZE))
    calls: list[int] = []

    class Stubborn(HostMover):
        def advance(self, points, step, path, draws, generator):
            calls.append(draws)
            if draws > 1:
                raise KeyboardInterrupt
            return super().advance(points, step, path, draws, generator)

    generator = np.random.default_rng(1)
    with pytest.raises(SamplingError, match="no draws"):
        run_hmc(
            lambda scale: Stubborn(field, scale),
            generator.standard_normal((SIZE, CHAINS)),
            chain_first,
            Plan(None, 100),
            generator,
        )
    assert calls[-1] > 1

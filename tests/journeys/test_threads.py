"""Fits at once, in two threads or eight, give what each gives alone, to the last bit."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

import bayesinf as bi
from bayesinf import engines
from bayesinf.numerics.precision import double
from bayesinf.options import Options
from benchmarks.faults.threads import FAST, in_threads, work

CANDIDATES = (
    ("k ~ x + (1 | g)", "poisson"),
    ("y ~ x + (x | g)", "gaussian"),
    ("k ~ x", "poisson"),
    ("y ~ x", "gaussian"),
)
"""Each engine is tried on the first that it does not refuse."""


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Threads change places as often as they can, and nothing is compiled before they start."""
    before = sys.getswitchinterval()
    jax.clear_caches()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once[Result](*tasks: Callable[[], Result]) -> list[Result]:
    """Runs tasks in threads that start together; an error in one is raised here."""
    gate = threading.Barrier(len(tasks))

    def run(task: Callable[[], Result]) -> Result:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def frame_of(seed: int, rows: int = 60) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    return {
        "x": x,
        "g": rng.integers(0, 6, rows).astype(str),
        "y": x + rng.normal(size=rows),
        "k": rng.poisson(np.exp(0.3 * x)),
    }


def table(fit: bi.Fit) -> np.ndarray:
    return fit.summary().select_dtypes("number").to_numpy()


def fit_with(member: type[bi.Engine], seed: int) -> Callable[[], np.ndarray]:
    """A fit by an engine, of other rows for each seed."""
    engine = member(draws=200)
    for formula, family in CANDIDATES:
        model = bi.model(formula, frame_of(seed), family)
        if engine.refuses(model) is None:
            return lambda: table(bi.fit(model, engine=engine, seed=seed))
    raise AssertionError(f"no candidate for {member.name}")


@pytest.mark.slow
@pytest.mark.parametrize("member", engines.ALL, ids=lambda member: member.name)
def test_two_fits_by_one_engine(member: type[bi.Engine]) -> None:
    tasks = [fit_with(member, seed) for seed in (1, 2)]
    for together, task in zip(at_once(*tasks), tasks, strict=True):
        np.testing.assert_array_equal(together, task())


@pytest.mark.slow
def test_fits_by_different_engines() -> None:
    tasks = [fit_with(member, seed) for seed, member in enumerate((bi.NUTS, bi.Marginal))]
    tasks.append(
        lambda: table(bi.fit("k ~ x", frame_of(3, 50_000), "poisson", engine="laplace", seed=3))
    )
    for together, task in zip(at_once(*tasks), tasks, strict=True):
        np.testing.assert_array_equal(together, task())


def test_eight_threads_at_once() -> None:
    """By several engines, with fleets, predictions, files and effects among them."""
    tasks = [partial(work, name) for name in FAST]
    assert len(tasks) == 8
    assert at_once(*tasks) == [task() for task in tasks]


@pytest.mark.slow
def test_every_engine_among_eight_threads() -> None:
    outcome = in_threads(rounds=2)
    assert outcome.bad == []
    assert outcome.tried == 16


def line(x: np.ndarray, y: np.ndarray | None = None) -> None:
    slope = numpyro.sample("slope", dist.Normal(0.0, 1.0))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1.0))
    numpyro.sample("y", dist.Normal(slope * x, sigma), obs=y)


def counts(x: np.ndarray, k: np.ndarray | None = None) -> None:
    level = numpyro.sample("level", dist.Normal(0.0, 1.0))
    rise = numpyro.sample("rise", dist.Normal(0.0, 1.0))
    numpyro.sample("k", dist.Poisson(jax.numpy.exp(level + rise * x)), obs=k)


@pytest.mark.slow
def test_models_written_by_hand() -> None:
    """NumPyro keeps the handlers that are at work on one list for all threads."""

    def fit(function: Callable, outcome: str, seed: int) -> Callable[[], np.ndarray]:
        columns = frame_of(seed)
        data = {"x": columns["x"], outcome: columns[outcome]}
        return lambda: table(bi.fit(function, data=data, engine="laplace", draws=200, seed=seed))

    for _ in range(3):
        jax.clear_caches()
        tasks = [fit(line, "y", 1), fit(counts, "k", 2), fit(line, "y", 3)]
        for together, task in zip(at_once(*tasks), tasks, strict=True):
            np.testing.assert_array_equal(together, task())


def test_precision_is_the_threads_own() -> None:
    inside, outside = threading.Barrier(2), threading.Barrier(2)

    def precise() -> str:
        with double():
            inside.wait()
            kind = str(jax.numpy.zeros(1).dtype)
            outside.wait()
        return kind

    def usual() -> str:
        inside.wait()
        kind = str(jax.numpy.zeros(1).dtype)
        outside.wait()
        return kind

    assert at_once(precise, usual) == ["float64", "float32"]


def test_an_interval_set_before_arviz_is_there_is_handed_over_once() -> None:
    """Every thread that asks first finds the choice; none finds it half handed over."""
    import arviz_base

    def readings(options: Options) -> list[tuple[str, float]]:
        return [options.interval for _ in range(20)]

    before = bi.options.interval
    try:
        for _ in range(50):
            seen = at_once(*(partial(readings, Options(chosen=("hdi", 0.77))),) * 4)
            assert {pair for pairs in seen for pair in pairs} == {("hdi", 0.77)}
            assert arviz_base.rcParams["stats.ci_prob"] == 0.77
    finally:
        bi.options.interval = before

"""The same work in threads at once, in other processes, under other hash seeds: the same bits."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import jax
import numpy as np
import pandas as pd

import bayesinf as bi
import causal
from benchmarks.faults.artefacts import line, rows
from benchmarks.faults.outcome import Outcome

DRAWS = 200

FAST = ("conjugate", "marginal", "laplace", "quadrature", "hmc", "fit_many", "save", "causal")
SLOW = ("nuts", "svi", "pathfinder", "smc", "by hand", "predict")

FORMULAS = {
    "conjugate": ("y ~ x + z", "gaussian"),
    "marginal": ("y ~ x + (1 | school)", "gaussian"),
    "laplace": ("k ~ x", "poisson"),
    "quadrature": ("k ~ x + (1 | school)", "poisson"),
    "hmc": ("k ~ x + (1 | school)", "poisson"),
    "nuts": ("k ~ x + (1 | school)", "poisson"),
    "svi": ("k ~ x", "poisson"),
    "pathfinder": ("k ~ x", "poisson"),
    "smc": ("k ~ x", "poisson"),
}


def fingerprint(table: pd.DataFrame) -> str:
    """SHA-256 of a table's numbers."""
    numbers = table.select_dtypes("number").to_numpy(dtype=float)
    return hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()


def work(name: str) -> str:
    """Does one piece of work, and gives the fingerprint of what came out."""
    frame = rows()
    match name:
        case "fit_many":
            return fingerprint(bi.fit_many("y ~ x", frame, by="school", seed=3).summary())
        case "save":
            fit = bi.fit("y ~ x + (x | school)", frame, draws=DRAWS, seed=4)
            with tempfile.TemporaryDirectory() as place:
                return fingerprint(bi.load(fit.save(place + "/fit")).predict(frame))
        case "predict":
            fit = bi.fit("k ~ x + (x | school)", frame, "poisson", draws=DRAWS, seed=5)
            return fingerprint(fit.predict(frame.assign(x=0.5)))
        case "causal":
            treated = frame.assign(treated=(frame["x"] + frame["z"] > 4.5).astype(int))
            effect = causal.estimate(treated, "y", "treated", adjust=["x"], draws=DRAWS, seed=6)
            return fingerprint(effect.summary())
        case "by hand":
            data = {"x": frame["x"].to_numpy(), "y": frame["y"].to_numpy()}
            return fingerprint(bi.fit(line, data=data, draws=DRAWS, seed=7).summary())
    formula, family = FORMULAS[name]
    return fingerprint(bi.fit(formula, frame, family, engine=name, draws=DRAWS, seed=8).summary())


def at_once[Result](tasks: list[Callable[[], Result]]) -> list[Result]:
    """Runs tasks in threads that start together; an error in one is raised here."""
    gate = threading.Barrier(len(tasks))

    def run(task: Callable[[], Result]) -> Result:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def in_threads(rounds: int, names: tuple[str, ...] = (*FAST, *SLOW), threads: int = 8) -> Outcome:
    """Fits in eight threads at once, time and again, with nothing compiled before."""
    outcome = Outcome(f"{threads} threads at once")
    alone = {name: work(name) for name in names}
    order = np.random.default_rng(0)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for number in range(rounds):
            jax.clear_caches()
            chosen = [str(name) for name in order.permutation(names)[:threads]]
            for name, bits in zip(
                chosen, at_once([partial(work, name) for name in chosen]), strict=True
            ):
                _compare(outcome, bits == alone[name], f"round {number}, {name}")
    finally:
        sys.setswitchinterval(before)
    return outcome


def in_processes(names: tuple[str, ...] = (*FAST, *SLOW)) -> Outcome:
    """Fits in processes that multiprocessing spawns."""
    outcome = Outcome("spawned processes")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.map(work, names)
    for name, bits in zip(names, found, strict=True):
        _compare(outcome, bits == work(name), name)
    return outcome


def under_hash_seeds(seeds: tuple[int, ...], names: tuple[str, ...] = (*FAST, *SLOW)) -> Outcome:
    """Fits in fresh processes under other hash seeds, which reorder Python's sets."""
    outcome = Outcome("other hash seeds (PYTHONHASHSEED)")
    code = (
        "import json, sys; from benchmarks.faults.threads import work\n"
        "print(json.dumps({name: work(name) for name in sys.argv[1:]}))"
    )
    for seed in seeds:
        done = subprocess.run(
            [sys.executable, "-c", code, *names],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            cwd=Path(__file__).parents[2],
        )
        for name, bits in json.loads(done.stdout).items():
            _compare(outcome, bits == work(name), f"seed {seed}, {name}")
    return outcome


def after_fork(names: tuple[str, ...] = ("conjugate", "laplace"), seconds: float = 60.0) -> Outcome:
    """Fits in a forked copy of a process that has fitted before; JAX warns of that."""
    outcome = Outcome("a forked process, after a fit")
    code = (
        "import os, sys, warnings; from benchmarks.faults.threads import work\n"
        "warnings.simplefilter('ignore')\n"
        "before = work(sys.argv[1])\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if work(sys.argv[1]) == before else 3)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    for name in names:
        with subprocess.Popen(
            [sys.executable, "-c", code, name],
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        ) as process:
            try:
                _compare(outcome, process.wait(seconds) == 0, name)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                outcome.bad.append(f"{name}: hangs")
    return outcome


def _compare(outcome: Outcome, same: bool, where: str) -> None:
    if same:
        outcome.good["the same bits"] += 1
    else:
        outcome.bad.append(f"{where}: other numbers")

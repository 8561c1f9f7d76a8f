"""Ctrl-C at random moments of a fit, after which the same process must fit as if nothing was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.faults.outcome import Outcome

ENGINES = ("nuts", "hmc", "marginal", "laplace", "smc")

PATIENCE = 2.0
"""Seconds within which an interrupt must end a fit that is not being compiled."""

FITTER = """
import hashlib, signal, sys
import bayesinf as bi
from benchmarks.faults.artefacts import rows
from bayesinf.errors import BayesinfError
engine, folder = sys.argv[1:]
frame = rows()
formula = {"marginal": "y ~ x + (1 | school)", "hmc": "k ~ x + (1 | school)"}.get(engine, "k ~ x")
family = "gaussian" if engine == "marginal" else "poisson"

def fit(draws):
    return bi.fit(formula, frame, family, engine=engine, draws=draws, seed=1)

def bits():
    return hashlib.sha256(fit(100).summary().to_numpy().tobytes()).hexdigest()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
before = bits()
print("ready", flush=True)
while True:
    line = sys.stdin.readline()
    if not line or line == "stop\\n":
        break
    try:
        print("fitting", flush=True)
        while True:
            found = fit(400)
            found.save(folder)
            if "interrupted" in {finding.code for finding in found.verdict.findings}:
                end = "a shorter run that says so"
                break
    except KeyboardInterrupt:
        end = "KeyboardInterrupt"
    except BayesinfError as error:
        end = "refused: " + error.code
    except BaseException as error:
        end = f"bad: {type(error).__name__}: {error}"
    print(end, flush=True)
    try:
        print("same" if bits() == before else "bad: other numbers", flush=True)
        bi.load(folder)
    except BayesinfError as error:
        if error.code != "missing-file":
            print(f"bad: {error}", flush=True)
"""
"""A process that fits and saves without end until it is interrupted, and then fits once more."""


def interrupt(
    place: Path, times: int, seed: int = 4, engines: tuple[str, ...] = ENGINES
) -> Outcome:
    """Interrupts fits of several engines at random moments."""
    outcome, rng = Outcome("a fit was interrupted (SIGINT)"), np.random.default_rng(seed)
    each = np.diff(np.linspace(0, times, len(engines) + 1).astype(int))
    for engine, count in zip(engines, each, strict=True):
        folder = place / engine / "fit"
        folder.parent.mkdir()
        command = [sys.executable, "-c", FITTER, engine, str(folder)]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                _expect(process, "ready")
                for number in range(count):
                    _once(process, rng.uniform(0.0, 0.6), f"{engine} {number}", outcome)
                left = [p for p in folder.parent.iterdir() if p.name != "fit"]
                if left:
                    outcome.bad.append(f"{engine}: left {[p.name for p in left]}")
                _say(process, "stop")
                process.wait(60)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                process.kill()
                told = process.stderr.read() if process.stderr else ""
                outcome.bad.append(f"{engine}: {error} {told[-600:]}")
    return outcome


def _once(process: subprocess.Popen[str], after: float, where: str, outcome: Outcome) -> None:
    _say(process, "fit")
    _expect(process, "fitting")
    time.sleep(after)
    sent = time.perf_counter()
    os.kill(process.pid, signal.SIGINT)
    # One that is lost is sent again, so that it is counted and not waited for.
    again = threading.Timer(5.0 * PATIENCE, os.kill, (process.pid, signal.SIGINT))
    again.start()
    end = _read(process)
    again.cancel()
    seconds = time.perf_counter() - sent
    bits = _read(process)
    if end.startswith("bad") or bits != "same":
        outcome.bad.append(f"{where}, after {after:.3f} s: {end}; {bits}")
    elif seconds > PATIENCE:
        outcome.bad.append(f"{where}, after {after:.3f} s: {end} took {seconds:.1f} s")
    else:
        outcome.good[end] += 1


def _say(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


def _read(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def _expect(process: subprocess.Popen[str], word: str) -> None:
    found = _read(process)
    assert found == word, f"said {found!r} and not {word!r}"

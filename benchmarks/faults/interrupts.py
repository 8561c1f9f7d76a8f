"""Ctrl-C at random moments of a fit, after which the same process must fit as if nothing was."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.faults.outcome import Outcome

ENGINES = ("nuts", "hmc", "marginal", "laplace", "smc", "auto")

PATIENCE = 2.0
"""Seconds within which an interrupt must end a fit that is not being compiled."""

STALLED = 240.0
"""Seconds without a word after which a process is asked where it stands, and ended."""

FITTER = """
import faulthandler, hashlib, signal, sys
faulthandler.register(signal.SIGUSR1, all_threads=True)
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


WHOLE = """
import faulthandler, hashlib, signal, sys
faulthandler.register(signal.SIGUSR1, all_threads=True)
signal.signal(signal.SIGINT, signal.default_int_handler)
print("begun", flush=True)
import bayesinf as bi
from benchmarks.faults.artefacts import rows
fit = bi.fit(sys.argv[1], rows(), "poisson", draws=100, seed=1)
print(hashlib.sha256(fit.summary().to_numpy().tobytes()).hexdigest(), flush=True)
"""
"""A whole process: imports, a first fit whose programs are compiled and kept, its numbers."""


class Child:
    """A process that is told words and answers in lines; one that is silent tells where it is."""

    def __init__(self, command: list[str], log: Path, **around: str) -> None:
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,  # a pipe that nobody reads would stop the process when it is full
                text=True,
                env={**os.environ, **around},
            )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._collect, daemon=True)
        self.reader.start()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put("")

    def say(self, word: str) -> None:
        """Tells it a word."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def read(self) -> str:
        """Its next line; empty at its end."""
        try:
            return self.lines.get(timeout=STALLED)
        except queue.Empty:
            os.kill(self.process.pid, signal.SIGUSR1)
            time.sleep(2.0)
            raise AssertionError(f"no word for {STALLED:.0f} s") from None

    def expect(self, word: str) -> None:
        """Waits for a certain line."""
        found = self.read()
        assert found == word, f"said {found!r} and not {word!r}"

    def end(self) -> int:
        """Its exit code, when it has ended by itself."""
        return self.process.wait(STALLED)

    def errors(self) -> str:
        """The last of what it said of errors."""
        return self.log.read_text()[-3000:]


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
        with Child(command, place / f"{engine}.txt") as child:
            try:
                child.expect("ready")
                for number in range(count):
                    _once(child, rng.uniform(0.0, 0.6), f"{engine} {number}", outcome)
                left = [p for p in folder.parent.iterdir() if p.name != "fit"]
                if left:
                    outcome.bad.append(f"{engine}: left {[p.name for p in left]}")
                child.say("stop")
                child.end()
            except (AssertionError, BrokenPipeError, subprocess.TimeoutExpired) as error:
                outcome.bad.append(f"{engine}: {error} {child.errors()}")
    return outcome


def _once(child: Child, after: float, where: str, outcome: Outcome) -> None:
    child.say("fit")
    child.expect("fitting")
    time.sleep(after)
    sent = time.perf_counter()
    os.kill(child.process.pid, signal.SIGINT)
    # One that is lost is sent again, so that it is counted and not waited for.
    again = threading.Timer(5.0 * PATIENCE, os.kill, (child.process.pid, signal.SIGINT))
    again.start()
    try:
        end = child.read()
    finally:
        again.cancel()
    seconds = time.perf_counter() - sent
    bits = child.read()
    if end.startswith("bad") or bits != "same":
        outcome.bad.append(f"{where}, after {after:.3f} s: {end}; {bits}")
    elif seconds > PATIENCE:
        outcome.bad.append(f"{where}, after {after:.3f} s: {end} took {seconds:.1f} s")
    else:
        outcome.good[end] += 1


def interrupt_whole(
    place: Path, times: int, seed: int = 5, formula: str = "k ~ x + (1 | school)"
) -> Outcome:
    """Interrupts whole processes, from their imports on, whose cache of programs is empty.

    The next process finds what they left in the cache, and must compute what one without it does.
    """
    outcome = Outcome("a process with an empty cache was interrupted")
    rng = np.random.default_rng(seed)
    began = time.perf_counter()
    expected, said = _whole(formula, place / "first", None)
    longest = time.perf_counter() - began
    assert len(expected) == 64, said
    for number in range(times):
        cache, after = place / f"cache{number}", float(rng.uniform(0.0, longest))
        where = f"{number}, after {after:.2f} s"
        _, said = _whole(formula, cache, after)
        bits, told = _whole(formula, cache, None)
        if bits != expected:
            outcome.bad.append(f"{where}: then {bits!r} {told}")
        elif told:
            outcome.bad.append(f"{where}: then a complaint: {told}")
        else:
            outcome.good["KeyboardInterrupt" if "KeyboardInterrupt" in said else "done"] += 1
    return outcome


def _whole(formula: str, cache: Path, after: float | None) -> tuple[str, str]:
    """The numbers of one process, perhaps interrupted, and what it said of errors."""
    cache.mkdir(parents=True, exist_ok=True)
    log = cache.with_suffix(".txt")
    command = [sys.executable, "-c", WHOLE, formula]
    with Child(command, log, XDG_CACHE_HOME=str(cache)) as child:
        try:
            child.expect("begun")
            if after is not None:
                time.sleep(after)
                os.kill(child.process.pid, signal.SIGINT)
            numbers = child.read()
            child.end()
        except (AssertionError, ProcessLookupError, subprocess.TimeoutExpired) as error:
            return "", f"{error} {child.errors()}"
        return numbers, child.errors()

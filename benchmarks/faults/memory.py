"""Fits of more rows than a process may have memory for end in a typed error, not in a crash."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.faults.outcome import Outcome

ENGINES = ("conjugate", "marginal", "laplace", "hmc", "nuts", "model", "predict", "draws")
"""Engines; the columns of a model; the predictions of rows, and their draws."""

LIMITS = (40, 80, 160, 320)
"""Megabytes of addresses that a process may take beyond those that it has after a small fit."""

FITTER = """
import resource, sys
import numpy as np
import bayesinf as bi
from bayesinf.errors import BayesinfError

kind, more = sys.argv[1], int(sys.argv[2])
engine = "conjugate" if kind in ("model", "predict", "draws") else kind
wide = "y ~ x + bs(x, df=20) + C(g)"
formula, family = {
    "conjugate": ("y ~ x", "gaussian"),
    "marginal": ("y ~ x + (1 | g)", "gaussian"),
    "hmc": ("k ~ x + (1 | g)", "poisson"),
}.get(engine, ("k ~ x", "poisson"))

def rows(count):
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=count), rng.normal(size=count)
    return {"x": x, "y": x + noise, "k": rng.poisson(2.0, count), "g": rng.integers(0, 50, count)}

few, many = (bi.model(formula, rows(count), family) for count in (50, 1_000_000))
small = bi.fit(few, engine=engine, draws=40, seed=1)
data = rows(1_000_000)

def work():
    if kind == "model":
        return bi.model(wide, data)
    if kind == "predict":
        return small.predict(data)
    if kind == "draws":
        return small.predict_draws(data)
    return bi.fit(many, engine=engine, draws=40, seed=1)

pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + more * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
try:
    work()
except BayesinfError as error:
    print("refused:", error.code)
except BaseException as error:
    print("bad:", type(error).__name__, error)
else:
    print("done")
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
bi.fit(few, engine=engine, draws=40, seed=1)
print("fits again")
"""


def starve(
    engines: tuple[str, ...] = ENGINES, limits: tuple[int, ...] = LIMITS, seconds: float = 300.0
) -> Outcome:
    """Fits and predicts a million rows under each limit."""
    outcome = Outcome("memory was limited (RLIMIT_AS)")
    for engine in engines:
        for more in limits:
            where = f"{engine}, {more} MB"
            try:
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", FITTER, engine, str(more)],
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=seconds,
                )
            except subprocess.TimeoutExpired:
                outcome.good["still at work when time was up"] += 1
                continue
            lines = done.stdout.splitlines()
            if done.returncode or lines[-1:] != ["fits again"] or lines[0].startswith("bad"):
                outcome.bad.append(f"{where}: {done.returncode} {lines} {done.stderr[-300:]}")
            else:
                outcome.good[lines[0]] += 1
    return outcome

"""What a person waits for: `python -m benchmarks.first_fit` prints one JSON line per figure.

- the import of the library beside that of jax alone, in fresh processes, alternating
- the first fit of sleepstudy (correlated slopes) in a fresh process, with an empty and with a
  filled compilation cache, imports excluded
- the second fit on other data of the same structure in one process, with the programs compiled
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

RUNS = 5

FIRST_FIT = """
import json, time
import bayesinf as bi, formulaic, narwhals.stable.v2, pandas, scipy.linalg, scipy.special
frame = bi.examples.sleepstudy()
start = time.perf_counter()
fit = bi.fit("Reaction ~ Days + (Days | Subject)", frame, seed=1)
first = time.perf_counter() - start
other = frame.assign(Reaction=frame["Reaction"][::-1].to_numpy())
start = time.perf_counter()
bi.fit("Reaction ~ Days + (Days | Subject)", other)
second = time.perf_counter() - start
effective = float(fit.summary()["ess_bulk"].min())
print(json.dumps({"first": first, "second": second, "ess": effective}))
"""

IMPORT = (
    "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
)


def run(program: str, cache: str) -> str:
    """Runs a program in a fresh process with the given cache folder."""
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout


def say(what: str, **figures: float) -> None:
    """Prints one JSON line."""
    print(json.dumps({"what": what, **{name: round(value, 3) for name, value in figures.items()}}))


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as cache:
        ratios = []
        for _ in range(RUNS):
            ours = float(run(IMPORT.format(module="bayesinf"), cache))
            theirs = float(run(IMPORT.format(module="jax"), cache))
            ratios.append(ours / theirs)
        say("import bayesinf / import jax", median=statistics.median(ratios))
        cold = []
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory() as empty:
                cold.append(json.loads(run(FIRST_FIT, empty))["first"])
        say("sleepstudy, empty compilation cache, seconds", median=statistics.median(cold))
        run(FIRST_FIT, cache)
        warm = [json.loads(run(FIRST_FIT, cache)) for _ in range(RUNS)]
        say(
            "sleepstudy, filled compilation cache, seconds",
            median=statistics.median(found["first"] for found in warm),
        )
        say(
            "second fit in the same process, seconds",
            median=statistics.median(found["second"] for found in warm),
        )
        say("smallest effective sample of 4000 draws", value=warm[0]["ess"])


if __name__ == "__main__":
    main()

"""Thousands of small models at once: `python -m benchmarks.fleet` prints one JSON line.

Logistic models of one formula, each of its own group of rows, are fitted by `bi.fit_many`; then a
sample of them is fitted one by one by `bi.fit`, with the same priors and another seed, and the two
are compared.

    seconds          wall time of `bi.fit_many` with its programs compiled, frame to verdicts
    first_seconds    the same for the first call of this process
    core_seconds     processor time of all threads, which other work on the machine inflates less
    certified        share of models that were certified at once
    again            models fitted again by themselves, by engine
    mean_difference  the largest difference of a posterior mean, in Monte Carlo standard errors of
                     the difference; of 200 true zeros the largest is 3 on average
    sd_difference    the same for posterior standard deviations
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter

import numpy as np
import pandas as pd

import bayesinf as bi


def simulate(models: int, rows: int, predictors: int, seed: int = 1) -> pd.DataFrame:
    """Rows of many stores: standard normal predictors, coefficients of sd 0.7 in each store."""
    rng = np.random.default_rng(seed)
    store = np.repeat(np.arange(models), rows)
    columns = rng.normal(size=(models * rows, predictors))
    coefficients = rng.normal(0, 0.7, (models, predictors + 1))[store]
    eta = coefficients[:, 0] + (columns * coefficients[:, 1:]).sum(axis=1)
    bought = (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(int)
    named = {f"x{k}": columns[:, k] for k in range(predictors)}
    labels = np.array([f"s{k:05d}" for k in range(models)], dtype=object)[store]
    return pd.DataFrame({"bought": bought, **named, "store": labels})


def fit(frame: pd.DataFrame, predictors: int) -> tuple[bi.Fits, float, float]:
    """The fits, with wall and processor seconds."""
    formula = f"bought ~ {' + '.join(f'x{k}' for k in range(predictors))}"
    wall, core = time.perf_counter(), time.process_time()
    fits = bi.fit_many(formula, frame, by="store", family="bernoulli", seed=1)
    return fits, time.perf_counter() - wall, time.process_time() - core


def differences(fits: bi.Fits, groups: list[str]) -> tuple[float, float]:
    """The largest standardised differences from single fits, of means and of sds."""
    means, sds = [0.0], [0.0]
    for number, group in enumerate(groups):
        ours = fits[group].summary()
        theirs = bi.fit(fits[group].model, seed=1000 + number).summary()
        error = np.hypot(ours["mcse"], theirs["mcse"])
        means.append(float((np.abs(ours["mean"] - theirs["mean"]) / error).max()))
        spread = [
            one["sd"] / np.sqrt(2 * np.minimum(one["ess_bulk"], one["ess_tail"]))
            for one in (ours, theirs)
        ]
        sds.append(float((np.abs(ours["sd"] - theirs["sd"]) / np.hypot(*spread)).max()))
    return max(means), max(sds)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=100, help="rows of each model")
    parser.add_argument("--predictors", type=int, default=3, help="besides the intercept")
    parser.add_argument("--checks", type=int, default=50, help="models to fit singly as well")
    asked = parser.parse_args()
    frame = simulate(asked.models, asked.rows, asked.predictors)
    _, first, _ = fit(frame, asked.predictors)
    fits, seconds, core = fit(frame, asked.predictors)
    again = Counter(found.provenance.engine for found in fits.solved.own.values())
    chosen = np.random.default_rng(0).choice(list(fits), min(asked.checks, len(fits)), False)
    means, sds = differences(fits, chosen.tolist())
    figures = {
        "models": asked.models,
        "rows": asked.rows,
        "columns": asked.predictors + 1,
        "seconds": round(seconds, 2),
        "first_seconds": round(first, 2),
        "core_seconds": round(core, 2),
        "certified": 1.0 - (len(fits.solved.own) + len(fits.refused)) / asked.models,
        "again": dict(again),
        "smallest_ess": round(float(fits.summary()["ess"].min())),
        "checks": len(chosen),
        "mean_difference": round(means, 2),
        "sd_difference": round(sds, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

"""One measurement of one Python peer: `python peer.py PEER TASK.json ROWS.csv`.

It imports nothing of bayesinf, so any Python that has the peer can run it. The task holds the
formula, the family and the names of the text columns. One JSON line comes out: the seconds from
building the model to the last draw (imports and reading excluded, compilation included), for
samplers the smallest bulk ESS and the largest R-hat of population and scale parameters with their
means and sds, and the versions.

Peers: bambi-nutpie, bambi-numpyro; sklearn and statsmodels, which give a point estimate only.
"""

import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

CHAINS, WARMUP, DRAWS = 4, 1000, 1000
"""What brms, Bambi and rstanarm do when nobody says otherwise."""


def read(task: dict, path: str) -> pd.DataFrame:
    return pd.read_csv(path, dtype=dict.fromkeys(task["factors"], str))


def bambi(task: dict, frame: pd.DataFrame, sampler: str) -> dict:
    """Samples with Bambi's own defaults."""
    import arviz
    import bambi as peer

    __import__({"nutpie": "nutpie", "numpyro": "numpyro"}[sampler])
    start = time.perf_counter()
    model = peer.Model(task["bambi"], frame, family=task["bambi_family"])
    fit = model.fit(
        draws=DRAWS, tune=WARMUP, chains=CHAINS, random_seed=1, inference_method=sampler
    )
    seconds = time.perf_counter() - start
    posterior = fit["posterior"]
    kept = [
        name
        for name in posterior.data_vars
        if "__obs__" not in posterior[name].dims and ("|" not in name or name.endswith("_sigma"))
    ]
    table = arviz.summary(fit, var_names=kept, round_to="none").astype(float, errors="ignore")
    least = float(table["ess_bulk"].min())
    return {
        "seconds": round(seconds, 3),
        "min_ess": round(least),
        "max_rhat": round(float(table["r_hat"].max()), 4),
        "seconds_per_1000": round(seconds * max(1.0, 1000.0 / least), 3),
        "summary": {
            str(name): [float(row["mean"]), float(row["sd"])] for name, row in table.iterrows()
        },
        "versions": {name: version(name) for name in ("bambi", "pymc", sampler)},
    }


def sklearn(task: dict, frame: pd.DataFrame) -> dict:
    """The point estimate of scikit-learn, without a penalty."""
    from sklearn.linear_model import LinearRegression, LogisticRegression

    outcome = frame.pop("y").to_numpy()
    columns = frame.to_numpy()
    gaussian = task["family"] == "gaussian"
    start = time.perf_counter()
    if gaussian:
        LinearRegression().fit(columns, outcome)
    else:
        LogisticRegression(C=np.inf, tol=1e-6).fit(columns, outcome)
    seconds = time.perf_counter() - start
    return {"seconds": round(seconds, 3), "versions": {"scikit-learn": version("scikit-learn")}}


def statsmodels(task: dict, frame: pd.DataFrame) -> dict:
    """The point estimate of statsmodels."""
    from statsmodels.api import OLS, Logit, add_constant

    outcome = frame.pop("y").to_numpy()
    columns = frame.to_numpy()
    gaussian = task["family"] == "gaussian"
    start = time.perf_counter()
    if gaussian:
        OLS(outcome, add_constant(columns)).fit()
    else:
        Logit(outcome, add_constant(columns)).fit(disp=0)
    seconds = time.perf_counter() - start
    return {"seconds": round(seconds, 3), "versions": {"statsmodels": version("statsmodels")}}


def main() -> None:
    warnings.filterwarnings("ignore")
    peer, task_path, rows_path = sys.argv[1:4]
    task = json.loads(Path(task_path).read_text(encoding="utf-8"))
    frame = read(task, rows_path)
    if peer.startswith("bambi-"):
        found = bambi(task, frame, peer.removeprefix("bambi-"))
    else:
        found = {"sklearn": sklearn, "statsmodels": statsmodels}[peer](task, frame)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

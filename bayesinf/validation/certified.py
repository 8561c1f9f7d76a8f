"""Linear regressions and a location-scale model whose answers NIST has certified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.api import model as build_model
from bayesinf.engines import Conjugate
from bayesinf.engines.conjugate import closed_form_moments
from bayesinf.model.model import Model
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.states import GaussianStatistics
from bayesinf.priors import Flat, LogFlat
from bayesinf.validation.check import Check, priors_in_words

if TYPE_CHECKING:
    import pandas as pd

SEED = 1
"""Of the location-scale model's draws; the regressions are in closed form, and need none."""

MOST_DIGITS = 15.0
"""Digits that double precision can show."""

REFERENCE: dict[str, Any] = {"Intercept": Flat(), "coefficients": Flat(), "sigma": LogFlat()}
"""The prior under which posterior means are least squares, and intervals Student's t."""

LOCATION: dict[str, Any] = {"Intercept": Flat(), "sigma": LogFlat()}
"""The same for outcomes without predictors."""

BASES = (1.0, 1e6, 1e7)
"""What the location-scale data are shifted by: at 1e7, eight of sixteen digits are spent on it."""

ROWS = 1001

CHANGES = 31
"""How many times the last bits of a set's numbers are changed."""


def certified() -> Iterator[Check]:
    """The eleven linear sets, and the location-scale model at three shifts."""
    for name, truth in certified_values().items():
        yield regression(name, truth)
    yield from location_scale()


def certified_values() -> dict[str, Any]:
    """Formula, certified values and digits asked for of each linear set, by its name."""
    text = (files("bayesinf.validation") / "files" / "certified.json").read_text(encoding="utf-8")
    return json.loads(text)


def rows_of(name: str) -> pd.DataFrame:
    """The rows of one linear set."""
    import pandas as pd

    with as_file(files("bayesinf.validation") / "files" / f"{name}.csv") as path:
        # Through text, because pandas' own reader of numbers may be off by the last bit.
        return pd.read_csv(path, dtype="str").astype(float)


def regression(name: str, truth: dict[str, Any]) -> Check:
    """One linear set: digits of the worst coefficient, and of the worst standard error.

    Under the reference prior the posterior of a coefficient is Student's t around the least squares
    estimate, with sd `standard error * sqrt(df / (df - 2))`.
    """
    model = build_model(truth["formula"], rows_of(name), priors=priors_of(truth))
    mean, sd = moments_of(Conjugate().run(model, Streams(SEED)))
    coefficients = np.array(truth["coefficients"])
    digits = float(agreeing_digits(mean[:-1], coefficients).min())
    free = len(model.design.response) - len(coefficients)
    kept = digits_left(model, coefficients)
    evidence = {"digits": digits, "asked": float(truth["digits"]), "digits of changed data": kept}
    found = f"{digits:.1f} digits"
    if free > 2 and any(truth["standard_errors"]):
        errors = sd[:-1] / np.sqrt(free / (free - 2))
        evidence["digits of standard errors"] = float(
            agreeing_digits(errors, np.array(truth["standard_errors"])).min()
        )
        found += f"; standard errors {evidence['digits of standard errors']:.1f}"
    return Check(
        "Certified regressions",
        truth["name"],
        f"at least {truth['digits']:g} digits, of {kept:.1f} that the data hold",
        found,
        digits >= truth["digits"],
        f"NIST StRD, {truth['difficulty']} difficulty",
        evidence,
    )


def digits_left(model: Model, coefficients: np.ndarray) -> float:
    """Digits of the worst coefficient when the last bits of the data change: why no more are asked.

    The median over changes of a Householder QR in double precision, whose columns have one length.

    Args:
        model: Of the set.
        coefficients: The certified ones.
    """
    columns, outcome = model.design.rows.population, model.design.response
    lengths = np.linalg.norm(columns, axis=0)
    rng = np.random.default_rng(1998)
    digits = []
    for _ in range(CHANGES):
        moved, told = (
            values * (1.0 + rng.uniform(-1, 1, values.shape) * 2.0**-53)
            for values in (columns, outcome)
        )
        q, r = np.linalg.qr(moved / lengths)
        digits.append(agreeing_digits(np.linalg.solve(r, q.T @ told) / lengths, coefficients).min())
    return float(np.median(digits))


def priors_of(truth: dict[str, Any]) -> dict[str, Any]:
    """The reference prior; a formula without an intercept has no prior for one."""
    without = "~ 0 +" in truth["formula"]
    return {
        slot: prior for slot, prior in REFERENCE.items() if not (without and slot == "Intercept")
    }


def moments_of(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means and sds in closed form, sigma's last."""
    assert isinstance(posterior.state, GaussianStatistics)
    return closed_form_moments(posterior.model, posterior.state)


def agreeing_digits(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Digits in which numbers agree: -log10 of the relative error, of the error where truth is 0.

    Source: McCullough (1998), The American Statistician 52(4), 358-366.
    """
    error = np.abs(found - truth) / np.where(truth == 0, 1.0, np.abs(truth))
    return np.clip(-np.log10(np.maximum(error, 1e-300)), 0.0, MOST_DIGITS)


def stiff_rows(base: float) -> dict[str, np.ndarray]:
    """Outcomes of which only the last digits vary: base + 0.2, then base + 0.1 and base + 0.3.

    Source: Simon and Lesage (1989), Computational Statistics and Data Analysis 7(3), 329-336; the
    form of NIST's sets NumAcc2 to NumAcc4.
    """
    steps = np.where(np.arange(ROWS) % 2 == 1, 0.1, 0.3)
    return {"y": base + np.concatenate([[0.2], steps[1:]])}


def location_scale() -> Iterator[Check]:
    """Mean and sd of a normal sample under the prior 1 / sigma, in closed form and by draws."""
    from scipy.special import gammaln

    sd = np.sqrt(0.01)
    mean_sd = sd / np.sqrt(ROWS) * np.sqrt((ROWS - 1) / (ROWS - 3))
    half = (ROWS - 1) / 2
    sigma_mean = sd * np.sqrt(half) * np.exp(gammaln(half - 0.5) - gammaln(half))
    first: np.ndarray | None = None
    for base in BASES:
        model = build_model("y ~ 1", stiff_rows(base), priors=LOCATION)
        posterior = Conjugate().run(model, Streams(SEED))
        mean, spread = moments_of(posterior)
        exact = max(
            abs(mean[0] - (base + 0.2)) / mean_sd,
            abs(spread[0] / mean_sd - 1),
            abs(mean[1] / sigma_mean - 1),
        )
        draws = posterior.values.coefficients[..., 0].ravel() - base
        away = _errors(draws - 0.2, mean_sd)
        shifted = np.sort(draws)
        moved = 0.0 if first is None else float(np.abs(shifted - first).max() / mean_sd)
        first = shifted if first is None else first
        yield Check(
            "Certified regressions",
            f"location and scale at {base:g}",
            "closed form within 1e-6 sd, draws within 4 Monte Carlo errors, a shift moves nothing",
            f"closed form within {exact:.1e} sd; draws within {away:.1f} errors; the shift moves "
            f"draws by {moved:.1e} sd",
            exact < 1e-6 and away < 4 and moved < 1e-6,
            "closed form; NIST StRD, Markov chain Monte Carlo; prior "
            f"{priors_in_words(LOCATION)}; seed {SEED}",
            {"closed form": exact, "draws": away, "shift": moved},
        )


def _errors(draws: np.ndarray, sd: float) -> float:
    """How far mean and sd of independent draws lie from 0 and `sd`, in Monte Carlo errors."""
    count = draws.size
    mean = abs(draws.mean()) / (sd / np.sqrt(count))
    spread = abs(draws.std() / sd - 1) * np.sqrt(2 * count)
    return float(max(mean, spread))

"""Laws of seeds: the same seed replays to the bit, and nothing else moves the draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import assume, strategies as st

import bayesinf as bi
from tests.laws.fits import exact_fit, made_up_fit
from tests.laws.law import law
from tests.laws.strategies import Question, applies, frames, gaussian_questions, questions, seeds


def arrays(fit: bi.Fit) -> np.ndarray:
    values = fit.posterior.values.arrays().values()
    return np.concatenate([np.ravel(array) for array in values])


@law(15, asked=gaussian_questions, other=gaussian_questions, seed=seeds)
def test_replay(asked: Question, other: Question, seed: int):
    """The same seed gives the same draws to the bit, whatever was fitted in between."""
    first = exact_fit(asked, seed)
    np.random.default_rng(seed).normal()
    exact_fit(other, seed + 1, draws=40)
    second = exact_fit(asked, seed)
    np.testing.assert_array_equal(arrays(second), arrays(first))
    again = bi.fit(asked.model(), seed=first.posterior.provenance.seed, draws=400)
    np.testing.assert_array_equal(arrays(again), arrays(first))


@law(15, asked=gaussian_questions, seed=seeds)
def test_other_seeds(asked: Question, seed: int):
    """Another seed gives other draws of the same posterior, to Monte Carlo error."""
    one, two = exact_fit(asked, seed, draws=2000), exact_fit(asked, seed + 1, draws=2000)
    assert (arrays(one) != arrays(two)).all()
    first, second = one.summary(), two.summary()
    error = np.hypot(first["mcse"], second["mcse"])
    assert (np.abs(first["mean"] - second["mean"]) <= 4.5 * error).all()


@law(10, asked=gaussian_questions, seed=st.integers(0, 2**31 - 1))
def test_kinds_of_seed(asked: Question, seed: int):
    """A seed is the same as a Python and as a NumPy integer, and replays as a generator."""
    first = arrays(exact_fit(asked, seed, draws=40))
    np.testing.assert_array_equal(arrays(exact_fit(asked, np.int64(seed), draws=40)), first)
    one, two = (exact_fit(asked, np.random.default_rng(seed), draws=40) for _ in range(2))
    np.testing.assert_array_equal(arrays(one), arrays(two))


@law(10, asked=questions(), seed=seeds)
def test_inputs_stay(asked: Question, seed: int):
    """Fitting and predicting leave frame, options and NumPy's own random state as they were."""
    before = {name: values.copy() for name, values in asked.frame.items()}
    state, interval = np.random.get_state(), bi.options.interval  # noqa: NPY002
    made_up_fit(asked, seed).predict(asked.frame)
    after = np.random.get_state()  # noqa: NPY002
    assert bi.options.interval == interval
    assert state[2:] == after[2:]
    np.testing.assert_array_equal(state[1], after[1])
    for name, values in before.items():
        np.testing.assert_array_equal(asked.frame[name], values)


@law(8, frame=frames(20, 30), seed=seeds)
def test_fleets(frame: dict, seed: int):
    """In a fleet, a group's draws follow from its own rows and the seed, not from other groups."""
    model = applies("y ~ x", frame)
    table = pd.DataFrame(frame)
    assume(table.groupby("b", observed=True)["x"].nunique().min() > 2)
    both = bi.fit_many(model, table, by="b", seed=seed, draws=100)
    alone = bi.fit_many(model, table[table["b"] == "yes"], by="b", seed=seed, draws=100)
    # Matrices of one and of two groups are multiplied by other routines, which round otherwise.
    np.testing.assert_allclose(arrays(both["yes"]), arrays(alone["yes"]), rtol=1e-9, atol=1e-9)

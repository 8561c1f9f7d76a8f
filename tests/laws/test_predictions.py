"""Laws of predictions and of what is read from them: comparisons, slopes, statements, LOO."""

from __future__ import annotations

import warnings
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import bayesinf as bi
from bayesinf.criticism import loo as leave_one_out
from bayesinf.model import pointwise
from tests.laws.fits import exact_fit, made_up_fit
from tests.laws.law import law
from tests.laws.strategies import Question, gaussian_questions, questions, seeds, take

kinds = st.sampled_from(["response", "mean", "linear"])


@law(12, asked=questions(), seed=seeds, kind=kinds)
def test_in_parts(asked: Question, seed: int, kind: str):
    """New rows predicted in parts get the very bits that they get together."""
    fit = made_up_fit(asked, seed)
    whole = fit.predict(asked.frame, kind=kind).to_numpy()
    cuts = sorted(np.random.default_rng(seed).integers(1, asked.rows, 3))
    parts = [take(asked.frame, rows) for rows in np.split(np.arange(asked.rows), cuts)]
    found = [fit.predict(part, kind=kind).to_numpy() for part in parts if len(part["y"])]
    np.testing.assert_array_equal(np.concatenate(found), whole)


@law(12, asked=questions(), seed=seeds, kind=kinds)
def test_order_of_new_rows(asked: Question, seed: int, kind: str):
    """New rows in another order get the same predictions, each with its row."""
    fit = made_up_fit(asked, seed)
    order = np.random.default_rng(seed).permutation(asked.rows)
    first = fit.predict(asked.frame, kind=kind)
    second = fit.predict(take(asked.frame, order), kind=kind)
    np.testing.assert_array_equal(second.to_numpy(), first.to_numpy()[order])


@law(12, asked=questions(), seed=seeds, kind=kinds)
def test_training_rows(asked: Question, seed: int, kind: str):
    """The training rows given as new rows get the predictions of the fit, to the bit."""
    fit = made_up_fit(asked, seed)
    known = fit.predict(kind=kind).to_numpy()
    np.testing.assert_array_equal(fit.predict(asked.frame, kind=kind).to_numpy(), known)


@law(9, asked=questions(), seed=seeds)
def test_outcomes_are_not_looked_at(asked: Question, seed: int):
    """A prediction looks neither at the outcome of the new rows nor at columns unknown to it."""
    fit = made_up_fit(asked, seed)
    known = fit.predict(asked.frame).to_numpy()
    without = {name: values for name, values in asked.frame.items() if name not in "yw"}
    strange = {**asked.frame, "y": np.full(asked.rows, np.nan), "new": np.zeros(asked.rows)}
    for rows in (without, strange):
        np.testing.assert_array_equal(fit.predict(rows).to_numpy(), known)


@law(9, asked=questions(), seed=seeds, kind=kinds)
def test_intervals_are_nested(asked: Question, seed: int, kind: str):
    """A more probable interval holds the less probable one."""
    fit = made_up_fit(asked, seed)
    inner = fit.predict(asked.frame, kind=kind, prob=0.5)
    outer = fit.predict(asked.frame, kind=kind, prob=0.9)
    assert (outer["lower"] <= inner["lower"]).all()
    assert (inner["upper"] <= outer["upper"]).all()
    assert (inner["lower"] <= inner["upper"]).all()


@law(9, asked=questions(), seed=seeds)
def test_expected_outcomes(asked: Question, seed: int):
    """Outcomes to come are centred where they are expected, and scatter at least as much."""
    fit = made_up_fit(asked, seed)
    outcome, mean = fit.predict(asked.frame), fit.predict(asked.frame, kind="mean")
    np.testing.assert_allclose(outcome["mean"], mean["mean"], rtol=1e-9, atol=1e-12)
    assert (outcome["sd"] >= mean["sd"] * (1 - 1e-9)).all()


@law(8, asked=questions(), seed=seeds, size=st.integers(1, 9))
def test_stretches(asked: Question, seed: int, size: int):
    """Rows worked on in small stretches have the predictions and the LOO of all at once."""
    fit = made_up_fit(asked, seed)
    whole, table = leave_one_out.loo(fit.posterior), fit.predict(asked.frame)

    def stretches(rows: int, _: int) -> list[slice]:
        return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]

    with (
        patch.object(leave_one_out, "row_stretches", stretches),
        patch("bayesinf.prediction.predictor.row_stretches", stretches),
    ):
        parts = leave_one_out.loo(fit.posterior)
        np.testing.assert_array_equal(fit.predict(asked.frame).to_numpy(), table.to_numpy())
    np.testing.assert_allclose(parts.pointwise, whole.pointwise, rtol=1e-9)
    np.testing.assert_allclose(parts.k_hats, whole.k_hats, rtol=1e-6, atol=1e-9)
    assert pointwise.row_stretches(asked.rows, 1) == [slice(0, asked.rows)]


@law(8, asked=questions(), seed=seeds)
def test_loo_of_shuffled_rows(asked: Question, seed: int):
    """Leave-one-out of rows in another order is the same, each share with its row."""
    fit = made_up_fit(asked, seed)
    order = np.random.default_rng(seed).permutation(asked.rows)
    shuffled = made_up_fit(asked.at(order), seed)
    first, second = leave_one_out.loo(fit.posterior), leave_one_out.loo(shuffled.posterior)
    np.testing.assert_allclose(second.pointwise, first.pointwise[order], rtol=1e-8)
    np.testing.assert_allclose(second.elpd, first.elpd, rtol=1e-8)


def with_factor(asked: Question) -> Question:
    return replace(asked, terms=("x * a", "b", "(1 | g)"))


@law(9, asked=questions(), seed=seeds)
def test_comparisons_turn(asked: Question, seed: int):
    """A difference turned round has the other sign, and a ratio is one over itself."""
    fit = made_up_fit(with_factor(asked), seed)
    ways = (("difference", np.negative), ("ratio", np.reciprocal))
    for contrast, turned in ways if asked.family.name != "gaussian" else ways[:1]:
        if contrast == "ratio" and asked.family.name == "student_t":
            continue
        there = fit.comparisons("b", values=("no", "yes"), contrast=contrast)
        back = fit.comparisons("b", values=("yes", "no"), contrast=contrast)
        np.testing.assert_allclose(back.draws, turned(there.draws), rtol=1e-9, atol=1e-12)


@law(9, asked=questions(), seed=seeds, points=st.tuples(*[st.floats(-2, 2)] * 3))
def test_comparisons_add_up(asked: Question, seed: int, points: tuple[float, ...]):
    """The difference from u to w is that from u to v and that from v to w."""
    fit = made_up_fit(with_factor(asked), seed)
    centre, spread = np.mean(asked.frame["x"]), np.std(asked.frame["x"])
    u, v, w = (float(centre + spread * (point + k / 7)) for k, point in enumerate(points))

    def draws(low: float, high: float) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bi.ExtrapolationWarning)  # the sums hold there as well
            return fit.comparisons("x", values=(low, high), by="b").draws

    whole = draws(u, w)
    size = float(np.abs(whole).max()) + float(np.abs(fit.predictions().draws).max())
    np.testing.assert_allclose(draws(u, v) + draws(v, w), whole, atol=1e-9 * size)


@law(9, asked=questions(), seed=seeds)
def test_averages(asked: Question, seed: int):
    """An average over all rows is that of its groups' averages, each counting its rows."""
    fit = made_up_fit(with_factor(asked), seed)
    levels, counts = np.unique(asked.frame["b"], return_counts=True)
    parts, whole = fit.predictions(by="b"), fit.predictions()
    assert [label[0] for label in parts.labels] == levels.tolist()
    weighted = (parts.draws * (counts / counts.sum())).sum(-1)
    np.testing.assert_allclose(weighted, whole.draws[..., 0], rtol=1e-9, atol=1e-12)
    each = fit.comparisons("x", average=False).draws.mean(-1)
    average = fit.comparisons("x").draws[..., 0]
    np.testing.assert_allclose(each, average, rtol=1e-8, atol=1e-10 * np.abs(whole.draws).max())


@law(9, asked=questions(("gaussian", "student_t")), seed=seeds)
def test_slope_of_a_line(asked: Question, seed: int):
    """Along a straight line the slope, the coefficient, and the change per unit are one."""
    fit = made_up_fit(replace(asked, terms=("x", "b", "(1 | g)")), seed)
    coefficient = fit.posterior.values.coefficients[..., fit.model.design.names.index("x")]
    size = np.abs(coefficient).max()
    np.testing.assert_allclose(fit.slopes("x").draws[..., 0], coefficient, atol=1e-6 * size)
    change = fit.comparisons("x").draws[..., 0]
    level = np.abs(fit.predictions().draws).max()
    np.testing.assert_allclose(change, coefficient, atol=1e-6 * size + 1e-12 * level)


@law(9, asked=gaussian_questions, seed=seeds, border=st.floats(-2, 2))
def test_statements(asked: Question, seed: int, border: float):
    """A statement and its opposite share the probability one; a wider claim has more of it."""
    fit = made_up_fit(asked, seed)
    name = fit.model.design.names[-1].replace("`", "")
    above = float(fit.hypothesis(f"`{name}` > {border}"))
    assert above + float(fit.hypothesis(f"`{name}` <= {border}")) == 1.0
    assert float(fit.hypothesis(f"`{name}` > {border - 0.1}")) >= above
    assert float(fit.hypothesis(f"-1 * `{name}` < {-border}")) == above


@law(9, asked=questions(weights=False), seed=seeds)
def test_draws_of_predictions(asked: Question, seed: int):
    """The table of expected outcomes is that of their draws."""
    fit = made_up_fit(asked, seed)
    draws = fit.predict_draws(asked.frame, kind="mean").reshape(-1, asked.rows)
    table = fit.predict(pd.DataFrame(asked.frame), kind="mean", prob=0.8)
    np.testing.assert_allclose(table["mean"], draws.mean(0), rtol=1e-9, atol=1e-12)
    ends = np.quantile(draws, [0.1, 0.9], axis=0)
    np.testing.assert_allclose(table[["lower", "upper"]].to_numpy().T, ends, rtol=1e-9, atol=1e-12)


@law(8, asked=gaussian_questions, seed=seeds)
def test_new_groups(asked: Question, seed: int):
    """A group that the fit never saw is drawn alike whatever rows are predicted beside it."""
    fit = made_up_fit(replace(asked, terms=("x", "(x | g)")), seed)
    rows = {"x": asked.frame["x"][:3], "g": np.array(["new", "g0", "newer"], dtype=object)}
    together = fit.predict(rows).to_numpy()
    for place in range(3):
        alone = fit.predict({name: values[place : place + 1] for name, values in rows.items()})
        np.testing.assert_array_equal(alone.to_numpy()[0], together[place])


@law(8, asked=gaussian_questions, seed=seeds)
def test_exact_draws(asked: Question, seed: int):
    """Least squares with flat priors: posterior means are the estimates, to Monte Carlo error."""
    asked = replace(
        asked, terms=("x", "a"), priors=dict.fromkeys(("Intercept", "coefficients"), bi.Flat())
    )
    fit = exact_fit(asked, seed, draws=4000)
    rows = fit.model.design.rows.population
    weights = fit.model.design.weights
    root = np.ones(asked.rows) if weights is None else np.sqrt(weights)
    truth, *_ = np.linalg.lstsq(rows * root[:, None], asked.frame["y"] * root, rcond=None)
    table = fit.summary().loc[list(fit.model.design.names)]
    assert (np.abs(table["mean"] - truth) <= 4.5 * table["mcse"]).all()


@law(15, asked=questions(weights=False), seed=seeds)
def test_ranks_of_outcomes(asked: Question, seed: int):
    """Outcomes drawn from a fit lie anywhere in their own distribution, evenly."""
    fit = made_up_fit(asked, seed)
    values, family = fit.posterior.values, asked.family
    eta = fit.predict_draws(asked.frame, kind="linear").reshape(-1, asked.rows)
    parameters = {
        name: values.parameters[..., k].reshape(-1, 1)
        for k, name in enumerate(fit.model.layout.parameters)
    }
    known, rng = fit.model.design.rows.known, np.random.default_rng(seed)
    drawn = family.sample(rng, eta, parameters, known)
    below = family.cdf(drawn - 1, eta, parameters, known) if family.discrete else 0.0
    upto = family.cdf(drawn, eta, parameters, known)
    share = rng.random(drawn.shape) if family.discrete else 1.0
    ranks = np.sort((below + share * (upto - below)).ravel())
    # Kolmogorov's distance: 2.5 / sqrt(n) is passed by chance in 7 of a million.
    even = (np.arange(ranks.size) + 0.5) / ranks.size
    assert np.abs(ranks - even).max() < 2.5 / np.sqrt(ranks.size)

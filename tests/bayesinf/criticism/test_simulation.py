from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.criticism.simulation import draw_above, simulate
from bayesinf.posterior.summary import scalar_draws
from tests.conftest import within


@pytest.fixture(scope="module")
def model() -> bi.Model:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(5, 1, 24), "g": np.repeat(list("abcdef"), 4)})
    frame["y"] = rng.normal(size=24)
    priors = {
        "Intercept": bi.Normal(1, 2),
        "x": bi.Normal(0.5, 1),
        "sigma": bi.HalfNormal(1),
        "sd:g": bi.Exponential(2),
    }
    return bi.model("y ~ x + (x | g)", frame, priors=priors)


def test_parameters_come_from_the_priors(model: bi.Model) -> None:
    simulations = simulate(model, bi.Streams(1), 4000)
    names, values = scalar_draws(model, simulations.parameters)
    table = dict(zip(names, values[0].T, strict=True))
    centred = table["Intercept"] + table["x"] * model.design.centre[1]
    assert within(centred.mean(), 1.0, 2 / np.sqrt(4000))
    assert within(table["x"].std(), 1.0, 1 / np.sqrt(8000))
    assert within(table["sd:g:x"].mean(), 0.5, 0.5 / np.sqrt(4000))
    effects = simulations.parameters.effects[0][0, :, :, 1]
    assert within((effects / table["sd:g:x"][:, None]).std(), 1.0, 1 / np.sqrt(2 * 24_000))


def test_outcomes_come_from_the_parameters(model: bi.Model) -> None:
    simulations = simulate(model, bi.Streams(1), 2000)
    truth, rows = simulations.parameters, model.design.rows
    mean = truth.coefficients[0] @ rows.population.T
    own = truth.effects[0][0][:, rows.groups[0].codes]
    mean += (own * rows.groups[0].matrix).sum(axis=-1)
    noise = (simulations.responses - mean) / truth.parameters[0]
    assert within(noise.mean(), 0.0, 1 / np.sqrt(48_000))
    assert within(noise.std(), 1.0, 1 / np.sqrt(96_000))


def test_the_log_likelihood_is_a_test_quantity(model: bi.Model) -> None:
    simulations = simulate(model, bi.Streams(1), 5)
    derived = ("prediction", "contrast", "log prior", "log likelihood")
    assert simulations.names[-6:] == ("g[a]:Intercept", "g[a]:x", *derived)
    changed = simulations.model_of(3)
    assert np.array_equal(changed.design.response, simulations.responses[3])
    assert changed.priors is model.priors
    assert not np.array_equal(model.design.response, simulations.responses[3])


def test_improper_priors_are_refused_by_name() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0], "y": [1.0, 2.0, 2.0]})
    flat = bi.model("y ~ x", frame, priors={"x": bi.Flat()})
    with pytest.raises(bi.ModelError, match="prior of 'x' is Flat") as caught:
        simulate(flat, bi.Streams(1), 2)
    assert caught.value.code == "improper-prior"


def test_a_prior_that_is_cut_off_keeps_its_shape_above() -> None:
    values = draw_above(bi.Exponential(1.0), 1.0, np.random.default_rng(2), 4000)
    assert values.min() > 1.0
    assert within(values.mean(), 2.0, 1 / np.sqrt(4000))
    with pytest.raises(bi.ModelError, match="no probability above 100"):
        draw_above(bi.HalfNormal(1.0), 100.0, np.random.default_rng(2), 10)

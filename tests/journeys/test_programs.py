"""Models written by hand: fitted, read, predicted, saved, loaded, compared, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import arviz_stats
import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import pytest
from numpyro.infer import MCMC, NUTS, Predictive
from scipy import stats

import bayesinf as bi
from bayesinf.numerics.precision import double
from tests.bayesinf.model import programs
from tests.conftest import within
from tests.journeys.test_compilations import counting


def line_data(seed: int, rows: int = 40) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    return {"x": x, "y": 1 + 2 * x + rng.normal(size=rows)}


@pytest.fixture(scope="module")
def schools() -> bi.Fit:
    return bi.fit(programs.noncentred, data=programs.EIGHT, seed=1)


@pytest.fixture(scope="module")
def line() -> bi.Fit:
    return bi.fit(programs.straight, data=line_data(1), seed=1)


def moments_by_quadrature() -> dict[str, tuple[float, float]]:
    """Mean and sd of mu and tau of eight schools: mu is normal given tau, tau is on a grid."""
    y, sigma = programs.EIGHT["y"], programs.EIGHT["sigma"]
    tau = np.linspace(1e-4, 150, 60_000)[:, None]
    precision = 1 / (sigma**2 + tau**2)
    total = precision.sum(axis=1) + 1 / 25
    centre = (precision * y).sum(axis=1) / total
    rest = (precision * y**2).sum(axis=1) - centre**2 * total
    log_weight = 0.5 * np.log(precision).sum(axis=1) - 0.5 * np.log(total) - 0.5 * rest
    log_weight += stats.halfcauchy.logpdf(tau[:, 0], 0, 5)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean, tau_mean = weight @ centre, weight @ tau[:, 0]
    return {
        "mu": (mean, np.sqrt(weight @ (1 / total + centre**2) - mean**2)),
        "tau": (tau_mean, np.sqrt(weight @ tau[:, 0] ** 2 - tau_mean**2)),
    }


@pytest.mark.parametrize("engine", ["auto", "nuts"])
def test_eight_schools_against_quadrature(engine: str) -> None:
    fit = bi.fit(programs.noncentred, data=programs.EIGHT, seed=2, engine=engine)
    summary = fit.summary()
    for name, (mean, sd) in moments_by_quadrature().items():
        within(summary.loc[name, "mean"], mean, summary.loc[name, "mcse"])
        # Half the kurtosis of tau's long tail, about 10, doubles the normal error of an sd.
        effective = summary.loc[name, ["ess_bulk", "ess_tail"]].min()
        within(summary.loc[name, "sd"], sd, 2 * sd / np.sqrt(2 * effective))


def test_every_verb_that_needs_no_formula(schools: bi.Fit) -> None:
    names = list(schools.summary().index)
    assert names[:3] == ["mu", "tau", "z[0]"] and names[-1] == "theta[7]"
    tree = schools.draws
    assert tree["posterior"]["z"].dims == ("chain", "draw", "school")
    assert tree["log_likelihood"]["y"].shape == (4, 1000, 8)
    assert np.array_equal(tree["observed_data"]["y"], programs.EIGHT["y"])
    assert float(schools.hypothesis("theta[0] > theta[2]")) > 0.5
    chosen = next(choice for choice in schools.explain().choices if choice.chosen)
    assert chosen.engine == schools.posterior.provenance.engine == "laplace"
    assert schools.posterior.provenance.rows == 8
    assert repr(schools).startswith("noncentred   (NumPyro, 8 observed)")
    assert "unknown    8 numbers" in repr(schools.model)
    assert len(schools.plot().axes) >= 18
    assert schools.plot("trace").axes


@pytest.mark.slow
def test_constrained_sites_against_numpyros_own_sampler() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(size=(30, 2)) @ np.array([[1, 0.5], [0, 1]]) + [0, 2]
    data = {"y": y, "counts": np.array([5, 5, 10])}
    fit = bi.fit(programs.constrained, data=data, seed=1)
    with double():
        chains = MCMC(
            NUTS(programs.constrained),
            num_warmup=500,
            num_samples=2000,
            num_chains=2,
            chain_method="vectorized",
            progress_bar=False,
        )
        chains.run(jax.random.key(1), **data)
        theirs = {name: np.asarray(values) for name, values in chains.get_samples(True).items()}
    mine = fit.posterior.values.sites
    assert set(mine) == set(theirs)
    for name in theirs:
        tables = [
            bi.summary_frame([str(k) for k in range(draws[0, 0].size)], draws.reshape(*shape, -1))
            for draws, shape in ((d, d.shape[:2]) for d in (mine[name], theirs[name]))
        ]
        # Of a Cholesky factor the corner is one and the upper triangle zero, in every draw.
        free = (tables[0]["sd"] > 1e-12).to_numpy()
        own, other = tables[0][free], tables[1][free]
        within(own["mean"], other["mean"], np.hypot(own["mcse"], other["mcse"]))
        errors = [
            frame["sd"] / np.sqrt(frame[["ess_bulk", "ess_tail"]].min(axis=1))
            for frame in (own, other)
        ]
        within(own["sd"], other["sd"], np.hypot(*errors))


def test_flat_priors_and_a_factor_against_the_closed_form() -> None:
    """With flat priors on mean and sd, the mean is Student's t with n - 2 degrees of freedom."""
    y = np.random.default_rng(4).normal(3, 2, 30)
    fit = bi.fit(programs.improper, data={"y": y}, seed=1)
    n, square = len(y), ((y - y.mean()) ** 2).sum()
    exact = stats.t(n - 2, y.mean(), np.sqrt(square / (n - 2) / n))
    a = fit.summary().loc["a"]
    within(a["mean"], exact.mean(), a["mcse"])
    within(a["sd"], exact.std(), a["sd"] / np.sqrt(2 * a["ess_tail"]))
    with pytest.raises(bi.ModelError, match=r"numpyro\.factor") as caught:
        fit.compare(fit)
    assert caught.value.code == "no-likelihood"


def test_a_line_against_the_same_line_as_a_formula(line: bi.Fit) -> None:
    frame = pd.DataFrame(line_data(1))
    priors = {"Intercept": bi.Normal(0, 10), "x": bi.Normal(0, 10), "sigma": bi.HalfNormal(5)}
    # The formula's intercept is that of centred columns; without one it is a column like others.
    columns = {"constant": bi.Normal(0, 10), "x": priors["x"], "sigma": priors["sigma"]}
    formula = bi.fit("y ~ 0 + constant + x", frame.assign(constant=1.0), priors=columns, seed=1)
    own, other = line.summary(), formula.summary()
    for mine, theirs in {"a": "constant", "b": "x", "s": "sigma"}.items():
        error = np.hypot(own.loc[mine, "mcse"], other.loc[theirs, "mcse"])
        within(own.loc[mine, "mean"], other.loc[theirs, "mean"], error)
    table = bi.compare(line, formula)
    assert abs(table["elpd"].diff().iloc[1]) < 0.2, "the same outcomes and the same likelihood"


def test_leave_one_out_equals_arviz(line: bi.Fit) -> None:
    from bayesinf.criticism.loo import loo

    found = loo(line.posterior)
    theirs = arviz_stats.loo(line.draws, pointwise=True, reff=found.r_eff)
    assert np.allclose(found.pointwise, theirs.elpd_i.values, atol=1e-9)
    assert found.labels[:2] == ("y[0]", "y[1]")


def test_predictions_against_numpyros_own(line: bi.Fit) -> None:
    x = np.array([-1.0, 0.0, 3.0])
    frame, mean = line.predict({"x": x}), line.predict({"x": x}, kind="mean")
    flat = {
        name: np.asarray(values).reshape(-1) for name, values in line.posterior.values.sites.items()
    }
    with double():
        theirs = np.asarray(Predictive(programs.straight, flat)(jax.random.key(5), x=x)["y"])
    error = theirs.std(axis=0) / np.sqrt(len(theirs))
    within(frame["mean"], theirs.mean(axis=0), np.sqrt(2) * error)
    within(frame["sd"], theirs.std(axis=0), error)
    expected = flat["a"][:, None] + flat["b"][:, None] * x
    assert np.allclose(mean["mean"], expected.mean(axis=0))
    assert np.allclose(mean["sd"], expected.std(axis=0))
    assert list(frame.index) == ["y[0]", "y[1]", "y[2]"]
    assert line.predict_draws({"x": x}).shape == (4, 1000, 3)
    assert len(line.predict()) == 40


def test_saved_and_loaded(line: bi.Fit, tmp_path: Path) -> None:
    folder = line.save(tmp_path / "line")
    assert b"numpyro" not in (folder / "draws.safetensors").read_bytes()
    bare = bi.load(folder)
    assert bare.summary().equals(line.summary())
    assert repr(bare.model) == repr(line.model)
    assert bare.posterior.provenance == line.posterior.provenance
    assert bare.posterior.model.fingerprint == line.posterior.model.fingerprint
    x = {"x": np.array([0.5])}
    whole = bi.load(folder, model=programs.straight)
    assert whole.predict(x).equals(line.predict(x))
    for ask, code in (
        (lambda: bare.predict(x), "no-code"),
        (lambda: whole.predict(), "no-data"),
        (lambda: whole.compare(line), "no-training-rows"),
    ):
        with pytest.raises(bi.BayesinfError) as caught:
            ask()
        assert caught.value.code == code
    with pytest.warns(UserWarning, match="something else than the code that was fitted"):
        other = bi.load(folder, model=programs.noncentred)
    with pytest.raises(bi.ModelError) as caught:
        other.predict(x)
    assert caught.value.code == "unknown-argument"


def test_code_is_not_for_the_fit_of_a_formula(tmp_path: Path) -> None:
    folder = bi.fit("y ~ x", pd.DataFrame(line_data(1)), seed=1).save(tmp_path / "formula")
    with pytest.raises(bi.ModelError, match="brings its own") as caught:
        bi.load(folder, model=programs.straight)
    assert caught.value.code == "formula-and-code"


@pytest.mark.parametrize("engine", ["laplace", "nuts"])
def test_other_data_of_the_same_shapes_compile_nothing(engine: str) -> None:
    jax.clear_caches()
    with counting() as first:
        bi.fit(programs.straight, data=line_data(1), engine=engine, draws=400, seed=1).predict()
    assert first, "the counter counts"
    with counting() as second:
        bi.fit(programs.straight, data=line_data(2), engine=engine, draws=400, seed=2).predict()
    assert second == []


READERS: dict[str, Callable[[bi.Fit], object]] = {
    "priors": lambda fit: fit.priors,
    "predictions": lambda fit: fit.predictions(),
    "comparisons": lambda fit: fit.comparisons("x"),
    "slopes": lambda fit: fit.slopes("x"),
    "check": lambda fit: fit.check(),
    "update": lambda fit: fit.update({"x": [1.0], "y": [1.0]}),
    "report": lambda fit: fit.report(),
    "report of a posterior": lambda fit: bi.report.report_fit(fit.posterior),
    "groups": lambda fit: fit.plot("groups"),
    "predictive": lambda fit: fit.plot("predictive"),
    "along a column": lambda fit: fit.plot_predictions("x"),
    "new groups": lambda fit: fit.predict(new_groups="error"),
}


@pytest.mark.parametrize("reader", READERS)
def test_what_needs_a_formula_says_so(reader: str, line: bi.Fit) -> None:
    with pytest.raises(bi.ModelError, match=r"needs? a formula") as caught:
        READERS[reader](line)
    assert caught.value.code == "program-has-no-formula"


def test_every_verb_of_a_fit_is_tried_on_a_program() -> None:
    """A verb that is new must be put into one of the two lists."""
    served = "model verdict draws explain summary predict predict_draws hypothesis compare save"
    refused = "priors predictions comparisons slopes check update report plot_predictions kfold"
    known = {*served.split(), *refused.split(), "plot"}
    verbs = {name for name in vars(bi.Fit) if not name.startswith("_")} - {"posterior"}
    assert verbs <= known


@pytest.mark.parametrize("engine", ["conjugate", "marginal", "quadrature"])
def test_engines_that_read_formulas_say_so(engine: str) -> None:
    with pytest.raises(bi.ModelError, match="written by hand") as caught:
        bi.fit(programs.straight, data=line_data(1), engine=engine)
    assert caught.value.code == "engine-refuses"


def nothing_observed(x):
    numpyro.sample("a", dist.Normal(x, 1.0))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((programs.straight,), "missing-argument"),
        ((programs.straight, {"x": [1.0]}), "program-and-frame"),
        (("y ~ x", {"x": [1.0], "y": [1.0]}, "gaussian", None, "auto", 10, 1, "drop", {}),
         "formula-and-data"),
        ((7, {"x": [1.0]}), "not-a-model"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(arguments: tuple, code: str) -> None:
    with pytest.raises(bi.ModelError) as caught:
        bi.fit(*arguments)
    assert caught.value.code == code


def test_priors_and_family_stand_in_the_code() -> None:
    for more in ({"priors": {}}, {"family": "poisson"}):
        with pytest.raises(bi.ModelError, match="does not take") as caught:
            bi.fit(programs.straight, data=line_data(1), **more)
        assert caught.value.code == "program-and-frame"


def test_other_kinds_and_shapes_of_predictions_are_refused(schools: bi.Fit) -> None:
    sigma = programs.EIGHT["sigma"]
    for ask, code in (
        (lambda: schools.predict({"J": 3, "sigma": sigma[:3]}), "other-sites"),
        (lambda: schools.predict({"sigma": sigma}), "missing-argument"),
        (lambda: schools.predict(kind="linear"), "unknown-kind"),
        (lambda: schools.predict({"J": 8, "sigma": sigma, "z": 1.0}), "unknown-argument"),
    ):
        with pytest.raises(bi.ModelError) as caught:
            ask()
        assert caught.value.code == code


def test_a_model_that_observes_nothing_is_its_prior() -> None:
    fit = bi.fit(nothing_observed, data={"x": 2.0}, seed=1)
    a = fit.summary().loc["a"]
    within(a["mean"], 2.0, a["mcse"])
    assert "no-outcome" in {finding.code for finding in fit.verdict.findings}
    with pytest.raises(bi.ModelError, match="nothing to predict"):
        fit.predict()

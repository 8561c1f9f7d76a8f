"""What goes wrong while sampling ends in a failed verdict or in an error with a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

import bayesinf as bi
from bayesinf.engines.laplace import Laplace
from bayesinf.errors import SamplingError
from bayesinf.families import Poisson
from bayesinf.family import Known
from bayesinf.numerics.diagnostics import bfmi, diagnose
from bayesinf.numerics.memory import enough_memory
from bayesinf.posterior.data_judgement import judge_data
from bayesinf.posterior.judgement import judge_chains
from bayesinf.posterior.verdict import Finding
from bayesinf.types import Array, namespace
from benchmarks.faults.artefacts import rows
from benchmarks.faults.interrupts import interrupt, interrupt_whole

WALL = 1.05
"""Of a slope whose posterior has mean 0.95 or so and sd 0.12."""

QUICK = ("pathfinder",)
SLOW = ("laplace", "nuts", "hmc", "smc")


def line(x: np.ndarray, y: np.ndarray | None, spoil: Callable[[Array], Array]) -> None:
    slope = numpyro.sample("slope", dist.Normal(0.0, 1.0))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1.0))
    numpyro.factor("spoilt", spoil(slope))
    numpyro.sample("y", dist.Normal(slope * x, sigma), obs=y)


def whole(x: np.ndarray, y: np.ndarray | None = None) -> None:
    line(x, y, lambda slope: 0.0 * slope)


def no_value(x: np.ndarray, y: np.ndarray | None = None) -> None:
    line(x, y, lambda slope: jnp.where(slope > WALL, jnp.nan, 0.0))


def no_gradient(x: np.ndarray, y: np.ndarray | None = None) -> None:
    """The value is zero everywhere; beyond the wall the branch not taken has a NaN for gradient."""
    line(x, y, lambda slope: jnp.where(slope > WALL, 0.0, 0.0 * jnp.sqrt(WALL - slope)))


def infinite(x: np.ndarray, y: np.ndarray | None = None) -> None:
    line(x, y, lambda slope: jnp.where(slope > WALL, jnp.inf, 0.0))


def nowhere(x: np.ndarray, y: np.ndarray | None = None) -> None:
    line(x, y, lambda slope: jnp.sqrt(-1.0 - slope**2))


def fitted(model: Callable[..., None], engine: str) -> bi.Fit:
    frame = rows()
    data = {"x": frame["x"].to_numpy(), "y": frame["y"].to_numpy()}
    return bi.fit(model, data=data, engine=engine, draws=400, seed=1)


def found(findings: tuple[Finding, ...], code: str) -> Finding:
    return next(finding for finding in findings if finding.code == code)


@pytest.mark.parametrize(
    "engine", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
)
@pytest.mark.parametrize("model", [no_value, no_gradient])
def test_a_density_that_is_no_number_fails_the_verdict(
    model: Callable[..., None], engine: str
) -> None:
    finding = found(fitted(model, engine).verdict.findings, "broken-density")
    assert finding.severity == "bad"
    assert "'spoilt'" in finding.sentence
    assert ("gradient" in finding.sentence) == (model is no_gradient)
    assert finding.evidence["share"] > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("model", [no_value, no_gradient])
def test_optimisation_over_a_density_that_is_no_number_ends_in_an_error(
    model: Callable[..., None],
) -> None:
    """A NaN in one draw is a NaN in the average that svi climbs by."""
    with pytest.raises(SamplingError, match="was not finite in any step"):
        fitted(model, "svi")


def test_a_density_that_is_infinite_is_refused() -> None:
    with pytest.raises(SamplingError, match="is inf") as caught:
        fitted(infinite, "pathfinder")
    assert caught.value.code == "no-density"


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["nuts", "hmc", "laplace", "smc"])
def test_a_density_that_is_infinite_fails_the_verdict(engine: str) -> None:
    try:
        verdict = fitted(infinite, engine).verdict
    except SamplingError as error:
        assert error.code == "no-density"
    else:
        assert "bad" in {finding.severity for finding in verdict.findings}


def test_a_density_that_is_a_number_nowhere_is_refused() -> None:
    with pytest.raises(SamplingError, match="'nowhere'") as caught:
        fitted(nowhere, "auto")
    assert caught.value.code == "no-finite-start"


@pytest.mark.parametrize("engine", ["laplace", "pathfinder"])
def test_a_whole_density_is_not_doubted(engine: str) -> None:
    codes = {finding.code for finding in fitted(whole, engine).verdict.findings}
    assert "broken-density" not in codes


@dataclass(frozen=True)
class Broken(Poisson):
    """A Poisson whose density is no number where the mean is above e."""

    def log_kernel(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        space = namespace(eta)
        return space.where(eta > 1.0, space.nan, super().log_kernel(y, eta, parameters, known))


@pytest.mark.parametrize(
    ("formula", "engine"), [("k ~ x", "pathfinder"), ("k ~ x + (1 | school)", "quadrature")]
)
def test_a_family_that_is_no_number_names_the_rows(formula: str, engine: str) -> None:
    frame = rows()
    fit = bi.fit(formula, frame, Broken(), engine=engine, draws=400, seed=1)
    finding = found(fit.verdict.findings, "broken-density")
    assert "'poisson'" in finding.sentence
    assert "row" in finding.sentence
    largest = int(frame["x"].argmax())
    assert str(largest) in finding.sentence or "more" in finding.sentence
    sane = bi.fit(formula, frame, "poisson", engine=engine, draws=400, seed=1)
    assert "broken-density" not in {each.code for each in sane.verdict.findings}


NAMES = ["slope", "sigma"]


def draws() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(4, 500, 2))


def severities(values: np.ndarray) -> dict[str, str]:
    return {finding.code: finding.severity for finding in judge_chains(NAMES, values)}


def test_chains_that_move_are_well() -> None:
    assert set(severities(draws()).values()) == {"good"}


def test_a_frozen_chain_fails_and_has_no_effective_draws() -> None:
    values = draws()
    values[2] = values[2, 0]
    assert severities(values)["stuck-chain"] == "bad"
    frozen = diagnose(values[2:3])
    assert np.isnan(frozen.ess_bulk).all() and np.isnan(frozen.r_hat).all()
    assert "Chain 2 never moved." in judge_chains(NAMES, values)[0].sentence


def test_a_chain_that_is_frozen_in_one_quantity_fails_and_names_it() -> None:
    """At the middle of the others, where R-hat alone may find nothing."""
    values = draws()
    values[1, :, 1] = np.median(values[..., 1])
    finding = found(judge_chains(NAMES, values), "stuck-chain")
    assert finding.severity == "bad"
    assert finding.sentence == "Chain 1 never moved in 'sigma'."


def test_chains_that_all_stand_still_have_no_r_hat_of_one() -> None:
    for values in (np.zeros((4, 500, 2)), np.zeros((4, 500, 2)) + np.arange(4.0)[:, None, None]):
        judged = severities(values)
        assert judged["stuck-chain"] == "bad"
        assert judged["r-hat"] == "bad"
        assert judged["ess"] == "bad"


def test_one_chain_is_not_called_agreement() -> None:
    assert severities(draws()[:1])["r-hat"] == "warning"


def test_energies_that_are_infinite_have_no_fraction() -> None:
    energy = np.random.default_rng(2).normal(size=(4, 100))
    energy[1, 7] = np.inf
    values = bfmi(energy)
    assert np.isnan(values[1]) and np.isfinite(values[[0, 2, 3]]).all()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_draw_that_is_no_number_fails_and_spoils_the_diagnostics(number: float) -> None:
    values = draws()
    values[0, 17, 1] = number
    assert severities(values) == {"non-finite-draws": "bad"}
    spoilt = diagnose(values)
    for each in (spoilt.r_hat, spoilt.ess_bulk, spoilt.ess_tail, spoilt.mcse_mean):
        assert np.isfinite(each[0]) and np.isnan(each[1])


@pytest.fixture(scope="module")
def counts() -> bi.Fit:
    return bi.fit("k ~ x", rows(), "poisson", draws=400, seed=1)


def test_an_unknown_that_never_moves_fails(counts: bi.Fit) -> None:
    values = counts.posterior.values.coefficients.copy()
    values[..., 1] = 0.25
    posterior = counts.posterior
    frozen = replace(posterior, values=replace(posterior.values, coefficients=values))
    finding = found(judge_data(frozen).verdict.findings, "frozen-unknown")
    assert finding.severity == "bad"
    assert "'x'" in finding.sentence


def test_interrupted_fits_end_soon_and_leave_nothing(tmp_path: Path) -> None:
    outcome = interrupt(tmp_path, 4, engines=("laplace",))
    assert outcome.bad == []
    assert outcome.tried == 4


@pytest.mark.slow
def test_an_interrupted_process_leaves_a_sound_cache(tmp_path: Path) -> None:
    outcome = interrupt_whole(tmp_path, 1, formula="k ~ x")
    assert outcome.bad == []
    assert outcome.tried == 1


@pytest.mark.parametrize(
    "error",
    [MemoryError("Unable to allocate 1 TiB"), jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: 1")],
)
def test_no_memory_is_an_error_with_a_name(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Laplace, "solve", fail)
    with pytest.raises(SamplingError, match="'laplace' needs more memory") as caught:
        bi.fit("k ~ x", rows(), "poisson", engine="laplace", seed=1)
    assert caught.value.code == "no-memory"


def test_other_errors_of_jax_are_not_called_memory() -> None:
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"), enough_memory("It"):
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")

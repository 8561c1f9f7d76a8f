"""What every family promises. `check_family` runs every check on one family, in or out of the
catalogue; each check gives the answer a second, independent way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, dataclass, replace
from functools import partial

import jax
import numpy as np
import pytest

from bayesinf.family import Family, Known
from bayesinf.numerics.precision import double

ETAS = (-1.2, 0.4, 1.5)
ABOVE_LOWER = (0.9, 12.0)
TRIALS = 7.0
STANDARD_ERROR = 0.6
SEED = 20240611


@dataclass(frozen=True)
class Case:
    """A family at one linear predictor, one value of each parameter, and one kind of knowledge."""

    family: Family
    eta: float
    parameters: dict[str, float]
    has_standard_error: bool

    def known(self, n: int) -> Known:
        return known_rows(self.family, n, self.has_standard_error)

    def log_density(self, y: np.ndarray) -> np.ndarray:
        eta = np.full(len(y), self.eta)
        return self.family.log_density(y, eta, self.parameters, self.known(len(y)))

    def cdf(self, y: np.ndarray) -> np.ndarray:
        eta = np.full(len(y), self.eta)
        return self.family.cdf(y, eta, self.parameters, self.known(len(y)))

    def sample(self, n: int) -> np.ndarray:
        rng = np.random.default_rng(SEED)
        return self.family.sample(rng, np.full(n, self.eta), self.parameters, self.known(n))

    def moments(self) -> tuple[float, float]:
        eta, known = np.full(1, self.eta), self.known(1)
        mean = self.family.mean(eta, self.parameters, known)
        return mean.item(), self.family.variance(eta, self.parameters, known).item()


def known_rows(family: Family, n: int, has_standard_error: bool) -> Known:
    trials = np.full(n, TRIALS) if family.needs_trials else None
    return Known(trials, np.full(n, STANDARD_ERROR) if has_standard_error else None)


def cases(family: Family) -> Iterator[Case]:
    for has_standard_error in (False, True) if family.takes_standard_error else (False,):
        active = family.active_parameters(known_rows(family, 1, has_standard_error))
        for above in ABOVE_LOWER if active else ABOVE_LOWER[:1]:
            parameters = {parameter.name: parameter.lower + above for parameter in active}
            for eta in ETAS:
                yield Case(family, eta, parameters, has_standard_error)


def outcomes(case: Case) -> np.ndarray:
    """Eight typical outcomes: always eight, so that a family's cases share compiled programs."""
    return np.resize(np.unique(case.sample(30)), 8)


def quantile(case: Case, probability: float) -> float:
    low, high = -1e9, 1e9
    for _ in range(200):
        middle = 0.5 * (low + high)
        below = case.cdf(np.array([middle])).item() < probability
        low, high = (middle, high) if below else (low, middle)
    return high


def integration_grid(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights that sum a function over all outcomes.

    Whole numbers for counts; else the trapezoid rule in a variable in which the density dies off
    exponentially, where that rule converges faster than any power of the step.
    """
    if case.family.discrete:
        last = 64
        while case.cdf(np.array([float(last)])).item() < 1.0 - 1e-13:
            last *= 2
        y = np.arange(-64.0, last + 1.0)
        y = y[~case.family.outside_support(y, case.known(len(y)))]
        return y, np.ones_like(y)
    t = np.linspace(-45.0, 45.0, 30_001)
    centre = quantile(case, 0.5)
    if case.family.outside_support(np.array([-1.0]), case.known(1)).item():
        y = centre * np.exp(t)
        return y, y * (t[1] - t[0])
    width = quantile(case, 0.75) - quantile(case, 0.25)
    return centre + width * np.sinh(t), width * np.cosh(t) * (t[1] - t[0])


def check_is_a_value(family: Family) -> None:
    twin = replace(family)
    assert twin == family
    assert hash(twin) == hash(family)
    assert type(family.link) in family.links
    with pytest.raises(FrozenInstanceError):
        family.link = family.link  # pyright: ignore[reportAttributeAccessIssue]


def check_parameters(family: Family) -> None:
    names = [parameter.name for parameter in family.parameters]
    assert len(set(names)) == len(names)
    for parameter in family.parameters:
        choice = parameter.prior(3.0)
        assert choice.prior.support == "positive"
        assert choice.prior.proper
        assert len(choice.why) > 20
        assert not (parameter.has_limit and parameter.name == "sigma")
    if family.takes_standard_error:
        active = family.active_parameters(known_rows(family, 1, True))
        assert [parameter.name for parameter in active] == [n for n in names if n != "sigma"]


def check_support(family: Family) -> None:
    strange = np.array([np.nan, np.inf, -np.inf])
    assert family.outside_support(strange, known_rows(family, 3, False)).all()
    assert family.support_sentence
    for case in cases(family):
        y = case.sample(500)
        assert y.dtype == np.float64
        assert y.shape == (500,)
        assert not family.outside_support(y, case.known(500)).any()
        if family.discrete:
            assert family.outside_support(y + 0.5, case.known(500)).all()


def check_density_integrates_to_one(family: Family) -> None:
    for case in cases(family):
        y, weights = integration_grid(case)
        total = np.sum(np.exp(case.log_density(y)) * weights)
        assert total == pytest.approx(1.0, abs=1e-9), case


def check_moments_against_density(family: Family) -> None:
    for case in cases(family):
        y, weights = integration_grid(case)
        mass = np.exp(case.log_density(y)) * weights
        mean, variance = case.moments()
        assert np.sum(mass * y) == pytest.approx(mean, rel=1e-8, abs=1e-8), case
        if np.isfinite(variance):
            assert np.sum(mass * (y - mean) ** 2) == pytest.approx(variance, rel=1e-8), case


def check_moments_against_simulation(family: Family) -> None:
    for case in cases(family):
        mean, variance = case.moments()
        if np.isfinite(variance):
            y = case.sample(20_000)
            squares = (y - mean) ** 2
            assert abs(y.mean() - mean) < 4.0 * np.sqrt(variance / len(y)), case
            assert abs(squares.mean() - variance) < 4.0 * squares.std() / np.sqrt(len(y)), case


def check_simulation_against_cdf(family: Family) -> None:
    for case in cases(family):
        y = case.sample(20_000)
        at = np.quantile(y, [0.1, 0.5, 0.9], method="lower")
        expected = case.cdf(at)
        error = np.sqrt(expected * (1.0 - expected) / len(y))
        found = np.mean(y[:, None] <= at, axis=0)
        assert np.all(np.abs(found - expected) <= 4.0 * error + 1e-12), case


def check_cdf_against_density(family: Family) -> None:
    for case in cases(family):
        y, _ = integration_grid(case)
        if family.discrete:
            cumulated = np.cumsum(np.exp(case.log_density(y)))
            np.testing.assert_allclose(case.cdf(y), cumulated, atol=1e-11)
            np.testing.assert_array_equal(case.cdf(y + 0.5), case.cdf(y))
            assert case.cdf(np.array([y[0] - 0.5, y[0] - 3.0])).max() == 0.0
        else:
            at = np.array([quantile(case, p) for p in (0.03, 0.4, 0.7, 0.98)])
            step = 1e-4 * (at[2] - at[1])
            slope = (case.cdf(at + step) - case.cdf(at - step)) / (2.0 * step)
            np.testing.assert_allclose(slope, np.exp(case.log_density(at)), rtol=1e-6)
            assert case.cdf(y[[0, -1]]) == pytest.approx([0.0, 1.0], abs=1e-9)


@partial(jax.jit, static_argnums=0)
def total_log_density(family, y, eta, parameters, known):
    return family.log_density(y, eta, parameters, known).sum()


gradients = jax.jit(jax.grad(total_log_density, argnums=(2, 3)), static_argnums=0)
slopes = jax.jit(jax.grad(total_log_density, argnums=2), static_argnums=0)


@partial(jax.jit, static_argnums=0)
def curvatures(family, y, eta, parameters, known):
    """The second derivative in eta of each outcome's log density, at each eta."""

    def value(eta, y, known):
        one = jax.tree.map(lambda leaf: leaf[None], known)
        return family.log_density(y[None], eta[None], parameters, one)[0]

    by_outcome = jax.vmap(jax.grad(jax.grad(value)), in_axes=(None, 0, 0))
    return jax.vmap(by_outcome, in_axes=(0, None, None))(eta, y, known)


def density_along(case: Case, y: np.ndarray, eta: np.ndarray, name: str, value: np.ndarray):
    parameters = {**case.parameters, name: value}
    return case.family.log_density(y, eta, parameters, case.known(len(y)))


def total_at(case: Case, y: np.ndarray, eta: np.ndarray, name: str, value: np.ndarray):
    return np.sum(density_along(case, y, eta, name, value))


def central_difference(value: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    return (value(at + 1e-5) - value(at - 1e-5)) / 2e-5


def check_gradients(family: Family) -> None:
    """The gradient in eta and in each parameter, against central differences."""
    for case in cases(family):
        y, known = outcomes(case), case.known(8)
        eta = np.linspace(-3.0, 3.0, 13)[:, None] + np.zeros(8)
        with double():
            by_eta, by_parameter = gradients(family, y, eta, case.parameters, known)
        along_eta = partial(family.log_density, y, parameters=case.parameters, known=known)
        expected = central_difference(along_eta, eta)
        np.testing.assert_allclose(by_eta, expected, rtol=1e-6, atol=1e-6)
        for name, at in case.parameters.items():
            along = partial(total_at, case, y, eta, name)
            slope = central_difference(along, np.asarray(at))
            assert by_parameter[name] == pytest.approx(slope, rel=1e-5, abs=1e-5), (case, name)


def check_tails(family: Family) -> None:
    """Far out the density may vanish, but is never undefined, and slopes where it is finite."""
    for case in cases(family):
        y = outcomes(case)
        eta = np.array([-800.0, -300.0, -50.0, 50.0, 300.0, 800.0])[:, None] + np.zeros(len(y))
        known = case.known(len(y))
        with double():
            there = jax.numpy.asarray(eta)
            density = np.asarray(family.log_density(y, there, case.parameters, known))
            slope = np.asarray(slopes(family, y, there, case.parameters, known))
        assert not np.isnan(density).any(), case
        assert not np.isnan(slope).any(), case
        assert np.isfinite(slope[np.isfinite(density)]).all(), case


def check_parts(family: Family) -> None:
    """The density is its constant times its kernel, and only the kernel knows of eta."""
    for case in cases(family):
        y, known = outcomes(case), case.known(8)
        for eta in (np.full(8, case.eta), np.linspace(-2.0, 2.0, 3)[:, None] + np.zeros(8)):
            whole = family.log_density(y, eta, case.parameters, known)
            kernel = family.log_kernel(y, eta, case.parameters, known)
            constant = family.log_constant(y, case.parameters, known)
            assert constant.shape[-1] in (1, 8)
            np.testing.assert_allclose(constant + kernel, whole, rtol=1e-12, atol=1e-12)


def check_slopes(family: Family) -> None:
    """The derivatives that a family writes down, against differences and against JAX's own."""
    for case in cases(family):
        y, known = outcomes(case), case.known(8)
        eta = np.linspace(-3.0, 3.0, 13)[:, None] + np.zeros(8)
        at = partial(family.slopes, y, parameters=case.parameters, known=known)
        first, second = at(eta)
        assert isinstance(first, np.ndarray)
        assert first.shape == second.shape == eta.shape
        density = partial(family.log_density, y, parameters=case.parameters, known=known)
        by_difference = central_difference(density, eta)
        np.testing.assert_allclose(first, by_difference, rtol=1e-6, atol=1e-6)
        bend = central_difference(lambda eta, at=at: at(eta)[0], eta)
        np.testing.assert_allclose(second, bend, rtol=1e-6, atol=1e-6)
        with double():
            automatic = Family.slopes(family, y, jax.numpy.asarray(eta), case.parameters, known)
            there = at(jax.numpy.asarray(eta))
        for here, elsewhere, derived in zip((first, second), there, automatic, strict=True):
            assert isinstance(elsewhere, jax.Array)
            np.testing.assert_allclose(here, elsewhere, rtol=1e-11, atol=1e-12)
            np.testing.assert_allclose(here, derived, rtol=1e-8, atol=1e-8, err_msg=str(case))


def check_parameter_slopes(family: Family) -> None:
    for case in cases(family):
        y, known = outcomes(case), case.known(8)
        eta = np.linspace(-3.0, 3.0, 13)[:, None] + np.zeros(8)
        found = family.parameter_slopes(y, eta, case.parameters, known)
        assert found.keys() == case.parameters.keys()
        with double():
            there = jax.numpy.asarray(eta)
            in_jax = family.parameter_slopes(y, there, case.parameters, known)
            automatic = Family.parameter_slopes(family, y, there, case.parameters, known)
        for name, at in case.parameters.items():
            along = partial(density_along, case, y, eta, name)
            expected = central_difference(along, np.asarray(at))
            np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(found[name], in_jax[name], rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(found[name], automatic[name], rtol=1e-8, atol=1e-8)


def check_slopes_in_the_tails(family: Family) -> None:
    """Far out the slopes are JAX's where those are finite, and never undefined or too curved."""
    for case in cases(family):
        y, known = outcomes(case), case.known(8)
        eta = np.array([-800.0, -300.0, -50.0, -12.0, 12.0, 50.0, 300.0])[:, None] + np.zeros(8)
        first, second = family.slopes(y, eta, case.parameters, known)
        with double():
            there = jax.numpy.asarray(eta)
            density = np.asarray(family.log_density(y, there, case.parameters, known))
            derived, bent = Family.slopes(family, y, there, case.parameters, known)
            beyond = np.asarray(family.slopes(y, there + 1e3, case.parameters, known))
        assert np.isfinite([first, second])[:, np.isfinite(density)].all(), case
        assert not np.isnan(beyond).any(), case
        assert not family.log_concave or second.max() <= 0.0, case
        finite = np.isfinite(np.asarray(derived)) & np.isfinite(np.asarray(bent))
        np.testing.assert_allclose(first[finite], derived[finite], rtol=1e-8, atol=1e-8)
        # At -800 JAX's own second derivative of the probit keeps four digits, ours keeps all.
        np.testing.assert_allclose(second[finite], bent[finite], rtol=1e-4, atol=1e-6)


def check_open_ends(family: Family) -> None:
    """Where an end is open the density goes to a limit above 0; else it falls, fast enough."""
    for case in cases(family):
        tried = np.unique(np.concatenate([case.sample(30), [0.0, 1.0, TRIALS]]))
        y = tried[~family.outside_support(tried, case.known(len(tried)))]
        known = case.known(len(y))
        for sign, is_open in zip((1.0, -1.0), family.open_ends(y, known), strict=True):
            assert is_open.shape == y.shape
            assert is_open.dtype == bool
            eta = sign * np.array([40.0, 700.0])[:, None] + np.zeros(len(y))
            with np.errstate(over="ignore", divide="ignore"):
                near, far = family.log_density(y, eta, case.parameters, known)
            np.testing.assert_allclose(near[is_open], far[is_open], atol=1e-9, err_msg=str(case))
            assert np.isfinite(far[is_open]).all(), case
            # Slower than this, 1 / eta, and it would have no integral.
            closed = np.isfinite(near) & ~is_open
            assert (far[closed] < near[closed] - 1.0001 * np.log(700.0 / 40.0)).all(), case


def check_log_concave(family: Family) -> None:
    for case in cases(family) if family.log_concave else ():
        y, eta = outcomes(case), np.linspace(-8.0, 8.0, 65)
        with double():
            curvature = curvatures(family, y, eta, case.parameters, case.known(len(y)))
        assert np.asarray(curvature).max() <= 1e-9, case


def check_numpy_equals_jax(family: Family) -> None:
    for case in cases(family):
        y = outcomes(case)
        eta = np.linspace(-3.0, 3.0, 13)[:, None] + np.zeros(len(y))
        known = case.known(len(y))
        with double():
            as_jax = partial(jax.tree.map, jax.numpy.asarray)
            for of in (family.mean, family.variance, partial(family.log_density, y)):
                here = of(eta, case.parameters, known)
                there = of(as_jax(eta), as_jax(case.parameters), as_jax(known))
                assert isinstance(here, np.ndarray)
                assert isinstance(there, jax.Array)
                np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-12)


def check_broadcasting(family: Family) -> None:
    """Draws of eta (2, 3, n) with draws of the parameters (2, 3, 1) equal one draw at a time."""
    case = next(cases(family))
    y = case.sample(5)
    known, rng = case.known(5), np.random.default_rng(SEED)
    eta = rng.normal(size=(2, 3, 5))
    draws = {p.name: p.lower + rng.gamma(5.0, size=(2, 3, 1)) for p in family.parameters}
    for of in (
        partial(family.log_density, y),
        partial(family.cdf, y),
        family.mean,
        family.variance,
    ):
        together = of(eta, draws, known)
        assert together.shape == (2, 3, 5)
        for chain, draw in np.ndindex(2, 3):
            one = {name: values[chain, draw].item() for name, values in draws.items()}
            alone = of(eta[chain, draw], one, known)
            assert alone.shape == (5,)
            np.testing.assert_allclose(together[chain, draw], alone, rtol=1e-13)
    assert family.sample(rng, eta, draws, known).shape == (2, 3, 5)
    if draws:
        sampled = family.sample(rng, eta[0, 0], draws, known)
        assert sampled.shape == (2, 3, 5)


def check_equal_families_compile_once(family: Family) -> None:
    traces: list[Family] = []

    @partial(jax.jit, static_argnums=0)
    def compiled(family, y, eta, parameters, known):
        traces.append(family)
        return family.log_density(y, eta, parameters, known).sum()

    with double():
        for case in (next(cases(family)), next(cases(replace(family)))):
            y = case.sample(4)
            compiled(case.family, y, np.full(4, case.eta), case.parameters, case.known(4))
    assert len(traces) == 1


CHECKS: tuple[Callable[[Family], None], ...] = (
    check_is_a_value,
    check_parameters,
    check_support,
    check_density_integrates_to_one,
    check_moments_against_density,
    check_moments_against_simulation,
    check_simulation_against_cdf,
    check_cdf_against_density,
    check_gradients,
    check_tails,
    check_parts,
    check_slopes,
    check_parameter_slopes,
    check_slopes_in_the_tails,
    check_open_ends,
    check_log_concave,
    check_numpy_equals_jax,
    check_broadcasting,
    check_equal_families_compile_once,
)


def check_family(family: Family) -> None:
    """Runs every check on one family, in the catalogue or not."""
    for check in CHECKS:
        check(family)

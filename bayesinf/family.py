"""A family: how the outcome of a row scatters around what the linear predictor says.

Members of the catalogue `bayesinf.families` are frozen dataclasses with one field, their link.
They hold no arrays, so equal families are one static argument of a compiled program.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import numpy as np

from bayesinf.errors import ModelError
from bayesinf.links import Identity, Link
from bayesinf.numerics.precision import double
from bayesinf.prior import Choice
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class Parameter:
    """A number that a family needs besides the linear predictor, such as sigma.

    Attributes:
        name: Its name in summaries and in `priors={...}`.
        prior: Chooses the default prior, given the scale of the outcome
            (`Family.outcome_scale`). The prior is on the value itself, cut off at `lower`.
        lower: The parameter lies above it.
        has_limit: Whether the family tends to another one as the parameter goes to infinity, as
            the negative binomial to the Poisson, so that no data bound it from above.
    """

    name: str
    prior: Callable[[float], Choice]
    lower: float = 0.0
    has_limit: bool = False


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class Known:
    """What is known about each row besides its outcome and predictors.

    Attributes:
        trials: Number of trials, shape (n,), for counts of successes.
        standard_error: Known sd of each row around its mean, shape (n,), in place of sigma.
    """

    trials: Array | None = None
    standard_error: Array | None = None


@dataclass(frozen=True)
class Family(ABC):
    """The distribution of an outcome given its linear predictor.

    In every method `y` and the fields of `known` have shape (n,), `eta` has shape (..., n), and
    each value of `parameters` is a single number or has shape (..., 1); the answer has shape
    (..., n). Methods that take `Array` serve NumPy and JAX alike; `cdf`, `sample` and
    `outside_support` are NumPy only.

    Attributes:
        link: The link between linear predictor and mean, one of `links`.
        two_levels: Of the class: whether outcomes may be text of two levels, or True and False.
        normal: Of the class: whether outcomes are normal around their mean, with the sd `sigma` or
            a known one, so that mathematics of the normal distribution applies.
        tail: Of the class: the parameter that is the power with which the density of far outcomes
            falls; empty where it is no power.
    """

    link: Link

    name: ClassVar[str]
    links: ClassVar[tuple[type[Link], ...]]
    support_sentence: ClassVar[str]
    discrete: ClassVar[bool] = False
    two_levels: ClassVar[bool] = False
    normal: ClassVar[bool] = False
    tail: ClassVar[str] = ""
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    needs_trials: ClassVar[bool] = False
    takes_standard_error: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if type(self.link) not in self.links:
            given = self.link if isinstance(self.link, str) else repr(self.link)
            offered = ", ".join(f"{link.__name__}()" for link in self.links)
            raise ModelError(
                f"The family {self.name} does not go with the link '{given}', which is none "
                f"of the {len(self.links)} that it has.",
                code="link-not-offered",
                hint=f"Use one of {offered}.",
            )

    @property
    @abstractmethod
    def log_concave(self) -> bool:
        """Whether the log density is concave in eta for every outcome: one mode at most."""

    @abstractmethod
    def outside_support(self, y: np.ndarray, known: Known) -> np.ndarray:
        """Marks the outcomes that the family cannot produce; missing values are among them."""

    @abstractmethod
    def open_ends(self, y: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """Marks the outcomes whose density does not vanish as eta goes up for ever, and down.

        A success grows only more probable on the way up; a count of zero on the way down. Where
        rows leave an end open, only priors may bound the coefficients.

        Returns:
            Two masks of shape (n,), whatever the values of the parameters; for outcomes that bound
            eta on both sides, as measurements do, both are False. At an end that is not open, the
            density must vanish so fast that it has an integral.
        """

    @abstractmethod
    def log_density(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives the log density of each row, with every constant, for outcomes in the support."""

    def log_kernel(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives the part of each row's log density that depends on eta; the rest is `log_constant`.

        Sums over many rows need the rest once per distinct outcome only. A family that does not
        tell the parts apart gives its whole log density here, and zero there.
        """
        return self.log_density(y, eta, parameters, known)

    def log_constant(self, y: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the part of each row's log density that does not depend on eta.

        Returns:
            An array that broadcasts to the shape of the log density; its last axis has the length
            of `y`, or 1 where all rows have the same.
        """
        del parameters, known
        return namespace(y).zeros(1)

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives the first and the second derivative of each row's log density in eta.

        Members of the catalogue write them down, which costs a fraction of the log density. For a
        family that does not, JAX differentiates `log_density`.

        Returns:
            Two arrays of the shape of the log density.
        """
        return _differentiate(_in_eta, self, y, eta, parameters, known)

    def slope(self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the first of `slopes` alone, all that a trajectory needs between its ends."""
        return self.slopes(y, eta, parameters, known)[0]

    def parameter_slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> dict[str, Array]:
        """Gives the derivative of each row's log density in each parameter to be estimated.

        The derivative is in the parameter's own value, not in its logarithm.

        Returns:
            For the name of each of `active_parameters`, an array of the shape of the log density.
        """
        names = tuple(parameter.name for parameter in self.active_parameters(known))
        if not names:
            return {}
        return _differentiate(partial(_in_parameters, names), self, y, eta, parameters, known)

    @abstractmethod
    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the expected outcome of each row."""

    @abstractmethod
    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the variance of the outcome of each row around its mean; infinity where it is."""

    @abstractmethod
    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of an outcome at or below `y`, for any real `y`."""

    @abstractmethod
    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one outcome per element of `eta`, as float64."""

    def active_parameters(self, known: Known) -> tuple[Parameter, ...]:
        """Lists the parameters to be estimated, given what is known about the rows.

        A known standard error takes the place of `sigma`.
        """
        if known.standard_error is None:
            return self.parameters
        return tuple(parameter for parameter in self.parameters if parameter.name != "sigma")

    def predictor_scale(self, y: np.ndarray) -> float:
        """Measures s_y, the scale of the linear predictor that default priors are stated in.

        Returns:
            The sd of the outcome under the identity link, otherwise 1.

        Source: the rule of rstanarm's `stan_glm`, vignette "Prior distributions".
        """
        return self.outcome_scale(y) if isinstance(self.link, Identity) else 1.0

    def predictor_centre(self, y: np.ndarray) -> float:
        """Gives the centre of the intercept's default prior.

        Returns:
            The mean of the outcome under the identity link, otherwise 0.
        """
        return float(np.mean(y)) if isinstance(self.link, Identity) else 0.0

    def outcome_scale(self, y: np.ndarray) -> float:
        """Measures the scale of the outcome that the priors of `parameters` are stated in.

        It does not depend on the link: sigma is in the outcome's units under a log link too.

        Returns:
            The sample sd of the outcome; 1 where there is none, for one row or a constant outcome.
        """
        if np.size(y) < 2 or np.all(np.equal(y, np.ravel(y)[0])):
            return 1.0
        return float(np.std(y, ddof=1))


Slopes = Callable[[Family, Array, Array, dict[str, Array], Known], Any]
"""Derivatives of a family's log density, in JAX."""


def _differentiate(
    slopes: Slopes,
    family: Family,
    y: Array,
    eta: Array,
    parameters: Mapping[str, Array],
    known: Known,
) -> Any:
    """Runs derivatives written in JAX on arrays of either kind, and answers in the same kind."""
    arguments = (y, eta, dict(parameters), known)
    if namespace(*jax.tree.leaves(arguments)) is jax.numpy:
        return slopes(family, *arguments)
    with double():
        found = _compiled(slopes, family, *jax.tree.map(np.asarray, arguments))
        return jax.tree.map(np.asarray, found)


@partial(jax.jit, static_argnums=(0, 1))
def _compiled(slopes: Slopes, family: Family, *arguments: Any) -> Any:
    return slopes(family, *arguments)


def _in_eta(
    family: Family, y: Array, eta: Array, parameters: dict[str, Array], known: Known
) -> tuple[Array, Array]:
    """Differentiates twice along ones: each element of the log density has its own eta."""
    eta = jax.numpy.asarray(eta)

    def slope(at: Array) -> Array:
        def density(eta: Array) -> Array:
            return family.log_density(y, eta, parameters, known)

        return jax.jvp(density, (at,), (jax.numpy.ones_like(at),))[1]

    return jax.jvp(slope, (eta,), (jax.numpy.ones_like(eta),))


def _in_parameters(
    names: tuple[str, ...],
    family: Family,
    y: Array,
    eta: Array,
    parameters: dict[str, Array],
    known: Known,
) -> dict[str, Array]:
    """Differentiates along ones in one parameter after the other."""

    def slope(name: str) -> Array:
        def density(value: Array) -> Array:
            return family.log_density(y, eta, {**parameters, name: value}, known)

        at = jax.numpy.asarray(parameters[name], dtype=float)
        return jax.jvp(density, (at,), (jax.numpy.ones_like(at),))[1]

    return {name: slope(name) for name in names}


def spread(parameters: Mapping[str, Array], known: Known) -> Array:
    """Gives the scale of each row around its mean: its known standard error, else sigma."""
    return parameters["sigma"] if known.standard_error is None else known.standard_error


def known_trials(family: Family, known: Known) -> Array:
    """Gives the number of trials of each row.

    Raises:
        ModelError: The trials were not given.
    """
    if known.trials is None:
        raise ModelError(
            f"The family {family.name} needs the number of trials of each row.",
            code="trials-missing",
            hint="Write the response as `successes | trials(n)`.",
        )
    return known.trials


LARGEST_EXACT_MEAN = 1e9
"""Above it, counts are drawn from the normal limit: NumPy's rejection step compares numbers of the
size of the mean, which it rounds visibly from 1e14, and its counts end at 9e18."""


def draw_counts(rng: np.random.Generator, mean: Array) -> np.ndarray:
    """Draws Poisson counts of any mean, as float64.

    A prior that has not met the data can imply means beyond the integers; such draws come from
    the normal distribution, whose distribution function is then right to 1e-5.
    """
    exact = rng.poisson(np.minimum(mean, LARGEST_EXACT_MEAN)).astype(float)
    limit = np.rint(rng.normal(mean, np.sqrt(mean)))
    return np.where(np.less(mean, LARGEST_EXACT_MEAN), exact, limit)

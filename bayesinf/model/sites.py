"""The sites of a NumPyro model: what it samples, derives and observes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NoReturn

import jax
import numpy as np

from bayesinf.errors import ModelError
from bayesinf.model.handlers import alone

if TYPE_CHECKING:
    from bayesinf.model.program import Call

SEED = 0
"""Of the random numbers that a model is run with where only its shapes are looked at."""


@dataclass(frozen=True)
class Site:
    """One named quantity of a model.

    Attributes:
        name: As the model names it.
        shape: Of its values.
        unbounded: Of its values once bounds and constraints are transformed away; those of a
            simplex are one fewer. The shape itself for sites that are not latent.
        support: Where the values lie, in words.
        plates: The name of the plate along each axis, or None.
        discrete: Whether the values are counts or categories.
        event: How many of the last axes share one density.
    """

    name: str
    shape: tuple[int, ...]
    unbounded: tuple[int, ...]
    support: str = ""
    plates: tuple[str | None, ...] = ()
    discrete: bool = False
    event: int = 0

    @property
    def size(self) -> int:
        """How many numbers the values are."""
        return prod(self.shape)

    def describe(self) -> str:
        """Shape and support in words."""
        what = " x ".join(map(str, self.shape)) + " numbers" if self.shape else "a number"
        return f"{what} {self.support}".rstrip()


@dataclass(frozen=True)
class Sites:
    """All sites of a model, each kind in the model's order.

    Attributes:
        latent: To be learned.
        derived: Computed from the latent ones (`numpyro.deterministic`).
        observed: With data (`obs=`).
        factors: Names of terms that were added to the log density by `numpyro.factor`.
        scaled: Names of latent sites with a location and a scale, such as normal ones.
        improper: Names of latent sites whose prior has no integral.
    """

    latent: tuple[Site, ...]
    derived: tuple[Site, ...] = ()
    observed: tuple[Site, ...] = ()
    factors: tuple[str, ...] = ()
    scaled: tuple[str, ...] = ()
    improper: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[Site, ...]:
        """Those that a posterior has draws of: latent, then derived."""
        return (*self.latent, *self.derived)


def read_sites(call: Call, data: Mapping[str, np.ndarray], label: str) -> Sites:
    """Runs a model with abstract numbers and lists its sites.

    Args:
        call: The function with its settings.
        data: Its other arguments.
        label: Its name, for the sentences.

    Returns:
        The sites.

    Raises:
        ModelError: `random-key`, `discrete-unknowns`, `parameters`, `state`, `subsampling`,
            `no-unknowns`, `unknown-support`.
    """
    found: list[Sites] = []

    def look(data: Mapping[str, Any]) -> None:
        from numpyro.infer import init_to_uniform

        found.append(_classify(run_model(call, data, jax.random.key(SEED), init_to_uniform), label))

    jax.eval_shape(look, dict(data))
    if not found[0].latent:
        raise ModelError(
            f"The model '{label}' has nothing to learn: every site has data.",
            code="no-unknowns",
            hint="A site is learned when numpyro.sample gives it a distribution and no obs=.",
        )
    return found[0]


@alone()
def run_model(
    call: Call, data: Mapping[str, Any], key: jax.Array, choose: Any
) -> dict[str, dict[str, Any]]:
    """Runs a model once and lists its messages by site.

    Args:
        call: The function with its settings.
        data: Its other arguments.
        key: For what is sampled.
        choose: One of NumPyro's strategies, from a latent site to its value.
    """
    from numpyro import handlers
    from numpyro.primitives import Messenger

    class NoKeys(Messenger):
        """Refuses models that ask for random keys of their own."""

        def process_message(self, msg: Any) -> None:
            if msg["type"] == "prng_key" and msg["kwargs"]["rng_key"] is None:
                _refuse_keys()

    def run(**arguments: Any) -> object:
        with NoKeys():
            return call.function(**arguments)

    chosen = handlers.substitute(handlers.seed(run, key), substitute_fn=choose)
    return handlers.trace(chosen).get_trace(**call.arguments(data))


def _refuse_keys() -> NoReturn:
    raise ModelError(
        "The model asks for a random key (numpyro.prng_key), so that its density differs from call "
        "to call.",
        code="random-key",
        hint="Write what is random as a site: numpyro.sample(name, distribution).",
    )


def _classify(messages: Mapping[str, Mapping[str, Any]], label: str) -> Sites:
    latent, derived, observed, factors = [], [], [], []
    scaled, improper = [], []
    for name, message in messages.items():
        match message["type"]:
            case "sample" if message["is_observed"]:
                if is_factor(message):
                    factors.append(name)
                else:
                    observed.append(_observed(name, message))
            case "sample":
                _refuse_discrete(name, message, label)
                latent.append(_latent(name, message, label))
                scaled += [name] * _has_scale(message["fn"])
                improper += [name] * _is_improper(message["fn"])
            case "deterministic":
                shape = tuple(np.shape(message["value"]))
                derived.append(Site(name, shape, shape))
            case "plate":
                _refuse_subsampling(name, message, label)
            case "param" | "mutable":
                _refuse_state(name, message, label)
    kinds = (latent, derived, observed, factors, scaled, improper)
    return Sites(*map(tuple, kinds))


def is_factor(message: Mapping[str, Any]) -> bool:
    """Whether the site only adds to the log density."""
    from numpyro.distributions import Unit

    return isinstance(base_of(message["fn"]), Unit)


def base_of(fn: Any) -> Any:
    """The distribution inside of expansions and of axes that were declared an event."""
    from numpyro.distributions import ExpandedDistribution, Independent, MaskedDistribution

    while isinstance(fn, ExpandedDistribution | Independent | MaskedDistribution):
        fn = fn.base_dist
    return fn


def _has_scale(fn: Any) -> bool:
    """Whether values are a location plus a scale times standard noise."""
    from numpyro import distributions as dist

    families = (dist.Normal, dist.StudentT, dist.Cauchy, dist.Laplace, dist.Logistic)
    return type(base_of(fn)) in families and not isinstance(fn, dist.MaskedDistribution)


def _is_improper(fn: Any) -> bool:
    from numpyro.distributions import ImproperUniform

    return isinstance(base_of(fn), ImproperUniform)


def _observed(name: str, message: Mapping[str, Any]) -> Site:
    shape = tuple(np.shape(message["value"]))
    discrete = bool(message["fn"].support.is_discrete)
    event = len(message["fn"].event_shape)
    return Site(name, shape, shape, "", _plates(message, shape), discrete, event)


def _latent(name: str, message: Mapping[str, Any], label: str) -> Site:
    shape = tuple(np.shape(message["value"]))
    support = message["fn"].support
    unbounded = jax.eval_shape(lambda: unconstrain(name, support, message["value"], label)).shape
    return Site(name, shape, tuple(unbounded), words_of(support), _plates(message, shape))


def unconstrain(name: str, support: Any, value: Any, label: str = "") -> Any:
    """The unbounded values that a site's transform turns into its values.

    Raises:
        ModelError: `unknown-support`, for supports that NumPyro cannot transform to.
    """
    from numpyro.distributions import biject_to

    try:
        return biject_to(support).inv(value)
    except NotImplementedError as error:
        raise ModelError(
            f"NumPyro knows no way from unbounded numbers to the support of the site '{name}' in "
            f"'{label}' ({support}).",
            code="unknown-support",
            hint="Write the site as a transformation of one with a simpler support.",
        ) from error


def _plates(message: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[str | None, ...]:
    """The plate along each axis; a frame's dimension counts from the end of the batch shape."""
    event = len(message["fn"].event_shape)
    named: list[str | None] = [None] * len(shape)
    for frame in message["cond_indep_stack"]:
        place = len(shape) - event + frame.dim
        if 0 <= place < len(shape) and shape[place] == frame.size:
            named[place] = frame.name
    return tuple(named)


def words_of(support: Any) -> str:
    """A support in words; nothing where any number is possible."""
    from numpyro.distributions import constraints as c

    base = support
    while isinstance(base, type(c.independent(c.real, 1))):
        base = base.base_constraint
    known = {
        "real": "",
        "real_vector": "",
        "positive": "above 0",
        "nonnegative": "not below 0",
        "unit_interval": "between 0 and 1",
        "simplex": "that sum to 1",
        "ordered_vector": "in rising order",
        "positive_ordered_vector": "above 0 in rising order",
        "corr_cholesky": "of a correlation's Cholesky factor",
        "lower_cholesky": "of a Cholesky factor",
        "corr_matrix": "of a correlation matrix",
        "positive_definite": "of a positive definite matrix",
        "zero_sum": "that sum to 0",
        "circular": "between -pi and pi",
    }
    for name, words in known.items():
        if base == getattr(c, name, None):
            return words
    return "within bounds"


def _refuse_discrete(name: str, message: Mapping[str, Any], label: str) -> None:
    if not message["fn"].support.is_discrete:
        return
    raise ModelError(
        f"The unknown '{name}' of '{label}' is discrete ({type(message['fn']).__name__}); the "
        "samplers here move through continuous unknowns.",
        code="discrete-unknowns",
        column=name,
        hint="Sum it out: numpyro.distributions.MixtureSameFamily for a mixture, a forward "
        "recursion for a chain of states; or give its values by obs=.",
    )


def _refuse_subsampling(name: str, message: Mapping[str, Any], label: str) -> None:
    size, subsample = message["args"]
    if subsample is None or subsample == size:
        return
    raise ModelError(
        f"The plate '{name}' of '{label}' takes {subsample} of {size} rows at random, so that its "
        "density differs from call to call.",
        code="subsampling",
        hint="Leave subsample_size out: every engine here reads all rows.",
    )


def _refuse_state(name: str, message: Mapping[str, Any], label: str) -> NoReturn:
    what = "numpyro.param" if message["type"] == "param" else "a mutable site"
    raise ModelError(
        f"The site '{name}' of '{label}' is {what}: a point to be optimised, not an unknown with a "
        "distribution.",
        code="parameters",
        column=name,
        hint="Give it a prior: numpyro.sample(name, distribution).",
    )

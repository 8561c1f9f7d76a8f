from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from numpyro import handlers

from bayesinf.errors import BayesinfError, ModelError
from bayesinf.model.program import label_of, read_program
from tests.bayesinf.model import programs


def test_sites_are_listed_with_shapes_supports_and_plates() -> None:
    rng = np.random.default_rng(0)
    data = {"y": rng.normal(size=(6, 2)), "counts": np.array([5, 5, 10])}
    program = read_program(programs.constrained, data)
    latent = {site.name: site for site in program.sites.latent}
    assert {name: site.shape for name, site in latent.items()} == {
        "p": (3,),
        "factor": (2, 2),
        "spread": (2,),
        "place": (2,),
    }
    unbounded = {name: site.unbounded for name, site in latent.items()}
    assert unbounded == {"p": (2,), "factor": (1,), "spread": (2,), "place": (2,)}
    assert program.layout.size == 7
    assert latent["p"].support == "that sum to 1"
    assert latent["place"].support == "in rising order"
    counts, outcome = program.sites.observed
    assert (counts.discrete, outcome.discrete) == (True, False)
    assert outcome.plates == ("row", None)
    assert program.rows == 1 + 6, "a vector with one density is one row"


def test_it_prints_as_a_list_of_sites() -> None:
    program = read_program(programs.noncentred, programs.EIGHT)
    assert repr(program).splitlines() == [
        "NumPyro model 'noncentred' with 10 unknowns",
        "  mu           unknown    a number",
        "  tau          unknown    a number above 0",
        "  z            unknown    8 numbers",
        "  theta        derived    8 numbers",
        "  y            observed   8 numbers",
    ]


def test_arrays_stay_arguments_where_the_code_allows() -> None:
    program = read_program(programs.noncentred, programs.EIGHT)
    assert program.data is not None and set(program.data) == {"y", "sigma"}
    assert program.call is not None and program.call.settings == (("J", 8),)
    again = read_program(programs.noncentred, programs.EIGHT)
    assert program.call == again.call, "equal calls share compiled programs"


def test_arrays_that_the_code_looks_into_are_compiled_in() -> None:
    data = {"group": np.array([0, 1, 1, 2]), "y": np.zeros(4)}
    program = read_program(programs.grouped, data)
    assert program.data is not None and set(program.data) == {"y"}
    assert program.sites.latent[0].shape == (3,)
    assert set(program.arguments) == {"group", "y"}


def test_factors_are_not_observations() -> None:
    program = read_program(programs.improper, {"y": np.zeros(3)})
    assert program.sites.factors == ("likelihood",)
    assert program.sites.observed == ()
    assert program.rows == 0


def test_names_of_partial_and_wrapped_models() -> None:
    assert label_of(functools.partial(programs.centred, J=8)) == "centred"
    assert label_of(handlers.seed(programs.centred, 0)) == "centred"


def discrete(y):
    z = numpyro.sample("z", dist.Bernoulli(0.3))
    numpyro.sample("y", dist.Normal(z, 1.0), obs=y)


def optimised(y):
    a = numpyro.param("a", 0.0)
    b = numpyro.sample("b", dist.Normal(0, 1))
    numpyro.sample("y", dist.Normal(a + b, 1.0), obs=y)


def random(y):
    key = numpyro.prng_key()
    assert key is not None
    a = numpyro.sample("a", dist.Normal(jax.random.normal(key), 1.0))
    numpyro.sample("y", dist.Normal(a, 1.0), obs=y)


def subsampled(y):
    a = numpyro.sample("a", dist.Normal(0, 1.0))
    with numpyro.plate("row", 5, subsample_size=2) as rows:
        numpyro.sample("y", dist.Normal(a, 1.0), obs=y[rows])


def branching(y):
    a = numpyro.sample("a", dist.Normal(0, 1.0))
    if a > 0:
        numpyro.sample("y", dist.Normal(a, 1.0), obs=y)


def known(y):
    numpyro.sample("y", dist.Normal(0, 1.0), obs=y)


def broken(y):
    numpyro.sample("a", dist.Normal(jnp.zeros(3), jnp.ones(4)))
    numpyro.sample("y", dist.Normal(0, 1.0), obs=y)


@pytest.mark.parametrize(
    ("function", "code", "words"),
    [
        (discrete, "discrete-unknowns", "'z' of 'discrete' is discrete"),
        (optimised, "parameters", "'a' of 'optimised' is numpyro.param"),
        (random, "random-key", "differs from call to call"),
        (subsampled, "subsampling", "takes 2 of 5 rows at random"),
        (branching, "branches-on-unknown", "needs the value of an unknown"),
        (known, "no-unknowns", "nothing to learn"),
        (broken, "model-raises", "The model 'broken' raised ValueError: Incompatible shapes"),
    ],
)
def test_models_that_no_sampler_here_can_serve(function, code: str, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        read_program(function, {"y": np.zeros(5)})
    assert caught.value.code == code


def test_an_error_of_the_model_keeps_its_cause() -> None:
    def raises(y):
        del y
        raise KeyError("county")

    with pytest.raises(BayesinfError, match="raised KeyError: 'county'") as caught:
        read_program(raises, {"y": 1.0})
    assert isinstance(caught.value.__cause__, KeyError)

"""NumPyro models that several tests fit."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints, transforms

EIGHT = {
    "J": 8,
    "y": np.array([28.0, 8, -3, 7, -1, 1, 18, 12]),
    "sigma": np.array([15.0, 10, 16, 11, 9, 11, 10, 18]),
}


def centred(J, sigma, y=None):
    """Eight schools, effects as they are."""
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", J):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


def noncentred(J, sigma, y=None):
    """Eight schools, effects in units of their spread."""
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", J):
        z = numpyro.sample("z", dist.Normal(0, 1))
        theta = numpyro.deterministic("theta", mu + tau * z)
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


def straight(x, y=None):
    """A line through points."""
    a = numpyro.sample("a", dist.Normal(0, 10))
    b = numpyro.sample("b", dist.Normal(0, 10))
    s = numpyro.sample("s", dist.HalfNormal(5))
    with numpyro.plate("row", len(x)):
        numpyro.sample("y", dist.Normal(a + b * x, s), obs=y)


def constrained(y, counts):
    """A simplex, an ordered vector, a Cholesky factor and a vector of spreads."""
    p = numpyro.sample("p", dist.Dirichlet(jnp.ones(3)))
    numpyro.sample("counts", dist.Multinomial(probs=p, total_count=20), obs=counts)
    factor = numpyro.sample("factor", dist.LKJCholesky(2, 2.0))
    spread = numpyro.sample("spread", dist.HalfNormal(2).expand([2]).to_event(1))
    wide = dist.Normal(jnp.zeros(2), 5.0).to_event(1)
    place = numpyro.sample(
        "place", dist.TransformedDistribution(wide, transforms.OrderedTransform())
    )
    tril = spread[:, None] * factor
    with numpyro.plate("row", y.shape[0]):
        numpyro.sample("y", dist.MultivariateNormal(place, scale_tril=tril), obs=y)


def improper(y):
    """Flat priors, and a likelihood that is a factor."""
    a = numpyro.sample("a", dist.ImproperUniform(constraints.real, (), ()))
    s = numpyro.sample("s", dist.ImproperUniform(constraints.positive, (), ()))
    numpyro.factor("likelihood", dist.Normal(a, s).log_prob(y).sum())


def bounded(y):
    """A bound that is an unknown itself."""
    low = numpyro.sample("low", dist.Uniform(0, 10))
    high = numpyro.sample("high", dist.Uniform(low, low + 5))
    numpyro.deterministic("gap", high - low)
    numpyro.sample("y", dist.Normal(high, 1.0), obs=y)


def grouped(group, y):
    """Code that needs the values of an argument while it is compiled."""
    with numpyro.plate("group", len(np.unique(group))):
        a = numpyro.sample("a", dist.Normal(0, 1))
    numpyro.sample("y", dist.Normal(a[group], 1.0), obs=y)

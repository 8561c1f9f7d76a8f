"""The joint density against the same model written independently in NumPyro."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import pytest
from jax.scipy.special import gammaln
from numpyro.infer.util import log_density as numpyro_log_density

import bayesinf as bi
from bayesinf.model.density import evidence_of, joint_density, pad, signature_of
from bayesinf.model.layout import read_layout
from bayesinf.numerics.precision import double


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 30
    return pd.DataFrame(
        {
            "x": rng.normal(2, 1, n),
            "g": rng.permutation(np.repeat(list("abcde"), 6)),
            "k": rng.poisson(2.0, n),
            "w": rng.uniform(0.5, 2, n),
        }
    )


PRIORS = {
    "Intercept": bi.Normal(0.5, 2),
    "x": bi.StudentT(4, 0, 1.5),
    "shape": bi.Gamma(2, 0.5),
    "sd:g:Intercept": bi.HalfNormal(1.2),
    "sd:g:x": bi.Exponential(0.7),
    "cor:g": bi.LKJ(2.5),
}


def independent(x, codes, k, w):
    """The same model in NumPyro, with correlated effects written out."""
    alpha = numpyro.sample("alpha", dist.Normal(0.5, 2))
    beta = numpyro.sample("beta", dist.StudentT(4, 0, 1.5))
    shape = numpyro.sample("shape", dist.Gamma(2, 0.5))
    sd0 = numpyro.sample("sd0", dist.HalfNormal(1.2))
    sd1 = numpyro.sample("sd1", dist.Exponential(0.7))
    factor = numpyro.sample("factor", dist.LKJCholesky(2, 2.5))
    raw = numpyro.sample("raw", dist.Normal(0.0, 1.0).expand([5, 2]).to_event(2))
    effects = raw @ (jnp.stack([sd0, sd1])[:, None] * factor).T
    eta = alpha + beta * (x - x.mean()) + effects[codes, 0] + effects[codes, 1] * x
    eta = eta + jnp.log(w)
    # Written out: NumPyro's own NegativeBinomial2 is right to eight digits only.
    mean = jnp.exp(eta)
    constant = gammaln(k + shape) - gammaln(shape) - gammaln(k + 1)
    log_mass = (
        constant + shape * jnp.log(shape / (shape + mean)) + k * jnp.log(mean / (shape + mean))
    )
    numpyro.factor("k", (w * log_mass).sum())


def test_the_joint_density_is_numpyros(frame: pd.DataFrame) -> None:
    model = bi.model(
        "k | weights(w) ~ x + offset(log(w)) + (x | g)",
        frame,
        "negative_binomial",
        priors=PRIORS,
    )
    signature, evidence = signature_of(model), evidence_of(model)
    rng = np.random.default_rng(2)
    for flat in rng.normal(0, 0.7, (5, signature.layout.size)):
        values = read_layout(signature.layout, flat)
        ours = joint_density(signature)(flat, evidence) - values.log_jacobian
        named = {
            "alpha": values.coefficients[0],
            "beta": values.coefficients[1],
            "shape": values.parameters[0],
            "sd0": values.sds[0][0],
            "sd1": values.sds[0][1],
            "factor": values.correlations[0],
            "raw": values.raw[0],
        }
        codes = np.searchsorted(list("abcde"), frame["g"].to_numpy(dtype=str))
        with double():
            counts = frame["k"].to_numpy(dtype=float)
            arrays = (frame["x"].to_numpy(), codes, counts, frame["w"].to_numpy())
            theirs, _ = numpyro_log_density(
                independent,
                tuple(jnp.asarray(a) for a in arrays),
                {},
                {name: jnp.asarray(value) for name, value in named.items()},
            )
        assert ours == pytest.approx(float(theirs), rel=1e-10)


def test_padding_changes_the_density_by_the_added_levels_only(frame: pd.DataFrame) -> None:
    model = bi.model("k ~ x + (1 | g)", frame, "poisson")
    signature, evidence = signature_of(model), evidence_of(model)
    wide, padded = pad(signature, evidence)
    assert len(padded.response) == 32
    assert wide.layout.groups[0].levels == 6
    flat = np.random.default_rng(3).normal(size=signature.layout.size)
    added = wide.layout.size - signature.layout.size
    longer = np.concatenate([flat, np.zeros(added)])
    difference = joint_density(wide)(longer, padded) - joint_density(signature)(flat, evidence)
    assert difference == pytest.approx(-0.5 * added * np.log(2 * np.pi), rel=1e-12)


def test_numpy_and_jax_agree_and_gradients_are_finite(frame: pd.DataFrame) -> None:
    model = bi.model("k ~ x + (x | g)", frame, "negative_binomial")
    signature, evidence = signature_of(model), evidence_of(model)
    density = joint_density(signature)
    flat = np.random.default_rng(4).normal(0, 0.5, signature.layout.size)
    with double():
        there = jax.jit(density)(jnp.asarray(flat), evidence)
        gradient = jax.grad(density)(jnp.asarray(flat), evidence)
    assert float(there) == pytest.approx(float(density(flat, evidence)), rel=1e-12)
    step = 1e-6
    for j in (0, 2, 4, 8):
        move = step * np.eye(len(flat))[j]
        slope = (density(flat + move, evidence) - density(flat - move, evidence)) / (2 * step)
        assert float(gradient[j]) == pytest.approx(float(slope), rel=1e-4, abs=1e-5)


def test_equal_structure_shares_one_function(frame: pd.DataFrame) -> None:
    one = bi.model("k ~ x + (1 | g)", frame, "poisson")
    other = bi.model("k ~ x + (1 | g)", frame.assign(k=frame["k"] + 1), "poisson")
    assert joint_density(signature_of(one)) is joint_density(signature_of(other))

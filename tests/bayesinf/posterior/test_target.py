"""Targets: the exact sums and the padded density are one function, gathered when asked for."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from bayesinf.posterior import target
from bayesinf.posterior.target import target_of


def rows() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {
        "y": rng.poisson(2.0, 45),
        "x": rng.normal(5.0, 2.0, 45),
        "g": np.array(list("abc"))[np.arange(45) % 3],
    }


def test_exact_sums_are_the_padded_density():
    made = target_of(bi.model("y ~ x", rows(), "negative_binomial"))
    assert made.exact is not None
    assert made.rows == 45
    assert len(made.data.response) == 48
    flat = np.random.default_rng(1).normal(size=(5, made.size))
    np.testing.assert_allclose(made.exact.value(flat), made.density(flat, made.data), rtol=1e-12)


def test_data_are_gathered_once_and_only_when_asked_for(monkeypatch):
    padded = []
    monkeypatch.setattr(target, "pad", lambda *given: padded.append(1) or (None, given[1]))
    made = target_of(bi.model("y ~ x", rows(), "poisson"))
    assert not padded
    assert made.data is made.data
    assert padded == [1]


def test_group_models_have_no_exact_sums():
    assert target_of(bi.model("y ~ x + (1 | g)", rows(), "poisson")).exact is None

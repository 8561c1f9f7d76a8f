"""Adding a member takes one file and one line: the contracts pick it up, and so do fits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf import engines, families, terms
from tests.contracts.awkward_model_contract import check_awkward_engine, check_awkward_family
from tests.contracts.engine_contract import check_engine
from tests.contracts.family_contract import check_family
from tests.contracts.term_contract import check_term
from tests.contracts.toys.cyclic import Cyclic
from tests.contracts.toys.exponential import Exponential
from tests.contracts.toys.thinned import Thinned


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 3, 200)
    return pd.DataFrame(
        {"x": x, "wait": rng.exponential(np.exp(0.5 + 0.4 * x)), "y": np.sin(2 * np.pi * x)}
    )


def test_a_family(monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame) -> None:
    monkeypatch.setattr(families, "ALL", (*families.ALL, Exponential))
    check_family(Exponential())
    check_awkward_family(Exponential())
    fit = bi.fit("wait ~ x", frame, family="exponential", seed=1)
    assert fit.verdict.ok
    assert fit.summary().loc["x", "mean"] == pytest.approx(0.4, abs=0.3)
    assert (fit.predict(frame.head())["lower"] > 0).all()


def test_a_term(monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame) -> None:
    monkeypatch.setattr(terms, "ALL", (*terms.ALL, Cyclic))
    check_term(Cyclic())
    fit = bi.fit("y ~ cyclic(x)", frame, priors={"sigma": bi.HalfNormal(1)}, seed=1)
    assert fit.summary().loc["sin(x)", "mean"] == pytest.approx(1.0, abs=1e-6)
    assert np.allclose(fit.predict(frame, kind="mean")["mean"], frame["y"], atol=1e-6)


def test_an_engine(monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame) -> None:
    monkeypatch.setattr(engines, "ALL", (*engines.ALL, Thinned))
    check_engine(Thinned())
    check_awkward_engine(Thinned())
    fit = bi.fit("wait ~ x", frame, engine="thinned", seed=1)
    assert fit.posterior.provenance.engine == "thinned"

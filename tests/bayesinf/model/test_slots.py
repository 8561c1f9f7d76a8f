"""Priors by slot: the rules of the defaults, names, collective names, and frozen refits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return bi.examples.sleepstudy()


def test_every_slot_is_listed_with_its_scale(frame: pd.DataFrame) -> None:
    priors = bi.model("Reaction ~ Days + (Days | Subject)", frame).priors
    s_y, s_x = frame["Reaction"].std(), frame["Days"].std()
    assert dict(priors) == {
        "Intercept": bi.Normal(frame["Reaction"].mean(), 2.5 * s_y),
        "Days": bi.Normal(0, 2.5 * s_y / s_x),
        "sigma": bi.HalfStudentT(3, s_y),
        "sd:Subject:Intercept": bi.HalfStudentT(3, 2.5 * s_y),
        "sd:Subject:Days": bi.HalfStudentT(3, 2.5 * s_y / s_x),
        "cor:Subject": bi.LKJ(1),
    }
    table = priors.frame()
    assert list(table.columns) == ["prior", "source", "why"]
    assert (table["source"] == "default").all()


def test_names_and_collective_names(frame: pd.DataFrame) -> None:
    chosen = {
        "coefficients": bi.Normal(0, 1),
        "sd:Subject": bi.HalfNormal(50),
        "sd:Subject:Days": bi.Exponential(1),
    }
    priors = bi.model("Reaction ~ Days + (Days | Subject)", frame, priors=chosen).priors
    assert priors["Days"] == bi.Normal(0, 1)
    assert priors["sd:Subject:Intercept"] == bi.HalfNormal(50)
    assert priors["sd:Subject:Days"] == bi.Exponential(1)
    assert priors["Intercept"] != bi.Normal(0, 1)
    assert priors.slots["Days"].source == "user"


def test_links_other_than_identity_have_unit_scale() -> None:
    frame = pd.DataFrame({"k": [0, 1, 5, 3], "x": [1.0, 2.0, 4.0, 8.0]})
    priors = bi.model("k ~ x", frame, "poisson").priors
    assert priors["Intercept"] == bi.Normal(0, 2.5)
    assert priors["x"] == bi.Normal(0, 2.5 / frame["x"].std())


def test_rare_dummies_keep_a_sane_prior() -> None:
    frame = pd.DataFrame({"y": np.arange(100.0), "d": [1] + [0] * 99})
    priors = bi.model("y ~ d", frame).priors
    assert priors["d"] == bi.Normal(0, 2.5 * frame["y"].std() / 0.25)


def test_without_an_intercept_coefficients_may_carry_the_level(frame: pd.DataFrame) -> None:
    priors = bi.model("Reaction ~ 0 + Days", frame).priors
    scale = np.sqrt((frame["Reaction"] ** 2).mean())
    assert priors["Days"] == bi.Normal(0, 2.5 * scale / frame["Days"].std())


def test_a_refit_on_other_rows_keeps_priors_and_centre(frame: pd.DataFrame) -> None:
    model = bi.model("Reaction ~ Days", frame)
    other = model.on(frame.iloc[:30])
    assert other.priors == model.priors
    assert np.array_equal(other.design.centre, model.design.centre)
    assert len(other.design.response) == 30
    fit = bi.fit(model, frame.iloc[:30], seed=1)
    assert fit.priors == model.priors


def test_a_priors_table_can_be_handed_on(frame: pd.DataFrame) -> None:
    first = bi.model("Reaction ~ Days", frame)
    second = bi.model("Reaction ~ Days", frame.iloc[:50], priors=first.priors)
    assert dict(second.priors) == dict(first.priors)


def test_a_model_prints_as_mathematics(frame: pd.DataFrame) -> None:
    text = repr(bi.model("Reaction ~ Days + (Days | Subject)", frame))
    assert text.splitlines()[0] == "Reaction ~ Gaussian(mu, sigma)"
    assert "mu = Intercept + b[Days]*Days + u[Subject,Intercept] + u[Subject,Days]*Days" in text
    assert "sd:Subject:Days" in text


def test_offsets_are_not_for_the_coefficients_to_explain() -> None:
    rng = np.random.default_rng(1)
    z = 1000 + rng.normal(size=50)
    frame = pd.DataFrame({"y": z + rng.normal(size=50), "z": z, "k": rng.poisson(3, 50)})
    priors = bi.model("y ~ 1 + offset(z)", frame).priors
    assert priors["Intercept"].mean == pytest.approx((frame["y"] - z).mean())
    assert priors["Intercept"].sd == pytest.approx(2.5 * (frame["y"] - z).std())
    assert priors["sigma"].scale == pytest.approx((frame["y"] - z).std())
    centred = bi.model("k ~ 1 + offset(log(z))", frame, "poisson").priors["Intercept"]
    assert centred.mean == pytest.approx(-np.log(z).mean())


def test_a_collective_name_stays_with_its_own_factor() -> None:
    frame = pd.DataFrame(
        {"y": np.arange(24.0), "a": list("pq") * 12, "b": np.repeat(list("uvw"), 8)}
    )
    chosen = {"sd:a": bi.HalfNormal(0.01)}
    priors = bi.model("y ~ 1 + (1 | a/b)", frame, priors=chosen).priors
    assert priors["sd:a:Intercept"] == bi.HalfNormal(0.01)
    assert priors.slots["sd:a:b:Intercept"].source == "default"

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import run
from causal.instruments import plausibly_exogenous
from causal.studies.instrument import Instrument


def frame(rng, size=1500, strength=1.0) -> pd.DataFrame:
    u, age = rng.normal(size=(2, size))
    z = rng.integers(0, 2, size)
    site = rng.choice(["east", "north", "west"], size)
    t = strength * (z + (site == "west")) + 0.3 * age + u + rng.normal(size=size)
    y = 2 * t - 1.5 * u + 0.5 * age + rng.normal(size=size)
    return pd.DataFrame({"y": y, "t": t, "z": z, "site": site, "age": age})


def estimate(data, instruments=("z",), seed=1, **more):
    study = Instrument("y", "t", instruments, covariates=("age",), **more)
    return run(study, data, Computation(seed=seed))


def found(estimate, code):
    return next(finding for finding in estimate.findings if finding.code == code)


def test_the_effect_is_reduced_form_over_first_stage(generator):
    answer = estimate(frame(generator))
    parts = answer.answer.parts
    assert np.allclose(parts["reduced form"] / parts["first stage"], answer.draws)
    assert abs(answer.draws.mean() - 2) < 4 * answer.draws.std()
    assert answer.verdict.ok
    assert answer.tables["estimates"].loc["least squares", "estimate"] < 1.7


def test_least_squares_is_confounded_and_the_posterior_is_not(generator):
    answer = estimate(frame(generator))
    beside = found(answer, "least-squares")
    assert beside.evidence["above"] > 0.99
    assert "anderson-rubin" in {finding.code for finding in answer.findings}


def test_instruments_may_be_factors_and_several(generator):
    answer = estimate(frame(generator), ("z", "site"))
    assert answer.effects("first stage").labels == ("z", "site = north", "site = west")
    summary = answer.effects("first stage").summary()
    assert summary.loc["site = west", "mean"] == pytest.approx(1, abs=0.3)
    assert abs(summary.loc["site = north", "mean"]) < 0.3
    assert found(answer, "overidentification").evidence["p"] > 0.001
    assert abs(answer.draws.mean() - 2) < 4 * answer.draws.std()


def test_an_instrument_that_touches_the_outcome_is_found_among_others(generator):
    data = frame(generator)
    data["y"] += 1.5 * (data["site"] == "west")
    answer = estimate(data, ("z", "site"))
    assert found(answer, "overidentification").severity == "warning"
    status = {line.assumption[:9]: line.status for line in answer.ledger().itertuples()}
    assert status["Exclusion"] == "in doubt"


def test_a_weak_instrument_is_refused_a_headline(generator):
    data = frame(generator, 400, 0.0)
    data["z"] = np.tile([0, 1], 200)
    answer = estimate(data)
    if found(answer, "weak-instrument").evidence["f"] < 3.8:
        assert found(answer, "weak-instrument").severity == "bad"
        assert not answer.verdict.ok
        assert "withheld" in answer.sentence()
        assert "unbounded" in answer.sentence()
    assert np.isfinite(answer.draws).all()


def test_text_and_boolean_columns(generator):
    data = frame(generator)
    data["t"] = data["t"] > data["t"].median()
    data["y"] = data["y"] > data["y"].median()
    text = data.assign(
        t=np.where(data["t"], "took it", "no"), z=np.where(data["z"] == 1, "won", "none")
    )
    assert np.allclose(estimate(text).draws, estimate(data).draws)
    assert estimate(data).answer.prediction is None


def test_priors_pull_only_where_the_instrument_is_weak(generator):
    strong, weak = frame(generator), frame(generator, 300, 0.15)
    prior = bi.Normal(0, 0.5)
    flat = {"prior": bi.Flat()}
    assert estimate(strong, **flat).draws.mean() == pytest.approx(2, abs=0.3)
    pulled = np.median(estimate(weak, prior=prior).draws)
    assert abs(pulled) < abs(np.median(estimate(weak, **flat).draws))


def test_further_treatments_take_instruments_of_their_own(generator):
    data = frame(generator, 3000)
    data["west"] = (data["site"] == "west").astype(int)
    data["t2"] = data["west"] * 1.5 + generator.normal(size=3000)
    data["y"] += data["t2"]
    study = Instrument("y", "t", ("z", "west"), ("age",), endogenous=("t2",))
    answer = run(study, data, Computation(seed=1))
    assert np.median(answer.draws) == pytest.approx(2, abs=0.5)
    assert answer.answer.basis == "posterior"
    with pytest.raises(bi.ModelError, match="as many instruments"):
        run(
            Instrument("y", "t", ("z", "site"), ("age",), endogenous=("t2",)),
            data,
            Computation(seed=1),
        )


def test_doubt_about_exclusion_is_pushed_through_the_draws(generator):
    answer = estimate(frame(generator))
    first = answer.effects("first stage").draws
    direct = 0.2 * generator.normal(size=first.shape)
    moved = plausibly_exogenous(answer.draws, first, direct)
    assert moved.shape == answer.draws.shape
    assert moved.std() > 1.5 * answer.draws.std()


@pytest.mark.parametrize(
    "wrong",
    [
        {"instruments": ()},
        {"instruments": "z"},
        {"instruments": ("t",)},
        {"instruments": ("z",), "covariates": ("z",)},
        {"instruments": ("z",), "endogenous": ("w",), "prior": bi.Normal(0, 1)},
    ],
)
def test_studies_that_make_no_sense(wrong):
    with pytest.raises(bi.ModelError):
        Instrument("y", "t", **wrong)


def test_bad_columns_are_refused(generator):
    data = frame(generator)
    with pytest.raises(bi.DataError) as caught:
        estimate(data.assign(z=1))
    assert caught.value.code == "constant-instrument"
    with pytest.raises(bi.DataError) as caught:
        estimate(data.assign(z=2 * data["t"]))
    assert caught.value.code == "instrument-is-treatment"
    with pytest.raises(bi.DataError) as caught:
        estimate(data.assign(z=3 * data["age"]))
    assert caught.value.code == "no-instrument"
    with pytest.raises(bi.DataError) as caught:
        estimate(data.assign(y=np.nan))
    assert caught.value.code == "no-complete-rows"


def test_a_hundred_instruments_that_do_nothing(generator):
    names = tuple(f"z{place}" for place in range(100))
    noise = pd.DataFrame(generator.normal(size=(400, 100)), columns=list(names))
    answer = estimate(pd.concat([frame(generator, 400), noise], axis=1), names)
    assert found(answer, "weak-instrument").severity in ("bad", "warning")
    assert np.isfinite(answer.draws).all()


def test_the_report_draws_its_picture(generator):
    answer = estimate(frame(generator))
    assert len(answer.answer.pictures) == 1
    assert "Anderson-Rubin" in answer.report().text


def test_missing_rows_are_told(generator):
    data = frame(generator)
    data.loc[:200, "y"] = np.nan
    assert found(estimate(data), "missing-rows").severity == "warning"

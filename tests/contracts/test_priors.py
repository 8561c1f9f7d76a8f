"""Every prior of the catalogue keeps the contract, at more than one set of numbers."""

import json

import numpy as np
import pytest

from bayesinf.errors import ArtefactError, ModelError
from bayesinf.priors import (
    ALL,
    LKJ,
    Cauchy,
    Exponential,
    Flat,
    FlatPositive,
    Gamma,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogFlat,
    LogNormal,
    Normal,
    StudentT,
    prior_from_json,
)
from tests.contracts.prior_contract import CHECKS

EXAMPLES = (
    Normal(0.0, 1.0),
    Normal(3.0, 0.25),
    StudentT(3.0, 1.0, 2.5),
    StudentT(40.0, -1.0, 0.5),
    Cauchy(-2.0, 0.7),
    Flat(),
    HalfNormal(2.0),
    HalfStudentT(3.0, 1.5),
    HalfStudentT(25.0, 10.0),
    HalfCauchy(0.5),
    Exponential(4.0),
    Gamma(2.0, 0.1),
    Gamma(0.7, 3.0),
    InverseGamma(0.4, 0.3),
    InverseGamma(5.0, 8.0),
    LogNormal(0.3, 1.2),
    FlatPositive(),
    LogFlat(),
    LKJ(0.8),
    LKJ(1.0),
    LKJ(3.5),
)


def test_every_prior_has_an_example():
    assert {type(prior) for prior in EXAMPLES} == set(ALL)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("prior", EXAMPLES, ids=lambda prior: prior.describe())
def test_contract(prior, check):
    check(prior)


@pytest.mark.parametrize("prior", EXAMPLES, ids=lambda prior: prior.describe())
def test_json_round_trip(prior):
    assert prior_from_json(json.loads(json.dumps(prior.to_json()))) == prior


def test_json_says_what_it_means():
    assert Normal(0, 10).to_json() == {"prior": "Normal", "mean": 0.0, "sd": 10.0}


def test_a_damaged_record_is_an_error():
    with pytest.raises(ArtefactError, match=r"no prior named 'Nromal'.*'Normal'"):
        prior_from_json({"prior": "Nromal", "mean": 0.0, "sd": 1.0})
    with pytest.raises(ArtefactError, match="takes mean, sd, but mean was stored"):
        prior_from_json({"prior": "Normal", "mean": 0.0})
    with pytest.raises(ModelError, match="sd of the prior Normal must be positive, not -1"):
        prior_from_json({"prior": "Normal", "mean": 0.0, "sd": -1.0})


@pytest.mark.parametrize(
    ("prior", "text", "latex"),
    [
        (Normal(0, 10), "Normal(0, 10)", r"\operatorname{Normal}(0,\ 10)"),
        (Exponential(1 / 3), "Exponential(0.3333)", r"\operatorname{Exponential}(0.3333)"),
        (HalfNormal(2.5e7), "HalfNormal(2.5e+07)", r"\operatorname{HalfNormal}(2.5 \times 10^{7})"),
        (Flat(), "Flat()", r"\operatorname{Flat}()"),
    ],
)
def test_priors_are_written_as_a_person_would(prior, text, latex):
    assert prior.describe() == text
    assert prior.latex() == latex


@pytest.mark.parametrize("number", [True, None, "2", np.array([1.0, 2.0])], ids=repr)
def test_what_is_not_a_number_is_refused(number):
    with pytest.raises(ModelError, match="sd of the prior Normal must be a number"):
        Normal(0.0, number)


def test_numpy_numbers_become_plain_ones():
    prior = Normal(np.float32(0.5), np.int64(2))
    assert prior == Normal(0.5, 2.0)
    assert type(prior.mean) is type(prior.sd) is float

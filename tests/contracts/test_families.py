"""Every family of the catalogue, with every link that it offers, keeps the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from bayesinf.errors import ArtefactError, ModelError
from bayesinf.families import ALL, family_from_json, family_to_json, named
from bayesinf.family import Family
from bayesinf.links import CLogLog, Identity, Link, Log, Logit, Probit
from tests.contracts.family_contract import (
    CHECKS,
    check_cdf_against_density,
    check_density_integrates_to_one,
    check_family,
    check_log_concave,
    check_moments_against_density,
    check_moments_against_simulation,
    check_open_ends,
    check_simulation_against_cdf,
    check_support,
)

EVERY_FAMILY = [kind(link=link()) for kind in ALL for link in kind.links]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_contract(family, check):
    check(family)


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_json_round_trip(family):
    assert family_from_json(family_to_json(family)) == family


@pytest.mark.parametrize("kind", ALL)
def test_the_name_finds_the_family_with_its_usual_link(kind):
    assert named(kind.name) == kind() == kind(link=kind.links[0]())


@pytest.mark.parametrize("kind", ALL)
def test_a_file_is_named_after_its_family(kind):
    assert kind.__module__ == f"bayesinf.families.{kind.name}"


def test_an_unknown_name_is_an_error_with_a_suggestion():
    with pytest.raises(ModelError, match=r"no family named 'bernouli'.*'bernoulli'") as caught:
        named("bernouli")
    assert caught.value.code == "unknown-family"
    assert "negative_binomial" in str(caught.value)


@pytest.mark.parametrize("link", [Identity(), Logit, "logit"], ids=repr)
def test_a_link_that_the_family_does_not_offer_is_an_error(link):
    with pytest.raises(ModelError, match=r"bernoulli does not go with") as caught:
        named("bernoulli").__class__(link=link)
    assert caught.value.code == "link-not-offered"
    assert "Logit(), Probit(), CLogLog()" in str(caught.value)


def test_a_damaged_record_is_an_error():
    with pytest.raises(ArtefactError, match="lacks its link"):
        family_from_json({"family": "poisson"})
    with pytest.raises(ModelError, match=r"no link named 'probot'.*'probit'"):
        family_from_json({"family": "bernoulli", "link": "probot"})


def test_families_differ_by_their_link():
    kind = type(named("bernoulli"))
    assert len({kind(Logit()), kind(Probit()), kind(CLogLog()), kind()}) == 3


@dataclass(frozen=True)
class Waiting(Family):
    """A toy outside the catalogue: exponential waiting times, which can be told to be wrong."""

    link: Link = field(default_factory=Log)
    density_factor: float = 1.0
    mean_factor: float = 1.0
    sample_factor: float = 1.0
    cdf_factor: float = 1.0
    open_below: bool = False

    name: ClassVar[str] = "waiting"
    links: ClassVar[tuple[type[Link], ...]] = (Log,)
    support_sentence: ClassVar[str] = "positive numbers"

    @property
    def log_concave(self):
        return True

    def outside_support(self, y, known):
        return ~(np.isfinite(y) & (y > 0.0))

    def open_ends(self, y, known):
        return np.zeros(len(y), dtype=bool), np.full(len(y), self.open_below)

    def log_density(self, y, eta, parameters, known):
        return np.log(self.density_factor) - eta - y * self.link.inverse(-eta)

    def mean(self, eta, parameters, known):
        return self.mean_factor * self.link.inverse(eta)

    def variance(self, eta, parameters, known):
        return self.link.inverse(eta) ** 2

    def cdf(self, y, eta, parameters, known):
        return -np.expm1(-self.cdf_factor * np.maximum(y, 0.0) / self.link.inverse(eta))

    def sample(self, rng, eta, parameters, known):
        return self.sample_factor * rng.exponential(self.link.inverse(eta))


def test_a_family_outside_the_catalogue_goes_through_the_same_checks():
    check_family(Waiting())


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (Waiting(density_factor=1.001), check_density_integrates_to_one),
        (Waiting(mean_factor=1.001), check_moments_against_density),
        (Waiting(sample_factor=1.1), check_moments_against_simulation),
        (Waiting(sample_factor=1.1), check_simulation_against_cdf),
        (Waiting(sample_factor=-1.0), check_support),
        (Waiting(cdf_factor=1.001), check_cdf_against_density),
        (Waiting(open_below=True), check_open_ends),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_contract_catches_a_family_that_is_wrong(wrong, check):
    with pytest.raises(AssertionError):
        check(wrong)


def test_the_contract_catches_a_false_claim_of_concavity(monkeypatch):
    monkeypatch.setattr(type(named("student_t")), "log_concave", True)
    with pytest.raises(AssertionError):
        check_log_concave(named("student_t"))


def test_the_contract_catches_an_open_end_that_is_said_to_be_closed(monkeypatch):
    monkeypatch.setattr(type(named("poisson")), "open_ends", staticmethod(Waiting().open_ends))
    with pytest.raises(AssertionError):
        check_open_ends(named("poisson"))


def test_a_family_that_does_not_answer_cannot_be_made():
    silent = dataclass(frozen=True)(
        type("Silent", (Waiting,), {"open_ends": Family.open_ends, "__module__": __name__})
    )
    with pytest.raises(TypeError, match="open_ends"):
        silent()


def test_only_the_catalogues_gaussian_is_normal():
    assert [kind.name for kind in ALL if kind.normal] == ["gaussian"]

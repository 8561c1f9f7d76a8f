"""Every family of the catalogue, with every link that it offers, keeps the contract."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import bayesinf.families
from bayesinf.errors import ArtefactError, ModelError
from bayesinf.families import ALL, family_from_json, family_to_json, named
from bayesinf.family import Family
from bayesinf.links import CLogLog, Identity, Logit, Probit
from tests.contracts.family_contract import CHECKS

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


def test_every_file_of_the_folder_is_listed_and_named_after_its_family():
    modules = {module.name for module in iter_modules(bayesinf.families.__path__)}
    assert modules == {kind.name for kind in ALL}
    for kind in ALL:
        module = import_module(f"bayesinf.families.{kind.name}")
        written = [
            thing
            for thing in vars(module).values()
            if isinstance(thing, type)
            and issubclass(thing, Family)
            and thing.__module__ == module.__name__
        ]
        assert written == [kind]


def test_an_unknown_name_is_an_error_with_a_suggestion():
    with pytest.raises(ModelError, match="no family named 'bernouli'.*'bernoulli'") as caught:
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
    with pytest.raises(ModelError, match="no link named 'probot'.*'probit'"):
        family_from_json({"family": "bernoulli", "link": "probot"})


def test_families_differ_by_their_link():
    kind = type(named("bernoulli"))
    assert len({kind(Logit()), kind(Probit()), kind(CLogLog()), kind()}) == 3

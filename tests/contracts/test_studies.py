"""Every study of the catalogue keeps the contract; so does one outside, in one file and a line."""

# ruff: noqa: ARG005 -- a stand-in takes the arguments of what it stands in for.

import pytest

from causal import studies
from causal.studies import Experiment
from tests.contracts import awkward_contract
from tests.contracts.study_contract import (
    CHECKS,
    check_assumptions_are_sentences,
    check_effect_is_recovered,
    check_study,
)
from tests.contracts.toys.blocked import Blocked


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", studies.ALL)
def test_contract(kind, check):
    check(kind)


@pytest.mark.parametrize("check", awkward_contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", studies.ALL)
def test_awkward_data_are_answered_or_refused(kind, check):
    check(kind)


@pytest.mark.parametrize("kind", studies.ALL)
def test_a_file_is_named_after_its_study(kind):
    assert kind.__module__ == f"causal.studies.{kind.name}"


def test_a_new_study_takes_one_file_and_one_line(monkeypatch):
    monkeypatch.setattr(studies, "ALL", (*studies.ALL, Blocked))
    assert Blocked in studies.ALL
    check_study(Blocked)


def test_the_contract_catches_a_study_that_forgets_what_confounds(monkeypatch):
    monkeypatch.setattr(Blocked, "formula", lambda self, contrast: f"{self.outcome} ~ t")
    monkeypatch.setattr(Blocked, "checks", lambda self, answer: ())
    with pytest.raises(AssertionError):
        check_effect_is_recovered(Blocked)


def test_the_contract_catches_a_study_without_assumptions(monkeypatch):
    monkeypatch.setattr(Experiment, "assumptions", lambda self, answer: ())
    with pytest.raises(AssertionError):
        check_assumptions_are_sentences(Experiment)

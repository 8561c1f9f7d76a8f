"""Every check of the catalogue keeps the contract; so does one outside, in one file and a line."""

from dataclasses import replace

import pytest

import bayesinf as bi
from causal import checks
from causal.checks import Subsets
from tests.contracts.check_contract import (
    CHECKS,
    check_check,
    check_it_says_what_it_cannot_detect,
    check_nothing_is_found_where_nothing_is_wrong,
)
from tests.contracts.toys.halves import Halves


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", checks.ALL)
def test_contract(kind, check):
    check(kind)


@pytest.mark.parametrize("kind", checks.ALL)
def test_a_file_is_named_after_its_check(kind):
    assert kind.__module__ == f"causal.checks.{kind.name}"


def test_a_new_check_takes_one_file_and_one_line(monkeypatch):
    monkeypatch.setattr(checks, "ALL", (*checks.ALL, Halves))
    check_check(Halves)


def test_the_contract_catches_a_check_that_claims_too_much(monkeypatch):
    run = Halves.run

    def boast(self, estimate, streams):
        found = run(self, estimate, streams)
        proud = bi.Finding("The effect is right.", "good", "halves", {"apart": 0.0})
        return replace(found, findings=(proud,))

    monkeypatch.setattr(Halves, "run", boast)
    with pytest.raises(AssertionError):
        check_it_says_what_it_cannot_detect(Halves)


def test_the_contract_catches_a_check_that_cries_wolf(monkeypatch):
    monkeypatch.setattr("causal.checks.subsets.judge_scatter", lambda *_: ALARM)
    with pytest.raises(AssertionError):
        check_nothing_is_found_where_nothing_is_wrong(Subsets)


ALARM = bi.Finding("It cannot detect anything.", "bad", "subsets", {"ratio": 9.0}, "Run.")

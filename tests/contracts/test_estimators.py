"""Every estimator of the catalogue keeps the contract."""

import pytest

import causal
from causal import estimators
from causal.formula import Adjuster
from causal.identification import Identification, backdoor_assumptions
from causal.studies import Adjustment
from tests.contracts.awkward_contract import ARMS, answer_or_error, arms
from tests.contracts.estimator_contract import CHECKS

INSTALLED = [kind for kind in estimators.ALL if kind.available()]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", INSTALLED)
def test_contract(kind, check):
    check(kind)


@pytest.mark.parametrize("what", ARMS)
@pytest.mark.parametrize("kind", INSTALLED)
def test_awkward_rows_are_answered_or_refused(kind, what):
    confounders = Identification("t", "y", ("x",), backdoor_assumptions("t", "y", ("x",)))
    asked = causal.ATO() if kind.name == "partially_linear" else causal.ATE()
    study = Adjustment("y", "t", asked, confounders, (Adjuster("x", ("x",)),), estimator=kind())
    answer_or_error(study, ARMS[what](arms()))


@pytest.mark.parametrize("kind", estimators.ALL)
def test_a_file_is_named_after_its_estimator(kind):
    assert kind.__module__ == f"causal.estimators.{kind.name}"

"""Every estimator of the catalogue keeps the contract."""

import pytest

from causal import estimators
from tests.contracts.estimator_contract import CHECKS

INSTALLED = [kind for kind in estimators.ALL if kind.available()]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", INSTALLED)
def test_contract(kind, check):
    check(kind)


@pytest.mark.parametrize("kind", estimators.ALL)
def test_a_file_is_named_after_its_estimator(kind):
    assert kind.__module__ == f"causal.estimators.{kind.name}"

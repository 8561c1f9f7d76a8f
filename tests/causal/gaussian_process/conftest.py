"""A small data set of two arms, with hyperparameters away from where the search begins."""

import numpy as np
import pytest

from causal.gaussian_process.encoding import encode_matrix
from causal.gaussian_process.evidence import Observed
from causal.gaussian_process.hyperparameters import hyperparameters_of
from causal.gaussian_process.propensity import log_odds_of_treatment
from causal.gaussian_process.surfaces import rows_of


@pytest.fixture(scope="session")
def observed() -> Observed:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 3))
    x[:, 2] = x[:, 2] > 0
    treated = np.arange(40) >= 25
    encoding = encode_matrix(x)
    rows = rows_of(encoding, log_odds_of_treatment(encoding.values, treated), treated)
    outcome = x[:, 0] + treated * x[:, 1] + rng.normal(size=40)
    return Observed(rows, 25, (outcome - outcome.mean()) / outcome.std())


@pytest.fixture(scope="session")
def logs() -> np.ndarray:
    given = hyperparameters_of(4)
    return given.start + np.random.default_rng(2).normal(size=len(given.start)) / 3

import numpy as np
import pandas as pd
import pytest

from causal.bootstrap.propensity import read_arms
from causal.bootstrap.surfaces import outcome_columns, read_surface
from causal.comparison import Comparison
from causal.estimand import ATE
from causal.formula import Adjuster

ROWS = 80


@pytest.fixture
def frame(generator) -> pd.DataFrame:
    x = generator.normal(size=ROWS)
    t = (generator.random(ROWS) < 0.5) * 1
    y = x + t + generator.normal(size=ROWS)
    return pd.DataFrame({"y": y, "t": t, "x": x, "won": (y > 0.5) * 1, "sure": (x > 0) * 1})


def surface_of(frame, formula):
    adjusters = (Adjuster("x", ("x",)),)
    asked = Comparison(frame, formula.split()[0], "t", ATE(), adjusters, formula)
    return read_surface(asked, read_arms(asked, ("x",)))


def test_a_linear_surface_is_weighted_least_squares(frame, generator):
    weights = generator.standard_exponential((3, ROWS))
    found = surface_of(frame, "y ~ t * x").expected(weights)
    t, x, y = (frame[name].to_numpy(float) for name in ("t", "x", "y"))
    for draw, row in enumerate(weights):
        root = np.sqrt(row)
        matrix = np.column_stack([np.ones(ROWS), t, x, t * x])
        b, *_ = np.linalg.lstsq(matrix * root[:, None], y * root)
        for level in (0, 1):
            assert np.allclose(found[level, draw], b[0] + b[1] * level + (b[2] + b[3] * level) * x)


def test_a_logistic_surface_solves_its_score_equations(frame, generator):
    weights = generator.standard_exponential((3, ROWS))
    found = surface_of(frame, "won ~ t + x").expected(weights)
    t, x, won = (frame[name].to_numpy(float) for name in ("t", "x", "won"))
    fitted = np.where(t == 1, found[1], found[0])
    for part in (np.ones(ROWS), t, x):
        assert np.allclose((weights * (won - fitted)) @ part, 0, atol=1e-6)
    assert np.ptp(np.log(found[1] / (1 - found[1])) - np.log(found[0] / (1 - found[0]))) < 3


def test_separated_outcomes_stay_finite(frame, generator):
    weights = generator.standard_exponential((3, ROWS))
    found = surface_of(frame, "sure ~ t + x").expected(weights / weights.mean())
    assert np.isfinite(found).all() and (found > 0).all() and (found < 1).all()


def test_the_columns_of_the_outcome_model(frame):
    asked = Comparison(frame, "y", "t", ATE(), (), "y ~ t + scale(x)")
    assert set(outcome_columns(asked)) == {"t", "x"}

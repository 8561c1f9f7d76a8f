import numpy as np
import pytest

import bayesinf as bi
from causal.averages import Groups
from causal.bootstrap import bootstrap
from causal.bootstrap.bootstrap import Bootstrap, answer_of, run_bootstrap
from causal.bootstrap.nuisance import orthonormal
from causal.bootstrap.propensity import Arms
from causal.estimand import ATE, QuantileEffect

ROWS = 50


def mean_of(values):
    return lambda w: ((w @ values / w.sum(axis=1))[:, None], np.ones(len(w), dtype=bool))


def test_a_mean_varies_like_a_dirichlet_process(generator, within):
    values = generator.normal(size=ROWS)
    found = run_bootstrap(mean_of(values), ROWS, 4000, seed=1)
    assert found.point[0] == pytest.approx(values.mean()) and found.smooth == 1
    assert found.draws.shape == (4, 1000, 1)
    within(found.draws.mean(), values.mean(), found.draws.std() / np.sqrt(4000))
    assert found.draws.std() == pytest.approx(values.std() / np.sqrt(ROWS + 1), rel=0.05)


def test_blocks_do_not_change_the_draws(generator, monkeypatch):
    values = generator.normal(size=ROWS)
    whole = run_bootstrap(mean_of(values), ROWS, 100, seed=1)
    monkeypatch.setattr(bootstrap, "BLOCK", 7 * ROWS)
    assert np.allclose(run_bootstrap(mean_of(values), ROWS, 100, seed=1).draws, whole.draws)


def test_draws_are_rounded_up_to_whole_chains(generator):
    assert run_bootstrap(mean_of(generator.normal(size=ROWS)), ROWS, 10, 1).draws.shape[:2] == (
        4,
        3,
    )


def arms_of(estimand) -> Arms:
    rng = np.random.default_rng(1)
    codes = np.arange(ROWS) % 2
    return Arms(
        bi.Table.read({"t": codes, "y": rng.normal(size=ROWS)}),
        "t",
        (0, 1),
        codes,
        rng.normal(size=ROWS),
        estimand,
        Groups(("all",), np.ones((1, ROWS), dtype=bool)),
        (),
        orthonormal(np.ones((ROWS, 1))),
        ("Intercept",),
    )


@pytest.mark.parametrize(
    ("estimand", "columns", "part"),
    [(ATE(), 1, "E[Y(1)]"), (QuantileEffect((0.2, 0.5, 0.7)), 3, "Q0.5[Y(1)]")],
)
def test_an_answer_has_its_parts(estimand, columns, part, generator):
    draws = generator.normal(size=(4, 5, 2, columns))
    found = Bootstrap(draws[0, 0], draws, 1.0)
    unit = np.full((2, ROWS), 0.5)
    answer = answer_of(arms_of(estimand), found, "By hand.", (), {}, unit, 3)
    first = columns // 2
    assert np.array_equal(answer.parts[part], draws[..., 1, first])
    assert np.allclose(answer.draws, draws[..., 1, first] - draws[..., 0, first])
    assert answer.basis == "quasi-posterior" and answer.contrast is not None
    assert answer.tables["point"].index[0] == estimand.name
    assert ("quantile" in answer.effects) == (columns > 1)

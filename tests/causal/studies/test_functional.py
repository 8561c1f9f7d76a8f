import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import run
from causal.graph import Graph
from causal.identification import Distribution, evaluate, identify_effect
from causal.studies.functional import IdentifiedFunctional
from tests.contracts.study_contract import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check):
    check(IdentifiedFunctional)


def napkin(rng, n):
    """w -> r -> x -> y with two unmeasured causes: no set to adjust for, and no front door."""
    u, v = rng.random((2, n)) < 0.5
    w = rng.random(n) < 0.2 + 0.3 * u + 0.3 * v
    r = rng.random(n) < 0.2 + 0.6 * w
    x = rng.random(n) < 0.1 + 0.5 * r + 0.3 * u
    y = rng.random(n) < 0.1 + 0.4 * x + 0.4 * v
    return {name: values.astype(float) for name, values in zip("wrxy", (w, r, x, y), strict=True)}


NAPKIN = Graph.parse("w -> r -> x -> y; w <-> x; w <-> y")


def test_an_effect_without_adjustment_set_is_recovered_by_simulation():
    found = identify_effect(NAPKIN, "x", "y", "wrxy")
    assert found.strategy == "functional"
    study = IdentifiedFunctional("y", "x", found)
    frame = napkin(np.random.default_rng(3), 20_000)
    estimate = run(study, frame, Computation(seed=1))
    assert abs(estimate.draws.mean() - 0.4) < 4 * estimate.draws.std()
    assert estimate.draws.std() < 0.03
    naive = frame["y"][frame["x"] == 1].mean() - frame["y"][frame["x"] == 0].mean()
    assert abs(naive - 0.4) > 0.02
    assert "whatever r" in estimate.method


def test_the_mean_of_the_draws_is_the_formula_at_the_frequencies():
    """With many rows the prior is nothing: against the plain evaluation on the counted table."""
    frame = napkin(np.random.default_rng(4), 50_000)
    identification = identify_effect(NAPKIN, "x", "y", "wrxy")
    code = sum(frame[name].astype(int) << shift for shift, name in enumerate("yxrw"))
    joint = Distribution(tuple("wrxy"), np.bincount(code, minlength=16).reshape(2, 2, 2, 2) / 5e4)
    assert identification.functional is not None
    plain = evaluate(identification.functional, joint).table
    study = IdentifiedFunctional("y", "x", identification)
    answer = study.answer(frame, Computation(seed=2))
    assert abs(answer.draws.mean() - (plain[1, 1] - plain[0, 1])) < 0.15 * answer.draws.std()


def test_numeric_outcomes_have_calibrated_intervals():
    """Coverage of 90 % intervals on the front door, 200 samples of 300 rows."""
    covered = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        u = rng.random(300) < 0.5
        x = rng.random(300) < 0.2 + 0.6 * u
        m = rng.random(300) < 0.2 + 0.6 * x
        y = 1 + 2 * m + 1.5 * u + rng.normal(size=300)
        study = IdentifiedFunctional.example(rng).study
        frame = {"x": x.astype(float), "m": m.astype(float), "y": y}
        draws = study.answer(frame, Computation(draws=800, seed=seed)).draws
        low, high = np.quantile(draws, [0.05, 0.95])
        covered.append(low < 1.2 < high)
    assert 0.9 - 4 * 0.021 < np.mean(covered) < 0.9 + 4 * 0.021


def test_levels_as_text_and_a_named_control():
    made = IdentifiedFunctional.example(np.random.default_rng(1))
    text = np.where(made.frame["x"] == 1, "drug", "placebo").astype(object)
    frame = {**made.frame, "x": text}
    base = made.study.answer(made.frame, Computation(seed=5)).draws
    assert np.allclose(made.study.answer(frame, Computation(seed=5)).draws, base)
    turned = IdentifiedFunctional("y", "x", made.study.identification, control="drug")
    assert abs(turned.answer(frame, Computation(seed=5)).draws.mean() + base.mean()) < 0.05


def test_empty_cells_are_said_loudly():
    made = IdentifiedFunctional.example(np.random.default_rng(1))
    frame = {**made.frame, "m": made.frame["x"]}
    found = run(made.study, frame, Computation(seed=1))
    codes = {finding.code: finding for finding in found.findings}
    assert codes["empty-cells"].severity in ("warning", "bad")
    assert found.draws.std() > 0.2


def test_missing_rows_are_said():
    made = IdentifiedFunctional.example(np.random.default_rng(1))
    frame = {name: values.copy() for name, values in made.frame.items()}
    frame["m"][:400] = np.nan
    found = made.study.answer(frame, Computation(seed=1))
    lost = next(finding for finding in found.findings if finding.code == "missing-rows")
    assert lost.severity == "warning" and "400 of 4000" in lost.sentence


def test_what_cannot_be_evaluated_is_refused():
    made = IdentifiedFunctional.example(np.random.default_rng(1))
    with pytest.raises(bi.DataError, match="different values") as caught:
        made.study.answer({**made.frame, "m": made.frame["y"]}, Computation(seed=1))
    assert caught.value.code == "too-many-levels" and caught.value.column == "m"
    few = {name: values[:3] for name, values in made.frame.items()}
    with pytest.raises(bi.DataError):
        made.study.answer(few, Computation(seed=1))
    constant = {**made.frame, "y": np.full(4000, 2.0)}
    with pytest.raises(bi.DataError, match="in all 4000 rows"):
        made.study.answer(constant, Computation(seed=1))
    backdoor = identify_effect(Graph.parse("z -> x; z -> y; x -> y"), "x", "y", "xyz")
    with pytest.raises(bi.ModelError, match="no formula"):
        IdentifiedFunctional("y", "x", backdoor)
    with pytest.raises(bi.ModelError, match="prior"):
        IdentifiedFunctional("y", "x", made.study.identification, prior_rows=0)

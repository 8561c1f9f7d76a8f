from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.criticism import loo as module
from bayesinf.criticism.likelihood import row_log_likelihood
from bayesinf.criticism.loo import Loo, loo, sampled_rows


@pytest.fixture(scope="module")
def sleep() -> bi.Fit:
    frame = bi.examples.sleepstudy()
    return bi.fit("Reaction ~ Days + (Days | Subject)", frame, seed=1)


@pytest.fixture(scope="module")
def found(sleep: bi.Fit) -> Loo:
    return loo(sleep.posterior)


def test_elpd_equals_arviz_at_the_same_r_eff(sleep: bi.Fit, found: Loo) -> None:
    import arviz_stats

    with pytest.warns(UserWarning, match="Estimated shape parameter"):
        theirs = arviz_stats.loo(sleep.draws, pointwise=True, reff=found.r_eff)
    assert np.allclose(found.pointwise, theirs.elpd_i.values, atol=1e-9)
    assert np.allclose(found.k_hats, theirs.pareto_k.values, atol=1e-9)
    assert found.elpd == pytest.approx(theirs.elpd, abs=1e-7)
    assert found.se == pytest.approx(theirs.se, rel=1e-9)
    assert found.p == pytest.approx(theirs.p, abs=1e-7)


def test_elpd_equals_the_exact_refits_of_a_small_regression() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=12)})
    frame["y"] = 1 + frame["x"] + rng.normal(0, 0.5, 12)
    model = bi.model("y ~ x", frame)
    posterior = bi.fit(model, draws=16_000, seed=1).posterior
    estimate = loo(posterior)
    for row in range(12):
        without = bi.fit(model, frame.drop(index=row), draws=16_000, seed=2).posterior.values
        mean = without.coefficients @ [1.0, frame["x"][row]]
        sigma = without.parameters[..., 0]
        density = (
            np.exp(-0.5 * ((frame["y"][row] - mean) / sigma) ** 2) / sigma / 2.5066282746310002
        )
        error = density.std() / density.mean() / np.sqrt(16_000)
        assert abs(np.log(density.mean()) - estimate.pointwise[row]) < 6 * error + 0.01


def test_k_hats_are_counted_by_severity_and_the_worst_rows_named(found: Loo) -> None:
    table = found.table
    assert table["rows"].sum() == 180
    assert table.loc[["bad", "very bad"], "rows"].sum() == found.bad_k > 0
    label, k = found.worst(1)[0]
    assert k == found.k_hats.max() == found.k_hats[label]
    assert str(label) in " ".join(table["worst"])
    assert "very bad" in repr(found) and "<table" in found._repr_html_()


def test_every_k_hat_has_a_severity() -> None:
    edges = np.array([-np.inf, 0.5, 0.7, 1.0, np.inf])
    stub = Loo(0, 1, 1, np.zeros(5), edges, np.arange(5), tuple("abcde"), 5, 1.0)
    assert stub.table["rows"].tolist() == [2, 1, 1, 1]
    assert stub.table["worst"].tolist() == ["", "", "d", "e"]


def test_rows_are_named_by_the_index_of_the_frame() -> None:
    frame = bi.examples.sleepstudy().set_index(pd.Index([f"r{i}" for i in range(180)]))
    assert loo(bi.fit("Reaction ~ Days", frame, seed=1).posterior).labels[3] == "r3"


def test_independent_draws_have_r_eff_one_and_others_less(found: Loo) -> None:
    independent = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1).posterior
    assert loo(independent).r_eff == 1.0
    assert 0.2 < found.r_eff < 1.0


def test_many_rows_are_sampled_and_the_sum_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    posterior = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1).posterior
    whole = loo(posterior)
    monkeypatch.setattr(module, "LARGEST_ROWS", 60)
    part = loo(posterior)
    assert len(part.rows) == 60 and part.total == 180
    assert part.elpd == pytest.approx(3 * whole.pointwise[part.rows].sum(), rel=1e-9)
    assert part.se > whole.se
    assert abs(part.elpd - whole.elpd) < 4 * part.se
    assert np.array_equal(sampled_rows(180), part.rows)


def test_weights_multiply_the_log_likelihood() -> None:
    frame = bi.examples.sleepstudy().head(40).assign(w=2.0)
    posterior = bi.fit("Reaction | weights(w) ~ Days", frame, seed=1).posterior
    likelihood = posterior.tree["log_likelihood"]["Reaction"].values.reshape(-1, 40)
    found = row_log_likelihood(posterior, np.arange(40))
    assert np.allclose(found, likelihood)


def test_without_training_rows_it_says_so() -> None:
    posterior = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1).posterior
    design = replace(posterior.model.design, table=None)
    bare = replace(posterior, model=replace(posterior.model, design=design))
    with pytest.raises(bi.DataError, match="no training rows") as caught:
        loo(bare)
    assert caught.value.code == "no-training-rows"

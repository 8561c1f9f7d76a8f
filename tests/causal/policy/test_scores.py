from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation, Effects
from causal.estimate import run
from causal.policy.effects import row_effects
from causal.policy.scores import (
    bootstrap_mean,
    bootstrap_weights,
    hold_out,
    known_chances,
    scores,
)
from causal.studies import Experiment
from tests.causal.policy.conftest import made


def test_scores_average_to_the_effect_and_are_those_of_aipw(trial, within):
    found = scores(trial)
    contrast = trial.answer.contrast
    y, t = contrast.table.columns["y"], contrast.received
    share = t.mean()
    assert known_chances(trial) == pytest.approx(share)
    assert found.mean() == pytest.approx(trial.draws.mean(), abs=0.02)
    assert within(found.mean(), 0.5, found.std() / np.sqrt(len(found)))
    # With no model at all, scores are the weighted outcomes of Horvitz and Thompson.
    plain = y * (t - 0.5) / 0.25
    assert plain.mean() == pytest.approx(found.mean(), abs=0.5)


def test_effects_alone_will_do_where_chances_are_known(trial, within):
    supplied = Effects("row", tuple(range(599)), row_effects(trial))
    bare = replace(trial, answer=replace(trial.answer, effects={"row": supplied}, prediction=None))
    found = scores(bare)
    assert within(found.mean(), trial.draws.mean(), found.std() / np.sqrt(599))
    assert found.std() >= scores(trial).std()


def test_blocks_have_chances_of_their_own():
    frame = made()
    site = (frame["dose"] > 1).astype(int)
    rng = np.random.default_rng(2)
    frame["t"] = (rng.random(600) < np.where(site == 1, 0.8, 0.3)) * 1.0
    frame["site"] = site
    study = Experiment("y", "t", covariates=("age",), blocks="site")
    found = known_chances(run(study, frame, Computation(draws=200, seed=1)))
    kept = np.delete(site, 3)
    assert len(np.unique(found)) == 2
    assert found[kept == 1][0] == np.delete(frame["t"], 3)[kept == 1].mean()


def test_rows_held_out_were_never_seen(trial):
    held = hold_out(trial, folds=4, seed=2)
    assert sorted(np.bincount(held.folds)) == [149, 150, 150, 150]
    for fold, fit in enumerate(held.fits):
        assert fit.answer.contrast.table.n == np.count_nonzero(held.folds != fold)
    age = np.delete(trial.frame["age"], 3)
    assert np.corrcoef(held.effects, age)[0, 1] > 0.95
    assert held.scores.mean() == pytest.approx(trial.draws.mean(), abs=0.05)


def test_clusters_stay_together():
    frame = made()
    frame["g"] = np.arange(600) // 10
    frame["t"] = frame["g"] % 2 * 1.0
    study = Experiment("y", "t", covariates=("age",), clusters="g")
    held = hold_out(run(study, frame, Computation(draws=200, seed=1)), folds=3)
    group = np.delete(frame["g"], 3)
    assert all(len(set(held.folds[group == one])) == 1 for one in range(60))


def test_the_bootstrap_has_the_sd_of_a_mean(generator):
    values = generator.normal(size=500)
    draws = bootstrap_mean(values, np.arange(500), generator, 4000)
    assert draws.mean() == pytest.approx(values.mean(), abs=4 * draws.std() / np.sqrt(4000))
    assert draws.std() == pytest.approx(values.std() / np.sqrt(501), rel=0.06)
    pairs = np.arange(500) // 2
    (weights,) = bootstrap_weights(generator, 3, pairs)
    assert np.allclose(weights[:, ::2], weights[:, 1::2])
    assert np.allclose(weights.sum(axis=1), 1)


def test_unknown_chances_are_refused(trial):
    with pytest.raises(bi.DataError, match="above 0 and below 1"):
        scores(trial, chances=1.0)
    bare = replace(trial, answer=replace(trial.answer, contrast=None))
    with pytest.raises(bi.ModelError, match="chances"):
        known_chances(bare)

import numpy as np
import pytest
from scipy.stats import t

from causal.synthetic.donors import Block, DiD, Simplex
from causal.synthetic.placebo import Placebos, draw_errors, rank_in_space, refit_placebos


def placebos(effects, misfits, before=3):
    gaps = np.zeros((len(effects), before + 2))
    gaps[:, before:] = np.asarray(effects)[:, None]
    return Placebos(
        np.arange(len(effects))[:, None], gaps, np.asarray(misfits, float), before, len(effects)
    )


def test_equal_misfits_give_a_student_distribution(generator, within):
    effects = generator.normal(size=12) * 2
    found = draw_errors(placebos(effects, np.ones(12)), 1.0, generator, 40_000)
    draws = found.paths[:, 3:].mean(axis=1)
    scale = np.sqrt(np.mean(effects**2))
    for prob in (0.05, 0.5, 0.9, 0.975):
        exact = scale * t(12).ppf(prob)
        error = np.sqrt(prob * (1 - prob) / 40_000) / (t(12).pdf(exact / scale) / scale)
        assert within(np.quantile(draws, prob), exact, error)
    assert found.scale == pytest.approx(scale)


def test_errors_that_go_with_the_misfit_are_small_for_a_unit_that_fits(generator):
    misfits = np.geomspace(0.2, 20, 60)
    effects = misfits * generator.normal(size=60)
    found = draw_errors(placebos(effects, misfits), 0.5, generator, 2000)
    assert found.share > 0.9
    assert found.scale < 0.4 * np.sqrt(np.mean(effects**2))
    blind = draw_errors(placebos(5 * generator.normal(size=60), misfits), 0.5, generator, 2000)
    assert blind.share < 0.5
    assert blind.scale == pytest.approx(5, rel=0.35)


def test_errors_keep_the_pattern_over_time(generator):
    walks = generator.normal(size=(40, 10)).cumsum(axis=1)
    found = draw_errors(
        Placebos(np.arange(40)[:, None], walks, np.ones(40), 4, 40), 1.0, generator, 20_000
    )
    theirs = np.corrcoef(walks.T @ walks)
    ours = np.corrcoef(found.paths.T @ found.paths)
    np.testing.assert_allclose(ours, theirs, atol=0.05)


def test_a_misfit_of_zero_leaves_an_error(generator):
    found = draw_errors(placebos([1, -2, 3, 1], np.zeros(4)), 0.0, generator, 500)
    assert np.isfinite(found.paths).all() and found.scale > 0


def test_every_donor_takes_a_turn_and_the_rank_counts_the_treated(generator):
    donors = generator.normal(size=(9, 20))
    block = Block(donors, donors.mean(axis=0) + np.where(np.arange(20) < 12, 0, 50.0), 12)
    found = refit_placebos(Simplex(), block, generator)
    assert found.rows.ravel().tolist() == list(range(9)) and found.independent == 9
    assert rank_in_space(found, Simplex().fit(block)) == pytest.approx(0.1)
    by_hand = DiD().fit(block.placebo(np.array([3]))).effect
    assert refit_placebos(DiD(), block, generator).effects[3] == pytest.approx(by_hand)


def test_several_treated_units_have_groups_of_pretenders(generator):
    donors = generator.normal(size=(9, 20))
    found = refit_placebos(DiD(), Block(donors, donors[0], 12, 3), generator)
    assert found.rows.shape == (100, 3)
    assert found.independent == 3

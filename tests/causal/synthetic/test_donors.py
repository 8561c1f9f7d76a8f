import numpy as np
import pytest

from causal.synthetic.donors import ALL, Block, DiD, Simplex, SyntheticDiD


def block(rng, count=10, times=24, before=16, effect=3.0):
    influences = rng.normal(size=(2, times)).cumsum(axis=1)
    donors = rng.dirichlet([1.0, 1.0], size=count) @ influences + 0.1 * rng.normal(
        size=(count, times)
    )
    treated = np.array([0.5, 0.5]) @ influences + 0.1 * rng.normal(size=times)
    treated[before:] += effect
    return Block(donors, treated, before)


@pytest.mark.parametrize("kind", ALL)
def test_weights_sum_to_one_and_the_effect_is_the_average_gap(generator, kind):
    fit = kind().fit(block(generator))
    assert fit.units.sum() == pytest.approx(1)
    assert fit.units.min() >= 0
    assert fit.effect == pytest.approx(fit.gaps[16:].mean())


def test_mixtures_recover_the_effect(generator):
    made = block(generator)
    assert Simplex().fit(made).effect == pytest.approx(3, abs=0.3)
    assert SyntheticDiD().fit(made).effect == pytest.approx(3, abs=0.4)


def test_a_shift_of_the_treated_unit_moves_the_classical_method_alone(generator):
    made = block(generator)
    shifted = Block(made.donors, made.treated + 100, made.before)
    for method in (SyntheticDiD(), DiD()):
        assert method.fit(shifted).effect == pytest.approx(method.fit(made).effect)
    assert abs(Simplex().fit(shifted).effect - Simplex().fit(made).effect) > 50


def test_difference_in_differences_is_that_of_four_averages(generator):
    made = block(generator)
    by_hand = (made.treated[16:].mean() - made.treated[:16].mean()) - (
        made.donors[:, 16:].mean() - made.donors[:, :16].mean()
    )
    assert DiD().fit(made).effect == pytest.approx(by_hand)


def test_placebos_leave_the_treated_row_out(generator):
    made = block(generator)
    pretended = made.placebo(np.array([2, 4]))
    assert pretended.count == 2 and len(pretended.donors) == 8
    np.testing.assert_allclose(pretended.treated, made.donors[[2, 4]].mean(axis=0))
    assert made.earlier(10).treated.size == 16
    assert len(made.without(0).donors) == 9

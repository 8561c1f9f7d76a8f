import numpy as np
import pytest

import bayesinf as bi
from causal.synthetic.checks import (
    Fitted,
    judge_concentration,
    judge_donors,
    judge_hull,
    judge_left_out,
    judge_space,
    judge_time,
    judge_width,
    posterior_weights,
)
from causal.synthetic.donors import Block, DiD, Simplex
from causal.synthetic.placebo import draw_errors, refit_placebos


def fitted(rng, shift=0.0, method=None, before=16, twin=False):
    influences = rng.normal(size=(2, 24)).cumsum(axis=1)
    loadings = rng.dirichlet([1.0, 1.0], size=12)
    donors = loadings @ influences + 0.2 * rng.normal(size=(12, 24))
    treated = np.array([0.5, 0.5]) @ influences + 0.2 * rng.normal(size=24) + shift
    if twin:
        treated = donors[3] + 0.01 * rng.normal(size=24)
    treated[before:] += 3
    block, method = Block(donors, treated, before), method or Simplex()
    fit = method.fit(block)
    placebos = refit_placebos(method, block, rng)
    errors = draw_errors(placebos, fit.misfit, rng, 500)
    weights = posterior_weights(method, fit, rng)
    return Fitted(
        tuple(f"d{place}" for place in range(12)), method, fit, placebos, errors, weights, 1
    )


def test_all_checks_speak_with_numbers(generator):
    found = judge_donors(fitted(generator), {"d1": 3.1, "d2": 2.9})
    codes = [finding.code for finding in found]
    assert codes == [
        "donor-hull",
        "donor-concentration",
        "placebo-in-space",
        "placebo-in-time",
        "leave-one-out",
        "donor-uncertainty",
    ]
    for finding in found:
        assert all(np.isfinite(value) for value in finding.evidence.values())
        assert "nan" not in finding.sentence


def test_a_unit_inside_the_hull_is_good_and_one_far_outside_bad(generator):
    assert judge_hull(fitted(generator)).severity == "good"
    far = judge_hull(fitted(generator, shift=40.0))
    assert far.severity == "bad" and far.evidence["distance_in_sds"] > 5


def test_a_twin_has_all_the_weight(generator):
    found = judge_concentration(fitted(generator, twin=True))
    assert found.severity == "warning" and "d3" in found.sentence
    assert found.evidence["effective_donors"] < 1.3


def test_the_rank_is_a_p_value(generator):
    found = judge_space(fitted(generator))
    assert found.evidence["p_value"] == pytest.approx(1 / 13)


def test_placebo_in_time_needs_times(generator):
    assert judge_time(fitted(generator, before=4)) == ()
    (finding,) = judge_time(fitted(generator))
    assert finding.severity == "good"


def test_an_answer_that_hangs_on_one_donor_is_fragile(generator):
    made = fitted(generator)
    effect = made.fit.effect
    calm = judge_left_out(made, {"a": effect + 0.01, "b": effect - 0.02})
    assert calm[0].severity == "good"
    wild = judge_left_out(made, {"a": effect + 50, "b": effect})
    assert wild[0].severity == "warning" and "without a" in wild[0].sentence
    assert judge_left_out(made, {}) == ()


def test_the_width_is_told_beside_that_of_the_weights(generator):
    evidence = judge_width(fitted(generator)).evidence
    assert evidence["sd"] > 0 and evidence["sd_within_model"] > 0


def test_equal_weights_have_no_uncertainty(generator):
    np.testing.assert_allclose(fitted(generator, method=DiD()).weights, 1 / 12)
    assert isinstance(judge_hull(fitted(generator, method=DiD())), bi.Finding)

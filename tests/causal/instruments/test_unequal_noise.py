import numpy as np
import pytest

from causal.instruments import collect_moments, judge_noise, measure_inequality


def judged(rng, size=1000, more=4.0):
    z = (rng.random(size) < 0.1).astype(float)
    t = z + rng.normal(size=size)
    y = t + (1 + more * z) * rng.normal(size=size)
    return collect_moments(y, t[:, None], {"z": z}, np.empty((size, 0)))


def test_noise_that_is_larger_where_the_instrument_speaks_fails(generator):
    finding = judge_noise(judged(generator).inequality)
    assert (finding.code, finding.severity) == ("unequal-noise", "bad")
    assert finding.evidence["ratio"] == pytest.approx(2.5, abs=0.5)


def test_some_inequality_warns_and_the_other_way_is_a_note(generator):
    assert judge_noise(judged(generator, 4000, 0.45).inequality).severity == "warning"
    assert judge_noise(judged(generator, 4000, -0.6).inequality).severity == "note"


def test_equal_noise_is_rarely_accused(generator):
    alarms = [judge_noise(judged(generator, 300, 0.0).inequality).severity for _ in range(200)]
    assert np.mean(np.array(alarms) != "good") < 0.05


def test_the_robust_error_is_the_sandwich(generator):
    size = 200
    z = generator.normal(size=(size, 2))
    t = z.sum(axis=1) + generator.normal(size=size)
    y = 2 * t + generator.normal(size=size)
    design = np.linalg.qr(z)[0]
    left = np.column_stack([t, y])
    found = measure_inequality(left, design, design.T @ left)
    fitted = z @ np.linalg.lstsq(z, t, rcond=None)[0]
    effect = (fitted @ y) / (fitted @ t)
    meat = (fitted**2 * (y - effect * t) ** 2).sum()
    assert found.effect == pytest.approx(effect)
    expected = np.sqrt(meat * size / (size - 1)) / (fitted @ fitted)
    assert found.robust == pytest.approx(expected)

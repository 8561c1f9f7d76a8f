from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.criticism.checks import Check, _remedy, check, judge_statistics
from bayesinf.criticism.predictive import predictive_table


@pytest.fixture(scope="module")
def good() -> Check:
    return bi.fit("y ~ x", line(), seed=1).check()


def line() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=80)})
    frame["y"] = frame["x"] + rng.normal(size=80)
    return frame


def outliers() -> pd.DataFrame:
    frame = line()
    frame.loc[7, ["x", "y"]] = [0.1, 40.0]
    return frame


def test_a_model_that_fits_passes(good: Check) -> None:
    assert good.ok and good.verdict.ok
    assert good.headline == "The model reproduces its data in every respect that was checked."
    assert [finding.code for finding in good.findings] == ["predictive", "loo"]


def test_an_outlier_is_found_by_both_checks_and_named() -> None:
    found = bi.fit("y ~ x", outliers(), seed=1).check()
    codes = [finding.code for finding in found.findings]
    assert "predictive-max" in codes and "loo" in codes
    assert not found.ok and "misses its data" in found.headline
    named = next(finding for finding in found.findings if finding.code == "loo")
    assert " 7 (" in named.sentence and named.remedy


def test_a_heavier_tail_describes_an_outlier_better() -> None:
    light, heavy = (
        bi.fit("y ~ x", outliers(), family, seed=1) for family in ("gaussian", "student_t")
    )
    assert heavy.check().loo.elpd > light.check().loo.elpd + 50
    assert bi.compare(light, heavy).index[0] == "y ~ x, student_t"


def test_too_many_zeros_are_found() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=200)})
    frame["y"] = rng.poisson(np.exp(1 + 0.2 * frame["x"])) * (rng.random(200) > 0.4)
    posterior = bi.fit("y ~ x", frame, "poisson", seed=1).posterior
    found = judge_statistics(posterior, predictive_table(posterior))
    zeros = next(finding for finding in found if finding.code == "predictive-share-of-zeros")
    assert zeros.severity == "warning" and "smaller one" in zeros.sentence


def test_it_prints_sentences_and_tables(good: Check) -> None:
    text, html = repr(good), good._repr_html_()
    for part in ("89% predictive interval", "PSIS-LOO", "very bad", "Bayesian R2", "[ok]"):
        assert part in text
    assert html.count("<table") == 2


def test_the_same_seed_gives_the_same_check(good: Check) -> None:
    again = check(bi.fit("y ~ x", line(), seed=1).posterior)
    assert again.predictive.equals(good.predictive)


@pytest.mark.parametrize("family", [kind() for kind in bi.families.ALL], ids=lambda f: f.name)
def test_no_remedy_is_the_family_in_use(family: bi.families.Family) -> None:
    for statistic in ("mean", "sd", "min", "max", "share of zeros"):
        remedy = _remedy(statistic, family)
        assert f"'{family.name}'" not in remedy and remedy.endswith(".")
    assert ("family=" in _remedy("max", family)) == (family.name in ("poisson", "gaussian"))

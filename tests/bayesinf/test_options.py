"""One interval for every table: set here or in ArviZ, read at the moment of use."""

from __future__ import annotations

from collections.abc import Iterator

import arviz_base
import pytest

import bayesinf as bi


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = bi.options.interval
    yield
    bi.options.interval = before


def test_setting_it_here_sets_arviz() -> None:
    bi.options.interval = ("hdi", 0.9)
    assert arviz_base.rcParams["stats.ci_kind"] == "hdi"
    assert arviz_base.rcParams["stats.ci_prob"] == 0.9


def test_setting_arviz_sets_it_here() -> None:
    arviz_base.rcParams["stats.ci_prob"] = 0.66
    assert bi.options.interval[1] == 0.66


def test_it_is_read_when_a_table_is_made() -> None:
    fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
    bi.options.interval = ("eti", 0.5)
    narrow = fit.summary()
    bi.options.interval = ("eti", 0.95)
    wide = fit.summary()
    assert (wide["lower"] < narrow["lower"]).all() and (wide["upper"] > narrow["upper"]).all()
    assert wide.attrs["interval_prob"] == 0.95
    assert fit.summary(prob=0.5)["lower"].equals(narrow["lower"])
    assert "95% credible intervals (ETI)" in repr(fit)


@pytest.mark.parametrize("bad", [("eti", 95), ("eti", 0), ("central", 0.9)])
def test_intervals_that_do_not_exist_are_refused(bad: tuple) -> None:
    with pytest.raises(bi.ModelError):
        bi.options.interval = bad

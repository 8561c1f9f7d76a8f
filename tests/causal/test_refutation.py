from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.checks import PlaceboOutcome, PlaceboTreatment, Subsets
from causal.estimate import run
from causal.refutation import DEFAULT, refute
from causal.studies import Adjustment


@pytest.fixture(scope="module")
def found():
    made = Adjustment.example(np.random.default_rng(1))
    frame = {**made.frame, "before": made.frame["z"] + np.random.default_rng(2).normal(size=400)}
    return run(made.study, frame, Computation(seed=1))


@pytest.fixture(scope="module")
def tried(found):
    return refute(found, [PlaceboTreatment(), Subsets(refits=20), PlaceboOutcome("before")])


def test_all_refits_are_in_one_frame(tried):
    frame = tried.frame()
    assert frame.columns.tolist() == ["check", "refit", "mean", "sd"]
    counts = frame.groupby("check", sort=False).size()
    assert counts.to_dict() == {"placebo_treatment": 50, "subsets": 20, "placebo_outcome": 1}


def test_each_finding_has_a_line_that_says_pass_warn_or_fail(tried):
    frame = tried.summary()
    assert frame.columns.tolist() == ["check", "result", "finding", "code"]
    assert len(frame) == len(tried.findings) == 4
    assert set(frame["result"]) == {"pass"}


def test_it_prints_and_shows_the_same(tried):
    text, html = repr(tried), tried._repr_html_()
    for finding in tried.findings:
        assert finding.sentence in text
    assert tried.headline in text and tried.headline in html
    assert "Passing proves nothing" in text and "Passing proves nothing" in html
    assert "p-value" not in text


def test_the_headline_follows_the_worst_finding(tried):
    def of(severity):
        one = tried.checked[0]
        finding = bi.Finding("It failed.", severity, "x", {}, "Mend it.")
        return replace(tried, checked=(replace(one, findings=(finding,)),)).headline

    assert of("bad") == "Refuted: 1 of 1 findings of 1 checks failed."
    assert of("warning") == "In doubt: 1 of 1 findings of 1 checks warn."
    assert of("note") == "Not refuted by 1 check."


def test_equal_seeds_give_equal_refits_and_none_follows_the_estimate(found):
    one, two = (refute(found, ["subsets"]).frame() for _ in range(2))
    assert one.equals(two)
    assert not refute(found, ["subsets"], seed=5).frame().equals(one)


def test_none_runs_all_that_need_no_column(found):
    assert [one.check for one in refute(found).checked] == [check.name for check in DEFAULT]


def test_checks_that_do_not_apply_are_named_or_refused(found):
    bare = replace(found, answer=replace(found.answer, contrast=None))
    tried = refute(bare)
    assert tried.headline == "No check applied."
    assert len(tried.refused) == len(DEFAULT)
    assert "Not run: subsets." in repr(tried)
    assert tried.frame().empty
    with pytest.raises(bi.ModelError, match="'subsets' does not apply"):
        refute(bare, ["subsets"])


@pytest.mark.parametrize(
    ("given", "hint"), [("placebo_outcome", r"PlaceboOutcome\('...'\)"), ("bootstrap", "subsets")]
)
def test_a_name_that_is_no_check_gets_a_hint(found, given, hint):
    with pytest.raises(bi.ModelError, match=hint):
        refute(found, [given])


@pytest.mark.parametrize("given", [PlaceboTreatment(), "placebo_treatment"])
def test_one_check_needs_no_list(found, given):
    assert refute(found, given).frame().equals(refute(found, [PlaceboTreatment()]).frame())

"""The explanation of a fit, as text and as HTML."""

from __future__ import annotations

from pathlib import Path

import bayesinf as bi
from bayesinf.model.structure import sentences
from bayesinf.posterior.provenance import Choice, Explanation

CHOICES = (Choice("conjugate", False, "x < y & z"), Choice("nuts", True, "it serves all"))


def test_facts_stand_above_the_engines() -> None:
    found = Explanation(CHOICES, ("3 rows inform 2 unknowns.",))
    assert (
        str(found)
        == repr(found)
        == (
            "3 rows inform 2 unknowns.\n\n"
            "conjugate  no      x < y & z\n"
            "nuts       chosen  it serves all"
        )
    )
    assert str(Explanation(CHOICES)) == str(found).split("\n\n")[1]


def test_the_notebook_shows_a_list_and_a_table() -> None:
    html = Explanation(CHOICES, ("'a' < 'b'.",))._repr_html_()
    assert html.startswith("<ul><li>&#x27;a&#x27; &lt; &#x27;b&#x27;.</li></ul><table>")
    assert html.count("<tr>") == 3
    assert "<b>nuts</b>" in html and "<b>conjugate</b>" not in html
    assert "x &lt; y &amp; z" in html
    assert Explanation(CHOICES)._repr_html_().startswith("<table>")


def test_a_fit_explains_its_model_also_after_a_journey_to_disk(tmp_path: Path) -> None:
    sleep = bi.examples.sleepstudy()
    for engine in ("auto", "conjugate"):
        fit = bi.fit("Reaction ~ Days", sleep, engine=engine, draws=100, seed=1)
        told = fit.explain()
        assert told.facts == sentences(fit.model) and len(told.facts) == 5
        assert bi.load(fit.save(tmp_path / engine)).explain() == told

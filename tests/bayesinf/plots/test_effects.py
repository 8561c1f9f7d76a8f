from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.effects.effect import Effect
from bayesinf.plots.effects import plot_effect
from bayesinf.plots.style import panels
from bayesinf.posterior.verdict import Finding, Verdict


def effect(cases: int, null: float | None = 0.0, verdict: Verdict | None = None) -> Effect:
    draws = np.random.default_rng(1).normal(np.arange(cases) % 7, 1.0, (4, 100, cases))
    labels = tuple((f"case {k}",) for k in range(cases))
    claims = ("It changes by",) * cases
    return Effect(
        "comparison", "What changes?", draws, ("case",), labels, claims, null, verdict or Verdict()
    )


def means(ax) -> np.ndarray:
    lines = [line for line in ax.lines if line.get_marker() == "o"]
    return np.concatenate([np.asarray(line.get_xdata()) for line in lines])


@pytest.mark.parametrize("cases", [1, 3, 20])
def test_cases_are_drawn_from_top_to_bottom_with_their_numbers(cases: int) -> None:
    asked = effect(cases)
    ax = plot_effect(asked, prob=0.9).axes[0]
    table = asked.summary(prob=0.9)
    assert np.allclose(means(ax), table["mean"])
    assert [label.get_text() for label in ax.get_yticklabels()] == list(table.index)
    assert ax.get_yticks()[0] == cases - 1 and ax.get_yticks()[-1] == 0
    ends = np.concatenate(
        [path.vertices[:, 0] for c in ax.collections for path in c.get_paths() if len(path) == 2]
    )
    for end in table[["lower", "upper"]].to_numpy().ravel():
        assert np.isclose(ends, end).any()


def test_many_cases_are_ordered_and_not_named() -> None:
    ax = plot_effect(effect(100)).axes[0]
    assert (np.diff(means(ax)) <= 0).all()
    assert len(ax.get_yticks()) == 0 and ax.get_ylabel() == "100 cases"


def test_the_null_is_drawn_where_there_is_one() -> None:
    def dashed(ax) -> list[float]:
        return [line.get_xdata()[0] for line in ax.lines if line.get_marker() != "o"]

    assert dashed(plot_effect(effect(2, null=1.0)).axes[0]) == [1.0]
    assert plot_effect(effect(2, null=1.0)).axes[0].get_xlabel() == "ratio"
    assert dashed(plot_effect(effect(2, null=None)).axes[0]) == []


def test_question_and_doubt_are_written() -> None:
    doubt = Verdict((Finding("The chains disagree.", "bad", "r-hat"),))
    texts = [
        text.get_text().replace("\n", " ") for text in plot_effect(effect(2, verdict=doubt)).texts
    ]
    assert texts[0] == "What changes?"
    assert "Do not interpret" in texts[1] and "89% credible interval (ETI)" in texts[1]


def test_it_draws_into_given_axes() -> None:
    figure, axes = panels(1, 2, 6, 3)
    assert plot_effect(effect(2), ax=axes[0, 1]) is figure
    assert len(axes[0, 0].lines) == 0 and len(means(axes[0, 1])) == 2
    assert axes[0, 1].get_title(loc="left").startswith("What changes?")


def test_it_draws_real_effects() -> None:
    fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), draws=400, seed=1)
    slope = fit.slopes("Days")
    assert means(plot_effect(slope).axes[0]) == pytest.approx(slope.summary()["mean"])

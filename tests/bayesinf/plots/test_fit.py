from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.plots import replicates
from bayesinf.plots.fit import plot_fit


@pytest.fixture(scope="module")
def sleep() -> bi.Fit:
    frame = bi.examples.sleepstudy()
    return bi.fit("Reaction ~ Days + (Days | Subject)", frame, draws=1000, seed=1)


@pytest.fixture(scope="module")
def counts() -> bi.Fit:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=100)})
    frame["y"] = rng.poisson(np.exp(0.5 + 0.4 * frame["x"]))
    return bi.fit("y ~ x", frame, "poisson", draws=1000, seed=1)


def test_parameters_show_the_numbers_of_the_summary(sleep: bi.Fit) -> None:
    figure = plot_fit(sleep.posterior, "parameters", prob=0.9)
    table = sleep.summary(prob=0.9)
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title(loc="left") for ax in shown] == list(table.index)
    for ax, name in zip(shown, table.index, strict=True):
        outer = ax.collections[1].get_paths()[0].vertices[:, 0]
        assert outer.tolist() == pytest.approx(table.loc[name, ["lower", "upper"]].tolist())
        assert ax.lines[0].get_xdata()[0] == pytest.approx(table.loc[name, "mean"])
    assert "90% credible interval (ETI)" in figure.texts[1].get_text().replace("\n", " ")


def test_groups_are_in_the_order_of_their_first_effect(sleep: bi.Fit) -> None:
    figure = plot_fit(sleep.posterior, "groups")
    first, second = figure.axes
    effects = sleep.posterior.values.effects[0].mean(axis=(0, 1))
    levels = sleep.model.design.rows.groups[0].levels
    order = np.argsort(effects[:, 0])
    assert [label.get_text() for label in first.get_yticklabels()] == [levels[i] for i in order]
    for ax, column in ((first, 0), (second, 1)):
        points = next(line for line in ax.lines if line.get_marker() == "o")
        assert np.allclose(points.get_xdata(), effects[order, column])


def test_a_trace_has_a_panel_for_each_chain_plot(sleep: bi.Fit) -> None:
    figure = plot_fit(sleep.posterior, "trace")
    drawn = [line for ax in figure.axes for line in ax.lines if len(line.get_xdata()) == 250]
    values = sleep.posterior.values.coefficients[2, :, 1]
    assert any(np.array_equal(line.get_ydata(), values) for line in drawn)


def test_replicated_densities_surround_that_of_the_data(sleep: bi.Fit) -> None:
    ax = plot_fit(sleep.posterior, "predictive").axes[0]
    assert len(ax.lines) == replicates.CURVES + 1
    response = bi.examples.sleepstudy()["Reaction"]
    data = ax.lines[-1]
    mode = data.get_xdata()[np.argmax(data.get_ydata())]
    assert abs(mode - np.median(response)) < response.std() / 2
    assert ax.get_xlabel() == "Reaction"


def test_counts_are_drawn_as_bars(counts: bi.Fit) -> None:
    ax = plot_fit(counts.posterior, "predictive").axes[0]
    response = counts.model.design.response
    for bar in ax.patches:
        count = round(bar.get_x() + bar.get_width() / 2)
        assert bar.get_height() == (response == count).sum()
    expected = next(line for line in ax.lines if line.get_marker() == "o").get_ydata()
    assert np.sum(expected) == pytest.approx(100, rel=0.02)


def test_what_cannot_be_drawn_is_refused(counts: bi.Fit) -> None:
    with pytest.raises(bi.ModelError, match="Did you mean 'groups'"):
        plot_fit(counts.posterior, "group")
    with pytest.raises(bi.ModelError, match="no group effects") as caught:
        plot_fit(counts.posterior, "groups")
    assert caught.value.code == "no-groups"


def test_a_trace_of_names_with_a_slash() -> None:
    rng = np.random.default_rng(1)
    data = {"y": rng.normal(size=40), "x": rng.normal(size=40), "g": ["N/A", "b"] * 20}
    figure = plot_fit(bi.fit("y ~ I(x / 2) + g", data, draws=400, seed=1).posterior, "trace")
    assert len(figure.axes) == 8

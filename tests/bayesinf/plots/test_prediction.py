from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.plots.prediction import POINTS, curve, new_level, plot_prediction, typical
from bayesinf.plots.style import panels


@pytest.fixture(scope="module")
def sleep() -> bi.Fit:
    frame = bi.examples.sleepstudy()
    return bi.fit("Reaction ~ Days + (Days | Subject)", frame, draws=400, seed=1)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    made = pd.DataFrame(
        {"x": rng.normal(size=80), "z": rng.normal(3, 1, 80), "g": rng.choice(["u", "v"], 80)}
    )
    made["k"] = rng.binomial(12, 1 / (1 + np.exp(-made["x"])))
    return made.assign(n=12, b=made["k"] > 6, y=made["x"] + rng.normal(size=80))


def ribbon(collection) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of a filled band."""
    vertices = collection.get_paths()[0].vertices
    return vertices[1 : POINTS + 1, 1], vertices[POINTS + 2 : 2 * POINTS + 2, 1][::-1]


def test_lines_and_bands_are_the_predictions(sleep: bi.Fit) -> None:
    figure = plot_prediction(sleep.posterior, "Days", by="Subject", levels=["337", "308"], prob=0.9)
    assert [ax.get_title(loc="left") for ax in figure.axes[:3]] == [
        "Subject = 337",
        "Subject = 308",
        "a new Subject",
    ]
    data = bi.examples.sleepstudy()
    for ax, subject in zip(figure.axes, ["337", "308", "nobody"], strict=False):
        line = ax.lines[-1]
        rows = pd.DataFrame({"Days": line.get_xdata(), "Subject": subject})
        mean, outcome = sleep.predict(rows, "mean", 0.9), sleep.predict(rows, "response", 0.9)
        light, dark = ax.collections
        if subject == "nobody":
            # Another new level has other draws of its effects, from the same population.
            assert np.allclose(line.get_ydata(), mean["mean"], atol=mean["sd"].max() / 3)
            continue
        assert np.allclose(line.get_ydata(), mean["mean"])
        for band, table in ((dark, mean), (light, outcome)):
            lower, upper = ribbon(band)
            assert np.allclose(lower, table["lower"]) and np.allclose(upper, table["upper"])
        own = data[data["Subject"] == subject]
        assert np.array_equal(ax.lines[0].get_ydata(), own["Reaction"])


def test_every_level_has_a_panel_and_the_new_group_the_last(sleep: bi.Fit) -> None:
    figure = plot_prediction(sleep.posterior, "Days", by="Subject")
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert len(shown) == 19
    assert shown[-1].get_title(loc="left") == "a new Subject"
    assert "of one outcome" in figure.texts[1].get_text().replace("\n", " ")


def test_a_new_group_is_less_certain_than_a_known_one(sleep: bi.Fit) -> None:
    new = curve(sleep.posterior, "Days", {}, None).credible
    known = curve(sleep.posterior, "Days", {"Subject": "308"}, None).credible
    assert (np.diff(new, axis=0) > 1.5 * np.diff(known, axis=0)).all()


def test_other_columns_are_held_and_the_caption_says_where(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x + z + g", frame, draws=400, seed=1)
    held = typical(fit.posterior)
    assert held["z"] == frame["z"].median()
    assert held["g"] == frame["g"].mode()[0]
    figure = plot_prediction(fit.posterior, "x")
    line = figure.axes[0].lines[-1]
    rows = pd.DataFrame({"x": line.get_xdata(), "z": held["z"], "g": held["g"]})
    assert np.allclose(line.get_ydata(), fit.predict(rows, "mean")["mean"])
    assert f"g = {held['g']}" in figure.texts[1].get_text()


def test_successes_are_drawn_as_shares(frame: pd.DataFrame) -> None:
    fit = bi.fit("k | trials(n) ~ x", frame, "binomial", draws=400, seed=1)
    ax = plot_prediction(fit.posterior, "x").axes[0]
    assert np.allclose(ax.lines[0].get_ydata(), frame["k"] / 12)
    rows = pd.DataFrame({"x": ax.lines[-1].get_xdata(), "n": 12})
    assert np.allclose(ax.lines[-1].get_ydata(), fit.predict(rows, "mean")["mean"] / 12)


def test_yes_or_no_outcomes_have_no_predictive_band(frame: pd.DataFrame) -> None:
    fit = bi.fit("b ~ x", frame, "bernoulli", draws=400, seed=1)
    assert len(plot_prediction(fit.posterior, "x").axes[0].collections) == 1


def test_it_draws_into_given_axes(sleep: bi.Fit) -> None:
    figure, axes = panels(1, 2, 6, 3)
    assert plot_prediction(sleep.posterior, "Days", ax=axes[0, 0]) is figure
    assert axes[0, 0].get_xlabel() == "Days" and not axes[0, 1].lines


def test_new_levels_are_new() -> None:
    assert new_level("g", np.array([3, 7])) == 8
    assert new_level("g", np.array(["new g", "a"], dtype=object)) == "another new g"


def test_what_cannot_be_drawn_is_refused(frame: pd.DataFrame, sleep: bi.Fit) -> None:
    fit = bi.fit("y ~ x + g", frame, draws=400, seed=1)
    for column, code in (("w", "unknown-column"), ("g", "not-a-number")):
        with pytest.raises(bi.DataError) as caught:
            plot_prediction(fit.posterior, column)
        assert caught.value.code == code
    with pytest.raises(bi.DataError, match="not seen 'w'"):
        plot_prediction(fit.posterior, "x", by="g", levels=["w"])
    with pytest.raises(bi.ModelError, match="no ax="):
        plot_prediction(sleep.posterior, "Days", by="Subject", ax=panels(1, 1, 3, 2)[1][0, 0])


def test_too_many_panels_are_refused() -> None:
    rng = np.random.default_rng(2)
    made = pd.DataFrame({"x": rng.normal(size=80), "g": [f"g{k}" for k in range(40)] * 2})
    made["y"] = rng.normal(size=80)
    fit = bi.fit("y ~ x + (1 | g)", made, draws=100, seed=1)
    with pytest.raises(bi.ModelError, match="at most 36 panels"):
        plot_prediction(fit.posterior, "x", by="g")


def test_the_notebook_face_draws_the_same_panels() -> None:
    """One panel per subject, and one for a subject who was never measured."""
    fit = bi.fit("Reaction ~ Days + (Days | Subject)", bi.examples.sleepstudy(), seed=1)
    figure = fit.plot_predictions("Days", by="Subject")
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    assert sum(title in fit.model.design.rows.groups[0].levels for title in titles) == 18
    assert any("new Subject" in title for title in titles)

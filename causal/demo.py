"""The main job on real data: a mixed model that predicts, an effect with its doubts, one report.

`bayesinf demo` finds `run` by the entry point that pyproject.toml declares, because bayesinf itself
does not know this package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import bayesinf as bi
from causal.api import estimate
from causal.estimate import Estimate, percent
from causal.report import effect_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

type Say = Callable[[str], None]

SEED = 1

CONFOUNDERS = (
    "sex",
    "race",
    "age",
    "education",
    "smokeintensity",
    "smokeyrs",
    "exercise",
    "active",
    "wt71",
)
"""What Hernan and Robins, "Causal Inference: What If", chapter 12, adjust for."""

INTRODUCTION = (
    "Two analyses of real data, both computed just now by `bayesinf demo`. The first fits a mixed "
    "model to reaction times and predicts a person who was never measured; the second asks how "
    "much weight people gained because they stopped smoking, and what that answer rests on."
)


@dataclass(frozen=True, eq=False)
class Example:
    """One finished example.

    Attributes:
        chapter: Its part of the report.
        picture: Its figure.
        numbers: Its tables as plain values.
    """

    chapter: tuple[bi.report.Part, ...]
    picture: Figure
    numbers: dict[str, Any]


def run(out: Path, say: Say) -> dict[str, Any]:
    """Runs the main job, and tells of each result as soon as it is there.

    Args:
        out: The folder for `report.html` and the pictures; it is made where it is missing.
        say: Is given each text to show.

    Returns:
        The tables and the files written, as plain values for JSON.
    """
    started = perf_counter()
    sleep = sleep_example(say)
    smoking = smoking_example(say)
    out.mkdir(parents=True, exist_ok=True)
    files = [
        _save(sleep.picture, out / "sleepstudy.png"),
        _save(smoking.picture, out / "nhefs.png"),
    ]
    report = bi.report.Report(
        "Two examples, from data to report",
        (bi.report.Paragraph(INTRODUCTION), *sleep.chapter, *smoking.chapter),
    )
    files.append(str(report.write(out / "report.html")))
    seconds = perf_counter() - started
    say(f"\nWrote {', '.join(files)} ({seconds:.0f} s in all).")
    return {"sleepstudy": sleep.numbers, "nhefs": smoking.numbers, "files": files}


def sleep_example(say: Say) -> Example:
    """How fast do people react after nights with three hours in bed, and what of somebody new?"""
    frame = bi.examples.sleepstudy()
    fit = bi.fit("Reaction ~ Days + (Days | Subject)", frame, seed=SEED)
    say(f"Sleep deprivation and reaction time (Belenky et al. 2003)\n{fit!r}")
    rows = {"Days": list(range(10)), "Subject": ["somebody new"] * 10}
    predicted = fit.predict(rows)
    predicted.index = _days(predicted)
    say(f"\nReaction time of a person who was never measured, ms\n{_text(predicted)}")
    figure = person_figure(frame, predicted)
    units = {"Reaction": "ms", "Days": "day"}
    report = bi.report.report_fit(fit.posterior, "Sleep deprivation and reaction time", units)
    kind, prob = bi.options.interval
    person = (
        bi.report.Heading("A person who was never measured", 3),
        bi.report.Paragraph(
            "The prediction for somebody new draws a level and a slope from the population of "
            "people, and adds the scatter from day to day."
        ),
        bi.report.Table(
            predicted,
            f"Predicted reaction time (ms) by day; `lower` and `upper` bound the {percent(prob)} "
            f"predictive interval ({kind.upper()}).",
        ),
        bi.report.Picture(
            figure,
            "Reaction times of the 18 people measured (lines) and the prediction for somebody "
            f"new: mean and {percent(prob)} predictive interval.",
            "Eighteen lines rise from left to right inside a band that widens with the days.",
        ),
    )
    numbers = {
        "parameters": _plain(fit.summary()),
        "verdict": fit.verdict.headline,
        "new_person": _plain(predicted),
    }
    return Example(_after_results(report.chapter(), person), figure, numbers)


def _after_results(
    chapter: tuple[bi.report.Part, ...], more: tuple[bi.report.Part, ...]
) -> tuple[bi.report.Part, ...]:
    """Puts parts between the results of a fit and the checks that follow them."""
    titles = [part.text if isinstance(part, bi.report.Heading) else "" for part in chapter]
    place = titles.index("Predictive check and leave-one-out")
    return (*chapter[:place], *more, *chapter[place:])


def smoking_example(say: Say) -> Example:
    """How much weight did people gain because they stopped smoking?"""
    answer = estimate(
        bi.examples.nhefs(), outcome="wt82_71", treatment="qsmk", adjust=CONFOUNDERS, seed=SEED
    )
    say(f"\nQuitting smoking (qsmk) and weight gained by 1982, kg (NHEFS)\n{answer!r}")
    report = answer.report(title="Quitting smoking and weight")
    return Example(report.chapter(), effect_figure(answer), _numbers(answer))


def person_figure(frame: pd.DataFrame, predicted: pd.DataFrame) -> Figure:
    """Draws the people measured and the prediction for somebody new.

    Args:
        frame: The rows of sleepstudy.
        predicted: `mean lower upper`, indexed by day.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.subplots()
    for _, person in frame.groupby("Subject"):
        axes.plot(person["Days"], person["Reaction"], color="#8c959f", linewidth=0.8, alpha=0.6)
    days = predicted.index.to_numpy()
    axes.fill_between(days, predicted["lower"], predicted["upper"], color="#0969da", alpha=0.15)
    axes.plot(days, predicted["mean"], color="#0969da", linewidth=2.2)
    axes.set(xlabel="Days of the study", ylabel="Reaction time (ms)", xlim=(0, 9))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _numbers(answer: Estimate) -> dict[str, Any]:
    return {
        "effect": _plain(answer.summary()),
        "verdict": answer.headline,
        "findings": [finding.sentence for finding in answer.findings],
        "assumptions": [str(assumption) for assumption in answer.assumptions],
    }


def _days(predicted: pd.DataFrame) -> pd.Index:
    import pandas as pd

    return pd.RangeIndex(len(predicted), name="Days")


def _text(frame: pd.DataFrame) -> str:
    return frame.to_string(float_format="{:.4g}".format)


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    flat = frame.reset_index()
    return [dict(zip(flat.columns, row, strict=True)) for row in flat.to_numpy(object).tolist()]


def _save(figure: Figure, path: Path) -> str:
    figure.savefig(path, dpi=160)
    return str(path)

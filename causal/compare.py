"""Several estimates of one effect side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.answer import Picture
from causal.arms import ArmStudy
from causal.estimate import Estimate, percent, require_estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FAR = 2.0
"""Differences beyond this many of the estimates' sds are called a disagreement; a convention."""

NEAR = 1.0
"""Differences up to this many of the estimates' sds are called agreement; a convention."""


@dataclass(frozen=True, eq=False, repr=False)
class SideBySide:
    """Estimates of one effect of one treatment on one outcome.

    Attributes:
        estimates: By name, in the order given.
        draws: (1, draw, estimate) draws of the effect, as many of each. They are in an order of
            their own in each column: nothing links the draws of two fits, so a difference of
            columns is one of independent draws.
    """

    estimates: Mapping[str, Estimate]
    draws: np.ndarray

    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of the estimates.

        Args:
            prob: Probability of the interval; None takes `bi.options.interval`.

        Returns:
            A frame indexed by estimator with columns `mean sd lower upper ess_bulk r_hat basis
            rows verdict`.
        """
        import pandas as pd

        lines = [found.summary(prob).iloc[:1] for found in self.estimates.values()]
        frame = pd.concat(lines)[["mean", "sd", "lower", "upper", "ess_bulk", "r_hat"]]
        frame.index = pd.Index(list(self.estimates), name="estimator")
        frame.attrs.update(lines[0].attrs)
        return frame.assign(
            basis=[found.answer.basis for found in self.estimates.values()],
            rows=[rows_of(found) for found in self.estimates.values()],
            verdict=[found.headline for found in self.estimates.values()],
        )

    def differences(self, prob: float | None = None) -> pd.DataFrame:
        """Every later estimate minus every earlier one.

        The draws of two fits are independent, and the sd of a difference is that of two estimates
        from rows of their own. Estimates from the same rows err alike, so they should differ less
        than that sd says; a difference of two sds is therefore a large one.

        Args:
            prob: Probability of the interval; None takes `bi.options.interval`.

        Returns:
            A frame indexed by pair ("b - a") with `mean sd lower upper scaled`, the last in units
            of the root mean square of the two estimates' sds.
        """
        import pandas as pd

        names = list(self.estimates)
        pairs = [(early, late) for early, late in combinations(range(len(names)), 2)]
        draws = np.stack(
            [self.draws[..., late] - self.draws[..., early] for early, late in pairs], axis=-1
        )
        labels = [f"{names[late]} - {names[early]}" for early, late in pairs]
        frame = bi.summary_frame(labels, draws, prob, "difference")
        kept = pd.DataFrame(frame, columns=["mean", "sd", "lower", "upper"])
        # Two independent draws: the variance of the difference is twice the mean square.
        return kept.assign(scaled=kept["mean"].abs() / (kept["sd"] / np.sqrt(2)))

    def sentence(self) -> str:
        """Says whether the estimates agree, in units of their own doubt."""
        table = self.differences()
        pair = str(table["scaled"].idxmax())
        line = table.loc[pair]
        scaled = float(line["scaled"])
        verdict = (
            "they agree within their doubt"
            if scaled <= NEAR
            else "they lean apart"
            if scaled <= FAR
            else "they disagree: at least one rests on an assumption that fails"
        )
        bad = [name for name, found in self.estimates.items() if found.verdict.of("bad")]
        failed = f" A check of {', '.join(bad)} failed: read the others." if bad else ""
        return (
            f"{len(self.estimates)} estimates of the {self.subject}: {verdict}. The largest "
            f"difference is {pair} = {line['mean']:.4g}, which is {scaled:.2g} of their sds. They "
            "come from the same data, so agreement is no proof: what all assume can be wrong in "
            "all. The fits share rows and err alike, so their differences are known better than "
            f"the independent draws below show.{self.other_rows()}{failed}"
        )

    def other_rows(self) -> str:
        """Says that the estimates use different numbers of rows, where they do; else empty."""
        rows = {name: rows_of(found) for name, found in self.estimates.items()}
        if len(set(rows.values())) == 1:
            return ""
        told = ", ".join(f"{name} {count}" for name, count in rows.items())
        return (
            f" They use different numbers of rows ({told}): part of a difference may be whom they "
            "are about."
        )

    @property
    def subject(self) -> str:
        """What they estimate."""
        first = next(iter(self.estimates.values()))
        return f"{first.name} of {first.subject}"

    def picture(self) -> Picture:
        """The estimates with their intervals, one under the other."""

        def draw(axes: Axes) -> None:
            table = self.summary()
            places = np.arange(len(table))[::-1]
            numbers = table[["mean", "lower", "upper"]].to_numpy()
            for place, (mean, low, high), basis in zip(
                places, numbers, table["basis"], strict=True
            ):
                colour = "#08519c" if basis == "posterior" else "#a50f15"
                axes.plot([low, high], [place, place], color=colour, lw=3)
                axes.plot(mean, place, "o", color="white", markeredgecolor=colour)
            axes.axvline(0.0, color="#57606a", linewidth=1)
            axes.set_yticks(places, list(table.index))
            axes.set_xlabel(self.subject, parse_math=False)

        probability = percent(bi.options.interval[1])
        return Picture(
            f"Estimates of the {self.subject}: mean and {probability} interval, blue where it is a "
            "posterior and red where it is a quasi-posterior.",
            self.sentence(),
            draw,
        )

    def __repr__(self) -> str:
        shown = self.summary().to_string(float_format="{:.4g}".format)
        differences = self.differences().to_string(float_format="{:.3g}".format)
        return f"{self.sentence()}\n{shown}\n{differences}"


@bi.checked
def compare(estimates: Sequence[Estimate] | Mapping[str, Estimate]) -> SideBySide:
    """Puts several estimates of one effect side by side.

    Args:
        estimates: Two or more, by name if wanted; without names they are called by their
            estimators, or by their studies where these have no estimators.

    Raises:
        ModelError: There are fewer than two, or they are about different estimands, outcomes or
            treatments.

    Example:
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> plain = run(Experiment("y", "t"), made.frame, Computation(seed=1))
        >>> adjusted = run(made.study, made.frame, Computation(seed=1))
        >>> both = compare({"plain": plain, "adjusted": adjusted})
        >>> list(both.summary().index)
        ['plain', 'adjusted']
    """
    if not isinstance(estimates, Iterable):
        require_estimate(estimates, "compare")
    named = estimates if isinstance(estimates, Mapping) else by_names(estimates)
    for found in named.values():
        require_estimate(found, "compare")
    if len(named) < 2:
        raise bi.ModelError(
            f"A comparison needs two or more estimates; there are {len(named)}.",
            code="nothing-to-compare",
            hint="Write causal.compare([first, second]).",
        )
    (first_name, first), *others = named.items()
    for name, other in others:
        for what, one, two in zip(ASPECTS, aspects(first), aspects(other), strict=True):
            if one != two:
                raise bi.ModelError(
                    f"'{first_name}' and '{name}' answer different questions: the {what} is "
                    f"{one} in one and {two} in the other.",
                    code="different-questions",
                    hint="Compare estimates of one estimand, outcome and treatment.",
                )
    return SideBySide(dict(named), aligned([found.draws for found in named.values()]))


ASPECTS = ("estimand", "outcome", "treatment")
"""What estimates have to share to be compared."""


def aspects(estimate: Estimate) -> tuple[str, str, str]:
    """What an estimate is about, as text: estimand, outcome, treatment with its levels."""
    study, contrast = estimate.study, estimate.answer.contrast
    treatment = study.subject.rpartition(" on ")[0]
    if contrast is not None:
        found = contrast.treatment
        treatment = f"'{found.column}' ({found.treated!r} against {found.control!r})"
    return estimate.name, f"'{study.outcome}'", treatment


def by_names(estimates: Sequence[Estimate]) -> dict[str, Estimate]:
    """Names estimates by their estimators, with a number where several have the same."""
    if isinstance(estimates, Estimate):
        raise bi.ModelError(
            "One estimate was given, and a comparison needs a list of them.",
            code="nothing-to-compare",
            hint="Write causal.compare([first, second]).",
        )
    for found in estimates:
        require_estimate(found, "compare")
    names = [name_of(found) for found in estimates]
    numbered = [
        name if names.count(name) == 1 else f"{name} {names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]
    return dict(zip(numbered, estimates, strict=True))


def name_of(estimate: Estimate) -> str:
    """What an estimate is called without a name of its own."""
    study = estimate.study
    return study.estimator.name if isinstance(study, ArmStudy) else study.name


def rows_of(estimate: Estimate) -> int:
    """How many rows were compared, or read where the study compares no rows."""
    contrast = estimate.answer.contrast
    if contrast is not None:
        return contrast.table.n
    return bi.Table.read(estimate.frame, [estimate.study.outcome]).n


def aligned(draws: Sequence[np.ndarray]) -> np.ndarray:
    """Brings draws of several fits to one length, in orders that nothing links.

    Fits with one seed share random numbers, which would make their draws go up and down together.

    Args:
        draws: Each (chain, draw).

    Returns:
        (1, draw, fit).
    """
    size = min(found.size for found in draws)
    mixed = [
        np.random.default_rng(place).permutation(found.ravel())[:size]
        for place, found in enumerate(draws)
    ]
    return np.stack(mixed, axis=-1)[None]

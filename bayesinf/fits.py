"""The notebook face of a fleet: the fits of all groups, by group, and what they say together.

Every method is a call of a function in its own module; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from bayesinf.errors import DataError, legible, suggest
from bayesinf.fit import Fit, Kind, NewGroups, Rows, outcome_coding
from bayesinf.keywords import checked
from bayesinf.model.model import Model
from bayesinf.options import options, percent
from bayesinf.posterior.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

    from bayesinf.fleet.division import Division
    from bayesinf.fleet.solved import Solved

SHOWN = 12
"""Lines of the summary that are printed."""


@dataclass(frozen=True, eq=False, repr=False)
class Fits(Mapping[Any, Fit]):
    """The fits of many groups: a mapping from a group's value to its `Fit`.

    A group's fit is put together when it is asked for, from draws that lie in common arrays. Groups
    without a posterior are not in the mapping; `refused` says why.

    Attributes:
        division: The groups, and the model that they share.
        solved: Their posteriors.
    """

    division: Division
    solved: Solved

    def __getitem__(self, group: Any) -> Fit:
        place = self._place(group)
        if place is None:
            raise self._unknown(group)
        if place in self.solved.refused:
            raise DataError(
                f"The group {group!r} has no posterior: {self.solved.refused[place]}",
                code="group-without-posterior",
                column=self.division.by,
                hint="Look at fits.refused, which says so of all such groups.",
            )
        return Fit(self.solved.posterior(place, self.division.with_table(place)))

    def __contains__(self, group: object) -> bool:
        place = self._place(group)
        return place is not None and place not in self.solved.refused

    def get(self, group: Any, default: Any = None) -> Any:
        """The fit of a group, or the default where it has none."""
        if group not in self:
            return default
        return self[group]

    def __iter__(self) -> Iterator[Any]:
        refused = self.solved.refused
        return (group for k, group in enumerate(self.division.groups) if k not in refused)

    def __len__(self) -> int:
        return len(self.solved) - len(self.solved.refused)

    @property
    def model(self) -> Model:
        """The model of all rows, whose priors, levels and centre every group shares."""
        return self.division.whole

    @property
    def priors(self):
        """The priors in force in every group, by slot name."""
        return self.division.whole.priors

    @property
    def refused(self) -> dict[Any, str]:
        """Groups without a posterior, each with the reason."""
        return {self.division.groups[k]: why for k, why in sorted(self.solved.refused.items())}

    @cached_property
    def verdict(self) -> Verdict:
        """How many fits need care, and which; each fit has a verdict of its own."""
        from bayesinf.fleet.tables import fleet_verdict

        return fleet_verdict(self.division, self.solved)

    @checked
    def verdicts(self) -> pd.DataFrame:
        """One line per group: rows, engine, certificate and the worst thing found about it."""
        from bayesinf.fleet.tables import verdicts

        return verdicts(self.division, self.solved)

    @checked
    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of all groups and parameters; see `fleet.tables.summary`.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame with columns `group parameter mean sd lower upper ess k_hat certified`.
        """
        from bayesinf.fleet.tables import summary

        return summary(self.division, self.solved, prob)

    @checked
    def predict(
        self,
        rows: Rows,
        kind: Kind = "response",
        prob: float | None = None,
        new_groups: NewGroups = "population",
    ) -> pd.DataFrame:
        """Predicts each row from the draws of its own group; see `fleet.prediction.predict`.

        Args:
            rows: A frame or a dict of arrays, with the column that divides the groups.
            kind: `"response"`, `"mean"` or `"linear"`.
            prob: Probability of the intervals; None takes `bi.options.interval`.
            new_groups: About new levels of group terms inside the formula.

        Returns:
            A frame with the rows' index and order, and columns `mean sd lower upper`.
        """
        from bayesinf.fleet.prediction import predict

        return predict(self.division, self.solved, rows, kind, prob, new_groups)

    def _unknown(self, group: object) -> DataError:
        """The error for a group that is not there, or that is another type: '3' for 3."""
        groups, by = self.division.groups, self.division.by
        same = [other for other in groups if str(other) == str(group)]
        what = f"There is no group {group!r:.80} in '{by}'."
        if same:
            kind = "text" if isinstance(same[0], str) else "a number"
            what += f" The group {same[0]!r} is {kind}."
            hint = f"Write fits[{same[0]!r}]."
        else:
            what += suggest(str(group), map(str, groups))
            shown = ", ".join(repr(other) for other in groups[:5])
            hint = f"Give one of the {len(groups)} groups: {shown}{', ...' * (len(groups) > 5)}."
        return DataError(what, code="unknown-group", column=by, hint=hint)

    def _place(self, group: object) -> int | None:
        return self.division.places.get(group) if isinstance(group, Hashable) else None

    def _head(self) -> pd.DataFrame:
        from bayesinf.fleet.tables import fitted_places, summary

        places = fitted_places(self.solved)[: -(-SHOWN // max(1, len(self.priors)))]
        return summary(self.division, self.solved, places=places)

    def __repr__(self) -> str:
        table = self._head()
        more = len(self) * len(self.priors) - len(table)
        kind, prob = options.interval
        lines = [
            *self._lines(),
            "priors of every model",
            *(f"  {line}" for line in repr(self.priors).splitlines()),
            f"{percent(prob)} credible intervals ({kind.upper()})",
            table.to_string(float_format="{:.4g}".format, index=False),
            *([f"... and {more:,} lines more: summary()"] if more > 0 else []),
        ]
        return legible("\n".join(lines))

    def _repr_html_(self) -> str:
        text = "<br>".join(escape(line) for line in self._lines())
        kind, prob = options.interval
        table = self._head().to_html(float_format="{:.4g}".format, index=False)
        return (
            f"<p>{text}</p><p>The priors of every model:</p>{self.priors._repr_html_()}"
            f"<p>The first lines of summary():</p>{table}"
            f"<p>lower, upper: {percent(prob)} credible interval ({kind.upper()}).</p>"
        )

    def _lines(self) -> list[str]:
        from bayesinf.fleet.tables import headline, whole_findings

        missing = self.model.design.missing
        rows, seconds = missing.n_after, self.solved.seconds
        coding = outcome_coding(self.model)
        return [
            headline(self.division, self.solved),
            f"{rows:,} rows of the {self.model.family.name} family in {seconds:.2f} s",
            *([f"in every model {coding}"] if coding else []),
            *([missing.sentence()] if missing.n_before > missing.n_after else []),
            self.verdict.headline,
            *map(str, whole_findings(self.division)),
        ]

"""The verb that puts an estimate to the test by refits, and the value that it gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import bayesinf as bi
from causal import checks as catalogue
from causal.check import Check, Checked
from causal.checks import PlaceboTreatment, RandomCommonCause, SimulatedConfounder, Subsets
from causal.estimate import Estimate, require_estimate

if TYPE_CHECKING:
    import pandas as pd

DEFAULT: tuple[Check, ...] = (
    PlaceboTreatment(),
    RandomCommonCause(),
    Subsets(),
    SimulatedConfounder(),
)
"""The checks that need no column to be named."""

REACH = "Passing proves nothing: no check can show that every confounder was measured."
"""What stands below every refutation."""


@dataclass(frozen=True, eq=False, repr=False)
class Refutation:
    """Attempts to refute an estimate; prints what each found, the worst first.

    Attributes:
        name: The effect's abbreviation.
        subject: What the effect is of, and on what.
        checked: What each check found.
        refused: Checks that do not apply, each with the reason.
        seed: What all refits derive from.
    """

    name: str
    subject: str
    checked: tuple[Checked, ...]
    refused: tuple[tuple[str, str], ...]
    seed: int

    @property
    def findings(self) -> tuple[bi.Finding, ...]:
        """What was found, in the order of the checks."""
        return tuple(finding for one in self.checked for finding in one.findings)

    @property
    def verdict(self) -> bi.Verdict:
        """Whether the estimate withstood, as far as these checks can tell."""
        return bi.Verdict(self.findings)

    @property
    def headline(self) -> str:
        """One sentence on what the checks found."""
        bad, doubted = len(self.verdict.of("bad")), len(self.verdict.of("warning"))
        tried = len(self.checked)
        if bad:
            return f"Refuted: {bad} of {len(self.findings)} findings of {tried} checks failed."
        if doubted:
            return f"In doubt: {doubted} of {len(self.findings)} findings of {tried} checks warn."
        if not tried:
            return "No check applied."
        return f"Not refuted by {tried} check{'s' * (tried > 1)}."

    def frame(self) -> pd.DataFrame:
        """All refits, one line each.

        Returns:
            A frame with columns `check refit mean sd`.
        """
        import pandas as pd

        lines = [
            (one.check, *line)
            for one in self.checked
            for line in zip(one.refits.labels, one.refits.means, one.refits.sds, strict=True)
        ]
        return pd.DataFrame(lines, columns=["check", "refit", "mean", "sd"])

    def summary(self) -> pd.DataFrame:
        """One line per finding.

        Returns:
            A frame with columns `check result finding code`; the result is "pass", "warn" or
            "fail".
        """
        import pandas as pd

        results = {"good": "pass", "note": "pass", "warning": "warn", "bad": "fail"}
        lines = [
            (one.check, results[found.severity], found.sentence, found.code)
            for one in self.checked
            for found in one.findings
        ]
        return pd.DataFrame(lines, columns=["check", "result", "finding", "code"])

    def __repr__(self) -> str:
        lines = [
            f"{self.name} of {self.subject}",
            self.headline,
            *(line for found in self.verdict.sorted for line in str(found).splitlines()),
            *(f"Not run: {name}. {reason}" for name, reason in self.refused),
            REACH,
        ]
        return "\n".join(["Refutation", *(f"  {line}" for line in lines)])

    def _repr_html_(self) -> str:
        found = "".join(f"<li>{escape(str(finding))}</li>" for finding in self.verdict.sorted)
        left = "".join(
            f"<li>Not run: {escape(name)}. {escape(reason)}</li>" for name, reason in self.refused
        )
        return (
            f"<h4>Refutation</h4><p>{escape(self.name)} of {escape(self.subject)}</p>"
            f"<p><b>{escape(self.headline)}</b></p><ul>{found}{left}</ul><p>{escape(REACH)}</p>"
        )


@bi.checked
def refute(
    estimate: Estimate,
    checks: Check | str | Sequence[Check | str] | None = None,
    seed: object = None,
) -> Refutation:
    """Tries to refute an estimate: answers its question again under changes of known consequence.

    Args:
        estimate: What was answered.
        checks: One or several checks of `causal.checks`, such as `PlaceboOutcome("re75")`, or the
            names of those that need no column. None runs all that need none: placebo treatment,
            random common cause, subsets, simulated confounder.
        seed: As in `bi.fit`; None derives it from the estimate's own.

    Returns:
        What was found, with all refits.

    Raises:
        ModelError: Something in `checks` is no check, or a check that was named does not apply.
        DataError: A column that a check names is absent or unfit.

    Example:
        >>> import numpy as np
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Adjustment
        >>> made = Adjustment.example(np.random.default_rng(1))
        >>> found = run(made.study, made.frame, Computation(seed=1))
        >>> refute(found, [PlaceboTreatment()]).headline
        'Not refuted by 1 check.'
    """
    require_estimate(estimate, "refute")
    given = (checks,) if isinstance(checks, Check | str) else checks
    listed = given if isinstance(given, Iterable | None) else (given,)
    chosen = DEFAULT if listed is None else tuple(as_check(entry) for entry in listed)
    refusals = [(check, check.refuses(estimate)) for check in chosen]
    refused = tuple((check.name, why) for check, why in refusals if why is not None)
    if checks is not None and refused:
        name, why = refused[0]
        raise bi.ModelError(
            f"The check '{name}' does not apply. {why}",
            code="check-refuses",
            hint="Leave it out; checks=None takes those that apply.",
        )
    own = bi.streams_of(estimate.computation.seed) if seed is None else bi.streams_of(seed)
    streams = bi.Streams(own.integer("refute"))
    checked = tuple(check.run(estimate, streams) for check, why in refusals if why is None)
    return Refutation(estimate.name, estimate.subject, checked, refused, streams.seed)


def as_check(given: Check | str) -> Check:
    """Reads a check that is given by its name.

    Raises:
        ModelError: It is neither a check nor the name of one that needs no column.

    Example:
        >>> as_check("subsets")
        Subsets(share=0.8, refits=50)
    """
    if isinstance(given, Check):
        return given
    for check in DEFAULT:
        if given == check.name:
            return check
    known = ", ".join(repr(check.name) for check in DEFAULT)
    columned = [kind for kind in catalogue.ALL if kind.name == given]
    hint = (
        f"Name its column: causal.checks.{columned[0].__name__}('...')."
        if columned
        else f"The names are {known}."
    )
    raise bi.ModelError(
        f"A check is a value of causal.checks or a name, not {given!r}.",
        code="not-a-check",
        hint=hint,
    )

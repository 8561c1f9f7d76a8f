"""`validate`: every check on this machine, as a value that becomes a page or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from bayesinf.validation.certified import certified
from bayesinf.validation.check import Check
from bayesinf.validation.installation import installation, machine
from bayesinf.validation.limits import KNOWN_LIMITS
from bayesinf.validation.posteriors import posteriors
from bayesinf.validation.ranks import ranks

if TYPE_CHECKING:
    from bayesinf.report.report import Report

SUITE: tuple[Callable[[], Iterator[Check]], ...] = (installation, certified, posteriors, ranks)
"""All checks, those that take longest at the end."""


@dataclass(frozen=True)
class Validation:
    """What was checked on one machine, and what came out.

    Attributes:
        checks: In the order in which they ran.
        machine: Versions, hashes, system, processor.
        when: Date and time (UTC) of the end.
        seconds: How long it took.
    """

    checks: tuple[Check, ...]
    machine: Mapping[str, str]
    when: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        count = sum(check.passed for check in self.checks)
        verb = "All" if self.passed else f"Only {count} of"
        return (
            f"{verb} {len(self.checks)} checks passed on this machine, in {self.seconds:.0f} s: "
            f"bayesinf {self.machine['bayesinf']} on Python {self.machine['python']}."
        )

    def to_json(self) -> str:
        """All of it as JSON, for an archive or another program."""
        content = {
            "passed": self.passed,
            "when": self.when,
            "seconds": round(self.seconds, 1),
            "machine": dict(self.machine),
            "checks": [
                {**asdict(check), "evidence": dict(check.evidence)} for check in self.checks
            ],
            "known_limits": list(KNOWN_LIMITS),
        }
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)

    def report(self) -> Report:
        """The page: outcome, machine, checks by subject, known limits."""
        from bayesinf.validation.page import report_validation

        return report_validation(self)

    def __repr__(self) -> str:
        failed = [f"FAILED  {c.subject}: {c.name}: {c.found}" for c in self.checks if not c.passed]
        return "\n".join([self.sentence, *failed])

    def _repr_html_(self) -> str:
        return self.report()._repr_html_()


def validate(say: Callable[[str], None] | None = None) -> Validation:
    """Repeats certified values, exact posteriors and a short calibration on this machine.

    Args:
        say: Told each check as it ends; None says nothing.

    Returns:
        The outcome, which `report().write("validation.html")` turns into a page.
    """
    start = perf_counter()
    checks: list[Check] = []
    for part in SUITE:
        for check in part():
            checks.append(check)
            if say is not None:
                mark = "passed" if check.passed else "FAILED"
                say(f"{mark}  {check.subject}: {check.name}: {check.found}")
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return Validation(tuple(checks), machine(), when, perf_counter() - start)

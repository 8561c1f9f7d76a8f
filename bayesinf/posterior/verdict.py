"""The verdict on a fit: sentences on what went well or badly, each with its evidence and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from bayesinf.errors import legible

Severity = Literal["good", "note", "warning", "bad"]
_MARKS = {"good": "ok", "note": "note", "warning": "WARNING", "bad": "BAD"}
_COLOURS = {"good": "#1a7f37", "note": "#57606a", "warning": "#9a6700", "bad": "#cf222e"}


@dataclass(frozen=True)
class Finding:
    """One thing found out about a fit.

    Attributes:
        sentence: What was found.
        severity: `"good"` supports the answer, `"note"` is neutral, `"warning"` asks for care,
            `"bad"` means that the numbers must not be interpreted.
        code: A short, stable name for programs.
        evidence: The numbers behind the sentence.
        remedy: What to do about it; empty for good news.
    """

    sentence: str
    severity: Severity
    code: str
    evidence: dict[str, float] = field(default_factory=dict, hash=False)
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" {self.remedy}" if self.remedy else ""
        return legible(f"[{_MARKS[self.severity]}] {self.sentence}{remedy}")


@dataclass(frozen=True)
class Verdict:
    """Whether a posterior should be believed; prints its findings, the worst first.

    Attributes:
        findings: What was found.
        opening: A headline of its own, for a verdict on many fits; empty counts the findings.
    """

    findings: tuple[Finding, ...] = ()
    opening: str = ""

    @property
    def ok(self) -> bool:
        """Whether no finding is bad."""
        return all(finding.severity != "bad" for finding in self.findings)

    def add(self, findings: Iterable[Finding]) -> Verdict:
        """A verdict with further findings."""
        return Verdict((*self.findings, *findings), self.opening)

    def of(self, *severities: Severity) -> tuple[Finding, ...]:
        """The findings of the given severities."""
        return tuple(finding for finding in self.findings if finding.severity in severities)

    @property
    def sorted(self) -> tuple[Finding, ...]:
        """The findings, the worst first."""
        order = ("bad", "warning", "note", "good")
        return tuple(sorted(self.findings, key=lambda finding: order.index(finding.severity)))

    @property
    def headline(self) -> str:
        """One sentence on whether to believe the fit."""
        if self.opening:
            return self.opening
        if not self.findings:
            return "Nothing was checked."
        bad, warnings = len(self.of("bad")), len(self.of("warning"))
        if bad:
            return f"Do not interpret these numbers: {bad} check{'s' * (bad > 1)} failed."
        if warnings:
            return f"Usable with care: {warnings} warning{'s' * (warnings > 1)}."
        return "All checks passed."

    def __str__(self) -> str:
        return "\n".join([self.headline, *(str(finding) for finding in self.sorted)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        items = "".join(
            f'<li><b style="color:{_COLOURS[f.severity]}">{_MARKS[f.severity]}</b> '
            f"{escape(f.sentence)} {escape(f.remedy)}</li>"
            for f in self.sorted
        )
        return f"<p><b>{escape(self.headline)}</b></p><ul>{items}</ul>"

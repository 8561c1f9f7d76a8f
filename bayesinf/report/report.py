"""`Report`: what was found, in words, tables and pictures; a plain value, rendered on demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path

from bayesinf.errors import BayesinfError
from bayesinf.report.parts import Heading, Paragraph, Part, Points

SUFFIXES = (".html", ".htm", ".md")


def report_path(path: str | Path) -> Path:
    """Refuses what `Report.write` would refuse, before there is a report.

    Args:
        path: As it will be given to `Report.write`.

    Returns:
        The path.

    Raises:
        BayesinfError: `report-path`, for what is no path; `report-format`, for another ending;
            `occupied`, where a folder stands, or a file in place of its folder.
    """
    named = fspath(path) if isinstance(path, str | PathLike) else path
    if not isinstance(named, str) or "\0" in named:
        raise BayesinfError(
            f"The path of a report is text, and {named!r:.60} is no path.",
            code="report-path",
            hint="Write to 'report.html'.",
        )
    target = Path(named)
    if target.parent.is_file():
        raise BayesinfError(
            f"'{target.parent}' is a file, and a report cannot stand in it.",
            code="occupied",
            hint=f"Write to '{target.name}', beside it.",
        )
    if target.suffix.lower() not in SUFFIXES:
        raise BayesinfError(
            f"A report is written as .html or .md, and '{target.name}' ends in '{target.suffix}'.",
            code="report-format",
            hint=f"Write to '{target.stem or 'report'}.html'.",
        )
    if target.is_dir():
        raise BayesinfError(
            f"'{target}' is a folder; a report is a file.",
            code="occupied",
            hint=f"Write to '{target / 'report.html'}'.",
        )
    return target


@dataclass(frozen=True, eq=False)
class Report:
    """A statistical report as a value: its parts can be read, tested, and rendered.

    Attributes:
        title: The title.
        parts: Headings, paragraphs, tables, pictures, formulas and listings, in reading order.

    Example:
        >>> from bayesinf.report import Heading, Paragraph, Report
        >>> page = Report("Sleep", (Heading("Question"), Paragraph("Does sleep matter?")))
        >>> print(page.to_markdown())
        # Sleep
        <BLANKLINE>
        ## Question
        <BLANKLINE>
        Does sleep matter?
        <BLANKLINE>
    """

    title: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """Every sentence of the report, one paragraph a line, without tables and pictures."""
        lines: list[str] = []
        for part in self.parts:
            if isinstance(part, Heading | Paragraph):
                lines.append(part.text)
            elif isinstance(part, Points):
                lines += [item.text for item in part.items]
        return "\n".join(lines)

    def chapter(self, level: int = 2) -> tuple[Part, ...]:
        """The report as one chapter of a larger one.

        Args:
            level: The level of the chapter's heading, which is the title; its own headings follow
                below it.

        Returns:
            The parts, the title first.
        """
        lowered = (
            replace(part, level=part.level + level - 1) if isinstance(part, Heading) else part
            for part in self.parts
        )
        return (Heading(self.title, level), *lowered)

    def to_markdown(self) -> str:
        """The report as Markdown, with its pictures inside as data URIs."""
        from bayesinf.report.markdown import markdown

        return markdown(self)

    def to_html(self) -> str:
        """The report as one HTML page that needs no other file and no network."""
        from bayesinf.report.render import page

        return page(self)

    def write(self, path: str | Path) -> Path:
        """Writes the report.

        Args:
            path: Ends in `.html` for one self-contained page, or in `.md` for Markdown, whose
                pictures go into a folder beside it.

        Returns:
            The path.

        Raises:
            BayesinfError: For any other ending, and where a folder stands.
        """
        target = report_path(path)
        markdown = target.suffix.lower() == ".md"
        text = self._markdown_beside(target) if markdown else self.to_html()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def _markdown_beside(self, target: Path) -> str:
        from bayesinf.report.markdown import markdown, write_pictures

        return markdown(self, write_pictures(self, target))

    def __repr__(self) -> str:
        headings = [part.text for part in self.parts if isinstance(part, Heading)]
        return f"Report '{self.title}': {', '.join(headings)}"

    def _repr_html_(self) -> str:
        from bayesinf.report.render import fragment

        return fragment(self)

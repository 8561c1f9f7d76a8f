"""A report as Markdown: pipe tables, fenced formulas and listings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from bayesinf.report.parts import (
    Heading,
    Listing,
    Mathematics,
    Paragraph,
    Part,
    Picture,
    Points,
    Table,
)
from bayesinf.report.rounding import cells, is_numeric

if TYPE_CHECKING:
    from bayesinf.report.report import Report

_MARKUP = re.compile(r"([\\*_\[\]<>#|])")
_WORDS = {"bad": "**Not interpretable.** ", "warning": "**Warning.** ", "note": "", "good": ""}


def markdown(report: Report, pictures: Sequence[str] | None = None) -> str:
    """Writes a report as Markdown.

    Args:
        report: The report.
        pictures: Where each picture lies, in order; None puts them inside as data URIs.
    """
    found = [part for part in report.parts if isinstance(part, Picture)]
    places = iter(pictures if pictures is not None else [part.encoded.uri for part in found])
    blocks = [f"# {_plain(report.title)}"]
    blocks += [_block(part, places) for part in report.parts]
    return "\n\n".join(blocks) + "\n"


def write_pictures(report: Report, target: Path) -> list[str]:
    """Writes the pictures of a report into a folder beside it.

    Returns:
        Their paths relative to the report, in order.
    """
    found = [part for part in report.parts if isinstance(part, Picture)]
    folder = target.with_name(f"{target.stem}_files")
    if found:
        folder.mkdir(parents=True, exist_ok=True)
    places = []
    for count, part in enumerate(found, start=1):
        file = folder / f"figure-{count}{part.encoded.suffix}"
        file.write_bytes(part.encoded.data)
        places.append(f"{folder.name}/{file.name}")
    return places


def _block(part: Part, places) -> str:
    match part:
        case Heading(text, level):
            return f"{'#' * min(level, 6)} {_plain(text)}"
        case Paragraph():
            return _sentence(part)
        case Points(items):
            return "\n".join(f"- {_sentence(item)}" for item in items)
        case Table():
            return f"{_pipes(part)}\n\n*{_plain(part.caption)}*"
        case Picture():
            return f"![{_plain(part.alt)}]({next(places)})\n\n*{_plain(part.caption)}*"
        case Mathematics():
            return f"```text\n{part.plain}\n```"
        case Listing(code, language):
            return f"```{language}\n{code.rstrip()}\n```"
        case _:
            assert_never(part)


def _sentence(paragraph: Paragraph) -> str:
    return _WORDS.get(paragraph.tone, "") + _plain(paragraph.text)


def _plain(text: str) -> str:
    """Escapes what Markdown would take as markup, outside backticks."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return _MARKUP.sub(r"\\\1", text)
    escaped = [
        _MARKUP.sub(r"\\\1", piece) if k % 2 == 0 else piece for k, piece in enumerate(pieces)
    ]
    return "`".join(escaped)


def _pipes(table: Table) -> str:
    frame = table.frame
    numeric = is_numeric(frame)
    head = [str(name) for name in frame.columns]
    rules = ["---:" if right else "---" for right in numeric]
    body = cells(frame)
    if frame.index.name is not None:
        head.insert(0, str(frame.index.name))
        rules.insert(0, "---")
        body = [[str(label), *row] for label, row in zip(frame.index, body, strict=True)]
    lines = [head, rules, *body]
    return "\n".join(
        "| " + " | ".join(cell if line is rules else _cell(cell) for cell in line) + " |"
        for line in lines
    )


def _cell(text: str) -> str:
    return _plain(text).replace("\n", " ")

"""A report as one HTML page: no network, no script, pictures inside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import count
from typing import TYPE_CHECKING, assert_never

from bayesinf.errors import legible, printable, shown
from bayesinf.posterior.provenance import installed_versions
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
    from collections.abc import Iterator

    from bayesinf.report.report import Report

_MARKS = {"good": "ok", "note": "note", "warning": "warning", "bad": "bad"}


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents.

    Attributes:
        anchor: The heading's name within the page.
        text: The heading.
        level: Its level.
    """

    anchor: str
    text: str
    level: int


def page(report: Report) -> str:
    """Renders a report as a whole page."""
    contents = _contents(report)
    return _template("page.html.j2").render(
        title=report.title,
        contents=contents,
        body="\n".join(_blocks(report, contents)),
        style=_source("style.css"),
        version=installed_versions()["bayesinf"],
    )


def fragment(report: Report) -> str:
    """Renders a report for a notebook cell: the same, without a page around it."""
    contents = _contents(report)
    return (
        f"<style>{_source('notebook.css')}</style>"
        f'<div class="bayesinf-report"><h1>{escape(report.title)}</h1>'
        f"{''.join(_blocks(report, contents))}</div>"
    )


def _blocks(report: Report, contents: list[Entry]) -> Iterator[str]:
    anchors = iter(contents)
    tables, pictures = count(1), count(1)
    for part in report.parts:
        yield _block(part, anchors, tables, pictures)


def _block(part: Part, anchors: Iterator[Entry], tables: count, pictures: count) -> str:
    match part:
        case Heading(text, level):
            deep = min(level, 6)
            return f'<h{deep} id="{next(anchors).anchor}">{_words(text)}</h{deep}>'
        case Paragraph(text, tone):
            return f'<p class="{tone}">{_mark(tone)}{_words(text)}</p>'
        case Points(items):
            listed = (
                f'<li class="{item.tone}">{_mark(item.tone)}<span>{_words(item.text)}</span></li>'
                for item in items
            )
            return f'<ul class="points">{"".join(listed)}</ul>'
        case Table():
            return _table(part, next(tables))
        case Picture():
            return _picture(part, next(pictures))
        case Mathematics():
            inner = part.mathml or f"<pre>{escape(part.plain)}</pre>"
            return f'<div class="mathematics">{inner}</div>'
        case Listing(code, language):
            return f'<pre class="listing"><code class="{language}">{escape(code)}</code></pre>'
        case _:
            assert_never(part)


def _mark(tone: str) -> str:
    return f'<b class="mark">{_MARKS[tone]}</b> ' if tone in _MARKS else ""


def _words(text: str) -> str:
    """Escapes text; what stands between backticks becomes code."""
    pieces = escape(legible(text), quote=False).split("`")
    if len(pieces) % 2 == 0:
        return "`".join(pieces)
    return "".join(
        piece if k % 2 == 0 else f"<code>{piece}</code>" for k, piece in enumerate(pieces)
    )


def _table(table: Table, number: int) -> str:
    frame = table.frame
    right = ["number" if numeric else "text" for numeric in is_numeric(frame)]
    named = frame.index.name is not None
    head = "".join(
        f'<th class="{kind}" scope="col">{escape(str(name))}</th>'
        for kind, name in zip(right, frame.columns, strict=True)
    )
    corner = f'<th scope="col">{escape(str(frame.index.name))}</th>' if named else ""
    rows = []
    for label, row in zip(frame.index, cells(frame), strict=True):
        first = f'<th scope="row">{escape(str(shown(label)))}</th>' if named else ""
        inner = "".join(
            f'<td class="{kind}">{escape(printable(cell))}</td>'
            for kind, cell in zip(right, row, strict=True)
        )
        rows.append(f"<tr>{first}{inner}</tr>")
    caption = f"<figcaption><b>Table {number}.</b> {_words(table.caption)}</figcaption>"
    return (
        f'<figure class="table">{caption}<div class="wide"><table><thead><tr>{corner}{head}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div></figure>"
    )


def _picture(picture: Picture, number: int) -> str:
    return (
        f'<figure class="picture"><img src="{picture.encoded.uri}" alt="{escape(picture.alt)}">'
        f"<figcaption><b>Figure {number}.</b> {_words(picture.caption)}</figcaption></figure>"
    )


def _contents(report: Report) -> list[Entry]:
    taken: dict[str, int] = {}
    found = []
    for part in report.parts:
        if not isinstance(part, Heading):
            continue
        slug = re.sub(r"[^a-z0-9]+", "-", part.text.lower()).strip("-") or "section"
        taken[slug] = taken.get(slug, 0) + 1
        anchor = slug if taken[slug] == 1 else f"{slug}-{taken[slug]}"
        found.append(Entry(anchor, part.text.replace("`", ""), part.level))
    return found


@cache
def _template(name: str):
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("bayesinf.report"),
        autoescape=select_autoescape(("html", "j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def _source(name: str) -> str:
    from importlib.resources import files

    return (files("bayesinf.report") / "templates" / name).read_text(encoding="utf-8")

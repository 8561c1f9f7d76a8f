"""A report renders to one safe page and to Markdown, and its value stays readable."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from bayesinf.errors import BayesinfError
from bayesinf.report.parts import (
    Heading,
    Listing,
    Mathematics,
    Paragraph,
    Picture,
    Points,
    Table,
)
from bayesinf.report.report import Report, report_path

NASTY = "<script>alert(1)</script> a|b *c* `code<b>`"
VOID = {"meta", "img", "link", "br", "mspace"}


@pytest.fixture(scope="module")
def report() -> Report:
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2])
    frame = pd.DataFrame({"n|m": [1.5], "<i>": ["x<y"]}, index=pd.Index(["a&b"], name="row"))
    return Report(
        "Title & more",
        (
            Paragraph("Do not read.", "bad"),
            Heading("One"),
            Paragraph(NASTY),
            Points((Paragraph("first", "warning"), Paragraph("second"))),
            Heading("One"),
            Table(frame, "A `caption`."),
            Picture(figure, "See.", 'alt "quoted"'),
            Heading("Deep", 3),
            Mathematics(r"\mu", "mu = 1 < 2"),
            Listing("if a < b:\n    pass"),
        ),
    )


class Tags(HTMLParser):
    """Collects tags and attributes, and checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    assert parser.open == []
    return parser.seen


def test_the_page_is_well_formed_and_needs_nothing_else(report: Report) -> None:
    seen = tags_of(report.to_html())
    assert not {"script", "link", "iframe"} & {tag for tag, _ in seen}
    addresses = [a.get("src") or a.get("href") for _, a in seen if "src" in a or "href" in a]
    assert addresses and all(str(address).startswith(("#", "data:")) for address in addresses)
    assert "http" not in re.sub(r"data:[^\"]*", "", report.to_html())


def test_text_cannot_become_markup(report: Report) -> None:
    page = report.to_html()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; a|b *c* <code>code&lt;b&gt;</code>" in page
    assert "x&lt;y" in page and "a&amp;b" in page and "&lt;i&gt;" in page
    assert "if a &lt; b" in page and "mu = 1 &lt; 2" in page
    assert 'alt="alt &quot;quoted&quot;"' in page


def test_the_contents_lead_to_every_heading(report: Report) -> None:
    seen = tags_of(report.to_html())
    anchors = [a["id"] for tag, a in seen if re.fullmatch(r"h[2-6]", tag)]
    links = [a["href"] for tag, a in seen if tag == "a"]
    assert anchors == ["one", "one-2", "deep"]
    assert links == [f"#{anchor}" for anchor in anchors]


def test_tones_are_words_and_not_only_colours(report: Report) -> None:
    page = report.to_html()
    assert '<p class="bad"><b class="mark">bad</b> Do not read.</p>' in page
    assert '<b class="mark">warning</b>' in page


def test_markdown_escapes_what_is_not_meant_as_markup(report: Report) -> None:
    text = report.to_markdown()
    assert text.startswith("# Title & more\n")
    assert r"\<script\>alert(1)\</script\> a\|b \*c\* `code<b>`" in text
    assert "| row | n\\|m | \\<i\\> |" in text
    assert "| --- | ---: | --- |" in text
    assert "**Not interpretable.** Do not read." in text
    assert "```python\nif a < b:\n    pass\n```" in text


def test_writing_markdown_puts_pictures_beside_it(report: Report, tmp_path: Path) -> None:
    target = report.write(tmp_path / "new" / "page.md")
    text = target.read_text(encoding="utf-8")
    place = re.search(r"\]\((page_files/figure-1\.svg)\)", text)
    assert place is not None
    assert b"<svg" in (target.parent / place[1]).read_bytes()
    assert "data:" not in text


def test_writing_html_writes_one_file(report: Report, tmp_path: Path) -> None:
    target = report.write(tmp_path / "page.html")
    assert target.read_text(encoding="utf-8") == report.to_html()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["page.pdf", "page", "page.docx"])
def test_other_formats_are_refused_before_anything_is_written(
    report: Report, tmp_path: Path, name: str
) -> None:
    with pytest.raises(BayesinfError, match=r"\.html or \.md") as caught:
        report.write(tmp_path / name)
    assert caught.value.code == "report-format"
    assert list(tmp_path.iterdir()) == []


def test_a_chapter_is_one_level_deeper(report: Report) -> None:
    chapter = report.chapter()
    levels = [part.level for part in chapter if isinstance(part, Heading)]
    assert levels == [2, 3, 3, 4]
    assert len(chapter) == len(report.parts) + 1
    assert [part.level for part in report.parts if isinstance(part, Heading)] == [2, 2, 3]


def test_the_text_of_a_report_is_its_sentences(report: Report) -> None:
    assert report.text.splitlines() == [
        "Do not read.",
        "One",
        NASTY,
        "first",
        "second",
        "One",
        "Deep",
    ]


def test_notebooks_get_the_report_without_a_page_around_it(report: Report) -> None:
    html = report._repr_html_()
    tags_of(html)
    assert html.startswith("<style>") and "<html" not in html
    assert repr(report) == "Report 'Title & more': One, One, Deep"


def test_a_path_is_refused_before_there_is_a_report(tmp_path: Path) -> None:
    for name in ("a.html", "a.HTM", "deep/er/a.md"):
        assert report_path(str(tmp_path / name)) == tmp_path / name
    for name in ("a.pdf", "a", ".html"):
        with pytest.raises(BayesinfError, match=r"\.html or \.md"):
            report_path(tmp_path / name)
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(BayesinfError, match="is a folder"):
        report_path(tmp_path / "folder.md")

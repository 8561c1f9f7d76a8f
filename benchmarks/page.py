"""`docs/benchmarks.md`: each benchmark writes its own section, between two markers."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

SECTIONS = {
    "ladder": "The ladder: one model, beside the peers",
    "fleet": "Fleets: thousands of small models",
    "posteriordb": "posteriordb: reference posteriors",
    "calibration": "Calibration: simulated truths",
    "gpu": "Accelerators",
}
"""The sections in the page's order: the marker's name, and the heading."""

HEAD = """# Benchmarks

`make bench` measures all of this on the machine that it runs on, and writes it here. Nothing on
this page is written by hand: every section stands between two markers, and the command that it
names replaces what is between them. The benchmarks lie in `benchmarks/` and are never part of the
tests.
"""

NOT_YET = "Not measured yet."


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Replaces one section of the page, and makes the page where there is none.

    Args:
        name: One of `SECTIONS`.
        text: Markdown, without the heading.
        page: The page.
    """
    before = page.read_text(encoding="utf-8") if page.is_file() else empty_page()
    page.write_text(replaced(before, name, text), encoding="utf-8")


def empty_page() -> str:
    """The page before anything was measured."""
    parts = [
        f"## {title}\n\n{_begin(name)}\n{NOT_YET}\n{_end(name)}\n"
        for name, title in SECTIONS.items()
    ]
    return "\n".join([HEAD, *parts])


def replaced(page: str, name: str, text: str) -> str:
    """The page with other text between the markers of one section.

    Raises:
        ValueError: When the page does not hold both markers once, in their order.
    """
    begin, end = _begin(name), _end(name)
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise ValueError(f"The page must hold '{begin}' and '{end}' once, in this order.")
    before, after = page.split(begin)[0], page.split(end)[1]
    return f"{before}{begin}\n{text.strip()}\n{end}{after}"


def table(head: list[str], rows: list[list[str]], numbers: int = 1) -> str:
    """A Markdown table; columns from position `numbers` on are aligned to the right."""
    rule = ["---" if place < numbers else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _begin(name: str) -> str:
    return f"<!-- begin {name} -->"


def _end(name: str) -> str:
    return f"<!-- end {name} -->"

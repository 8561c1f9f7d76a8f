"""`docs/benchmarks.md`: each benchmark writes its own section, between two markers.

    python -m benchmarks.fleet | python -m benchmarks.page fleet

puts what another benchmark prints into its section: JSON lines as a table, other text as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import machine

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "benchmarks.md"
TRUST = DOCS / "trust.md"
"""The page of what was held against exact or independent answers. Its prose is written by hand;
its sections, between the same markers, by the commands that they name."""

SECTIONS = {
    "first": "What a person waits for",
    "ladder": "The ladder: one model, beside the peers",
    "fleet": "Fleets: thousands of small models",
    "posteriordb": "posteriordb: reference posteriors",
    "coverage": "Coverage of effects",
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


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; columns that hold only numbers are aligned to the right."""
    columns = [[row[place] for row in rows] for place in range(len(head))]
    rule = ["---:" if all(map(_is_number, column)) else "---" for column in columns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _is_number(cell: str) -> bool:
    return not cell.strip("0123456789.,-–<> ")


def printed_section(module: str, printed: str) -> str:
    """What a benchmark has printed, as the text of its section."""
    here = machine()
    lines = [line for line in printed.splitlines() if line.strip()]
    objects = [json.loads(line) for line in lines if line.startswith("{")]
    parts = [
        f"`python -m benchmarks.{module}`, {here['date']}, on {here['processor']}, "
        f"{here['cores']} cores, {here['memory']}."
    ]
    text = "\n".join(line for line in lines if not line.startswith("{"))
    if text:
        parts.append(f"```text\n{text}\n```")
    if objects:
        parts.append(_objects(objects))
    return "\n\n".join(parts)


def _objects(objects: list[dict[str, Any]]) -> str:
    """A table with one row for each object; a single one stands upright."""
    if len(objects) == 1:
        return table(["what", "value"], [[name, _cell(v)] for name, v in objects[0].items()])
    head = list(dict.fromkeys(name for one in objects for name in one))
    return table(head, [[_cell(one.get(name, "–")) for name in head] for one in objects])


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value) if isinstance(value, dict | list) else str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def main(arguments: list[str] | None = None) -> int:
    """Reads what a benchmark prints, shows it, and writes it into the page."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.page")
    made.add_argument("section", choices=list(SECTIONS))
    made.add_argument("--module", help="that printed it (default: of the section's name)")
    made.add_argument("--page", type=Path, default=PAGE)
    given = made.parse_args(arguments)
    printed = ""
    for line in sys.stdin:
        print(line, end="", flush=True)
        printed += line
    if not printed.strip():
        print("Nothing was printed, so the page stays as it was.", file=sys.stderr)
        return 1
    write_section(
        given.section, printed_section(given.module or given.section, printed), given.page
    )
    return 0


def _begin(name: str) -> str:
    return f"<!-- begin {name} -->"


def _end(name: str) -> str:
    return f"<!-- end {name} -->"


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.laws --write` runs the laws and writes their table into `docs/trust.md`."""

from __future__ import annotations

import argparse
import inspect
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.page import TRUST, table, write_section

HERE = Path(__file__).resolve().parent


@dataclass
class Laws:
    """A pytest plugin that notes each law's sentence, and whether it held.

    Attributes:
        sentences: By the law's node: the part of the library, and the docstring's first line.
        failed: The nodes of laws that did not hold.
    """

    sentences: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            test: Any = getattr(item, "obj", None)
            if not hasattr(test, "hypothesis"):
                continue  # a test that the laws themselves can fail
            text = inspect.getdoc(test) or ""
            subject = item.path.stem.removeprefix("test_")
            self.sentences[item.nodeid] = (subject, item.name, text.partition("\n")[0])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def section(self, seconds: float) -> str:
        """The text of the section: a sentence, and the table."""
        # Only now: pytest wants to be the first to import hypothesis.
        from tests.laws.law import HELD

        rows = [
            [subject, text, str(HELD[f"{subject}.{name}"]), "no" if node in self.failed else "yes"]
            for node, (subject, name, text) in self.sentences.items()
        ]
        examples = sum(int(row[2]) for row in rows)
        held = sum(row[3] == "yes" for row in rows)
        return (
            f"`python -m tests.laws --write`: {held} of {len(rows)} laws held, in {examples:,} "
            f"examples made by hypothesis and {seconds:.0f} seconds of one core. The examples are "
            "the same in every run; `pytest tests/laws --hypothesis-profile=many-laws` looks at "
            "ten times as many new ones.\n\n" + table(["about", "law", "examples", "held"], rows)
        )


def main(arguments: list[str] | None = None) -> int:
    """Runs the laws, prints their table, and writes it where that is asked for."""
    made = argparse.ArgumentParser(prog="python -m tests.laws")
    made.add_argument("--write", action="store_true", help="into docs/trust.md")
    made.add_argument("--page", type=Path, default=TRUST)
    given = made.parse_args(arguments)
    laws, start = Laws(), time.process_time()
    pytest.main([str(HERE), "-q", "-p", "no:xdist"], plugins=[laws])
    text = laws.section(time.process_time() - start)
    sys.stdout.write(f"{text}\n")
    if given.write:
        write_section("laws", text, given.page)
    return 1 if laws.failed or not laws.sentences else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the documents say is true: their code runs, and prints what they show.

In `README.md` and `docs/`, the ```python blocks of a page run from top to bottom in one namespace,
in an empty folder, as the cells of a notebook: the value of a last line that is an expression is
shown. An ```output block right after holds what was printed. ```python PATH shows a file of this
repository, and must equal it.

    .venv/bin/python -m tests.journeys.test_documents [PAGE ...]

writes the true output into all pages, or into those that are named.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import io
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
MODULES = sorted(
    path
    for package in ("bayesinf", "causal")
    for path in (ROOT / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)

FENCE = re.compile(r"^```(\w+)?[ \t]*(\S*)[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
SECONDS = re.compile(r"\d+(?:\.\d+)? s\b")
SHARE = 0.02
"""Numbers may differ by this share, or by two in the last digit shown: a page is about what an
answer looks like, and another processor rounds the same draws a little differently."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the line on which its text begins."""

    language: str
    path: str
    text: str
    line: int
    span: tuple[int, int]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[Block]:
    return [
        Block(
            found[1] or "", found[2], found[3], text.count("\n", 0, found.start(3)), found.span(3)
        )
        for found in FENCE.finditer(text)
    ]


def runs(block: Block) -> bool:
    return block.language == "python" and not block.path


def shows_a_file(block: Block) -> bool:
    return block.language == "python" and bool(block.path)


def run(block: Block, page: Path, names: dict[str, object]) -> str:
    """Runs a block as a notebook's cell, and returns what it prints and shows."""
    tree = ast.parse(block.text, filename=name_of(page))
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    ast.increment_lineno(tree, block.line)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name_of(page), "exec"), names)
        if isinstance(last, ast.Expr):
            shown = ast.increment_lineno(ast.Expression(last.value), block.line)
            value = eval(compile(shown, name_of(page), "eval"), names)
            if value is not None:
                printed.write(f"{value!r}\n")
    return "\n".join(line.rstrip() for line in printed.getvalue().strip("\n").splitlines()) + "\n"


def run_page(page: Path) -> list[tuple[Block, str]]:
    """Runs a page, and returns its output blocks, each with what was really printed."""
    import pandas as pd

    names: dict[str, object] = {"__name__": "__main__"}
    compared: list[tuple[Block, str]] = []
    printed: str | None = None
    with pd.option_context("display.width", 100, "display.max_columns", 20):
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.language == "output":
                assert printed is not None, f"{name_of(page)}:{block.line}: output of what?"
                compared.append((block, printed))
            printed = run(block, page, names) if runs(block) else None
    return compared


def numbers(text: str) -> list[str]:
    return NUMBER.findall(SECONDS.sub("# s", text))


def words(text: str) -> list[str]:
    """The text without its numbers and its white space."""
    return NUMBER.sub("#", SECONDS.sub("# s", text)).split()


def close(shown: str, true: str) -> bool:
    one, other = (float(number.replace(",", "")) for number in (shown, true))
    digits = re.sub(r"e.*", "", shown).partition(".")[2]
    exponent = int(shown.partition("e")[2] or 0)
    # Whole numbers have no last digit to spare: 18 levels are not 20.
    unit = 2.01 * 10.0 ** (exponent - len(digits)) if digits or exponent else 0.0
    return abs(one - other) <= max(SHARE * abs(one), unit)


def differences(shown: str, true: str) -> list[str]:
    """What a reader would see that is not so; nothing where the page tells the truth."""
    if words(shown) != words(true):
        return [f"the page shows\n{shown}\nand it is\n{true}"]
    pairs = zip(numbers(shown), numbers(true), strict=True)
    return [f"{one} is {other}" for one, other in pairs if not close(one, other)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_code_of_a_page_prints_what_the_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for block, true in run_page(page):
        assert not differences(block.text, true), f"{name_of(page)}:{block.line}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_file_that_a_page_shows_is_that_file(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        if shows_a_file(block):
            file = (ROOT / block.path).read_text(encoding="utf-8")
            assert block.text == file, f"{name_of(page)}:{block.line} differs from {block.path}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    """Paths in backticks, from the root; those that an example makes begin elsewhere."""
    named = re.findall(
        r"`((?:bayesinf|causal|tests|benchmarks|docs)/[\w./-]+)`", page.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_there_are_pages_and_examples() -> None:
    code = [block for page in PAGES for block in blocks(page.read_text(encoding="utf-8"))]
    assert sum(runs(block) for block in code) > 20
    assert sum(block.language == "output" for block in code) > 10
    assert len(MODULES) > 20


@pytest.mark.parametrize(
    ("shown", "true", "agree"),
    [
        ("mean 10.46, worth 3,809 draws", "mean  10.44, worth 3,790 draws", True),
        ("sd 0.0762 in 0.18 s", "sd 0.0764 in 3.1 s", True),
        ("mcse 1e-05", "mcse 3e-05", True),
        ("mean 10.46", "mean 11.46", False),
        ("mean 10.46", "mean -10.46", False),
        ("All checks passed.", "Usable with care: 1 warning.", False),
        ("18 levels", "20 levels", False),
        ("a 1 2", "a 1", False),
    ],
)
def test_the_comparison_sees_what_a_reader_would(shown: str, true: str, agree: bool) -> None:
    assert (not differences(shown, true)) == agree


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_examples_of_a_module_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dotted = name_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    module = importlib.import_module(dotted)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    told = io.StringIO()
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, dotted):
        runner.run(test, out=told.write)
    assert runner.summarize(verbose=False).attempted > 0, f"{dotted} hides its examples"
    assert not told.getvalue(), told.getvalue()


def rewrite(page: Path) -> bool:
    """Puts the true output and the true files into a page."""
    text = page.read_text(encoding="utf-8")
    shown = [block for block in blocks(text) if shows_a_file(block)]
    files = [(block, (ROOT / block.path).read_text(encoding="utf-8")) for block in shown]
    pairs = [*files, *run_page(page)]
    changed = text
    for block, true in sorted(pairs, key=lambda pair: pair[0].line, reverse=True):
        changed = changed[: block.span[0]] + true + changed[block.span[1] :]
    page.write_text(changed, encoding="utf-8")
    return changed != text


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    for document in [Path(name).resolve() for name in sys.argv[1:]] or PAGES:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            done = "rewritten" if rewrite(document) else "unchanged"
            sys.stdout.write(f"{done} {name_of(document)}\n")

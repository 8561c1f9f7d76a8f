"""The library asks a family or a link what it is by methods and attributes, never by its name.

A family of a user's own, or the next one of the catalogue, would else be forgotten without a word.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "bayesinf"
MEMBERS = ("family", "link")


def is_name_of_member(node: ast.expr) -> bool:
    """Whether an expression is `family.name`, `model.family.name`, `family.link.name`."""
    if not isinstance(node, ast.Attribute) or node.attr != "name":
        return False
    owner = node.value
    return getattr(owner, "attr", getattr(owner, "id", "")) in MEMBERS


def holds_text(node: ast.expr) -> bool:
    """Whether an expression is text, a display of texts, or the name of a constant."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return any(holds_text(part) for part in node.elts)
    return isinstance(node, ast.Name) and node.id.isupper()


def matched_by_name(tree: ast.Module) -> Iterator[int]:
    """The lines that compare the name of a family or a link with names written there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Match) and is_name_of_member(node.subject):
            yield node.lineno
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(is_name_of_member, sides)) and any(map(holds_text, sides)):
                yield node.lineno


@pytest.mark.parametrize(
    "text",
    [
        'if model.family.name == "poisson": pass',
        'x = family.link.name not in ("log",)',
        "x = model.family.name in MEASUREMENTS",
        'match family.name:\n    case "poisson": pass',
    ],
)
def test_it_is_seen(text: str) -> None:
    assert list(matched_by_name(ast.parse(text))) == [1]


def test_no_module_matches_on_the_name_of_a_family_or_a_link() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(ROOT.rglob("*.py"))
        for line in matched_by_name(ast.parse(path.read_text()))
    ]
    assert found == []

"""Everything is small enough to be read in one sitting; a folder's `__init__` is a listing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted([*ROOT.glob("bayesinf/**/*.py"), *ROOT.glob("causal/**/*.py")])
MODULE_LINES = 400
FUNCTION_LINES = 60

# Functions that are longer, each with the reason: "path:name" -> why it reads better in one piece.
LONG_FUNCTIONS: dict[str, str] = {}

# Functions that a folder's `__init__` may define: all are ways into what the folder lists.
INIT_FUNCTIONS: dict[str, frozenset[str]] = {
    # The names of catalogue members are accepted at the public face; the catalogue looks them up.
    "bayesinf/families/__init__.py": frozenset(
        {"named", "kind_named", "family_to_json", "family_from_json"}
    ),
    "bayesinf/engines/__init__.py": frozenset({"named"}),
    "bayesinf/terms/__init__.py": frozenset({"named"}),
    # Reading a prior back from JSON is a look-up in the catalogue by its name.
    "bayesinf/priors/__init__.py": frozenset({"named", "prior_from_json"}),
    # PEP 562: names are loaded when they are first asked for, which keeps the import cheap.
    "bayesinf/__init__.py": frozenset({"__getattr__", "__dir__"}),
    "causal/__init__.py": frozenset({"__getattr__", "__dir__"}),
}

# Calls that a package makes when it is imported, each with the reason.
INIT_CALLS: dict[str, str] = {
    # JAX decides at its first compilation whether it keeps programs, so this cannot wait.
    "bayesinf/__init__.py": "enable_compilation_cache",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Every function below a node with its dotted name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield f"{prefix}{child.name}", child
        named = isinstance(child, Function | ast.ClassDef)
        yield from functions(child, f"{prefix}{child.name}." if named else prefix)


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring: explaining is never punished."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def is_listing(node: ast.stmt) -> bool:
    """Whether a statement only says what the folder holds: imports, a docstring, constants."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        guard = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return guard and all(is_listing(inner) for inner in node.body)
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        logic = (ast.Call, ast.Lambda, ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.IfExp)
        return not any(isinstance(part, logic) for part in ast.walk(node.value))
    return False


def test_there_is_something_to_measure() -> None:
    assert len(MODULES) > 40


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{relative(path)} has {lines} lines: split it by subject"


def test_a_function_fits_a_screen() -> None:
    found = {
        f"{relative(path)}:{name}": length(function)
        for path in MODULES
        for name, function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if length(function) > FUNCTION_LINES
    }
    unexplained = {name: lines for name, lines in found.items() if name not in LONG_FUNCTIONS}
    assert not unexplained, "split these, or give the reason in LONG_FUNCTIONS"
    assert set(LONG_FUNCTIONS) <= set(found), "LONG_FUNCTIONS names functions that are short by now"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name == "__init__.py"], ids=relative
)
def test_a_folder_lists_and_does_not_compute(path: Path) -> None:
    allowed = INIT_FUNCTIONS.get(relative(path), frozenset())
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{relative(path)} does not say what the folder holds"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert node.name in allowed, f"{relative(path)} defines {node.name}: give it a module"
        else:
            called = ast.unparse(node).removesuffix("()")
            listing = is_listing(node) or called == INIT_CALLS.get(relative(path))
            assert listing, f"{relative(path)}:{node.lineno} is logic: give it a module"

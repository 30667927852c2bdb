"""The adapter's source: what it may use, and what the host really has."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "nuke"
SOURCES = sorted(FOLDER.rglob("*.py"))
OURS = {"nuke", "vfi_nuke", "vfi_client"}
TEXTS = [
    *sorted(FOLDER.rglob("*.nk")),  # what their buttons do
    *sorted((FOLDER.parent / "vfi_plugin" / "cattery").glob("*.py.txt")),  # what an artist runs to make a .cat
]

NOT_IN_STUBS = {"lastHitGroup"}
"""In the Python reference of Nuke 13 and newer, and asked for with a default: older hosts do not know it."""


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), feature_version=(3, 9))


def names_of_nuke(tree: ast.AST) -> set[str]:
    """Every ``nuke.NAME`` and ``getattr(nuke, "NAME", ...)``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "nuke":
            found.add(node.attr)
        elif isinstance(node, ast.Call) and [*map(ast.unparse, (node.func, *node.args[:1]))] == ["getattr", "nuke"]:
            found.add(ast.literal_eval(node.args[1]))
    return found


def names_in_stubs() -> set[str]:
    try:
        stubs = [path for path in files("types-nuke") or [] if path.suffix == ".pyi"]
    except PackageNotFoundError:
        pytest.skip("types-nuke is not installed; it comes with the extra 'lint'")
    found: set[str] = set()
    for path in stubs:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return found


def test_every_name_it_uses_is_one_of_the_host() -> None:
    known = names_in_stubs()
    used = set.union(*(names_of_nuke(tree_of(path)) for path in SOURCES))
    assert {"execute", "lastHitGroup"} <= used
    assert used - known == NOT_IN_STUBS


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_name_in_texts_that_the_host_runs_is_one_of_the_host(path: Path) -> None:
    used = set(re.findall(r"\bnuke\.(\w+)", path.read_text("utf-8")))
    assert "message" in used
    assert used - names_in_stubs() == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_it_imports_the_standard_library_the_host_and_the_client_alone(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        assert {name.partition(".")[0] for name in names} <= OURS | set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", ["init.py", "menu.py"])
def test_start_files_only_call_the_adapter(name: str) -> None:
    assert len((FOLDER / name).read_text("utf-8").splitlines()) == 2


def test_the_folder_is_no_package_that_would_hide_the_host() -> None:
    assert not (FOLDER / "__init__.py").exists()

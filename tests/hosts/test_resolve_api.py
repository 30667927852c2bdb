"""Every method of the host that the adapter calls is a documented one."""

from __future__ import annotations

import ast
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
MENU_SCRIPTS = sorted((REPOSITORY / "resolve").glob("*.py"))
ADAPTER = [*sorted((REPOSITORY / "resolve" / "vfi_resolve").glob("*.py")), *MENU_SCRIPTS]

SCRIPTING_README = {"GetSelectedClips"}
"""Of a timeline: in the scripting README of 24 July 2026 (Resolve 21), not yet in the stubs."""

WORKFLOW_README = {
    *("UIManager", "UIDispatcher", "AddWindow", "RunLoop", "ExitLoop", "GetItems", "Show", "Hide"),
    *("VGroup", "HGroup", "Label", "Button", "ComboBox", "LineEdit", "CheckBox", "AddItems"),
    *("On", "Text", "Checked", "CurrentIndex"),
}
"""Windows: the Workflow Integration README, on UIDispatcher functions, UIManager elements and their functions."""

UNDOCUMENTED = {"StepLoop"}
"""Of the dispatcher: in no README, and in wide use by scripts that show progress, as nothing documented does that."""


def host_names(path: Path) -> set[str]:
    """Attributes in the host's spelling that a file uses, its own classes and constants aside."""
    tree = ast.parse(path.read_text("utf-8"))
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    used = {node.attr for node in attributes if not ast.unparse(node).startswith("vfi_client.")}
    return {name for name in used if re.fullmatch(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*", name)}


def stub_names() -> set[str]:
    """Methods of every class of the scripting interface."""
    try:
        stubs = distribution("fusionscript-stubs")
    except PackageNotFoundError:
        pytest.skip("fusionscript-stubs is not installed; it comes with the extra 'lint'")
    tree = ast.parse(Path(str(stubs.locate_file("fusionscript-stubs/fusionscript.pyi"))).read_text("utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {method.name for each in classes for method in each.body if isinstance(method, ast.FunctionDef)}


def fake_methods() -> dict[str, set[str]]:
    """Class of a fake -> what it answers."""
    found: dict[str, set[str]] = {}
    for path in HERE.glob("fake_resolve*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.startswith("Fake"):
                found[node.name] = {
                    method.name
                    for method in node.body
                    if isinstance(method, ast.FunctionDef)
                    and any(isinstance(mark, ast.Name) and mark.id == "api" for mark in method.decorator_list)
                }
    return found


def test_the_adapter_calls_nothing_that_no_document_has() -> None:
    used = set().union(*map(host_names, ADAPTER))
    assert {"AppendToTimeline", "GetSourceStartFrame", "UIManager"} <= used  # or it would prove nothing
    assert used - stub_names() - SCRIPTING_README - WORKFLOW_README - UNDOCUMENTED == set()


def test_the_fake_answers_to_nothing_that_the_host_does_not() -> None:
    answered = set().union(*fake_methods().values())
    assert "AppendToTimeline" in answered
    assert answered - stub_names() - SCRIPTING_README == set()


def test_everything_that_the_adapter_calls_is_answered_by_the_fake() -> None:
    used = set().union(*map(host_names, ADAPTER)) - WORKFLOW_README - UNDOCUMENTED
    assert used - set().union(*fake_methods().values()) == set()


def test_the_adapter_needs_the_standard_library_and_the_client_alone() -> None:
    imported = {
        name.partition(".")[0]
        for path in ADAPTER
        for node in ast.walk(ast.parse(path.read_text("utf-8"), feature_version=(3, 9)))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    ours = {"vfi_resolve", "vfi_client", "fusionscript"}  # the last for type checkers alone
    assert imported - ours <= {"__future__", "typing", "dataclasses", "collections", "contextlib", "fractions"} | {
        "sys",  # of the scripts of the menu, which look for the adapter
        "json",
        "pathlib",
        "re",
    }


@pytest.mark.parametrize("path", ADAPTER, ids=lambda path: path.stem)
def test_types_of_the_host_are_imported_for_type_checkers_alone(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    loaded = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert "fusionscript" not in loaded


def test_no_model_is_named_and_no_pixel_touched_by_the_adapter() -> None:
    from vfi_plugin.models.registry import model_names

    for path in ADAPTER:
        words = set(re.findall(r"\w+", path.read_text("utf-8")))
        assert not words.intersection(model_names()), path.name


def test_there_is_no_package_that_could_hide_the_hosts_own() -> None:
    assert not (REPOSITORY / "resolve" / "__init__.py").exists()

"""Facts about the whole house that a machine can check: what it imports, what it is called, what ships."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

import vfi_plugin

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "vfi_plugin"
OUR_FOLDERS = ("vfi_plugin", "host_bindings", "tests", "benchmarks", "nuke", "resolve")

HOSTS = {"nuke", "nukescripts", "hiero", "DaVinciResolveScript", "fusionscript", "vfi_nuke", "vfi_resolve"}
"""Modules that exist in a host only, and our own adapters to them."""

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "lib", "common", "misc"}

NOT_NUMPY_NOR_TORCH = {
    *("OpenImageIO", "OpenEXR", "PyOpenColorIO", "cv2", "av"),
    *("fileseq", "opentimelineio", "yaml", "cupy", "safetensors"),
}
"""What a training machine or a host's own Python may lack: kernels and models must be of use without them."""

REFUSE_IMPORTS = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is blocked in this test")

sys.meta_path.insert(0, Refusing())
"""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a program from outside the repository, so that only what is installed can be found."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(part) for part in command], cwd=Path(sys.prefix), env=clean, capture_output=True, text=True, timeout=120
    )


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-c", code)


def own_files(pattern: str) -> Iterator[Path]:
    for folder in OUR_FOLDERS:
        yield from (path for path in (REPOSITORY / folder).rglob(pattern) if "__pycache__" not in path.parts)


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Every module that a file names in an import, also inside functions and as ``import_module("name")``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif (
            isinstance(node, ast.Call)
            and node.args
            and ast.unparse(node.func).endswith(("import_module", "__import__"))
        ):
            name = node.args[0]
            yield name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""


def package_names() -> list[str]:
    return sorted(".".join(path.parent.relative_to(REPOSITORY).parts) for path in SOURCE.rglob("__init__.py"))


def newest_changelog_version() -> str:
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    headings: list[str] = re.findall(r"^## \[(.+?)\]", text, flags=re.MULTILINE)
    return next(heading for heading in headings if heading != "Unreleased")


def test_an_import_is_found_wherever_it_hides() -> None:
    text = (
        "def f():\n    import nuke.rotopaint\n    from hiero.core import x\n    importlib.import_module('fusionscript')"
    )
    assert set(imported_names(ast.parse(text))) == {"nuke.rotopaint", "hiero.core", "fusionscript"}


def test_no_file_of_the_core_imports_a_host() -> None:
    named = {
        f"{path.relative_to(REPOSITORY)}: {name}"
        for path in SOURCE.rglob("*.py")
        for name in imported_names(ast.parse(path.read_text(encoding="utf-8")))
        if name.partition(".")[0] in HOSTS
    }
    assert not named


def test_every_module_is_named_for_its_subject() -> None:
    files = [*own_files("*.py"), *own_files("*.cpp"), *own_files("*.h"), *own_files("*.cu")]
    assert files
    vague = {
        str(path.relative_to(REPOSITORY))
        for path in files
        if NAMES_THAT_SAY_NOTHING.intersection([path.stem, *path.relative_to(REPOSITORY).parts])
    }
    assert not vague


def test_kernels_models_and_training_need_numpy_and_torch_alone() -> None:
    refuse = REFUSE_IMPORTS.format(blocked=NOT_NUMPY_NOR_TORCH)
    refused = run_python(refuse + "import cv2")
    assert "cv2 is blocked in this test" in refused.stderr  # or the next line would prove nothing
    # The classic is OpenCV's.
    models = ", ".join(f"vfi_plugin.models.{name}.model" for name in vfi_plugin.model_names() if name != "dis")
    done = run_python(refuse + f"import vfi_plugin.kernels, vfi_plugin.train.start, {models}")
    assert done.returncode == 0, done.stderr


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"torch", *NOT_NUMPY_NOR_TORCH}
    done = run_python(f"import sys, vfi_plugin; print(*sorted({heavy!r}.intersection(sys.modules)))")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", package_names())
def test_every_public_name_resolves(name: str) -> None:
    package = importlib.import_module(name)
    public = getattr(package, "__all__", ())
    assert len(set(public)) == len(public)
    assert [missing for missing in public if not hasattr(package, missing)] == []


def test_every_source_file_ships_unchanged() -> None:
    """Kernels' sources, cards and weights get lost from wheels easily. Fails, too, where the installed copy is old."""
    spec = find_spec("vfi_plugin")
    assert spec is not None
    installed = Path((spec.submodule_search_locations or [""])[0])
    sources = [path for path in SOURCE.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".so", ".pyd")]
    assert sources
    changed = {
        str(path.relative_to(REPOSITORY))
        for path in sources
        if not (copy := installed / path.relative_to(SOURCE)).is_file() or copy.read_bytes() != path.read_bytes()
    }
    assert not changed, "these differ from the installed package; run the tests by `make test`, which installs it anew"


def test_the_compiled_kernels_are_installed() -> None:
    done = run_python("from vfi_plugin import _native")
    assert done.returncode == 0, done.stderr


def test_the_changelog_begins_with_this_version() -> None:
    assert newest_changelog_version() == version("vfi-plugin")


@pytest.mark.parametrize("command", [[Path(sys.executable).parent / "vfi"], [sys.executable, "-m", "vfi_plugin"]])
def test_the_command_line_explains_itself(command: list[str | Path]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: vfi ")
    assert "retime" in done.stdout


def test_continuous_integration_can_run_its_script() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert run("bash", "-n", script).returncode == 0

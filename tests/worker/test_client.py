"""The client by itself: what it needs, where it looks for a core, and what it says when there is none."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from .hosted import clean_environment, client_file, load_client, make_program

GREETS_IN_PROTOCOL_2 = """
import json, sys
asked = json.loads(sys.stdin.readline())
print(json.dumps({"id": asked["id"], "event": "done", "result": {"protocol": 2}}), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any vfi: its PATH and settings are empty."""
    for name, folder in (("PATH", "bin"), ("XDG_CONFIG_HOME", "config"), ("HOME", "home")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    return tmp_path


def vfi_in(home: Path) -> str:
    return str(make_program(home, "") / "bin" / "vfi")


def test_it_is_written_for_python_3_9_and_the_standard_library() -> None:
    tree = ast.parse(client_file().read_text("utf-8"), feature_version=(3, 9))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match)]


def test_what_belongs_to_the_host_is_taken_away_and_what_belongs_to_the_user_is_kept(client: ModuleType) -> None:
    hosts = {
        "PYTHONHOME": "/nuke",
        "PYTHONPATH": "/nuke/lib",
        "LD_LIBRARY_PATH": "/nuke",
        "LD_PRELOAD": "/nuke/x.so",
        "DYLD_FALLBACK_LIBRARY_PATH": "/nuke",
        "QT_PLUGIN_PATH": "/nuke/qt",
        "QT_QPA_PLATFORM_PLUGIN_PATH": "/nuke/qt",
        "QML2_IMPORT_PATH": "/nuke/qml",
        "TCL_LIBRARY": "/nuke/tcl",
    }
    users = {"OCIO": "/show/config.ocio", "HOME": "/home/me", "CUDA_VISIBLE_DEVICES": "1", "NUKE_PATH": "/show/nuke"}
    assert client.scrubbed_environment({**hosts, **users}) == users
    kept = {"VFI_KEEP_ENV": "LD_LIBRARY_PATH, QT_PLUGIN_PATH"}
    assert client.scrubbed_environment({**hosts, **kept}) == {
        **kept,
        "LD_LIBRARY_PATH": "/nuke",
        "QT_PLUGIN_PATH": "/nuke/qt",
    }


def test_the_core_is_looked_for_in_the_order_that_is_written_down(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = nowhere / "adapter" / "vfi_client.py"
    file.parent.mkdir()
    file.write_bytes(client_file().read_bytes())
    client = load_client(file)
    with pytest.raises(client.CoreMissing, match=r"VFI_HOME is not set.*settings\.json names no home.*PATH"):
        client.find_core()
    on_path = nowhere / "bin" / "vfi"
    on_path.write_text("#!/bin/sh\n")
    on_path.chmod(0o755)
    assert client.find_core() == str(on_path)
    beside = vfi_in(nowhere / "beside")
    (file.parent / "vfi_settings.json").write_text(json.dumps({"home": str(nowhere / "beside")}))
    assert client.find_core() == beside
    users = vfi_in(nowhere / "the user's")
    client.settings_file().parent.mkdir(parents=True)
    client.settings_file().write_text(json.dumps({"home": str(nowhere / "the user's")}))
    assert client.find_core() == users
    monkeypatch.setenv("VFI_HOME", vfi_in(nowhere / "variable"))  # the executable itself
    assert client.find_core() == vfi_in(nowhere / "variable")
    assert client.find_core(str(nowhere / "beside")) == beside


def test_a_home_without_a_core_is_an_error_and_not_passed_over(
    nowhere: Path, client: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFI_HOME", str(nowhere / "empty"))
    with pytest.raises(client.CoreMissing, match=r"no vfi in .*empty, which VFI_HOME names.*pip install"):
        client.Worker()
    monkeypatch.delenv("VFI_HOME")
    client.settings_file().parent.mkdir(parents=True)
    client.settings_file().write_text("{home: ")
    with pytest.raises(client.CoreMissing, match=r"settings\.json cannot be read"):
        client.Worker()


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("raise SystemExit('libtorch is missing')", "CoreMissing", "does not start: exit code 1, libtorch is missing"),
        ("print('Virtual File Interface 2.0')", "CoreMissing", "Virtual File Interface"),
        ("import sys; sys.exit(\"vfi: invalid choice: 'worker'\")", "CoreMismatch", "too old"),
        (GREETS_IN_PROTOCOL_2, "CoreMismatch", "speaks protocol 2, this adapter 1"),
    ],
)
def test_what_is_no_fitting_core_gives_one_clear_line(
    client: ModuleType, tmp_path: Path, code: str, error: str, words: str
) -> None:
    """Short programs stand for a broken installation, a stranger of the same name, and cores of other ages."""
    with pytest.raises(getattr(client, error), match=words) as failed:
        client.Worker("the tests", str(make_program(tmp_path, code)), clean_environment(tmp_path / "log"))
    assert "\n" not in str(failed.value)


def test_a_request_that_no_worker_would_take_is_refused_before_it_is_sent(worker: object, client: ModuleType) -> None:
    with pytest.raises(client.RequestFailed, match="fewer positions"):
        worker.plan("a.####.exr", "b.####.exr", {"positions": ["1001.123456789"] * 1_000_000, "start": 1})  # type: ignore[attr-defined]

"""Adapters put into hosts' folders below homes of the tests' own, and taken out again to the last byte."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from vfi_plugin.cli.main import main
from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.worker.adapter_files import adapter_files, adapter_folder
from vfi_plugin.worker.adapter_places import HOSTS, Machine, Places, places_of
from vfi_plugin.worker.installing import install, uninstall

from .hosted import client_file, load_client, make_program

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def everything_in(folder: Path) -> dict[str, bytes | None]:
    """Every file with its bytes, every folder with None."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, with letters of another script, and the vfi that is to be used."""
    folder = tmp_path / "My Häuschen"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    make_program(tmp_path / "core", "")
    return folder


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """The files of an adapter."""
    folder = tmp_path / "adapter"
    for name, text in {
        "init.py": "import vfi_x",
        "vfi retime.lua": 'local home = "@VFI_HOME@"',
        "README.md": "for those who work on it",
        ".hidden": "",
        "vfi_x/__init__.py": 'HERE = "@VFI_ADAPTER@"',
        "vfi_x/icons/vfi.png": "\x89PNG",
        "vfi_x/__pycache__/__init__.cpython-311.pyc": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("host", HOSTS)
def test_the_command_puts_in_what_the_repository_has_and_takes_out_what_it_put_in(
    host: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".nuke").mkdir()
    (home / ".nuke" / "init.py").write_bytes(b"print('mine')  # no line end")
    before = everything_in(home)
    assert main(["install", host, "--home", str(tmp_path / "core"), "--dry-run"]) == 0
    assert everything_in(home) == before
    planned = [line for line in capsys.readouterr().out.splitlines() if line.startswith("file")]
    assert main(["install", host, "--home", str(tmp_path / "core")]) == 0
    done = [line for line in capsys.readouterr().out.splitlines() if line.startswith("file")]
    assert done == planned
    places = places_of(host, False, Machine("linux", home, {}))
    put = {str(path) for path in home.rglob("*") if path.is_file()} - {str(home / name) for name in before}
    assert put == {line.split(maxsplit=1)[1] for line in done} | {str(places.adapter / "vfi_installed.json")}
    assert (places.adapter / "vfi_client.py").read_bytes() == client_file().read_bytes()
    assert load_client(places.adapter / "vfi_client.py").find_core() == str(tmp_path / "core" / "bin" / "vfi")
    assert main(["install", host, "--undo"]) == 0
    assert everything_in(home) == before
    assert main(["install", host, "--undo"]) == 3
    assert "nothing is installed" in capsys.readouterr().err


@pytest.mark.parametrize("host", HOSTS)
def test_the_adapters_of_the_repository_travel_with_the_package(host: str) -> None:
    carried = {
        name: content
        for name, content in everything_in(adapter_folder(host)).items()
        if content is not None and "__pycache__" not in name
    }
    assert carried == {
        name: content
        for name, content in everything_in(REPOSITORY / host).items()
        if content is not None and "__pycache__" not in name
    }


@pytest.mark.parametrize("mine", [b"", b"a = 1\n", b"a = 1", b"a = 1\r\nb = 2\r\n", "# ä\n\n".encode("latin-1")])
def test_nukes_start_file_gets_one_line_and_loses_it_again(
    adapter: Path, home: Path, tmp_path: Path, mine: bytes
) -> None:
    places = places_of("nuke", False, Machine("linux", home, {}))
    start = home / ".nuke" / "init.py"
    start.parent.mkdir()
    start.write_bytes(mine)
    files = adapter_files(adapter, places, tmp_path / "core")
    install(files, places)
    install(files, places)
    text = start.read_bytes()
    assert text.startswith(mine)
    assert text.count(b"pluginAddPath") == 1
    compile(text.decode("latin-1"), "init.py", "exec")
    start.write_bytes(text + b"later = True\n")
    uninstall(places)
    assert start.read_bytes() == mine + b"later = True\n"


def test_a_start_file_that_is_a_link_stays_one(adapter: Path, home: Path, tmp_path: Path) -> None:
    places = places_of("nuke", False, Machine("linux", home, {}))
    shared = tmp_path / "shared" / "init.py"
    shared.parent.mkdir()
    shared.write_text("mine = 1\n")
    (home / ".nuke").mkdir()
    (home / ".nuke" / "init.py").symlink_to(shared)
    install(adapter_files(adapter, places, tmp_path / "core"), places)
    assert (home / ".nuke" / "init.py").is_symlink()
    assert "pluginAddPath" in shared.read_text()
    uninstall(places)
    assert shared.read_text() == "mine = 1\n"


def test_scripts_go_into_resolves_menu_with_the_places_filled_in(adapter: Path, home: Path, tmp_path: Path) -> None:
    places = places_of("resolve", False, Machine("linux", home, {}))
    install(adapter_files(adapter, places, tmp_path / "core"), places)
    fusion = home / ".local" / "share" / "DaVinciResolve" / "Fusion"
    menu = sorted(path.name for path in (fusion / "Scripts" / "Utility").iterdir())
    assert menu == ["init.py", "vfi retime.lua"]
    assert (fusion / "Scripts" / "Utility" / "vfi retime.lua").read_text() == f'local home = "{tmp_path}/core"'
    assert (fusion / "vfi" / "vfi_x" / "__init__.py").read_text() == 'HERE = "@VFI_ADAPTER@"'
    assert sorted(path.name for path in (fusion / "vfi").rglob("*") if path.is_file()) == [
        "__init__.py",
        "vfi.png",
        "vfi_client.py",
        "vfi_installed.json",
        "vfi_settings.json",
    ]


def test_a_new_version_replaces_the_old_and_removes_what_it_no_longer_has(
    adapter: Path, home: Path, tmp_path: Path
) -> None:
    places = places_of("nuke", False, Machine("linux", home, {}))
    install(adapter_files(adapter, places, tmp_path / "core"), places)
    (adapter / "vfi_x" / "icons" / "vfi.png").unlink()
    (adapter / "init.py").write_text("import vfi_x.new")
    install(adapter_files(adapter, places, tmp_path / "core"), places)
    assert (places.adapter / "init.py").read_text() == "import vfi_x.new"
    assert not (places.adapter / "vfi_x" / "icons" / "vfi.png").exists()
    uninstall(places)
    assert everything_in(home) == {}


def test_what_the_user_has_changed_is_neither_written_over_nor_removed(
    adapter: Path, home: Path, tmp_path: Path
) -> None:
    places = places_of("nuke", False, Machine("linux", home, {}))
    files = adapter_files(adapter, places, tmp_path / "core")
    install(files, places)
    changed = places.adapter / "vfi_x" / "__init__.py"
    changed.write_text("mine")
    (changed.parent / "__pycache__").mkdir()
    (changed.parent / "__pycache__" / "__init__.cpython-310.pyc").write_text("compiled by the host")
    with pytest.raises(UsageError, match=r"__init__\.py is there already.*move it away"):
        install(files, places)
    told = uninstall(places)
    assert any(line.startswith("left") and str(changed) in line for line in told)
    assert changed.read_text() == "mine"
    assert not (places.adapter / "init.py").exists()


def test_a_file_of_somebody_elses_is_not_taken_for_ours(adapter: Path, home: Path, tmp_path: Path) -> None:
    places = places_of("resolve", False, Machine("linux", home, {}))
    assert places.scripts is not None
    places.scripts.mkdir(parents=True)
    (places.scripts / "vfi retime.lua").write_text("another tool")
    before = everything_in(home)
    with pytest.raises(UsageError, match="not as vfi installed it"):
        install(adapter_files(adapter, places, tmp_path / "core"), places)
    assert everything_in(home) == before


@pytest.fixture
def closed(home: Path) -> Iterator[Path]:
    """A home that may not be written: by its mode, or for root, whom modes do not stop, on a read-only disk."""
    if os.getuid():
        home.chmod(0o555)
        yield home
        home.chmod(0o755)
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "vfi-test", str(home)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no right to mount a read-only disk here")
    yield home
    subprocess.run(["umount", str(home)], check=True)


def test_a_folder_that_may_not_be_written_is_said_so(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "nuke", "--home", str(tmp_path / "core")]) == 1
    said = capsys.readouterr().err
    assert f"cannot write to {closed / '.nuke'}" in said
    assert len(said.splitlines()) == 1
    assert everything_in(closed) == {}


def test_folders_that_were_made_before_it_failed_are_gone(adapter: Path, home: Path, tmp_path: Path) -> None:
    (home / "file").write_text("")
    places = Places(home / "new" / "folder", scripts=home / "file" / "scripts")
    with pytest.raises(WriteError, match="cannot write to"):
        install(adapter_files(adapter, places, tmp_path / "core"), places)
    assert everything_in(home) == {"file": b""}


@pytest.mark.parametrize(
    ("host", "everybody", "platform", "adapter", "scripts"),
    [
        ("nuke", False, "linux", "/home/me/.nuke/vfi", None),
        ("nuke", True, "linux", "/usr/local/share/vfi/nuke", None),
        ("nuke", True, "darwin", "/Library/Application Support/vfi/nuke", None),
        ("nuke", True, "win32", "/pd/vfi/nuke", None),
        (
            "resolve",
            False,
            "linux",
            "/home/me/.local/share/DaVinciResolve/Fusion/vfi",
            "/home/me/.local/share/DaVinciResolve/Fusion/Scripts/Utility",
        ),
        ("resolve", True, "linux", "/opt/resolve/Fusion/vfi", "/opt/resolve/Fusion/Scripts/Utility"),
        (
            "resolve",
            False,
            "darwin",
            "/home/me/Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/vfi",
            "/home/me/Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility",
        ),
        (
            "resolve",
            False,
            "win32",
            "/ad/Blackmagic Design/DaVinci Resolve/Support/Fusion/vfi",
            "/ad/Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts/Utility",
        ),
        (
            "resolve",
            True,
            "win32",
            "/pd/Blackmagic Design/DaVinci Resolve/Fusion/vfi",
            "/pd/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility",
        ),
    ],
)
def test_each_system_has_its_places(
    host: str, everybody: bool, platform: str, adapter: str, scripts: str | None
) -> None:
    machine = Machine(platform, Path("/home/me"), {"APPDATA": "/ad", "PROGRAMDATA": "/pd"})
    places = places_of(host, everybody, machine)
    assert places.adapter == Path(adapter)
    assert places.scripts == (None if scripts is None else Path(scripts))


def test_a_home_without_vfi_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "nuke", "--home", str(home)]) == 2
    assert "no vfi in" in capsys.readouterr().err
    assert everything_in(home) == {}


def test_the_list_names_what_was_put_where(adapter: Path, home: Path, tmp_path: Path) -> None:
    places = places_of("nuke", False, Machine("linux", home, {}))
    install(adapter_files(adapter, places, tmp_path / "core"), places)
    told = json.loads((places.adapter / "vfi_installed.json").read_text())
    assert set(told["files"]) | {str(places.adapter / "vfi_installed.json"), str(home / ".nuke" / "init.py")} == {
        str(path) for path in home.rglob("*") if path.is_file()
    }

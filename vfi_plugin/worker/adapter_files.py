"""What an adapter consists of: the files that the wheel carries, the client, and where the core is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.worker.adapter_places import Places

_PACKAGE = Path(__file__).resolve().parent.parent
_CLIENT = Path(__file__).resolve().parent / "client" / "vfi_client.py"
_SCRIPTS = (".py", ".lua")
_ADAPTER, _HOME = b"@VFI_ADAPTER@", b"@VFI_HOME@"


def adapter_folder(host: str) -> Path:
    """The folder of a host's adapter: in the installed package, or beside it where vfi runs from its repository.

    Raises:
        InputError: this installation has none.
    """
    root = _PACKAGE.parent
    beside = [root / host] if (root / "pyproject.toml").is_file() else []
    for folder in (_PACKAGE / "_adapters" / host, *beside):
        if folder.is_dir():
            return folder
    raise InputError(f"this installation of vfi carries no adapter for {host}; install the wheel again")


def core_home(asked: str | None = None) -> Path:
    """The folder or executable that the client will find the core by.

    Args:
        asked: what the user named; None: where the running command is.

    Raises:
        UsageError: there is no vfi.
    """
    if asked is not None:
        path = Path(asked).expanduser().absolute()
        if path.is_file() or _holds_vfi(path):
            return path
        raise UsageError(f"there is no vfi in {path}: neither bin/vfi nor Scripts/vfi.exe; name another --home")
    prefix, running = Path(sys.prefix), Path(sys.argv[0]).absolute()
    if _holds_vfi(prefix):
        return prefix
    if running.stem == "vfi" and running.is_file():
        return running
    raise UsageError("the command vfi cannot be found by itself; name its folder, or the command, by --home")


def _holds_vfi(folder: Path) -> bool:
    return any((folder / inside).is_file() for inside in ("bin/vfi", "Scripts/vfi.exe"))


def adapter_files(source: Path, places: Places, home: Path) -> dict[Path, bytes]:
    """Every file of an installation with its content.

    Args:
        source: the adapter's folder.
        places: where it goes. A host with a menu for scripts gets those at the top of the folder there, without the
            rest; another one gets the folder as it is.
        home: of the core.

    Raises:
        UsageError: a path that cannot stand in a script.
    """
    found = dict(_copied(source, places))
    if places.scripts is not None:
        words = {_ADAPTER: _in_a_script(places.adapter), _HOME: _in_a_script(home)}
        found = {
            path: _filled(content, words) if path.parent == places.scripts else content
            for path, content in found.items()
        }
    found[places.adapter / _CLIENT.name] = _CLIENT.read_bytes()
    found[places.adapter / "vfi_settings.json"] = json.dumps({"home": str(home)}, indent=2).encode() + b"\n"
    return found


def _copied(source: Path, places: Places) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if hidden or not path.is_file() or inside == Path("README.md"):
            continue
        if places.scripts is None or len(inside.parts) > 1:
            yield places.adapter / inside, path.read_bytes()
        elif path.suffix in _SCRIPTS:
            yield places.scripts / inside, path.read_bytes()


def _in_a_script(path: Path) -> bytes:
    """A path between double quotes, the same in Python and in Lua."""
    text = path.as_posix()
    if any(letter in text for letter in '"\\\n'):
        raise UsageError(f"the path {text} cannot stand in a script, as it has a quote or a backslash; use another")
    return text.encode()


def _filled(content: bytes, words: Mapping[bytes, bytes]) -> bytes:
    for word, meaning in words.items():
        content = content.replace(word, meaning)
    return content

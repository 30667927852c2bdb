"""Where an adapter's files are to be put, for each host and system.

Nuke's places are those of Foundry's guide ("Loading Gizmos, NDK Plug-ins, and Python and Tcl Scripts"), Resolve's those
of its scripting README of July 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import UsageError

HOSTS = ("nuke", "resolve")


@dataclass(frozen=True)
class Machine:
    """What places depend on.

    Attributes:
        platform: as ``sys.platform``.
        home: the user's folder.
        variables: of the environment.
    """

    platform: str
    home: Path
    variables: Mapping[str, str]

    def folder_of(self, variable: str, otherwise: Path) -> Path:
        """The folder that a variable of Windows names."""
        named = self.variables.get(variable)
        return Path(named) if named else otherwise


@dataclass(frozen=True)
class Places:
    """Where one adapter goes.

    Attributes:
        adapter: folder of its modules, of the client and of the list of what was installed.
        scripts: folder of a host's menu for scripts, where it has one.
        start_file: a file of the user's that gets a line, where the host starts by one.
        search_path: the variable that must name ``adapter`` where no file of the user's is changed.
    """

    adapter: Path
    scripts: Path | None = None
    start_file: Path | None = None
    search_path: str | None = None


def places_of(host: str, everybody: bool, machine: Machine) -> Places:
    """The places of one of ``HOSTS``, for one user or for everybody. Raises UsageError for another host."""
    if host == "nuke":
        return _nuke_for_all(machine) if everybody else _nuke_for_one(machine)
    if host == "resolve":
        fusion = _fusion_for_all(machine) if everybody else _fusion_for_one(machine)
        return Places(fusion / "vfi", scripts=fusion / "Scripts" / "Utility")
    raise UsageError(f"there is no adapter for {host!r}; there are {', '.join(HOSTS)}")


def _nuke_for_one(machine: Machine) -> Places:
    folder = machine.home / ".nuke"
    return Places(folder / "vfi", start_file=folder / "init.py")


def _nuke_for_all(machine: Machine) -> Places:
    if machine.platform == "win32":
        base = machine.folder_of("PROGRAMDATA", Path("C:/ProgramData"))
    elif machine.platform == "darwin":
        base = Path("/Library/Application Support")
    else:
        base = Path("/usr/local/share")
    return Places(base / "vfi" / "nuke", search_path="NUKE_PATH")


def _fusion_for_one(machine: Machine) -> Path:
    vendor = Path("Blackmagic Design") / "DaVinci Resolve"
    if machine.platform == "win32":
        roaming = machine.folder_of("APPDATA", machine.home / "AppData" / "Roaming")
        return roaming / vendor / "Support" / "Fusion"
    if machine.platform == "darwin":
        return machine.home / "Library" / "Application Support" / vendor / "Fusion"
    return machine.home / ".local" / "share" / "DaVinciResolve" / "Fusion"


def _fusion_for_all(machine: Machine) -> Path:
    vendor = Path("Blackmagic Design") / "DaVinci Resolve"
    if machine.platform == "win32":
        return machine.folder_of("PROGRAMDATA", Path("C:/ProgramData")) / vendor / "Fusion"
    if machine.platform == "darwin":
        return Path("/Library/Application Support") / vendor / "Fusion"
    return Path("/opt/resolve/Fusion")

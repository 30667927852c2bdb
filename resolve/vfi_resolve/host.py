"""What Resolve hands to a script, and which edition it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vfi_resolve.errors import HostRefusedError, NothingToRetimeError, StudioNeededError

if TYPE_CHECKING:
    from fusionscript import Project, Resolve, Timeline

FREE_EDITION = (
    "{product} runs no scripts that edit; DaVinci Resolve Studio does. In this edition: export the timeline"
    " (File > Export > Timeline, .otio) and choose VFI in Workspace > Scripts, or run:"
    " vfi timeline retime IN.otio --out OUT.otio (or repair in place of retime)"
)


@dataclass(frozen=True)
class Host:
    """The running Resolve.

    Attributes:
        resolve: root of the documented interface.
        fusion: what has the windows.
        bmd: what has their event loop.
    """

    resolve: Resolve
    fusion: Any
    bmd: Any

    @property
    def client_name(self) -> str:
        """Who is asking, for the worker's log."""
        return f"resolve {self.resolve.GetVersionString()}"


def find_host(names: Mapping[str, Any]) -> Host:
    """The host from the globals that Resolve gives to a script of its menu.

    Raises:
        StudioNeededError: the free edition. Nothing but its name is asked for: other calls may answer False, open an
            advertisement, and make later calls fail until that is closed.
        HostRefusedError: not started from Resolve's menu.
    """
    resolve = names.get("resolve")
    if resolve is None:
        raise HostRefusedError("Resolve is not there; start this from Workspace > Scripts in DaVinci Resolve Studio")
    product = str(resolve.GetProductName())
    if "studio" not in product.lower():
        raise StudioNeededError(FREE_EDITION.format(product=product))
    fusion, bmd = names.get("fusion"), names.get("bmd")
    if fusion is None:
        fusion = resolve.Fusion()
    if fusion is None or bmd is None:
        raise HostRefusedError("Resolve gave no windows to this script; start it from Workspace > Scripts")
    return Host(resolve, fusion, bmd)


def current_timeline(resolve: Resolve) -> tuple[Project, Timeline]:
    """The project and its timeline that is open, on the Edit page: elsewhere clips cannot be taken away again.

    Raises:
        NothingToRetimeError: there is none.
        HostRefusedError: the page does not open.
    """
    project = resolve.GetProjectManager().GetCurrentProject()
    timeline = project.GetCurrentTimeline() if project else None
    if not timeline:
        raise NothingToRetimeError("no timeline is open; open one, select a clip and start again")
    if resolve.GetCurrentPage() != "edit":
        resolve.OpenPage("edit")
    if resolve.GetCurrentPage() != "edit":
        raise HostRefusedError("Resolve does not open its Edit page; open it and start again")
    return project, timeline

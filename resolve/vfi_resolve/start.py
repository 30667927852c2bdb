"""What the scripts in Resolve's menu call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import vfi_client

from vfi_resolve.errors import RetimeError
from vfi_resolve.host import Host, find_host
from vfi_resolve.repair import repair
from vfi_resolve.retime import retime
from vfi_resolve.windows import show_message


def start(names: Mapping[str, Any]) -> None:
    """Retime the selected clip, and say in a window how it went.

    Args:
        names: the globals that Resolve gave to the script.
    """
    _run(names, "VFI Retime", retime)


def start_repair(names: Mapping[str, Any]) -> None:
    """Repair the selected clips, and say in a window how it went; ``names`` as for ``start``."""
    _run(names, "VFI Repair", repair)


def _run(names: Mapping[str, Any], title: str, work: Callable[[Host], str | None]) -> None:
    try:
        host = find_host(names)
    except RetimeError as error:
        print(f"{title}: {error}")  # to Resolve's console: without a host, or in the free edition, nothing opens
        return
    text = _outcome(host, work)
    if text is not None:
        print(f"{title}: {text}")
        show_message(host, text, title)


def _outcome(host: Host, work: Callable[[Host], str | None]) -> str | None:
    try:
        return work(host)
    except vfi_client.RequestCancelled:
        return None
    except (RetimeError, vfi_client.VfiClientError) as error:
        return str(error)

"""What the script in Resolve's menu calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import vfi_client

from vfi_resolve.errors import RetimeError
from vfi_resolve.host import Host, find_host
from vfi_resolve.retime import retime
from vfi_resolve.windows import show_message


def start(names: Mapping[str, Any]) -> None:
    """Retime the selected clip, and say in a window how it went.

    Args:
        names: the globals that Resolve gave to the script.
    """
    try:
        host = find_host(names)
    except RetimeError as error:
        print(f"VFI Retime: {error}")  # to Resolve's console: without a host, or in the free edition, nothing opens
        return
    text = _outcome(host)
    if text is not None:
        print(f"VFI Retime: {text}")
        show_message(host, text)


def _outcome(host: Host) -> str | None:
    try:
        return retime(host)
    except vfi_client.RequestCancelled:
        return None
    except (RetimeError, vfi_client.VfiClientError) as error:
        return str(error)

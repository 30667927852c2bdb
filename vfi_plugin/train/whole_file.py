"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from vfi_plugin.errors import WriteError


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file under a temporary name, flushes it to the disk, and renames it; what was there is replaced.

    Raises:
        WriteError: a folder that cannot be written to, a full disk.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)

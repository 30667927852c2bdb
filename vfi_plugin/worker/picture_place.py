"""Where a preview's pixels go: a file, or a block of memory that the host made."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import ProtocolError, UsageError
from vfi_plugin.media.writing import written_whole


@dataclass(frozen=True)
class PicturePlace:
    """A file's path, or the name of a block of shared memory; one of the two is None."""

    file: str | None = None
    shared_memory: str | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> PicturePlace:
        """As a request tells it. Raises ProtocolError where it tells none, or two."""
        if ("file" in fields) == ("shared_memory" in fields):
            raise ProtocolError("preview needs one of the fields 'file' and 'shared_memory', a text")
        return cls(fields.get("file"), fields.get("shared_memory"))

    def told(self) -> dict[str, str]:
        """The field that it came in."""
        return {"file": self.file} if self.file is not None else {"shared_memory": str(self.shared_memory)}

    def put(self, pixels: npt.NDArray[np.float32]) -> None:
        """Writes (H, W, 4) float32, little-endian, rows from the top down, without padding.

        Raises:
            WriteError: the file cannot be written.
            UsageError: no such block, or one that is too small.
        """
        packed = np.ascontiguousarray(pixels, "<f4").tobytes()
        if self.file is not None:
            target = Path(self.file)
            with written_whole(target) as temporary:
                temporary.write_bytes(packed)
        else:
            _put_into_memory(str(self.shared_memory), packed)


def _put_into_memory(name: str, packed: bytes) -> None:
    with closing(_block(name)) as block:
        buffer = block.buf
        assert buffer is not None  # it is only once the block is closed
        if block.size < len(packed):
            raise UsageError(
                f"the block of shared memory {name!r} has {block.size} bytes, but {len(packed)} are needed;"
                " make it larger, or ask for a smaller longest_side"
            )
        buffer[: len(packed)] = packed


def _block(name: str) -> SharedMemory:
    try:
        block = SharedMemory(name)
    except (OSError, ValueError) as error:
        raise UsageError(f"there is no block of shared memory {name!r}: {error}; the host must make it first") from None
    if sys.platform != "win32":
        # Python registers what it merely attaches as its own, and would remove the host's block at our end.
        resource_tracker.unregister(f"/{block.name}", "shared_memory")
    return block

"""Tells a whole EXR file from one that was cut short, without decoding a pixel."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.media.exr_header import FileHeader, read_file_header
from vfi_plugin.media.exr_rewrap import chunk_offsets


def is_whole(path: Path) -> bool:
    """Whether the header can be read and every chunk that it promises lies within the file.

    The last chunk tells its own length, so a file that was cut anywhere is found; flipped bits are not.
    """
    try:
        file, _ = read_file_header(path)
    except (UnreadableImageError, OSError):
        return False
    with path.open("rb") as stream:
        offsets = chunk_offsets(stream, file)
        return offsets is not None and _chunk_end(stream, file, int(offsets.max())) <= path.stat().st_size


def _chunk_end(stream: BinaryIO, file: FileHeader, offset: int) -> int:
    """Where a flat chunk ends: [part number] then y or four tile coordinates, then the size of its data, then those."""
    stream.seek(offset)
    head = stream.read(24).ljust(24, b"\0")
    at, part = 0, 0
    if file.multipart:
        (part,) = struct.unpack_from("<i", head)
        at = 4
    if not 0 <= part < len(file.parts):
        return offset + (1 << 62)
    at += 16 if "tiles" in file.parts[part] else 4
    (size,) = struct.unpack_from("<i", head, at)
    end: int = offset + at + 4 + max(size, 0)
    return end

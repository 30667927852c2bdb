"""Copies an EXR file with another header; the compressed pixels stay as they are.

What follows the header is a table of 64-bit offsets, one a chunk, counted from the start of the file, and the chunks
("OpenEXR File Layout" in the OpenEXR documentation). A header of another length moves the chunks, so the table is
corrected by the difference.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.frame import Attribute, Part
from vfi_plugin.media.exr_header import (
    BEFORE_HEADER,
    LONG_NAMES,
    MAGIC,
    STORAGE_ATTRIBUTES,
    FileHeader,
    RawAttributes,
    needs_long_names,
    read_file_header,
    serialise,
)
from vfi_plugin.media.exr_write import ALWAYS_WRITTEN, check_parts, own_attributes, part_names
from vfi_plugin.media.header import PartHeader

_PIXEL_TYPES = {"half": np.float16, "float": np.float32, "uint": np.uint32}
_STORED = STORAGE_ATTRIBUTES | {"compression", "tiles", "name", "version"}


def _same_storage(part: Part, header: PartHeader) -> bool:
    channels = {name: np.dtype(_PIXEL_TYPES[kind]) for name, kind in header.channels}
    wanted: tuple[Attribute | None, ...] = tuple(part.attributes.get(name) for name in ("compression", "tiles"))
    return (
        wanted == tuple(header.attributes.get(name) for name in ("compression", "tiles"))
        and channels == {name: plane.dtype for name, plane in part.planes.items()}
        and (part.data_window, part.display_window) == (header.data_window, header.display_window)
    )


def chunk_offsets(stream: BinaryIO, file: FileHeader) -> npt.NDArray[np.uint64] | None:
    """The table of chunk offsets: it ends where the first chunk begins, which is the lowest offset in it."""
    stream.seek(file.end)
    (some_chunk,) = struct.unpack("<Q", stream.read(8).ljust(8, b"\0"))
    stream.seek(file.end)
    data = stream.read(max(some_chunk - file.end, 0))
    entries = np.frombuffer(data[: len(data) // 8 * 8], "<u8")
    ends = file.end + 8 * np.arange(1, len(entries) + 1, dtype=np.uint64)
    complete = np.flatnonzero(ends >= np.minimum.accumulate(entries))
    if not complete.size or entries[: complete[0] + 1].min() != ends[complete[0]]:
        return None  # a table that is not filled in: the decoder rebuilds such tables, this does not
    return entries[: complete[0] + 1]


def _header(file: FileHeader, parts: Sequence[Part]) -> tuple[RawAttributes, ...]:
    merged = []
    for raw, part, name in zip(file.parts, parts, part_names(parts), strict=True):
        stored = {key: value for key, value in raw.items() if key in _STORED or key in ALWAYS_WRITTEN}
        named = {"name": ("string", name.encode("utf-8", "surrogateescape"))} if name else {}
        merged.append(dict(sorted((stored | own_attributes(part) | named).items())))
    return tuple(merged)


def rewrap_exr(source: Path, target: Path, parts: Sequence[Part]) -> bool:
    """Writes the pixels of ``source`` with the attributes of ``parts`` to ``target``.

    Returns False, with nothing written, where ``source`` is not an EXR file stored as ``parts`` are to be.

    Raises:
        UsageError: attributes that EXR cannot hold.
        OSError: reading or writing failed.
    """
    try:
        file, headers = read_file_header(source)
    except UnreadableImageError:
        return False
    if len(headers) != len(parts) or not all(map(_same_storage, parts, headers)):
        return False
    check_parts(parts)
    merged = _header(file, parts)
    header = serialise(merged, file.multipart)
    with source.open("rb") as stream:
        table = chunk_offsets(stream, file)
        if table is None:
            return False
        flags = file.flags | (LONG_NAMES if any(map(needs_long_names, merged)) else 0)
        moved = table + np.int64(BEFORE_HEADER + len(header) - file.end).astype(np.uint64)
        stream.seek(file.end + 8 * len(table))
        with target.open("wb") as copy:
            copy.write(MAGIC + struct.pack("<I", flags) + header + moved.astype("<u8").tobytes())
            shutil.copyfileobj(stream, copy, 1 << 20)
    return True

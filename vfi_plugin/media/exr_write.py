"""Writes EXR files: the pixels by the OpenEXR library, the header by ``exr_header``.

The library's Python side turns attributes into its own types and back; what it has no Python type for cannot be written
by it. So it is given the few attributes that rule the storage and one placeholder as long as all others together; once
the pixels are written, the header is replaced by one of the same length that holds every attribute as it was.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.image.frame import Part, Plane
from vfi_plugin.image.window import Window
from vfi_plugin.media.exr_attributes import COMPRESSIONS, encode, encode_text
from vfi_plugin.media.exr_header import (
    BEFORE_HEADER,
    STORAGE_ATTRIBUTES,
    RawAttributes,
    needs_long_names,
    parse,
    serialise,
)

_DEFAULT_COMPRESSION = "zip"  # lossless, read by every host; hosts.md: what Nuke calls "Zip (16 scanlines)"
_CODECS = dict(
    zip(
        COMPRESSIONS,
        (
            OpenEXR.NO_COMPRESSION,
            OpenEXR.RLE_COMPRESSION,
            OpenEXR.ZIPS_COMPRESSION,
            OpenEXR.ZIP_COMPRESSION,
            OpenEXR.PIZ_COMPRESSION,
            OpenEXR.PXR24_COMPRESSION,
            OpenEXR.B44_COMPRESSION,
            OpenEXR.B44A_COMPRESSION,
            OpenEXR.DWAA_COMPRESSION,
            OpenEXR.DWAB_COMPRESSION,
        ),
        strict=False,
    )
)
# Codecs that older versions of the library do not have.
_CODECS |= {
    name: getattr(OpenEXR, f"{name.upper()}_COMPRESSION")
    for name in COMPRESSIONS
    if hasattr(OpenEXR, f"{name.upper()}_COMPRESSION")
}
_PIXEL_TYPES = (np.float16, np.float32, np.uint32)
# The format wants these equal in all parts of a file (ImfMultiPartOutputFile.cpp, checkSharedAttributesValues).
_SHARED = ("pixelAspectRatio", "timeCode", "chromaticities")
_PLACEHOLDER = "~"
_LONG_PLACEHOLDER = "~" * 32  # one letter more than plain names have: it makes the library set the long-names flag
# Written by the library into every header, whether asked to or not, with values of a fixed length.
ALWAYS_WRITTEN = {"pixelAspectRatio": "float", "screenWindowCenter": "v2f", "screenWindowWidth": "float"}


def _compression(part: Part) -> str:
    attribute = part.attributes.get("compression")
    name = str(attribute.value) if attribute else _DEFAULT_COMPRESSION
    if name not in _CODECS:
        raise WriteError(f'EXR compression "{name}" cannot be written; possible are {", ".join(_CODECS)}')
    return name


def own_attributes(part: Part) -> RawAttributes:
    """What the caller wants in the header, as bytes, without what rules the storage."""
    storage = STORAGE_ATTRIBUTES | {"compression", "tiles", "name"}
    if not _compression(part).startswith("dwa"):
        storage |= {"dwaCompressionLevel"}
    own: RawAttributes = {
        name: (attribute.type, encode(name, attribute.type, attribute.value))
        for name, attribute in part.attributes.items()
        if name not in storage
    }
    for name, kind in ALWAYS_WRITTEN.items():
        if name in own and own[name][0] != kind:
            raise UsageError(f'attribute "{name}" is of type {own[name][0]}: EXR wants {kind}')
    if part.view:
        own["view"] = ("string", encode_text(part.view))
    return own


def _box(window: Window) -> tuple[Any, Any]:
    corners = ((window.x, window.y), (window.x_end - 1, window.y_end - 1))
    first, last = (np.array(corner, np.int32) for corner in corners)
    return first, last


def _placeholder(own: RawAttributes) -> dict[str, str]:
    """One attribute that takes as many bytes in the header as those the library does not write by itself."""
    hidden = {name: raw for name, raw in own.items() if name not in {*ALWAYS_WRITTEN, "dwaCompressionLevel"}}
    if not hidden:
        return {}
    name = _LONG_PLACEHOLDER if needs_long_names(hidden) else _PLACEHOLDER
    empty = len(serialise(({name: ("string", b"")},), multipart=False))
    room = len(serialise((hidden,), multipart=False)) - empty
    if room < 0:
        raise WriteError(
            f"a header with nothing but attribute {next(iter(hidden))} in it cannot be written: add another"
        )
    return {name: "." * room}


def _tiles(part: Part) -> dict[str, Any]:
    """Tiles as they were; of several resolutions only the full one is kept, since only that one was read."""
    attribute = part.attributes.get("tiles")
    if attribute is None:
        return {"type": OpenEXR.scanlineimage}
    description = OpenEXR.TileDescription()
    description.xSize, description.ySize = attribute.value[:2]
    description.mode = OpenEXR.ONE_LEVEL
    return {"type": OpenEXR.tiledimage, "tiles": description}


def _library_header(part: Part, own: RawAttributes, name: str) -> dict[str, Any]:
    header = {
        "compression": _CODECS[_compression(part)],
        "dataWindow": _box(part.data_window),
        "displayWindow": _box(part.display_window),
        **_tiles(part),
        **_placeholder(own),
    }
    if "dwaCompressionLevel" in own:
        header["dwaCompressionLevel"] = float(part.attributes["dwaCompressionLevel"].value)
    if name:
        header["name"] = name
    return header


def _plane(name: str, plane: Plane) -> Plane:
    if plane.dtype.type not in _PIXEL_TYPES:
        raise UsageError(f"channel {name} is {plane.dtype}: EXR holds float16, float32 and uint32")
    return np.ascontiguousarray(plane, dtype=plane.dtype.newbyteorder("="))


def check_parts(parts: Sequence[Part]) -> None:
    """Raise UsageError where EXR cannot hold ``parts``."""
    for part in parts:
        if not part.planes:
            raise UsageError("a part without channels cannot be written")
        if not part.data_window.width or not part.data_window.height:
            raise UsageError(f"the data window is empty ({part.data_window}): EXR needs one pixel at least")
        if part.display_window != parts[0].display_window:
            raise UsageError("the parts of one EXR file need the same display window")
        for name in _SHARED:
            missing_is_fine = name not in part.attributes and name not in ALWAYS_WRITTEN
            if not missing_is_fine and part.attributes.get(name) != parts[0].attributes.get(name):
                raise UsageError(f'the parts of one EXR file need the same "{name}"')


def part_names(parts: Sequence[Part]) -> list[str]:
    """The names to write: none is made up for a single part; raises UsageError where two are the same."""
    if len(parts) == 1:
        return [parts[0].name]
    names = [part.name or f"part{index}" for index, part in enumerate(parts)]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise UsageError(f'two parts are called "{repeated[0]}": the parts of one EXR file need different names')
    return names


def _merged(written: RawAttributes, own: RawAttributes) -> RawAttributes:
    """The header as the library wrote it, with the caller's attributes in the place of the placeholder."""
    kept = {name: raw for name, raw in written.items() if name not in (_PLACEHOLDER, _LONG_PLACEHOLDER)}
    return dict(sorted((kept | own).items()))


def _replace_header(path: Path, own: Sequence[RawAttributes]) -> int:
    """Puts every attribute into the header of the file at ``path``; returns where the header ends."""
    with path.open("r+b") as stream:
        file = parse(stream, path.stat().st_size)
        merged = tuple(_merged(written, wanted) for written, wanted in zip(file.parts, own, strict=True))
        header = serialise(merged, file.multipart)
        if BEFORE_HEADER + len(header) != file.end:
            raise WriteError(
                f"the header came out {BEFORE_HEADER + len(header) - file.end} bytes too long: please report this"
            )
        stream.seek(BEFORE_HEADER)
        stream.write(header)
    return file.end


def _check_whole(path: Path, header_end: int) -> None:
    """The library does not report a disk that is full when it closes a file: look whether all of it is there.

    The table of chunk offsets comes right after the header and is written last; the first chunk follows it.
    """
    with path.open("rb") as stream:
        stream.seek(header_end)
        first = struct.unpack("<Q", stream.read(8).ljust(8, b"\0"))[0]
        table = stream.read(max(first - header_end - 8, 0))
    offsets = np.frombuffer(table[: len(table) // 8 * 8], "<u8")
    complete = first > header_end and len(table) == first - header_end - 8
    if not complete or (offsets < first).any() or (offsets >= path.stat().st_size).any():
        raise WriteError("the file is not whole after writing: is the disk full?")


def write_exr(path: Path, parts: Sequence[Part]) -> None:
    """Writes an EXR file in place (see ``writing.write_image`` for the safe way).

    Pixels are written in the planes' own types, in scan lines, or in tiles where the part has a ``tiles`` attribute;
    the codec is the one of the ``compression`` attribute, or ZIP.

    Raises:
        UsageError: something in the frame that EXR cannot hold.
        WriteError: the library or the disk failed.
    """
    check_parts(parts)
    own = [own_attributes(part) for part in parts]
    library_parts = []
    for part, attributes, name in zip(parts, own, part_names(parts), strict=True):
        planes = {channel: OpenEXR.Channel(_plane(channel, plane)) for channel, plane in part.planes.items()}
        library_parts.append(OpenEXR.Part(_library_header(part, attributes, name), planes))
    try:
        OpenEXR.File(library_parts).write(str(path))
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise WriteError(" ".join(str(error).split())) from None
    _check_whole(path, _replace_header(path, own))

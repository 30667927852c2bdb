"""The header of an EXR file, byte for byte: parsed without a library, so that no attribute or type is lost.

Image libraries turn attributes into their own types and drop what they do not know (OpenImageIO 3.2 drops ``double``),
and they trust sizes in damaged files. Here every size is checked against the file before anything is allocated.
Layout: "OpenEXR File Layout" in the OpenEXR documentation.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.frame import Attribute
from vfi_plugin.image.window import Window
from vfi_plugin.media.exr_attributes import decode, decode_text, encode_text
from vfi_plugin.media.header import PartHeader

MAGIC = b"v/1\x01"
BEFORE_HEADER = 8  # bytes: the magic number and the version
_VERSION_MASK, _TILED, LONG_NAMES, _DEEP, _MULTIPART = 0xFF, 0x200, 0x400, 0x800, 0x1000
_LONGEST_NAME = 255  # of the format, with the long-names flag
_LONGEST_PLAIN_NAME = 31
_LARGEST_COORDINATE = 2**30  # beyond it, window sizes overflow a 32-bit int: OpenEXR refuses them too
_PIXEL_TYPES = {0: ("uint", 4), 1: ("half", 2), 2: ("float", 4)}
_CHANNEL_TAIL = struct.Struct("<iB3xii")

RawAttributes = dict[str, tuple[str, bytes]]
"""Attribute name -> (type name, bytes of the value), in file order."""

# How the pixels are stored rather than what they are: the writer sets these for the file it makes.
STORAGE_ATTRIBUTES = frozenset({"channels", "dataWindow", "displayWindow", "lineOrder", "chunkCount", "type"})


@dataclass(frozen=True)
class Channel:
    """An entry of a channel list; ``x_sampling`` and ``y_sampling`` of 2 mean half the resolution."""

    name: str
    type: str
    bytes_per_sample: int
    x_sampling: int
    y_sampling: int


@dataclass(frozen=True)
class FileHeader:
    """All headers of a file: attributes as bytes per part, and where they stand in the file."""

    flags: int
    parts: tuple[RawAttributes, ...]
    end: int

    @property
    def multipart(self) -> bool:
        """Whether the file is of the multi-part kind (it may still have one part)."""
        return bool(self.flags & _MULTIPART)


class _Reader:
    """Reads pieces of a header and refuses any that reach past the end of the file."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream, self.left = stream, size

    def take(self, count: int, what: str) -> bytes:
        if not 0 <= count <= self.left:
            raise UnreadableImageError(f"the header is damaged: {what} of {count} bytes, and {self.left} are left")
        self.left -= count
        data = self.stream.read(count)
        if len(data) != count:
            raise UnreadableImageError(f"the file ends inside {what}")
        return data

    def name(self, what: str) -> bytes:
        letters = bytearray()
        while (letter := self.take(1, what)) != b"\0":
            letters += letter
            if len(letters) > _LONGEST_NAME:
                raise UnreadableImageError(f"the header is damaged: {what} is longer than {_LONGEST_NAME} letters")
        return bytes(letters)


def _parse_attributes(reader: _Reader) -> RawAttributes:
    attributes: RawAttributes = {}
    while name := reader.name("an attribute's name"):
        type_name = reader.name("an attribute's type")
        (size,) = struct.unpack("<i", reader.take(4, "an attribute's size"))
        text = decode_text(name)
        attributes[text] = (decode_text(type_name), reader.take(size, f"attribute {text!a}"))
    return attributes


def parse(stream: BinaryIO, size: int) -> FileHeader:
    """The headers of the EXR file that starts at the stream's position and is ``size`` bytes long.

    Raises:
        UnreadableImageError: not an EXR file, or its headers are damaged.
    """
    reader = _Reader(stream, size)
    if size < len(MAGIC) + 4 or reader.take(4, "the magic number") != MAGIC:
        raise UnreadableImageError("this is not an EXR file: its first four bytes are not those of one")
    (flags,) = struct.unpack("<I", reader.take(4, "the version"))
    if flags & _VERSION_MASK != 2 or flags & ~(_VERSION_MASK | _TILED | LONG_NAMES | _DEEP | _MULTIPART):
        raise UnreadableImageError(f"EXR version {flags:#x} is not known; version 2 files can be read")
    parts = [_parse_attributes(reader)]
    while flags & _MULTIPART and (attributes := _parse_attributes(reader)):
        parts.append(attributes)
    return FileHeader(flags, tuple(parts), size - reader.left)


def serialise(parts: tuple[RawAttributes, ...], multipart: bool) -> bytes:
    """The bytes of ``parts`` as they stand in a file, after the version field."""
    pieces = []
    for attributes in parts:
        for name, (type_name, data) in attributes.items():
            pieces.append(
                encode_text(name) + b"\0" + encode_text(type_name) + b"\0" + struct.pack("<i", len(data)) + data
            )
        pieces.append(b"\0")
    return b"".join(pieces) + (b"\0" if multipart else b"")


def needs_long_names(attributes: RawAttributes) -> bool:
    """Whether a file with these attributes has to carry the long-names flag."""
    return any(
        len(encode_text(text)) > _LONGEST_PLAIN_NAME for name, (kind, _) in attributes.items() for text in (name, kind)
    )


def parse_channels(data: bytes) -> tuple[Channel, ...]:
    """The channel list of a part; raises UnreadableImageError where it is damaged or empty."""
    channels, position = [], 0
    while position < len(data) and data[position]:
        end = data.find(b"\0", position)
        if end < 0 or end + 1 + _CHANNEL_TAIL.size > len(data):
            raise UnreadableImageError("the channel list is damaged: it ends inside a channel")
        name = decode_text(data[position:end])
        kind, _, x_sampling, y_sampling = _CHANNEL_TAIL.unpack_from(data, end + 1)
        if kind not in _PIXEL_TYPES or x_sampling < 1 or y_sampling < 1:
            raise UnreadableImageError(f"channel {name!a} is damaged: type {kind}, sampling {x_sampling}x{y_sampling}")
        channels.append(Channel(name, *_PIXEL_TYPES[kind], x_sampling, y_sampling))
        position = end + 1 + _CHANNEL_TAIL.size
    if not channels:
        raise UnreadableImageError("the part has no channels")
    if len({channel.name for channel in channels}) != len(channels):
        raise UnreadableImageError("the channel list is damaged: a name occurs twice")
    return tuple(channels)


def _value(attributes: RawAttributes, name: str, type_name: str) -> Any:
    kind, data = attributes.get(name, ("", b""))
    if kind != type_name:
        raise UnreadableImageError(f"the header is damaged: it has no attribute {name} of type {type_name}")
    try:
        return decode(type_name, data)
    except struct.error:
        raise UnreadableImageError(f"the header is damaged: {name} has {len(data)} bytes") from None


def _window(attributes: RawAttributes, name: str) -> Window:
    left, top, right, bottom = _value(attributes, name, "box2i")
    sane = all(abs(edge) < _LARGEST_COORDINATE for edge in (left, top, right, bottom))
    if not sane or right < left or bottom < top:
        raise UnreadableImageError(f"the header is damaged: {name} runs from ({left}, {top}) to ({right}, {bottom})")
    return Window(left, top, right - left + 1, bottom - top + 1)


def _decoded(attributes: RawAttributes) -> dict[str, Attribute]:
    decoded = {}
    for name, (type_name, data) in attributes.items():
        try:
            decoded[name] = Attribute(type_name, decode(type_name, data))
        except struct.error:
            raise UnreadableImageError(
                f"the header is damaged: attribute {name!a} of type {type_name!a} has {len(data)} bytes"
            ) from None
    return decoded


def _text(attributes: RawAttributes, name: str) -> str:
    kind, data = attributes.get(name, ("", b""))
    return decode_text(data) if kind == "string" else ""


def part_header(attributes: RawAttributes, file: FileHeader) -> PartHeader:
    """The checked header of one part; raises UnreadableImageError where something in it cannot be."""
    channels = parse_channels(attributes.get("channels", ("", b""))[1])
    storage = _text(attributes, "type")
    single = not file.multipart
    # In files of one part the flags rule; an unknown or contradicting "type" is ignored, as OpenEXR does.
    tiled = bool(file.flags & _TILED) if single else storage in ("tiledimage", "deeptile")
    is_deep = bool(file.flags & _DEEP) if single else storage.startswith("deep")
    own_fields = STORAGE_ATTRIBUTES | {name for name in ("name", "view") if attributes.get(name, ("",))[0] == "string"}
    if not tiled:
        own_fields |= {"tiles"}
    if attributes.get("version", ("", b""))[0] == "int":  # of the deep format; a studio's own "version" is text
        own_fields |= {"version"}
    _value(attributes, "compression", "compression")
    return PartHeader(
        channels=tuple((channel.name, channel.type) for channel in channels),
        data_window=_window(attributes, "dataWindow"),
        display_window=_window(attributes, "displayWindow"),
        name=_text(attributes, "name"),
        view=_text(attributes, "view"),
        attributes=_decoded({name: raw for name, raw in attributes.items() if name not in own_fields}),
        is_deep=is_deep,
        tiled=tiled,
        subsampled=tuple(c.name for c in channels if (c.x_sampling, c.y_sampling) != (1, 1)),
    )


def read_file_header(path: Path) -> tuple[FileHeader, tuple[PartHeader, ...]]:
    """Both forms of the header of ``path``: as bytes and as values. Raises UnreadableImageError."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        file = parse(stream, size)
    return file, tuple(part_header(attributes, file) for attributes in file.parts)

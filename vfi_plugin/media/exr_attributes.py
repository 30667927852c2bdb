"""The values of EXR header attributes, to and from the bytes of the file, for every type of the format.

The byte layouts are those of the "OpenEXR File Layout" page of the OpenEXR documentation; all numbers are
little-endian. Python values: a number for types that hold one, a tuple of numbers for those that hold several, ``str``
for text and for ``compression``, ``tuple[str, ...]`` for ``stringvector``; the plain bytes for every other type, known
or not. A value that is decoded and encoded again gives the same bytes.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

from vfi_plugin.errors import UsageError

_LAYOUTS = {
    "int": "i",
    "float": "f",
    "double": "d",
    "rational": "iI",
    "timecode": "II",
    "keycode": "7i",
    "lineOrder": "B",
    "envmap": "B",
    "deepImageState": "B",
    "tiledesc": "IIB",
    "chromaticities": "8f",
    "box2i": "4i",
    "box2f": "4f",
    "m33f": "9f",
    "m33d": "9d",
    "m44f": "16f",
    "m44d": "16d",
} | {f"v{size}{kind}": f"{size}{kind}" for size in (2, 3, 4) for kind in "ifd"}

COMPRESSIONS = (
    "none",
    "rle",
    "zips",
    "zip",
    "piz",
    "pxr24",
    "b44",
    "b44a",
    "dwaa",
    "dwab",
    "htj2k256",
    "htj2k32",
    "zstd",
)
"""Names of the codecs; the place of a name is its number in the file (OpenEXR 3.5, ``ImfCompression.h``)."""


def decode_text(data: bytes) -> str:
    """UTF-8, as the format asks; bytes of another encoding are kept as surrogates, to come back as they were."""
    return data.decode("utf-8", "surrogateescape")


def encode_text(text: str) -> bytes:
    """The bytes ``decode_text`` was given."""
    return text.encode("utf-8", "surrogateescape")


def _decode_strings(data: bytes) -> tuple[str, ...]:
    strings, position = [], 0
    while position < len(data):
        (length,) = struct.unpack_from("<i", data, position)
        end = position + 4 + length
        if length < 0 or end > len(data):
            raise struct.error("a string runs past the end of its list")
        strings.append(decode_text(data[position + 4 : end]))
        position = end
    return tuple(strings)


def _encode_strings(strings: Any) -> bytes:
    encoded = [encode_text(text) for text in strings]
    return b"".join(struct.pack("<i", len(data)) + data for data in encoded)


def _decode_floats(data: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(data) // 4}f", data)


def _decode_compression(data: bytes) -> str:
    (number,) = struct.unpack("<B", data)
    return COMPRESSIONS[number] if number < len(COMPRESSIONS) else f"unknown({number})"


def _encode_numbers(layout: str, value: Any) -> bytes:
    if isinstance(value, Fraction):
        value = (value.numerator, value.denominator)
    values = value if isinstance(value, (tuple, list)) else (value,)
    return struct.pack(f"<{layout}", *values)


def decode(type_name: str, data: bytes) -> Any:
    """The Python value of an attribute; raises ``struct.error`` where the bytes do not fit the type."""
    if type_name == "string":
        return decode_text(data)
    if type_name == "stringvector":
        return _decode_strings(data)
    if type_name == "floatvector":
        return _decode_floats(data)
    if type_name == "compression":
        return _decode_compression(data)
    layout = _LAYOUTS.get(type_name)
    if layout is None:
        return data
    values = struct.unpack(f"<{layout}", data)
    return values[0] if len(values) == 1 else values


def encode(name: str, type_name: str, value: Any) -> bytes:
    """The bytes of attribute ``name`` for a file; raises UsageError where the value does not fit the type."""
    try:
        if type_name == "string":
            return encode_text(value)
        if type_name == "stringvector":
            return _encode_strings(value)
        if type_name == "floatvector":
            return struct.pack(f"<{len(value)}f", *value)
        if type_name == "compression":
            return bytes([COMPRESSIONS.index(value)])
        layout = _LAYOUTS.get(type_name)
        return bytes(value) if layout is None else _encode_numbers(layout, value)
    except (struct.error, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UsageError(
            f'attribute "{name}": {value!r} is not a value of the EXR type {type_name} ({error})'
        ) from None

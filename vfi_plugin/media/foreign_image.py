"""Reads images that are not EXR (DPX, TIFF, PNG, JPEG...), through OpenImageIO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.frame import Attribute, Frame, Part, Plane
from vfi_plugin.image.window import Window
from vfi_plugin.media.header import SOURCE_FORMAT, PartHeader, exact_rate
from vfi_plugin.media.size_limit import refuse_impossible_size

_FLOATING = {"half": (oiio.HALF, "half"), "float": (oiio.FLOAT, "float"), "double": (oiio.FLOAT, "float")}
# What only says how the file was stored; an EXR made from it is stored in its own way.
_STORAGE_WORDS = ("oiio:", "tiff:", "png:", "jpeg:", "ICCProfile", "compression", "CompressionQuality", "planarconfig")
_KEPT_WORDS = ("oiio:ColorSpace",)
_RATE_WORDS = ("FramesPerSecond", "dpx:FrameRate", "dpx:TemporalFrameRate")


def _why(source: Any) -> str:
    """The library's error text; for damaged files it may not be UTF-8, and then Python cannot have it."""
    try:
        text = source.geterror()
    except UnicodeDecodeError:
        return "damaged (its error text is not readable either)"
    return " ".join(text.split()) or "not an image that can be read"


def _kept(name: str) -> bool:
    return name in _KEPT_WORDS or not name.startswith(_STORAGE_WORDS)


def _converted(name: str, kind: str, value: Any) -> tuple[str, Attribute] | None:
    """The EXR attribute for one of OpenImageIO's; None where EXR has no place for it."""
    if name == "smpte:TimeCode" and len(value) == 2:
        return "timeCode", Attribute("timecode", tuple(int(word) for word in value))
    if name in _RATE_WORDS and kind == "float" and (rate := exact_rate(value)):
        return "framesPerSecond", Attribute("rational", (rate.numerator, rate.denominator))
    if kind == "string" and value:
        return name, Attribute("string", value)
    if kind == "float":
        return (name if name != "PixelAspectRatio" else "pixelAspectRatio"), Attribute("float", float(value))
    if isinstance(value, int) and kind.startswith(("int", "uint", "short", "ushort")):
        return name, Attribute("int", int(value))
    return None


def _attributes(spec: Any, file_type: str) -> dict[str, Attribute]:
    pairs = [_converted(entry.name, str(entry.type), entry.value) for entry in spec.extra_attribs if _kept(entry.name)]
    attributes = dict(pair for pair in pairs if pair)
    bits = spec.get_int_attribute("oiio:BitsPerSample", 0)
    sample = f"uint{bits}" if bits and str(spec.format).startswith("uint") else str(spec.format)
    return attributes | {SOURCE_FORMAT: Attribute("string", f"{file_type} {sample}")}


def _header(spec: Any, file_type: str) -> PartHeader:
    _, kind = _FLOATING.get(str(spec.format), (oiio.FLOAT, "float"))
    data = Window(spec.x, spec.y, spec.width, spec.height)
    full = Window(spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    return PartHeader(
        channels=tuple((name, kind) for name in spec.channelnames),
        data_window=data,
        display_window=full if full.width and full.height else data,
        attributes=_attributes(spec, file_type),
        is_deep=spec.deep,
        tiled=spec.tile_width != 0,
    )


def _open(path: Path) -> Any:
    source = oiio.ImageInput.open(str(path))
    if source is None:
        raise UnreadableImageError(f"it cannot be opened: {_why(oiio)}")
    return source


def _specs(source: Any) -> list[Any]:
    specs: list[Any] = []
    while source.seek_subimage(len(specs), 0):
        specs.append(source.spec().copy())
    source.geterror()  # the end of the list is not an error
    return specs


def read_foreign_header(path: Path) -> tuple[PartHeader, ...]:
    """Headers of all images of a file that is not EXR; attributes under the names and types that EXR has for them."""
    source = _open(path)
    try:
        return tuple(_header(spec, source.format_name()) for spec in _specs(source))
    finally:
        source.close()


def _planes(source: Any, index: int, spec: Any) -> dict[str, Plane]:
    kind, _ = _FLOATING.get(str(spec.format), (oiio.FLOAT, "float"))
    pixels = source.read_image(index, 0, 0, spec.nchannels, kind)
    if pixels is None:
        raise UnreadableImageError(f"the pixels cannot be decoded: {_why(source)}")
    pixels = np.asarray(pixels).reshape(spec.height, spec.width, spec.nchannels)
    return {name: pixels[..., channel] for channel, name in enumerate(spec.channelnames)}


def read_foreign(path: Path, number: int = 0) -> Frame:
    """A DPX, TIFF, PNG, JPEG... as float planes: integers scaled to [0, 1], floats as they are (views of one array).

    Alpha is associated (premultiplied), as in EXR; OpenImageIO multiplies where the file says that it is not.

    Raises:
        UnreadableImageError: damaged, or no format that OpenImageIO knows.
    """
    source = _open(path)
    try:
        specs = _specs(source)
        # Samples become floats of four bytes, whatever they are in the file.
        refuse_impossible_size(sum(4 * s.width * s.height * s.nchannels for s in specs), path.stat().st_size)
        headers = [_header(spec, source.format_name()) for spec in specs]
        parts = [
            Part(_planes(source, index, spec), h.data_window, h.display_window, attributes=h.attributes)
            for index, (spec, h) in enumerate(zip(specs, headers, strict=True))
        ]
    finally:
        source.close()
    return Frame(tuple(parts), number)

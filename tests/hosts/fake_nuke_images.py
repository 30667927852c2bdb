"""Pictures of the fake host: what each node does to them, reading and writing real EXR files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import OpenEXR

if TYPE_CHECKING:
    from .fake_nuke_nodes import Node

_OURS = {"R": "rgba.red", "G": "rgba.green", "B": "rgba.blue", "A": "rgba.alpha"}
_THEIRS = {ours: theirs for theirs, ours in _OURS.items()}
_KEPT_OUT = {"channels", "type", "compression", "chunkCount", "version", "lineOrder", "tiles", "name"}

Planes = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Image:
    """Channels over a bounding box in a format, metadata, and the texts that were written across."""

    planes: Planes
    header: dict[str, Any]
    texts: tuple[str, ...] = ()


def render(node: Node | None, frame: float, view: str) -> Image:
    """The picture that leaves a node."""
    assert node is not None, "an input is not connected"
    kind = node.Class()
    if node["disable"].value() and kind != "Read":
        return render(node.input(0), frame, view)
    return _STEPS.get(kind, _pass)(node, frame, view)


def _pass(node: Node, frame: float, view: str) -> Image:
    return render(node.input(0), frame, view)


def _group(node: Any, frame: float, view: str) -> Image:
    return render(next(inner for inner in node.nodes() if inner.Class() == "Output"), frame, view)


def _input(node: Any, frame: float, view: str) -> Image:
    return render(node.parent().input(node["number"].value()), frame, view)


def _hold(node: Any, frame: float, view: str) -> Image:
    return render(node.input(0), int(node["firstFrame"].getValueAt(frame)), view)


def _dissolve(node: Any, frame: float, view: str) -> Image:
    share = node["which"].getValueAt(frame)
    first, second = (render(node.input(number), frame, view) for number in (0, 1))
    planes = {name: (1 - share) * plane + share * second.planes[name] for name, plane in first.planes.items()}
    return replace(first, planes={name: plane.astype(np.float32) for name, plane in planes.items()})


def _switch(node: Any, frame: float, view: str) -> Image:
    return render(node.input(int(node["which"].getValueAt(frame))), frame, view)


def _text(node: Any, frame: float, view: str) -> Image:
    below = render(node.input(0), frame, view)
    return replace(below, texts=(*below.texts, node["message"].value()))


def _multiply(node: Any, frame: float, view: str) -> Image:
    below, factor = render(node.input(0), frame, view), np.float32(node["value"].getValueAt(frame))
    colours = ("rgba.red", "rgba.green", "rgba.blue")
    scaled = {name: plane * factor if name in colours else plane for name, plane in below.planes.items()}
    return replace(below, planes=scaled)


def _read(node: Any, frame: float, view: str) -> Image:
    inside = int(min(max(frame, node["first"].value()), node["last"].value()))
    path = Path(node.session.filenameFilter(file_for(node["file"].getEvaluatedValue(), inside, view)))
    if not path.is_file():
        raise RuntimeError(f"{node.fullName()}: Read error: No such file or directory: {path}")
    image = read_exr(path)
    return image if node["raw"].value() or node["colorspace"].value() != "sRGB" else _linear(image)


def _linear(image: Image) -> Image:
    """As if the file were a power of 2.2, near enough to tell whether it was undone once."""
    bent = {name: np.sign(plane) * np.abs(plane) ** 2.2 for name, plane in image.planes.items()}
    return replace(image, planes={name: plane.astype(np.float32) for name, plane in bent.items()})


_STEPS: dict[str, Callable[[Any, float, str], Image]] = {
    "Group": _group,
    "Input": _input,
    "FrameHold": _hold,
    "Dissolve": _dissolve,
    "Switch": _switch,
    "Text2": _text,
    "Multiply": _multiply,
    "Read": _read,
}


def file_for(pattern: str, frame: int, view: str) -> str:
    """A pattern with frame and view filled in."""
    named = pattern.replace("%V", view).replace("%v", view[:1])
    if "#" in named:
        count = named.count("#")
        return named.replace("#" * count, f"{frame:0{count}d}")
    return named % frame if "%" in named else named


def read_exr(path: Path) -> Image:
    with OpenEXR.File(str(path), separate_channels=True) as file:
        part = file.parts[0]
        planes = {_OURS.get(name, name): channel.pixels.astype(np.float32) for name, channel in part.channels.items()}
        return Image(planes, {name: value for name, value in part.header.items() if name not in _KEPT_OUT})


def write_exr(write: Any, image: Image, path: Path, *, proxy: bool) -> None:
    """As a Write does: raw or not, all channels, half or float, the bounding box, or the format, as data window."""
    if not path.parent.is_dir() and not write["create_directories"].value():
        raise RuntimeError(f"{write.fullName()}: no such folder: {path.parent}")
    assert write["raw"].value(), "only raw writing is made here"
    assert write["channels"].value() == "all"
    image = _cropped(image) if write["autocrop"].value() else image
    kind: type = np.float32 if write["datatype"].value() == "32 bit float" else np.float16
    step = 2 if proxy else 1
    planes = {
        _THEIRS.get(name, name): np.ascontiguousarray(plane[::step, ::step].astype(kind))
        for name, plane in image.planes.items()
    }
    header = dict(image.header) if write["metadata"].value() == "all metadata" else {}
    if proxy:
        header.pop("dataWindow"), header.pop("displayWindow")
    entries = {**header, "type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIPS_COMPRESSION}
    with OpenEXR.File(entries, planes) as file:
        file.write(str(path))


def _cropped(image: Image) -> Image:
    """Without what lies outside the format."""
    (left, top), (right, bottom) = image.header["dataWindow"]
    low = np.maximum((left, top), image.header["displayWindow"][0])
    high = np.minimum((right, bottom), image.header["displayWindow"][1])
    rows, columns = slice(low[1] - top, high[1] - top + 1), slice(low[0] - left, high[0] - left + 1)
    planes = {name: plane[rows, columns] for name, plane in image.planes.items()}
    return replace(image, planes=planes, header={**image.header, "dataWindow": (low, high)})

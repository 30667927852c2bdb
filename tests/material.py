"""Clips with an exact truth at every moment, made by the tests that use them.

Each clip is a function of the source position: ``clip.planes(1003.5)`` is the frame half-way between 1003 and 1004 as a
camera would have shot it. The textures are those of ``vfi_plugin.demo.texture`` (closed forms, averaged over the
pixel); everything else, the file writer included, is independent of the product.

Convention: pixel (column i, row j) is the square around (i, j); x right, y down; a velocity is in pixels a frame.
Positions are source frame numbers, whole or not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR

from vfi_plugin.demo.texture import Texture, TextureRecipe, coverage, random_texture, smooth_coverage
from vfi_plugin.image.window import Window

Planes = dict[str, npt.NDArray[np.float32]]
Position = float | Fraction
HALF, FLOAT = np.float16, np.float32
_EIGHTHS = (np.arange(8) - 3.5) / 8

PAN = (6.0, -2.5)
"""Motion of the plain pan, A1."""

ORANGE = (1.0, 0.45, 0.08)
"""Colour of the soft disc, A3, before it is multiplied by its alpha."""

OBJECTS = {"backdrop": 1, "panel": 2, "sphere": 3}
"""``id.r`` of what is seen in the layered clip, A4."""

DEPTHS = {"backdrop": 100.0, "panel": 20.0, "sphere": 10.0}
"""``depth.Z`` of the same."""

OBJECT_VELOCITIES = {"backdrop": (0.0, 0.0), "panel": (8.0, 0.0), "sphere": (-8.0, 3.0)}
COLOURS = {
    name: np.array(colour, np.float32)
    for name, colour in (("backdrop", (0.3, 0.35, 0.4)), ("panel", (0.7, 0.4, 0.3)), ("sphere", (0.4, 0.7, 0.35)))
}


@dataclass(frozen=True)
class Clip:
    """A clip that can be asked for any position and written as EXR files.

    Attributes:
        name: start of the file names.
        picture: position -> channel name -> (H, W) float32 over the data window, not yet rounded to half.
        display_window: the format.
        data_window: the pixels there are.
        types: channel name -> type in the file; half where not named.
        first, count: numbering.
        header: frame number -> further header entries for the OpenEXR module.
        places: marked points (x, y) at the first frame.
        velocity: how the marked points move.
    """

    name: str
    picture: Callable[[float], Planes]
    display_window: Window
    data_window: Window
    types: Mapping[str, type[np.floating[Any]]] = field(default_factory=dict)
    first: int = 1001
    count: int = 10
    header: Callable[[int], Mapping[str, Any]] = lambda number: {}
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    velocity: tuple[float, float] = (0.0, 0.0)

    @property
    def numbers(self) -> range:
        """The frame numbers."""
        return range(self.first, self.first + self.count)

    def planes(self, position: Position) -> dict[str, npt.NDArray[Any]]:
        """Every channel at ``position``, in the type of the file."""
        return {name: plane.astype(self.types.get(name, HALF)) for name, plane in self.picture(float(position)).items()}

    def truth(self, position: Position, channels: str = "RGB") -> npt.NDArray[np.float32]:
        """``(H, W, C)`` float32 at ``position``, not rounded to the type of the file."""
        planes = self.picture(float(position))
        return np.stack([planes[channel] for channel in channels], axis=-1)

    def place(self, name: str, position: Position) -> tuple[float, float]:
        """Where a marked point is at ``position``, in the display window's coordinates."""
        elapsed = float(position) - self.first
        x, y = self.places[name]
        return x + self.velocity[0] * elapsed, y + self.velocity[1] * elapsed

    def path(self, folder: Path, number: int) -> Path:
        """The file of a frame."""
        return folder / f"{self.name}.{number:04d}.exr"

    def write(self, folder: Path, *, without: frozenset[int] = frozenset()) -> str:
        """Write the frames, save those in ``without``; returns the pattern of the sequence."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in self.numbers:
            if number not in without:
                write_exr(self.path(folder, number), self.planes(number), self._header(number))
        return str(folder / f"{self.name}.####.exr")

    def _header(self, number: int) -> dict[str, Any]:
        windows = {"dataWindow": _box(self.data_window), "displayWindow": _box(self.display_window)}
        return {"compression": OpenEXR.ZIPS_COMPRESSION, **windows, **self.header(number)}


def write_exr(path: Path, planes: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any] | None = None) -> None:
    """One scanline part with the OpenEXR module; the data window is the picture's size where the header has none."""
    entries = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIPS_COMPRESSION, **(header or {})}
    channels = {name: np.ascontiguousarray(plane) for name, plane in planes.items()}
    with OpenEXR.File(entries, channels) as file:
        file.write(str(path))


def read_exr(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Header and channels of the first part, each channel by itself, with the OpenEXR module."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return dict(file.header()), {name: channel.pixels for name, channel in file.channels().items()}


def pan(width: int = 1920, height: int = 1080, *, name: str = "pan", count: int = 10) -> Clip:
    """A1: the texture of 40 sinusoids with 8 px checker patches, moving (+6, -2.5) px a frame; half RGB."""
    surface = _surface(width, height)

    def picture(position: float) -> Planes:
        return _rgb(_moved(surface, (width, height), PAN, position - 1001) + np.float32(0.4))

    window = Window(0, 0, width, height)
    return Clip(name, picture, window, window, count=count, velocity=PAN)


def hdr(width: int = 1920, height: int = 1080, *, scale: float = 1.0, count: int = 4) -> Clip:
    """A2: the pan in float, with a 64 px disc at 500, a 1 px specular at 3000, patches of -0.05 and 0.18.

    ``places``: the middles of ``disc`` (radius 32), ``specular`` (1 x 40 px), ``negative`` (64 px), ``grey`` (96 px).
    All values are multiplied by ``scale``.
    """
    surface = _surface(width, height)
    places = {
        "disc": (round(0.25 * width), round(0.5 * height)),
        "specular": (round(0.45 * width), round(0.5 * height)),
        "negative": (round(0.62 * width), round(0.5 * height)),
        "grey": (round(0.8 * width), round(0.5 * height)),
    }
    boxes = (("negative", 64.0, 64.0, -0.05), ("grey", 96.0, 96.0, 0.18), ("specular", 1.0, 40.0, 3000.0))

    def picture(position: float) -> Planes:
        elapsed = position - 1001
        colour = _moved(surface, (width, height), PAN, elapsed) + np.float32(0.4)
        x, y = np.arange(width) - PAN[0] * elapsed, np.arange(height) - PAN[1] * elapsed
        for place, box_width, box_height, value in boxes:
            centre = places[place]
            matte = np.outer(_bar(y - centre[1], box_height), _bar(x - centre[0], box_width))[..., None]
            colour = colour * (1 - matte) + value * matte
        disc = coverage(_reach(x, y, places["disc"]) - 32)[..., None]
        return _rgb((colour * (1 - disc) + 500.0 * disc) * scale)

    window = Window(0, 0, width, height)
    types = dict.fromkeys("RGB", FLOAT)
    return Clip("hdr", picture, window, window, types, count=count, places=places, velocity=PAN)


def soft_disc(width: int = 640, height: int = 360, *, background: bool = False, radius: float = 60.0) -> Clip:
    """A3: a premultiplied orange disc with an 8 px falloff, 14 px a frame, over nothing or over a moving background.

    ``places``: the middle of the ``disc``. Over the background (moving (-3, 1) px a frame) alpha is 1 everywhere.
    """
    surface = _surface(width, height)
    velocity = (14.0, 0.0)
    start = (width / 2 - 3.5 * velocity[0], height / 2)

    def picture(position: float) -> Planes:
        elapsed = position - 1001
        x, y = np.arange(width) - velocity[0] * elapsed, np.arange(height, dtype=np.float64)
        alpha = smooth_coverage(_reach(x, y, start) - radius, 8.0)[..., None].astype(np.float32)
        colour = alpha * np.asarray(ORANGE, np.float32)
        if background:
            colour += (1 - alpha) * (_moved(surface, (width, height), (-3.0, 1.0), elapsed) + np.float32(0.4))
            alpha = np.ones_like(alpha)
        return {**_rgb(colour), "A": alpha[..., 0]}

    window = Window(0, 0, width, height)
    name = "disc_over" if background else "disc"
    return Clip(name, picture, window, window, count=8, places={"disc": start}, velocity=velocity)


def layered(width: int = 480, height: int = 270, *, count: int = 5) -> Clip:
    """A4: a panel and a sphere crossing before a backdrop, with depth, normals, cryptomatte, vectors and ids.

    ``forward`` is each pixel's own motion to the next frame, in pixels, y up.
    """
    surface = _surface(width, height)

    def picture(position: float) -> Planes:
        return _layered_picture(surface, (width, height), position - 1001)

    floats = ("depth.Z", "id.r", *(f"crypto00.{rank}" for rank in ("red", "green", "blue", "alpha")))
    window = Window(0, 0, width, height)
    return Clip(
        "layers", picture, window, window, dict.fromkeys(floats, FLOAT), count=count, header=_cryptomatte_header
    )


def overscan(divisor: int = 1, *, pixel_aspect: float = 1.0, count: int = 5) -> Clip:
    """A5: data window -120 -60 2039 1139 round a display window 0 0 1919 1079 (all over ``divisor``), with metadata."""
    display = Window(0, 0, 1920 // divisor, 1080 // divisor)
    side, top = 120 // divisor, 60 // divisor
    data = Window(-side, -top, display.width + 2 * side, display.height + 2 * top)
    surface = _surface(data.width, data.height)

    def picture(position: float) -> Planes:
        return _rgb(_moved(surface, (data.width, data.height), PAN, position - 1001) + np.float32(0.4))

    def header(number: int) -> Mapping[str, Any]:
        return {
            "pixelAspectRatio": pixel_aspect,
            "framesPerSecond": Fraction(24, 1),
            "timeCode": OpenEXR.TimeCode(1, 0, (number - 1001) // 24, (number - 1001) % 24, *[False] * 6, *[0] * 8),
            "owner": "the tests",
            "camera/iso": 800,
            "worldToCamera": np.arange(16, dtype=np.float32).reshape(4, 4),
        }

    return Clip("overscan", picture, display, data, count=count, header=header, velocity=PAN)


def shots(width: int = 480, height: int = 270) -> Clip:
    """A9: shot A 1001-1030, a hard cut, shot B 1031-1060 flashing on 1045-1046, whip pan in the same shot to 1072.

    A is warm and slow, B cool; the whip pan goes 1.2 widths in 10 frames, streaked by a shutter open for half a frame.
    """
    warm, cool = _surface(width, height, (1.3, 0.8, 0.5), 21), _surface(width, height, (0.5, 0.9, 1.3), 22)

    def picture(position: float) -> Planes:
        if position < 1031:
            return _rgb(_moved(warm, (width, height), (3.0, 0.5), position - 1001) + np.array([0.48, 0.32, 0.19]))
        whip, speed = _whip(position, 1.2 * width)
        x = np.arange(width) + 2.0 * (position - 1031) + whip
        colour = cool.sample(x, np.arange(height, dtype=np.float64), (1 + 0.5 * speed, 1.0)) + np.array(
            [0.20, 0.34, 0.50]
        )
        flash = 5.0 if 1044.5 <= position < 1046.5 else 1.0
        return _rgb(colour * flash)

    window = Window(0, 0, width, height)
    return Clip("shots", picture, window, window, count=72)


def numbered(width: int = 960, height: int = 540, *, block: int = 64) -> Clip:
    """A10: frames 1-101 of a pan of 4 px a frame with the frame number burnt in, ten bits, lowest bit leftmost.

    The blocks of ``block`` px stand in one row at the upper left; between two frames the earlier number shows.
    """
    if width < 10 * block or height < block:
        raise ValueError(f"ten blocks of {block} px do not fit {width}x{height}")
    surface = _surface(width, height)

    def picture(position: float) -> Planes:
        colour = _moved(surface, (width, height), (4.0, 0.0), position - 1) + np.float32(0.4)
        for bit in range(10):
            colour[:block, bit * block : (bit + 1) * block] = int(position) >> bit & 1
        return _rgb(colour)

    window = Window(0, 0, width, height)
    return Clip("numbered", picture, window, window, first=1, count=101, velocity=(4.0, 0.0))


def read_number(plane: npt.NDArray[Any], block: int = 64) -> int:
    """The frame number burnt into a channel of :func:`numbered`."""
    middle = block // 2
    return sum(1 << bit for bit in range(10) if plane[middle, bit * block + middle] > 0.5)


def impulse(width: int = 320, height: int = 90, *, count: int = 5) -> Clip:
    """A12: a disc of 4 px across and of value 100 on black, moving 20 px a frame; float."""
    start, velocity = (60.0, height / 2), (20.0, 0.0)

    def picture(position: float) -> Planes:
        x, y = np.arange(width) - velocity[0] * (position - 1001), np.arange(height, dtype=np.float64)
        # A disc this small is averaged over 8 x 8 places a pixel: by its edge's distance alone it would lose and gain
        # 2 % of its light on the way through a pixel.
        places = [np.hypot(*np.meshgrid(x + u - start[0], y + v - start[1])) < 2.0 for u in _EIGHTHS for v in _EIGHTHS]
        disc = np.mean(places, axis=0)[..., None]
        return _rgb(np.repeat(100.0 * disc, 3, axis=-1))

    window = Window(0, 0, width, height)
    types = dict.fromkeys("RGB", FLOAT)
    return Clip("impulse", picture, window, window, types, count=count, places={"disc": start}, velocity=velocity)


def _surface(width: int, height: int, tint: tuple[float, float, float] = (1.0, 0.95, 0.85), seed: int = 20) -> Texture:
    """The texture of all clips: one patch of checker for each 150 x 150 px, over the picture and 400 px round it."""
    area = (-400.0, -400.0, width + 800.0, height + 800.0)
    patches = round(area[2] * area[3] / 150**2)
    return random_texture(TextureRecipe(40, 10, 160, 0.07, tint, patches, 0.05, area), seed)


def _moved(
    surface: Texture, size: tuple[int, int], velocity: tuple[float, float], elapsed: float
) -> npt.NDArray[np.float32]:
    """``surface`` after ``elapsed`` frames, (H, W, 3): what was at p is now at p + velocity * elapsed."""
    return surface.sample(np.arange(size[0]) - velocity[0] * elapsed, np.arange(size[1]) - velocity[1] * elapsed)


def _whip(position: float, distance: float) -> tuple[float, float]:
    """Way gone and speed of the whip pan, which eases in and out between 1060 and 1070."""
    phase = min(max((position - 1060) / 10, 0.0), 1.0)
    return distance * phase * phase * (3 - 2 * phase), distance * 6 * phase * (1 - phase) / 10


def _layered_picture(surface: Texture, size: tuple[int, int], elapsed: float) -> Planes:
    """All channels of :func:`layered`."""
    width, height = size
    x, y = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)
    panel_x, panel_y = 0.3 * width + OBJECT_VELOCITIES["panel"][0] * elapsed, 0.5 * height
    sphere_u, sphere_v = OBJECT_VELOCITIES["sphere"]
    ball = 0.55 * width + sphere_u * elapsed, 0.45 * height + sphere_v * elapsed
    radius = 0.2 * height
    panel = np.outer(_bar(y - panel_y, 0.5 * height), _bar(x - panel_x, 0.25 * width)).astype(np.float32)
    sphere = coverage(_reach(x, y, ball) - radius).astype(np.float32)
    shares = np.stack([(1 - panel) * (1 - sphere), panel * (1 - sphere), sphere])
    owner = np.argmax(shares, axis=0)
    colours = np.stack([_moved(surface, size, OBJECT_VELOCITIES[name], elapsed) + COLOURS[name] for name in OBJECTS])
    planes = _rgb((colours * shares[..., None]).sum(axis=0))
    planes["A"] = np.ones((height, width), np.float32)
    names = list(OBJECTS)
    planes["depth.Z"] = np.array([DEPTHS[name] for name in names], np.float32)[owner]
    planes |= dict(zip(("N.X", "N.Y", "N.Z"), _normals((x, y), ball, radius, owner), strict=True))
    planes |= _cryptomatte(shares)
    vectors = np.array([OBJECT_VELOCITIES[name] for name in names], np.float32)
    planes["forward.u"], planes["forward.v"] = vectors[owner, 0], 0 - vectors[owner, 1]
    planes["id.r"] = np.array([OBJECTS[name] for name in names], np.float32)[owner]
    return planes


def _normals(
    grid: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    centre: tuple[float, float],
    radius: float,
    owner: npt.NDArray[np.intp],
) -> npt.NDArray[np.float32]:
    """``(3, H, W)``, unit length, y up: the backdrop faces the camera, the panel leans, the sphere is round."""
    across = np.clip((grid[0] - centre[0]) / radius, -1, 1)[None, :]
    up = np.clip((centre[1] - grid[1]) / radius, -1, 1)[:, None]
    round_out = np.stack(np.broadcast_arrays(across, up, np.sqrt(np.clip(1 - across**2 - up**2, 0, 1))))
    round_out = round_out / np.linalg.norm(round_out, axis=0)
    flat = np.array([[0.0, 0.0, 1.0], [0.6, 0.0, 0.8]])
    normals = np.where(owner == 2, round_out, flat[np.minimum(owner, 1)].transpose(2, 0, 1))
    return normals.astype(np.float32)


def _cryptomatte(shares: npt.NDArray[np.float32]) -> Planes:
    """The first two ranks of a cryptomatte: the two largest shares of each pixel, with whose they are."""
    order = np.argsort(-shares, axis=0, kind="stable")[:2]
    share = np.take_along_axis(shares, order, axis=0)
    ids = np.where(share > 0, np.array([crypto_id(name) for name in OBJECTS], np.float32)[order], np.float32(0))
    return {"crypto00.red": ids[0], "crypto00.green": share[0], "crypto00.blue": ids[1], "crypto00.alpha": share[1]}


def crypto_hash(name: str) -> int:
    """MurmurHash3 x86_32 with seed 0 of ``name``, as cryptomatte uses it, from Appleby's public-domain description."""

    def scrambled(word: int) -> int:
        word = word * 0xCC9E2D51 & 0xFFFFFFFF
        return (word << 15 | word >> 17) * 0x1B873593 & 0xFFFFFFFF

    data = name.encode()
    whole = len(data) // 4 * 4
    state = 0
    for start in range(0, whole, 4):
        state ^= scrambled(int.from_bytes(data[start : start + 4], "little"))
        state = ((state << 13 | state >> 19) & 0xFFFFFFFF) * 5 + 0xE6546B64 & 0xFFFFFFFF
    state ^= scrambled(int.from_bytes(data[whole:], "little")) ^ len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        state = (state ^ state >> shift) * factor & 0xFFFFFFFF
    return state ^ state >> 16


def crypto_id(name: str) -> np.float32:
    """The float that carries the hash; by the specification an exponent of 0 or 255 has its lowest bit flipped."""
    bits = crypto_hash(name)
    if bits >> 23 & 255 in (0, 255):
        bits ^= 1 << 23
    return np.float32(np.array(bits, np.uint32).view(np.float32))


def _cryptomatte_header(number: int) -> Mapping[str, Any]:
    """The metadata that makes ``crypto00`` a cryptomatte named ``crypto``; it is the same on every frame."""
    start = f"cryptomatte/{crypto_hash('crypto'):08x}"[:-1] + "/"
    bits = {name: f"{int(crypto_id(name).view(np.uint32)):08x}" for name in OBJECTS}
    return {
        f"{start}name": "crypto",
        f"{start}hash": "MurmurHash3_32",
        f"{start}conversion": "uint32_to_float32",
        f"{start}manifest": json.dumps(bits),
    }


def _bar(distance: npt.NDArray[Any], width: float) -> npt.NDArray[Any]:
    """A bar of ``width`` around 0, averaged over the pixel exactly: the overlap of two intervals."""
    return np.clip(np.minimum(distance + 0.5, width / 2) - np.maximum(distance - 0.5, -width / 2), 0, 1)


def _reach(x: npt.NDArray[Any], y: npt.NDArray[Any], centre: tuple[float, float]) -> npt.NDArray[Any]:
    """(H, W): distance of every pixel from ``centre``."""
    return np.hypot(x[None, :] - centre[0], y[:, None] - centre[1])


def _rgb(colour: npt.NDArray[Any]) -> Planes:
    return {name: colour[..., index].astype(np.float32) for index, name in enumerate("RGB")}


def _box(window: Window) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """As the OpenEXR module wants a window: the first and the last pixel."""
    return np.array([window.x, window.y], np.int32), np.array([window.x_end - 1, window.y_end - 1], np.int32)

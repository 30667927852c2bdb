"""How large frames are cut up, and how many are held at once, so that a run stays within the memory it is given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.image.window import Window, union_of
from vfi_plugin.media.header import PartHeader
from vfi_plugin.models.detail import reduction
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.render.appetite import (
    BLOCK_BYTES,
    FRAMES_HELD,
    FRAMES_HELD_LEAN,
    GUIDES_BYTES,
    MOTION_BYTES,
    PAINTED_BYTES,
    PROGRAM_BYTES,
    SEARCH_BYTES,
    SMALLEST_TILE_PX,
    WEIGHT_BYTES,
    mixing_bytes,
    network_bytes,
    payload_bytes,
    whole_bytes,
)
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.pipeline import READ_AHEAD, WRITERS
from vfi_plugin.render.pools import Pools

_GIB = 1 << 30

NOMINAL_GIB = 8.0
"""The cap where none is given: the same on all machines that have it, so that all machines of a farm make the same
tiles and with them the same bits."""

_PART_OF_A_SMALL_MACHINE = 0.75
_LARGEST_TILE_PX = 4096
_CACHE_BYTES = 1 << 30
_MOST_AT_ONCE = 12  # channels: layers are moved one by one, and the largest are ranked lists of six planes twice
_DRIVERS = ("/proc/driver/nvidia", "/dev/dxg", "/dev/kfd", "C:/Windows/System32/nvcuda.dll")
"""One of which is there where a GPU can be used: NVIDIA's driver, Linux inside Windows, AMD's, Windows."""

_SAMPLE_BYTES = {"half": 2, "float": 4, "uint": 4}


@dataclass(frozen=True)
class Tiling:
    """What a run may hold at once.

    Attributes:
        cap_bytes: the memory that it is given, of the machine or of its GPU.
        whole_pixels: frames of at most so many are made at once, larger ones in pieces.
        tile_px: the side of a network's tiles, without what it sees around them; None where no network is used.
        pieces: what the clip's frames are made in, for people and settings; "" where they are made at once.
        read_ahead: pairs that wait for the computer.
        readers: frames that are decoded at the same time.
        writers: frames that are written at the same time.
        cache_bytes: source frames that are kept to be read once.
    """

    cap_bytes: int
    whole_pixels: int
    tile_px: int | None
    pieces: str = ""
    read_ahead: int = READ_AHEAD
    writers: int = WRITERS
    cache_bytes: int = _CACHE_BYTES
    readers: int = 1

    @classmethod
    def of(cls, headers: Sequence[PartHeader], options: RetimeOptions, model: ModelInfo) -> Tiling:
        """For frames like these.

        Raises:
            UsageError: they cannot be made within the memory that was given.
        """
        asked = options.memory_gb
        cap = round(asked * _GIB) if asked is not None else _usual_cap(options.devices)
        need = _Need.of(headers, model if options.method == "motion" else None, options.detail)
        lean = need.frame_bytes * FRAMES_HELD > cap / 2
        lean = lean or need.tile_within(cap, lean=False) == 0
        tile = need.tile_within(cap, lean=lean)
        if tile == 0 and asked is not None:
            raise UsageError(
                f"frames of {need.pixels} pixels and {need.frame_bytes / _GIB:.2f} GiB cannot be made within"
                f" {asked:g} GiB; give --memory-gb {need.least_gib(lean=lean):.1f} or more, or fewer --channels"
            )
        whole = need.whole_pixels(cap)
        network = tile or SMALLEST_TILE_PX if need.overlap_px else None
        pieces = "" if need.pixels <= whole else "blocks" if network is None else f"tiles of {network} px"
        if lean:
            return cls(cap, whole, network, pieces, read_ahead=1, writers=1, cache_bytes=0)
        pools = Pools.within(cap - need.held_bytes(tile, whole=need.pixels <= whole), need.frame_bytes)
        return cls(cap, whole, network, pieces, writers=pools.writers, readers=pools.readers)

    @classmethod
    def unbounded(cls, pools: Pools | None = None) -> Tiling:
        """All frames whole; without pools for those who look at frames and make none."""
        chosen = pools or Pools(1, WRITERS)
        return cls(1 << 62, 1 << 62, None, writers=chosen.writers, readers=chosen.readers)

    def is_large(self, window: Window) -> bool:
        """Whether a view over this window is made in pieces."""
        return window.width * window.height > self.whole_pixels

    def fact(self) -> dict[str, object]:
        """For the settings of frames that are made in pieces; nothing where they are made whole, as ever."""
        return {"pieces": self.pieces} if self.pieces else {}

    def text(self) -> str:
        """For a person; "" where frames are made whole."""
        return f"frames are made in {self.pieces} to stay within {self.cap_bytes / _GIB:.3g} GiB" if self.pieces else ""


@dataclass(frozen=True)
class _Need:
    """What frames of a clip take.

    Attributes:
        pixels: of a view.
        channels: that are moved at once.
        frame_bytes: of a frame as it is read.
        appetite: bytes a pixel that a network sees; 0 without one.
        overlap_px: what it sees around a tile; 0 where there are no tiles.
        whole_bytes: that a model takes which looks at all of a large frame.
        program_bytes: with the model's weights.
        closer: on how many times as many pixels the classic looks for motion as it would choose to; 1 for networks.
        search_bytes: a pixel of the view, while it does so; 0 where it is as it would choose.
        mixing_bytes: of a network on top of the classic, which sees what the classic sees.
    """

    pixels: int
    channels: int
    frame_bytes: int
    appetite: int
    overlap_px: int
    whole_bytes: int
    program_bytes: int
    closer: int = 1
    search_bytes: int = 0
    mixing_bytes: int = 0

    @classmethod
    def of(cls, headers: Sequence[PartHeader], model: ModelInfo | None, detail: float | None) -> _Need:
        window = _window(headers)
        pixels = window.width * window.height
        closer, search = _closer(window, detail) if model is not None and model.is_classic else (1, 0)
        a_pixel, in_all = (0, 0) if model is None else whole_bytes(model)
        channels = [kind for header in headers for _, kind in header.channels]
        return cls(
            pixels=pixels,
            channels=min(len(channels), _MOST_AT_ONCE),
            frame_bytes=pixels * sum(_SAMPLE_BYTES.get(kind, 4) for kind in channels),
            appetite=0 if model is None else network_bytes(model) + search,
            overlap_px=0 if model is None else model.overlap_px,
            whole_bytes=a_pixel * pixels + in_all,
            program_bytes=PROGRAM_BYTES + WEIGHT_BYTES * (0 if model is None else model.parameters),
            closer=closer,
            search_bytes=search,
            mixing_bytes=0 if model is None else mixing_bytes(model) * _looked_at(window, detail),
        )

    def whole_pixels(self, cap: int) -> int:
        """How many pixels a frame may have to be made at once."""
        beside = FRAMES_HELD * self.frame_bytes / max(self.pixels, 1) + GUIDES_BYTES
        a_pixel = beside + self.appetite + payload_bytes(self.channels)
        return max(int((cap - self.program_bytes) / a_pixel), 0)

    def held_bytes(self, tile: int, *, whole: bool) -> float:
        """What a run holds with the pools that every machine has."""
        if not whole:
            return self.fixed_bytes(lean=False) + self._most_bytes(tile)
        a_pixel = GUIDES_BYTES + self.appetite + payload_bytes(self.channels)
        return self.program_bytes + FRAMES_HELD * self.frame_bytes + self.pixels * a_pixel

    def fixed_bytes(self, *, lean: bool) -> float:
        """What is held as long as a run goes on."""
        frames = (FRAMES_HELD_LEAN if lean else FRAMES_HELD) * self.frame_bytes
        return self.program_bytes + frames + MOTION_BYTES * self.closer * self.pixels

    def tile_within(self, cap: int, *, lean: bool) -> int:
        """The largest tile that fits, 0 where none does; without a network any that is not 0."""
        left = cap - self.fixed_bytes(lean=lean)
        side = _LARGEST_TILE_PX
        while side >= SMALLEST_TILE_PX and self._most_bytes(side) > left:
            side //= 2
        return side if side >= SMALLEST_TILE_PX else 0

    def least_gib(self, *, lean: bool) -> float:
        """What the smallest tile takes, rounded up a little."""
        return (self.fixed_bytes(lean=lean) + self._most_bytes(SMALLEST_TILE_PX)) / _GIB + 0.1

    def _most_bytes(self, side: int) -> float:
        """What steps take that come one after another: the whole frame is looked at, then tiles or blocks are made."""
        painted = PAINTED_BYTES * self.pixels if self.whole_bytes else 0
        blocks = BLOCK_BYTES * max(self.channels / 4, 1.0) + painted
        look = self.search_bytes * self.pixels + self.mixing_bytes
        return max(blocks, look, self.whole_bytes, self._tile_bytes(side))

    def _tile_bytes(self, side: int) -> float:
        seen = (side + 2 * self.overlap_px) ** 2
        return seen * (self.appetite + payload_bytes(self.channels)) if self.overlap_px else 0


def _closer(window: Window, detail: float | None) -> tuple[int, int]:
    """How many times as many pixels as the classic would choose, and bytes a pixel of the view while it looks."""
    chosen, asked = (reduction(window.height, window.width, each) for each in (None, detail))
    return ((chosen // asked) ** 2, SEARCH_BYTES // asked**2) if asked < chosen else (1, 0)


def _looked_at(window: Window, detail: float | None) -> int:
    """Pixels that the classic looks for motion on."""
    factor = reduction(window.height, window.width, detail)
    return -(-window.height // factor) * -(-window.width // factor)


def _window(headers: Sequence[PartHeader]) -> Window:
    return union_of(header.data_window for header in headers)


def _usual_cap(devices: Sequence[str]) -> int:
    """By what there is here; a job may be planned for a device that another machine has."""
    there = (set(devices) != {"cpu"} and _gpu_bytes()) or _machine_bytes()
    return round(min(NOMINAL_GIB * _GIB, _PART_OF_A_SMALL_MACHINE * there))


def _gpu_bytes() -> float:
    """The memory of the first GPU that torch can use, else 0. Torch takes seconds to load: only where there is one."""
    if not any(Path(place).exists() for place in _DRIVERS):
        return 0.0
    import torch

    return float(torch.cuda.get_device_properties(0).total_memory) if torch.cuda.is_available() else 0.0


def _machine_bytes() -> float:
    """The memory of this machine, or of the container that the process runs in."""
    if not hasattr(os, "sysconf"):  # Windows: taken as large enough
        return NOMINAL_GIB * _GIB / _PART_OF_A_SMALL_MACHINE
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    told = limit.read_text(encoding="ascii").strip() if limit.exists() else ""
    return min(there, int(told)) if told.isdigit() else there

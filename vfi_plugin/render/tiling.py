"""How large frames are cut up, and how many are held at once, so that a run stays within the memory it is given."""

from __future__ import annotations

from dataclasses import dataclass

from vfi_plugin.image.window import Window
from vfi_plugin.render.pipeline import READ_AHEAD, WRITERS


@dataclass(frozen=True)
class Tiling:
    cap_bytes: int = 8 << 30
    whole_pixels: int = 4096 * 2304
    tile_px: int = 1024
    read_ahead: int = READ_AHEAD
    writers: int = WRITERS
    cache_bytes: int = 1 << 30

    def is_large(self, window: Window) -> bool:
        return window.width * window.height > self.whole_pixels

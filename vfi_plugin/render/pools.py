"""How many threads decode and encode frames: a core each, as far as memory goes; never does it change a bit."""

from __future__ import annotations

from dataclasses import dataclass

from vfi_plugin.processors import usable_cores
from vfi_plugin.render.pipeline import WRITERS

_MOST_READERS = 4  # decoding takes a quarter of the time of encoding: at 4K ZIP 0.15 s to 0.6 s
_MOST_WRITERS = 8
_FRAMES_A_THREAD = 2  # the frame itself, and what is decoded or encoded of it


@dataclass(frozen=True)
class Pools:
    """Threads that decode frames ahead, and threads that write them behind.

    Attributes:
        readers: frames that are decoded at the same time.
        writers: frames that are written at the same time.
    """

    readers: int
    writers: int

    @classmethod
    def within(cls, free_bytes: float, frame_bytes: int) -> Pools:
        """One reader and ``WRITERS`` writers are counted in any run; more are taken while memory is left for them.

        Args:
            free_bytes: of the memory cap, beside what a run holds with the fewest threads.
            frame_bytes: of a frame as it is read.
        """
        more = int(min(max(free_bytes, 0) // (_FRAMES_A_THREAD * max(frame_bytes, 1)), _MOST_READERS + _MOST_WRITERS))
        readers = 1 + min(more, _MOST_READERS - 1, usable_cores() - 1)
        writers = WRITERS + min(more - (readers - 1), _MOST_WRITERS - WRITERS, max(usable_cores() - WRITERS, 0))
        return cls(readers, writers)

"""What a run takes in memory, measured, for choosing how large its pieces may be.

Bytes a pixel that a network sees: by how much the peak of a process (VmHWM) rises over what it held with the network
loaded, divided by the pixels, for one look at a pair, one motion and its application to four float32 channels.
Published widths, random weights, float32, one thread, torch 2.13 on an Intel Xeon; the larger of the slope between two
sizes and of the whole at the larger one (``benchmarks/large_tiles.py appetite``). SepConv's is that of a run with
tiles of 1024 px at UHD, which took more (``benchmarks/large_frames.py networks --tiles``). The same figures are used
for GPUs, where nothing was measured: the tensors are the same.
"""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

_MIB = 1 << 20

PROGRAM_BYTES = 360 * _MIB
"""Python, torch and OpenCV: 290 MiB measured, and what the readers and writers hold beside frames."""

WEIGHT_BYTES = 8
"""A trained number: itself, and its like in the layout that convolutions on a CPU want."""

BLOCK_BYTES = 400 * _MIB
"""What blocks of four channels take while they are moved, and the classic's look at the whole frame."""

SEARCH_BYTES = 320
"""A pixel on which the classic looks for motion, where it is asked to look at more than it would choose: 305 measured
of UHD at full size."""

SMALLEST_TILE_PX = 64
"""The side of a tile beyond which it is not halved."""

FRAMES_HELD = 9
"""Source frames kept and ahead, made frames that are being written: of a clip that is long enough."""

FRAMES_HELD_LEAN = 7
"""The same with one pair ahead, one writer and nothing kept."""

GUIDES_BYTES = 4 * 24
"""A pixel of frames that are made whole: two guides of three float32, for up to four pairs at once."""

MOTION_BYTES = 10
"""A pixel of the whole frame: its motion by the classic, at half the size, and what RIFE's coarse blocks found."""

PAINTED_BYTES = 12
"""A pixel of a painted guide."""

_PAYLOAD_COPIES = 7
"""Float32 copies of a channel while it is made: both sources, both moved, and their mix."""

_NETWORK_BYTES = {
    "bipn": 600,
    "dain": 8275,
    "figan": 493,
    "phase": 1105,
    "phasenet": 2631,
    "rife": 745,
    "sepconv": 2600,
    "sepconvpp": 1950,
    "superslomo": 1105,
    "voxelflow": 2100,
}

_FOLLOWING_BYTES = 100
"""A pixel of what has met, of a network that follows: 97 measured of FIGAN at 640x400."""

_WHOLE_BYTES = {
    "phase": (130, 0),
    "phasenet": (115, 200 * _MIB),
    "rife": (40, 150 * _MIB),
}
"""Of models that look at all of a large frame: a pixel of it, and what goes on beside. Of phase at UHD 1.1 GiB."""

_CLASSIC_BYTES = {
    "fused": 540,
}
"""Of classics with a network on top, where frames are made at once: 532 measured at HD, 326 at UHD."""

_MIXING_BYTES = {
    "fused": 480,
}
"""The same of large frames, a pixel of the smaller ones that motion is looked for on, search included: 470 measured."""

# Of a network that was not measured (AdaConv): more than the hungriest of the others, to be safe.
_UNKNOWN_BYTES = 12_000


def payload_bytes(channels: int) -> int:
    """Bytes a pixel while all channels of a frame, or as many at once as belong together, are moved."""
    return _PAYLOAD_COPIES * 4 * channels


def network_bytes(model: ModelInfo) -> int:
    """Bytes a pixel that a model sees; of a classic none but where frames are made at once."""
    if model.is_classic:
        return _CLASSIC_BYTES.get(model.name, 0)
    return _NETWORK_BYTES.get(model.name, _UNKNOWN_BYTES) + (_FOLLOWING_BYTES if model.follows else 0)


def mixing_bytes(model: ModelInfo) -> int:
    """Bytes a pixel that motion is looked for on, of the network on top of a classic; 0 where there is none."""
    return _MIXING_BYTES.get(model.name, 0)


def whole_bytes(model: ModelInfo) -> tuple[int, int]:
    """Bytes of a model that looks at large frames as wholes: a pixel of the frame, and whatever its size."""
    return _WHOLE_BYTES.get(model.name, (0, 0))

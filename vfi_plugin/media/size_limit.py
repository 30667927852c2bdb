"""A damaged header may promise any number of pixels; this is the limit before memory is given to it."""

from __future__ import annotations

from vfi_plugin.errors import UnreadableImageError

# Below this, memory is no danger and the decoder itself finds out. A full 8K RGBA float frame is 0.57 GB.
_ALWAYS_ALLOWED = 1 << 30
# Deflate, the base of ZIP, PNG and DWA, packs at most 1032:1 (zlib's own figure); twice that leaves room for headers of
# nearly empty frames and for the run lengths of other codecs.
_HIGHEST_PACKING = 2064


def refuse_impossible_size(pixel_bytes: int, file_bytes: int) -> None:
    """Raise UnreadableImageError where a file of ``file_bytes`` cannot hold ``pixel_bytes`` of pixels."""
    if pixel_bytes > max(_ALWAYS_ALLOWED, file_bytes * _HIGHEST_PACKING):
        raise UnreadableImageError(
            f"the header promises {pixel_bytes / 1e9:.1f} GB of pixels in a file of {file_bytes} bytes: it is damaged"
        )

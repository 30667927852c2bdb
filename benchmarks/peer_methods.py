"""How each of those that are compared makes the frame in the middle of two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import av
import av.filter
import cv2
import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.kernels import HostFormat, HostImage
from vfi_plugin.models.registry import load_model
from vfi_plugin.render.options import RetimeOptions

Codes = npt.NDArray[np.uint8]
"""(H, W, 3) RGB."""

Maker = Callable[[Codes, Codes], Codes]

MINTERPOLATE = "minterpolate"
MINTERPOLATE_OPTIONS = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1"
_RATE = 25


def ours(name: str) -> Maker:
    """A model of ours, with 8-bit pictures taken and given as a host's are."""
    model, taps = load_model(name, device="cpu"), RetimeOptions(speed="1").filter

    def make(before: Codes, after: Codes) -> Codes:
        with torch.inference_mode():
            guides = [_host_image(codes).to_tensor() for codes in (before, after)]
            moved = model.prepare(*guides).motion(0.5).with_taps(taps).apply(*guides)
            made = np.empty(before.shape, np.uint8)
            _host_image(made).write(moved, clip=True)
        return made

    return make


def _host_image(codes: Codes) -> HostImage:
    height, width, channels = codes.shape
    # Decoded frames may have gaps between their rows.
    return HostImage(np.ascontiguousarray(codes), HostFormat(width, height, channels, "uint8"))


def dense_inverse_search(preset: int) -> Maker:
    """OpenCV's search both ways on grey, each flow taken as its own reversal, both sources moved and averaged."""
    search = cv2.DISOpticalFlow_create(preset)

    def make(before: Codes, after: Codes) -> Codes:
        grey = [cv2.cvtColor(codes, cv2.COLOR_RGB2GRAY) for codes in (before, after)]
        forward, backward = search.calc(grey[0], grey[1], None), search.calc(grey[1], grey[0], None)
        half = 0.25 * (forward - backward)
        height, width = grey[0].shape
        place = np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))
        moved = [
            cv2.remap(codes, place + way, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for codes, way in ((before, -half), (after, half))
        ]
        return np.asarray(cv2.addWeighted(moved[0], 0.5, moved[1], 0.5, 0.0))

    return make


def average(before: Codes, after: Codes) -> Codes:
    """No motion at all."""
    return np.asarray(cv2.addWeighted(before, 0.5, after, 0.5, 0.0))


def minterpolated(frames: Sequence[av.VideoFrame], *, convert: bool = True) -> dict[int, Codes]:
    """FFmpeg's filter over a stream at twice its rate: the frames by their place, odd ones are made.

    Without ``convert`` they are counted only, and empty.
    """
    first = frames[0]
    graph = av.filter.Graph()
    source = graph.add_buffer(width=first.width, height=first.height, format="yuv420p", time_base=Fraction(1, _RATE))
    blend = graph.add("minterpolate", f"fps={2 * _RATE}:{MINTERPOLATE_OPTIONS}")
    sink = graph.add("buffersink")
    source.link_to(blend), blend.link_to(sink)
    graph.configure()
    made: dict[int, Codes] = {}
    for place, frame in enumerate([*frames, None]):
        if frame is not None:
            frame.pts, frame.time_base = place, Fraction(1, _RATE)
        graph.push(frame)
        for out in _pulled(graph):
            at = round(out.pts * out.time_base * 2 * _RATE)
            made[at] = out.to_ndarray(format="rgb24") if convert else np.empty(0, np.uint8)
    return made


def _pulled(graph: av.filter.Graph) -> list[av.VideoFrame]:
    found = []
    while True:
        try:
            found.append(graph.pull())
        except (av.BlockingIOError, av.EOFError):
            return found


METHODS: dict[str, Maker] = {
    "average": average,
    "DIS fast": dense_inverse_search(cv2.DISOPTICAL_FLOW_PRESET_FAST),
    "DIS medium": dense_inverse_search(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM),
    "dis (ours)": ours("dis"),
    "disfast (ours)": ours("disfast"),
}

OURS = ("dis (ours)", "disfast (ours)")

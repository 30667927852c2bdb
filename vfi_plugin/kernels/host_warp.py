"""The backward warp from one host image into another, both used where they lie."""

from __future__ import annotations

import numpy as np
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels.backend import native_module
from vfi_plugin.kernels.checking import check_shapes
from vfi_plugin.kernels.host_image import HostImage
from vfi_plugin.kernels.warp import BORDERS, TAPS


def warp_host(
    source: HostImage, flow: torch.Tensor, target: HostImage, *, border: str = "clamp", taps: str = "linear"
) -> None:
    """``kernels.warp`` on host memory: reads ``source`` and writes ``target`` in place, without a copy of either.

    Args:
        source, target: of one width, height and number of channels; float32 or float16 each, in any layout and order of
            rows. float16 results beyond 65504 become Inf, as in ``kernels.warp``.
        flow: (1, 2, H, W) float32 pixels on the CPU, x then y; y down, also where the host's rows are bottom-up.
        border, taps: as for ``kernels.warp``.

    Raises:
        UsageError: sizes, types, border or taps are not as told here, ``target`` is read-only, or both images share
            memory.
    """
    image, out = source.as_batch(), target.as_batch()
    if target.is_read_only or np.may_share_memory(image, out):
        raise UsageError("the warp needs writable memory of its own to write into; give another image as target")
    if image.shape != out.shape:
        raise UsageError(f"got a source {image.shape[1:]} and a target {out.shape[1:]}; needed one (C, H, W) for both")
    check_shapes(flow=(flow, f"1 2 {image.shape[2]} {image.shape[3]}"))
    if flow.dtype != torch.float32 or flow.device.type != "cpu":
        raise UsageError(f"got flow in {flow.dtype} on {flow.device}; needed float32 on cpu (flow.float().cpu())")
    if border not in BORDERS or taps not in TAPS:
        raise UsageError(f"got border {border!r} and taps {taps!r}; use border in {BORDERS} and taps in {TAPS}")
    native_module().warp(
        image, flow.detach().numpy(), out, border == "zero", 2 if taps == "linear" else 4, torch.get_num_threads()
    )

"""Two frames moved and mixed by motion of blocks, in one pass: what ``warp`` and a mix of whole fields give as well."""

from __future__ import annotations

from typing import NamedTuple

import torch

from vfi_plugin.kernels.backend import choose_backend, native_module
from vfi_plugin.kernels.native import room_like

Tensor = torch.Tensor

_MOST_PLANE = 2**31  # floats; places in a plane are 32-bit


class BlockFlows(NamedTuple):
    """Motion of blocks of ``factor`` x ``factor`` pixels.

    Attributes:
        flow_t_to_0: (N, 2, h, w) float32, in blocks, x then y, y down.
        flow_t_to_1: the same for the later frame.
        weight_0: (N, 1, h, w), the earlier frame's share.
        factor: even; as many blocks as cover a frame.
    """

    flow_t_to_0: Tensor
    flow_t_to_1: Tensor
    weight_0: Tensor
    factor: int


def enlarged_mix(image_0: Tensor, image_1: Tensor, blocks: BlockFlows) -> Tensor | None:
    """Both images moved by the flows, sampled by cubic taps and mixed by weight, compiled.

    Flows and weights are enlarged as by ``F.interpolate(mode="bilinear", align_corners=False)``, row by row, so that no
    field of the frame's size is ever in memory. Images are read as by ``kernels.warp`` with ``taps="cubic"``; an image
    of weight 0 adds nothing, not even Inf or NaN. The same bits for any number of threads and on any processor.

    Args:
        image_0: (N, C, H, W), any range.
        image_1: the same.
        blocks: the motion.

    Returns:
        (N, C, H, W) float32; None where there is no such form: other types or devices than float32 on the CPU, tensors
        that want gradients, or another backend that is asked for.
    """
    tensors = (image_0, image_1, *blocks[:3])
    wants_gradient = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    is_float = all(tensor.dtype == torch.float32 for tensor in tensors)
    height, width = image_0.shape[2:]
    if wants_gradient or not is_float or height * width >= _MOST_PLANE or choose_backend(None, *tensors) != "native":
        return None
    plain = [tensor.detach().contiguous().numpy() for tensor in tensors]
    out = room_like(image_0)
    native_module().enlarged_mix(*plain, out.numpy(), blocks.factor, torch.get_num_threads())
    return out

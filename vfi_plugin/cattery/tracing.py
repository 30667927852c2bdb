"""Parts of networks traced for TorchScript."""

from __future__ import annotations

import warnings

import torch
from torch import nn


def traced(part: nn.Module, example: torch.Tensor) -> nn.Module:
    """A part of convolutions alone as TorchScript, good for every size, type and device.

    Args:
        part: one tensor in, one out. It must make no tensor of its own and ask for no shape: a trace would write type,
            device and size down as constants.
        example: what it is traced with.
    """
    with torch.no_grad(), warnings.catch_warnings():
        # Torch advises torch.export, whose files Nuke does not read.
        warnings.simplefilter("ignore")
        module: nn.Module = torch.jit.trace(part, example, check_trace=False)  # type: ignore[no-untyped-call]
    return module

"""What a run asks of the GPU that it works on: no more memory than it was given, and the same bits in every run."""

from __future__ import annotations

import torch


def hold_to(device: torch.device, cap_bytes: int | None) -> None:
    """Sets torch up for a run on ``device``, for the whole process and until the next run.

    On a GPU torch then holds at most ``cap_bytes``, None being all there is: what it keeps for later counts too, and is
    given up before a request fails. A convolution that would work in more takes another way. The driver's own share,
    some hundred MiB a process, is not counted.

    Convolutions are taken in float32, as published networks were trained (torch rounds them to ten bits by default),
    and of those that sum in a fixed order: ``rife`` came out up to 0.0015 of the guide apart in two runs without that,
    on an H100.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    if device.type == "cuda":
        # By its number: torch takes no "cuda" without one here.
        number = torch.cuda.current_device() if device.index is None else device.index
        there = torch.cuda.get_device_properties(number).total_memory
        share = 1.0 if cap_bytes is None else min(1.0, cap_bytes / there)
        torch.cuda.empty_cache()  # what an earlier run kept, which counts, and may be more than this one was given
        torch.cuda.set_per_process_memory_fraction(share, number)

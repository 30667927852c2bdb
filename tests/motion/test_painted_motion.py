"""Motion of networks that paint: payloads go by what carries them, the painted frame is what is shown."""

from __future__ import annotations

import torch

from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.painted import PaintedMotion


def motion() -> PaintedMotion:
    made = torch.Generator().manual_seed(1)
    flow = torch.rand(1, 2, 20, 30, generator=made) * 4 - 2
    carried = FlowMotion(flow, -flow, torch.rand(1, 1, 20, 30, generator=made))
    return PaintedMotion(torch.rand(1, 3, 20, 30, generator=made), carried)


def test_a_payload_is_moved_and_nothing_of_it_is_painted() -> None:
    first, second = torch.rand(2, 1, 5, 20, 30) * 3000
    assert torch.equal(motion().apply(first, second), motion().carried.apply(first, second))
    assert motion().flow_form() is not None
    assert torch.equal(motion().flow_form().flow_t_to_0, motion().carried.flow_t_to_0)


def test_the_guide_frame_is_the_painted_one() -> None:
    frame = torch.zeros(1, 3, 20, 30)
    assert torch.equal(motion().guide_frame(frame, frame), motion().painted)


def test_cropping_crops_both() -> None:
    cropped = motion().cropped(16, 17)
    assert torch.equal(cropped.painted, motion().painted[..., :16, :17])
    assert torch.equal(cropped.carried.weight_0, motion().carried.weight_0[..., :16, :17])

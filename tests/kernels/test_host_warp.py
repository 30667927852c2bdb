"""The warp on a host's own memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from host_memory import CANARY, HostMemory, packed_memory, some_picture

from vfi_plugin import _native
from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import warp, warp_host

SIZE = (4, 21, 45)


def some_flow(seed: int = 0) -> torch.Tensor:
    return torch.randn(1, 2, *SIZE[1:], generator=torch.Generator().manual_seed(seed)) * 6


def filled(pixel_type: str, layout: str, **more: Any) -> HostMemory:
    memory = packed_memory(SIZE, pixel_type, layout, padding=8, **more)
    memory.image().view()[:] = some_picture(SIZE, pixel_type)
    return memory


@pytest.mark.parametrize("pixel_type", ["float16", "float32"])
@pytest.mark.parametrize("layout", ["interleaved", "planar"])
@pytest.mark.parametrize(("bottom_up", "downward"), [(True, False), (True, True), (False, True)])
@pytest.mark.parametrize("taps", ["linear", "cubic"])
@pytest.mark.parametrize("border", ["clamp", "zero"])
def test_the_warp_in_place_equals_the_warp_of_a_contiguous_copy(
    pixel_type: str, layout: str, bottom_up: bool, downward: bool, taps: str, border: str
) -> None:
    source = filled(pixel_type, layout, bottom_up=bottom_up, downward=downward)
    target = packed_memory(SIZE, pixel_type, layout, padding=12, bottom_up=bottom_up, downward=not downward)
    copy = torch.from_numpy(source.image().view().copy())[None]
    expected = warp(copy, some_flow(), border=border, taps=taps, backend="native")
    before = bytes(source.data)
    warp_host(source.image(), some_flow(), target.image(), border=border, taps=taps)
    torch.testing.assert_close(torch.from_numpy(target.read())[None], expected, rtol=0, atol=0, equal_nan=True)
    assert target.untouched_outside_the_pixels()
    assert source.data == before


def test_the_native_kernel_takes_the_memory_as_it_lies() -> None:
    source = filled("float16", "interleaved", bottom_up=True)
    target = packed_memory(SIZE, "float32", "interleaved", bottom_up=True)
    shift = torch.tensor([3.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, *SIZE[1:])  # y down: reads two rows further up
    _native.warp(source.image().as_batch(), shift.numpy(), target.image().as_batch(), False, 2, 1)
    assert (target.read()[:, 2:, :-3] == source.read()[:, :-2, 3:].astype("float32")).all()


@pytest.mark.parametrize(
    ("source", "target", "fault"),
    [
        (packed_memory(SIZE, "uint8", "planar"), packed_memory(SIZE, "float32", "planar"), "pixels are uint8"),
        (packed_memory(SIZE, "float32", "planar", padding=3), packed_memory(SIZE, "float32", "planar"), "two samples"),
        (packed_memory((3, 21, 45), "float32", "planar"), packed_memory(SIZE, "float32", "planar"), "C, H, W"),
    ],
)
def test_images_that_do_not_fit_are_refused(source: HostMemory, target: HostMemory, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        warp_host(source.image(), some_flow(), target.image())
    assert set(target.data) == {CANARY}


def test_flow_border_and_taps_that_do_not_fit_are_refused() -> None:
    source, target = filled("float32", "planar").image(), packed_memory(SIZE, "float32", "planar").image()
    with pytest.raises(UsageError, match="flow"):
        warp_host(source, torch.zeros(1, 2, 5, 5), target)
    with pytest.raises(UsageError, match="float32 on cpu"):
        warp_host(source, some_flow().half(), target)
    with pytest.raises(UsageError, match="border 'mirror'"):
        warp_host(source, some_flow(), target, border="mirror")


def test_the_image_that_is_read_cannot_be_the_one_that_is_written() -> None:
    image = filled("float32", "interleaved").image()
    with pytest.raises(UsageError, match="memory of its own"):
        warp_host(image, some_flow(), image)

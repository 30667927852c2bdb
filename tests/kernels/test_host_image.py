"""A host's pixels, seen, read and written where they lie."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from host_memory import (
    CANARY,
    HostMemory,
    as_floats,
    equal_bits,
    every_layout,
    every_order,
    every_type,
    make_memory,
    packed_memory,
    some_picture,
)

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import HostFormat, HostImage

# (C, H, W): one pixel, one row, one column, odd sizes, channels beyond RGBA, and rows longer than the kernel's blocks.
SIZES = ((4, 1, 1), (3, 1, 9), (4, 7, 1), (1, 3, 5), (2, 4, 3), (3, 5, 7), (4, 5, 19), (5, 3, 11), (4, 2, 1100))


def memories(pixel_type: str, layout: str, bottom_up: bool, downward: bool) -> Iterator[HostMemory]:
    for size in SIZES:
        for padding in (0, 12, 5):  # 5: with floats, rows begin between two samples
            yield packed_memory(size, pixel_type, layout, padding=padding, downward=downward, bottom_up=bottom_up)


@every_type
@every_layout
@every_order
def test_the_view_shows_each_sample_where_the_host_keeps_it(
    pixel_type: str, layout: str, bottom_up: bool, downward: bool
) -> None:
    for memory in memories(pixel_type, layout, bottom_up, downward):
        picture = some_picture(memory.addresses.shape, pixel_type)
        memory.put(picture)
        view = memory.image().view()
        assert equal_bits(view, picture)
        view[-1, 0, -1] = 0  # channel, top row, last column: it is the memory itself
        assert memory.read()[-1, 0, -1] == 0
        assert memory.untouched_outside_the_pixels()


@every_type
@every_layout
@every_order
def test_a_tensor_holds_each_sample_as_float_top_row_first(
    pixel_type: str, layout: str, bottom_up: bool, downward: bool
) -> None:
    for memory in memories(pixel_type, layout, bottom_up, downward):
        picture = some_picture(memory.addresses.shape, pixel_type)
        memory.put(picture)
        tensor = memory.image().to_tensor()
        assert tensor.is_contiguous()
        assert equal_bits(tensor.numpy(), as_floats(picture)[None])


@every_type
@every_layout
@every_order
def test_writing_puts_each_sample_in_its_place_and_touches_no_other_byte(
    pixel_type: str, layout: str, bottom_up: bool, downward: bool
) -> None:
    for memory in memories(pixel_type, layout, bottom_up, downward):
        picture = some_picture(memory.addresses.shape, pixel_type, seed=1)
        assert memory.image().write(torch.from_numpy(as_floats(picture))[None]) == 0
        assert equal_bits(memory.read(), picture)
        assert memory.untouched_outside_the_pixels()


@pytest.mark.parametrize("bottom_up", [False, True])
@pytest.mark.parametrize(
    ("row_bytes", "plane_bytes"),
    [
        (3 * 24, 24),  # planes alternate row by row
        (-3 * 24, 24),
        (20, 5 * 20),
        (20, -5 * 20),  # the last channel lies first
        (-20, -5 * 20 - 8),
    ],
)
def test_planes_may_alternate_by_rows_or_run_backwards(row_bytes: int, plane_bytes: int, bottom_up: bool) -> None:
    image_format = HostFormat(5, 4, 3, "float32", "planar", row_bytes, plane_bytes, bottom_up)
    memory = make_memory(image_format, row_bytes=row_bytes, plane_bytes=plane_bytes)
    picture = some_picture((3, 4, 5), "float32")
    memory.image().write(torch.from_numpy(picture)[None])
    assert equal_bits(memory.read(), picture)
    assert equal_bits(memory.image().view(), picture)
    assert equal_bits(memory.image().to_tensor().numpy(), picture[None])
    assert memory.untouched_outside_the_pixels()


@every_type
@every_layout
def test_without_steps_rows_and_planes_follow_without_a_gap(pixel_type: str, layout: str) -> None:
    picture = some_picture((3, 4, 5), pixel_type)
    stored = np.ascontiguousarray(picture if layout == "planar" else picture.transpose(1, 2, 0))
    image = HostImage(stored.tobytes(), HostFormat(5, 4, 3, pixel_type, layout))
    assert equal_bits(image.view(), picture)


def test_tensors_of_any_strides_and_halves_are_written_alike() -> None:
    plain = torch.rand(1, 4, 6, 10, generator=torch.Generator().manual_seed(0)).half().float()
    wide = torch.zeros(1, 4, 6, 20)
    wide[..., ::2] = plain
    forms = [plain.half(), plain.to(memory_format=torch.channels_last), wide[..., ::2], plain.requires_grad_()]
    for tensor in forms:
        memory = packed_memory((4, 6, 10), "float32", "interleaved", padding=4, bottom_up=True)
        memory.image().write(tensor)
        assert equal_bits(memory.read(), plain.detach()[0].numpy())
    memory = packed_memory((4, 6, 10), "float16", "planar")
    memory.image().write(torch.full((1, 4, 1, 1), 0.5).expand(1, 4, 6, 10))
    assert (memory.read() == 0.5).all()


def test_a_tensor_that_is_the_very_memory_may_be_written_into_it() -> None:
    stored = some_picture((1, 5, 4), "float32")
    expected = stored[0, ::-1].copy()
    upward = HostImage(stored, HostFormat(4, 5, 1)).as_tensor()
    HostImage(stored, HostFormat(4, 5, 1, bottom_up=True)).write(upward)
    assert equal_bits(stored[0], expected)


@pytest.mark.parametrize("pixel_type", ["float16", "float32"])
@every_layout
@pytest.mark.parametrize("flipped", [False, True])
def test_a_tensor_in_place_shares_the_memory(pixel_type: str, layout: str, flipped: bool) -> None:
    # Bottom-up rows that lie downward in memory are top-down rows: two reversals that cancel out.
    memory = packed_memory((3, 4, 5), pixel_type, layout, padding=8, downward=flipped, bottom_up=flipped)
    memory.put(some_picture((3, 4, 5), pixel_type))
    tensor = memory.image().as_tensor()
    assert tensor.dtype == getattr(torch, pixel_type)
    assert equal_bits(tensor[0].numpy(), memory.read())
    tensor[0, 2, 1, 3] = 42
    assert memory.read()[2, 1, 3] == 42
    memory.put(np.ones((3, 4, 5), pixel_type))
    assert (tensor == 1).all()


def test_a_single_row_is_a_tensor_in_place_in_any_order() -> None:
    for downward, bottom_up in ((False, True), (True, False)):
        memory = packed_memory((3, 1, 5), "float32", "interleaved", downward=downward, bottom_up=bottom_up)
        assert memory.image().as_tensor().shape == (1, 3, 1, 5)


@pytest.mark.parametrize(
    ("memory", "reason"),
    [
        (packed_memory((3, 4, 5), "float32", "interleaved", bottom_up=True), "run backwards"),
        (packed_memory((3, 4, 5), "float16", "planar", downward=True), "run backwards"),
        (packed_memory((3, 4, 5), "uint8", "planar"), "pixels are uint8"),
        (packed_memory((3, 4, 5), "float32", "planar", padding=2), "between two samples"),
    ],
)
def test_memory_that_is_no_tensor_is_refused_with_the_way_out(memory: HostMemory, reason: str) -> None:
    with pytest.raises(UsageError, match=rf"{reason}.*to_tensor"):
        memory.image().as_tensor()


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1, 3, 4, 6),
        torch.zeros(3, 4, 5),
        torch.zeros(2, 3, 4, 5),
        torch.zeros(1, 3, 4, 5, dtype=torch.float64),
        torch.zeros(1, 3, 4, 5, dtype=torch.uint8),
        torch.zeros(1, 3, 4, 5, device="meta"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused_before_anything_is_written(tensor: torch.Tensor) -> None:
    memory = packed_memory((3, 4, 5), "float32", "interleaved")
    with pytest.raises(UsageError, match="needed"):
        memory.image().write(tensor)
    assert set(memory.data) == {CANARY}

"""What values become between a host's types and float, and which are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from host_memory import WHITE, as_floats, equal_bits, every_layout, every_type, some_picture

from vfi_plugin import _native
from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import HostFormat, HostImage


@pytest.fixture
def _threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["baseline", "avx2", "avx512"])
def _level(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each level of vector instructions in turn; above the processor's best it is the best once more."""
    _native.limit_level(getattr(_native.Level, request.param))
    yield
    _native.limit_level(_native.Level.avx512)


def one_row(pixel_type: str, values: npt.NDArray[Any], **more: Any) -> HostImage:
    return HostImage(values, HostFormat(values.size, 1, 1, pixel_type, **more))


@pytest.mark.usefixtures("_level")
@pytest.mark.parametrize("pixel_type", ["uint8", "uint16"])
def test_every_integer_code_comes_back(pixel_type: str) -> None:
    codes = np.arange(WHITE[pixel_type] + 1, dtype=pixel_type)
    back = np.zeros_like(codes)
    tensor = one_row(pixel_type, codes).to_tensor()
    assert equal_bits(tensor.numpy().ravel(), as_floats(codes))
    one_row(pixel_type, back).write(tensor)
    assert equal_bits(back, codes)


@pytest.mark.usefixtures("_level")
def test_every_half_comes_back() -> None:
    bits = np.arange(65536, dtype=np.uint16)
    back = np.zeros_like(bits)
    tensor = one_row("float16", bits).to_tensor()
    one_row("float16", back).write(tensor)
    halves = bits.view(np.float16)
    is_nan = np.isnan(halves)
    assert equal_bits(back[~is_nan], bits[~is_nan])
    assert np.isnan(back.view(np.float16)[is_nan]).all()
    assert equal_bits(tensor.numpy().ravel()[~is_nan], as_floats(halves)[~is_nan])


@every_layout
def test_floats_keep_every_bit_of_a_nan(layout: str) -> None:
    patterns = np.array([0x7F800001, 0xFFC12345, 0x7FFFFFFF, 0x00000001, 0x80000000, 0xFF800000], dtype=np.uint32)
    image = HostImage(patterns, HostFormat(1, 2, 3, "float32", layout))
    back = np.zeros_like(patterns)
    HostImage(back, image.format).write(image.to_tensor())
    assert equal_bits(back, patterns)


@pytest.mark.usefixtures("_level")
@pytest.mark.parametrize("pixel_type", ["uint8", "uint16"])
def test_integers_are_the_nearest_code(pixel_type: str) -> None:
    white = WHITE[pixel_type]
    ties = (np.arange(white, dtype=np.float64) + 0.5) / white  # as floats they lie a little to one side or the other
    around = [np.nextafter(ties.astype(np.float32), np.float32(end)) for end in (0, 1)]
    values = np.concatenate([ties.astype(np.float32), *around, np.float32([0, -0.0, 1, 0.5])])
    codes = np.zeros(values.size, pixel_type)
    one_row(pixel_type, codes).write(torch.from_numpy(values).view(1, 1, 1, -1))
    assert np.array_equal(
        codes, np.rint(values.astype(np.float64) * white)
    )  # 0.5, the one tie, has an even neighbour up


@pytest.mark.usefixtures("_level")
@pytest.mark.parametrize("pixel_type", ["uint8", "uint16"])
def test_values_that_integers_lack_are_refused_and_counted_or_clipped_on_request(pixel_type: str) -> None:
    values = np.full(2500, 0.25, np.float32)
    places = [0, 1, 2, 600, 2499]
    values[places] = [-1e-6, 1.0000001, np.nan, -np.inf, np.inf]
    codes = np.full(values.size, 7, pixel_type)
    tensor = torch.from_numpy(values).view(1, 1, 1, -1)
    with pytest.raises(UsageError, match=rf"5 of 2500 values do not fit into {pixel_type}.*clip=True"):
        one_row(pixel_type, codes).write(tensor)
    assert (codes == 7).all()
    assert one_row(pixel_type, codes).write(tensor, clip=True) == 5
    white = WHITE[pixel_type]
    assert codes[places].tolist() == [0, white, 0, 0, white]
    assert (np.delete(codes, places) == round(0.25 * white)).all()


@pytest.mark.usefixtures("_level")
def test_half_refuses_what_would_become_infinite_and_keeps_what_is() -> None:
    values = np.float32([65504, 65519.99, 65520, -65520, 1e30, np.inf, -np.inf, np.nan, 1 / 3])
    halves = np.full(values.size, 7, np.float16)
    tensor = torch.from_numpy(values).view(1, 1, 1, -1)
    with pytest.raises(UsageError, match=r"3 of 9 values do not fit into float16.*65520"):
        one_row("float16", halves).write(tensor)
    assert (halves == 7).all()
    assert one_row("float16", halves).write(tensor, clip=True) == 3
    nearest = [65504, 65504, 65504, -65504, 65504, np.inf, -np.inf, np.nan, 0.333251953125]
    np.testing.assert_array_equal(halves, np.float16(nearest))


@pytest.mark.usefixtures("_threads_as_before")
@every_type
def test_any_number_of_threads_gives_the_same_bits(pixel_type: str) -> None:
    size = (4, 301, 257)  # large enough to be shared out
    picture = some_picture(size, pixel_type)
    image_format = HostFormat(size[2], size[1], size[0], pixel_type)
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        tensor = HostImage(np.ascontiguousarray(picture.transpose(1, 2, 0)), image_format).to_tensor()
        back = np.zeros((*size[1:], size[0]), pixel_type)
        HostImage(back, image_format).write(tensor)
        outside = np.zeros(picture.size, np.uint8)
        lost = one_row("uint8", outside).write((tensor - 0.5).view(1, 1, 1, -1), clip=True)
        results.append((tensor.numpy().tobytes(), back.tobytes(), lost))
    assert results[0] == results[1] == results[2]
    assert results[0][2] == np.count_nonzero(~((as_floats(picture) >= 0.5) & (as_floats(picture) <= 1.5)))

"""The same bits on every number of threads and, for what decides a retimed pixel, on every level of instructions."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import torch

from vfi_plugin.image.guide_curve import encode, encode_pixels

from .cases import (
    FLOW_NAMES,
    LAYOUTS,
    NAMES,
    Backend,
    Case,
    Shape,
    Tensor,
    assert_agree,
    assert_same_bits,
    cases,
    gradients,
    half_stored,
    wild_flow,
)

NATIVE = Backend("native")

# Large enough that each operation really starts three threads, and no multiple of their number.
LARGE = (2, 3, 157, 211)
AWKWARD: tuple[Shape, ...] = ((2, 3, 17, 23), (1, 5, 33, 150), (1, 2, 1, 37), (1, 2, 29, 1), (1, 200, 6, 7))

# Compiled without fused multiply-add, so that a farm's machines agree to the bit; see CMakeLists.txt.
EXACT = FLOW_NAMES
FUSED = tuple(name for name in NAMES if name not in EXACT)


def results(case: Case, tensors: tuple[Tensor, ...], with_gradients: bool = True) -> list[Tensor]:
    """The result and all gradients."""
    found = [] if not with_gradients else [each for each in gradients(case, NATIVE, tensors) if each is not None]
    return [case.run(NATIVE, tensors), *found]


def levels(native: ModuleType) -> list[object]:
    """All levels that this processor has, the best one last."""
    native.limit_level(native.Level.avx512)
    best = native.level()
    return [
        level for level in (native.Level.baseline, native.Level.avx2, native.Level.avx512) if int(level) <= int(best)
    ]


def at_every_level(native: ModuleType, case: Case, tensors: tuple[Tensor, ...]) -> dict[str, list[Tensor]]:
    found = {}
    for level in levels(native):
        native.limit_level(level)
        found[str(level)] = results(case, tensors)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_threads_does_not_change_a_bit(native: ModuleType, name: str) -> None:
    case = cases(LARGE)[name]
    found = {}
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found[threads] = results(case, case.tensors, with_gradients="cubic" not in name)  # torch's own are torch's
    for threads in (2, 3):
        for at, (one, more) in enumerate(zip(found[1], found[threads], strict=True)):
            assert_same_bits(more, one, f"{name}, result {at}, {threads} threads")


@pytest.mark.parametrize("shape", AWKWARD, ids=str)
@pytest.mark.parametrize("name", EXACT)
def test_all_levels_of_instructions_give_a_pixel_the_same_bits(native: ModuleType, name: str, shape: Shape) -> None:
    case = cases(shape)[name]
    for tensors in (case.tensors, half_stored(case)):
        found = at_every_level(native, case, tensors)
        for level, others in found.items():
            for at, (expected, one) in enumerate(zip(found["Level.baseline"], others, strict=True)):
                assert_same_bits(one, expected, f"{name}, result {at}, {level}")


@pytest.mark.parametrize("channels", [3, 4])  # what an interleaved pixel has
@pytest.mark.parametrize("name", EXACT)
def test_all_levels_give_a_pixel_the_same_bits_wherever_it_lies(native: ModuleType, name: str, channels: int) -> None:
    """Odd values, wild flow, and every way to lie in memory: each level takes other shortcuts for them."""
    case = cases((1, channels, 40, 131))[name]
    odd = torch.tensor([-0.0, torch.nan, torch.inf, -torch.inf, 1e-40, 65504.0, 1e38])
    first = case.tensors[0].clone()
    first.view(-1)[::5] = odd.repeat(first.numel())[: first.view(-1)[::5].numel()]
    flow = wild_flow(torch.Generator().manual_seed(0), 1, 40, 131)
    tensors = (flow, *case.tensors[1:]) if name.startswith("project_flow") else (first, flow, *case.tensors[2:])
    found = {}
    for level in levels(native):
        native.limit_level(level)
        for layout, lay_out in LAYOUTS.items():
            found[str(level), layout] = case.run(NATIVE, [lay_out(tensor) for tensor in tensors])
    for (level, layout), one in found.items():
        assert_same_bits(one, found["Level.baseline", layout], f"{name}, {level}, {layout}")


@pytest.mark.parametrize("shape", AWKWARD, ids=str)
@pytest.mark.parametrize("name", FUSED)
def test_all_levels_of_instructions_agree_on_convolutions(native: ModuleType, name: str, shape: Shape) -> None:
    case = cases(shape)[name]
    found = at_every_level(native, case, case.tensors)
    for level, others in found.items():
        for at, (expected, one) in enumerate(zip(found["Level.baseline"], others, strict=True)):
            assert_agree(one, expected, f"{name}, result {at}, {level}")


def test_all_levels_show_a_network_the_same_picture(native: ModuleType) -> None:
    """The guide decides what motion is found, and so every pixel of a farm."""
    odd = [-0.0, 0.0, 1.0, -1.0, 1e-40, 1e-30, 65504.0, -65504.0, np.nan, np.inf, -np.inf, 3e38]
    spread = np.random.default_rng(1).normal(size=(5000, 3)) * np.geomspace(1e-6, 1e6, 5000)[:, None]
    pixels = np.concatenate([np.array(odd, np.float32).reshape(-1, 3), spread.astype(np.float32)])
    found = []
    for level in levels(native):
        native.limit_level(level)
        found.append((encode(pixels), encode_pixels(pixels, np.array([[1.2, -0.3, 0.1], [0, 1, 0], [0.2, 0.1, 0.7]]))))
    for one in found[1:]:
        for made, first in zip(one, found[0], strict=True):
            assert np.array_equal(made.view(np.int32), first.view(np.int32))


def test_all_levels_see_the_same_means_and_check_sums(native: ModuleType) -> None:
    """Machines that share the work on a clip compare them: sums in one order, and every byte of any number counts."""
    halfs = np.random.default_rng(3).integers(0, 0x7C00, (37, 75), np.uint16)
    values = halfs.reshape(-1).view(np.uint8)
    found = []
    for level in levels(native):
        native.limit_level(level)
        means = [np.zeros((37 // factor, 75 // factor), np.float32) for factor in (1, 3, 4, 5)]
        for factor, small in zip((1, 3, 4, 5), means, strict=True):
            native.half_block_means(halfs, factor, small)
        sums = [native.checksum(values[:count]) for count in (0, 1, 127, 128, 129, values.size)]
        found.append((sums, [small.tobytes() for small in means]))
    assert all(one == found[0] for one in found)
    assert len(set(found[0][0])) == len(found[0][0])
    changed = {native.checksum(np.where(np.arange(300) == at, values[:300] ^ 128, values[:300])) for at in range(300)}
    assert len(changed | {native.checksum(values[:300])}) == 301


def test_every_half_survives_every_level(native: ModuleType) -> None:
    """Through float and back: 65536 values, subnormal ones and both zeros included."""
    halves = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(torch.float16).view(1, 1, 256, 256)
    # A still warp would skip arithmetic; the strides make it go value by value, the plain form in vectors.
    for level in levels(native):
        native.limit_level(level)
        for image in (halves, halves.transpose(2, 3)):
            found = cases((1, 1, 256, 256))["splat_sum"].run(NATIVE, (image, torch.zeros(1, 2, 256, 256)))
            # A sum begins with +0, to which -0 adds nothing.
            assert_same_bits(found, image + torch.zeros_like(image), str(level))


def test_floats_are_rounded_to_the_nearest_even_half_at_every_level(native: ModuleType) -> None:
    """torch's own conversion is the oracle: values around every half, and exactly between two of them."""
    halves = torch.arange(0, 31744, dtype=torch.int16).view(torch.float16).float()
    between = torch.cat([(halves[:-1] + halves[1:]) / 2, torch.tensor([65504.0, 65519.0, 65520.0, 1e30, 2.9e-8, 3e-8])])
    values = torch.cat([between, between * (1 + 2**-20), between * (1 - 2**-20), -between]).view(1, 1, 1, -1)
    width = values.shape[-1]
    # The mean of a pixel and its neighbour at flow 1/2: both together are the value, neither is rounded before.
    for level in levels(native):
        native.limit_level(level)
        left, right = values.half(), (2 * values - values.half().float()).half()
        image = torch.stack([left, right], -1).view(1, 1, 1, 2 * width)
        flow = torch.zeros(1, 2, 1, 2 * width)
        flow[:, 0] = 0.5
        expected = ((left.float() + right.float()) * 0.5).half()
        found = cases((1, 1, 2, 2))["warp clamp"].run(NATIVE, (image, flow))[..., ::2]
        assert_same_bits(found, expected, str(level))

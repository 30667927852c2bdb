"""Moving and mixing by motion of blocks in one pass, against the same in steps: enlarge, warp, mix."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch

from vfi_plugin.kernels.enlarged_mix import BlockFlows, enlarged_mix
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion

Tensor = torch.Tensor


def case(size: tuple[int, int], factor: int, reach: float, n: int = 1, c: int = 3) -> tuple[Tensor, Tensor, BlockFlows]:
    """Two noisy images and noisy motion of blocks, with frames that have no share at all in places."""
    random = torch.Generator().manual_seed(7)
    down, across = (-(-side // factor) for side in size)
    images = (torch.randn(n, c, *size, generator=random) * 3 for _ in "ab")
    flows = (torch.randn(n, 2, down, across, generator=random) * reach for _ in "ab")
    weight = torch.rand(n, 1, down, across, generator=random).mul(1.6).sub(0.3).clamp(0, 1)
    return (*images, BlockFlows(*flows, weight, factor))


def in_steps(image_0: Tensor, image_1: Tensor, blocks: BlockFlows) -> Tensor:
    whole = EnlargedMotion(FlowMotion(*blocks[:3], taps="cubic"), blocks.factor, *image_0.shape[2:])
    return whole.flow_form().apply(image_0, image_1)


SIZES = [((45, 67), 4, 0.3), ((45, 67), 4, 8.0), ((17, 33), 2, 1.0), ((40, 65), 8, 0.2), ((64, 64), 16, 0.1)]


@pytest.mark.parametrize(("size", "factor", "reach"), [*SIZES, ((37, 1), 4, 1.0), ((1, 50), 4, 1.0), ((9, 40), 6, 0.5)])
def test_one_pass_gives_what_the_steps_give(size: tuple[int, int], factor: int, reach: float) -> None:
    given = case(size, factor, reach, n=2, c=2)
    made = enlarged_mix(*given)
    assert made is not None
    # Cubic taps of noise of 3 times as many units as a guide has, at places that are float32.
    assert (made - in_steps(*given)).abs().max() < 2e-3


def test_what_is_not_finite_spreads_no_further_than_in_steps() -> None:
    first, second, blocks = case((40, 48), 4, 0.0)
    first[..., 10, 10], second[..., 30, 30] = torch.inf, torch.nan
    blocks.flow_t_to_0[..., 5, 5] = torch.nan
    made = enlarged_mix(first, second, blocks)
    assert made is not None
    assert torch.equal(made.isfinite(), in_steps(first, second, blocks).isfinite())


def test_levels_and_threads_change_no_bit(native: ModuleType) -> None:
    given = case((45, 67), 4, 1.0)
    found = []
    for level in native.Level.__members__.values():
        native.limit_level(level)
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(enlarged_mix(*given))
    native.limit_level(native.Level.avx512)
    torch.set_num_threads(1)
    assert all(torch.equal(each, found[0]) for each in found)  # type: ignore[arg-type]


def test_other_types_and_gradients_are_left_to_the_steps() -> None:
    first, second, blocks = case((20, 20), 4, 1.0)
    assert enlarged_mix(first.half(), second.half(), blocks) is None
    assert enlarged_mix(first.requires_grad_(), second, blocks) is None

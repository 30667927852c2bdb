"""On a GPU, a run keeps to the memory that it was given and gives the same bits twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from vfi_plugin.models.device_limits import hold_to
from vfi_plugin.models.registry import load_model

_GIB = 1 << 30
CUDA = torch.device("cuda")


pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("gpu")]


@pytest.fixture
def _free_again(gpu: None) -> Iterator[None]:
    yield
    hold_to(CUDA, None)


@pytest.mark.usefixtures("_free_again")
def test_torch_holds_no_more_of_a_gpu_than_it_was_given() -> None:
    hold_to(CUDA, _GIB)
    within = torch.empty(_GIB // 2, dtype=torch.uint8, device=CUDA)
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(_GIB, dtype=torch.uint8, device=CUDA)
    del within
    hold_to(CUDA, None)
    assert torch.empty(2 * _GIB, dtype=torch.uint8, device=CUDA).numel() == 2 * _GIB


@pytest.mark.usefixtures("_free_again")
def test_what_is_kept_for_later_counts_and_is_given_up_first() -> None:
    hold_to(CUDA, _GIB)
    for share in (0.9, 0.6, 0.8):  # none fits beside another, nor into what was kept of a smaller one
        torch.empty(int(share * _GIB), dtype=torch.uint8, device=CUDA)
        assert torch.cuda.memory_reserved(CUDA) <= _GIB


@pytest.mark.parametrize("name", ["rife", "superslomo", "voxelflow", "figan"])
def test_a_network_gives_the_same_bits_twice_on_a_gpu(name: str) -> None:
    hold_to(CUDA, None)
    before, after = torch.rand(2, 1, 3, 270, 480, generator=torch.Generator().manual_seed(1)).to(CUDA)
    model = load_model(name, device="cuda")
    first, second = (model.interpolate(before, after, 0.5) for _ in range(2))
    assert torch.equal(first, second)

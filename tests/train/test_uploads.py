"""What goes to the device of a training: few copies, few operations, and the same batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from vfi_plugin.train import augment_draws, clips, layer_motion, layer_scene, layer_stock, synthetic
from vfi_plugin.train.augment import Augmented
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.clips import RealClips
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.layer_scene import LayerScene
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.synthetic import SyntheticMotion
from vfi_plugin.train.uploads import in_one_copy, uploaded

CPU = torch.device("cpu")
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3, 48, 48), np.uint8)
BANK = CropBank(PIXELS, np.zeros((6, 4), np.int64), ("clip",))
SCENES = SyntheticMotion(side=32, size=6, bank=BANK, stock=4, frames_between=2, random_times=True)
REAL = Augmented(RealClips(BANK, 32, 12, (2, 3, 4), "one"))


def same(first: Batch, second: Batch) -> bool:
    pairs = ((getattr(first, name), getattr(second, name)) for name in ("before", "after", "between", "times"))
    return all(torch.equal(*pair) for pair in pairs)


def test_arrays_of_any_type_and_shape_arrive_as_they_were() -> None:
    rng = np.random.default_rng(1)
    arrays = [
        rng.integers(0, 256, (3, 5), np.uint8), rng.random((2, 1, 3), np.float32), np.empty(0, np.int64),
        rng.integers(0, 9, 7), np.empty((0, 3), np.float32), rng.random((4, 6))[:, ::2],
    ]  # fmt: skip
    for way in (in_one_copy, uploaded):
        for array, tensor in zip(arrays, way(CPU, *arrays), strict=True):
            assert tensor.dtype == torch.from_numpy(array.copy()).dtype
            assert np.array_equal(tensor.numpy(), array)


@pytest.mark.parametrize(("source", "copies"), [(SCENES, 4), (REAL, 2)], ids=["made up", "real"])
def test_a_batch_takes_few_copies(source: BatchSource, copies: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = [source.batch(step) for step in range(4)]
    count = 0

    def counted(device: Any, *arrays: Any) -> list[torch.Tensor]:
        nonlocal count
        count += 1
        return in_one_copy(torch.device(device), *arrays)

    for module in (augment_draws, clips, layer_motion, layer_scene, layer_stock, synthetic):
        monkeypatch.setattr(module, "uploaded", counted)
    assert all(same(source.batch(step), plain[step]) for step in range(4))
    assert count == 4 * copies


class Operations(TorchDispatchMode):
    """Counts what torch is asked to compute."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return function(*args, **(kwargs or {}))


def test_looks_that_are_drawn_together_show_the_same_in_fewer_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    SCENES.batch(0)  # the stock is drawn with the first
    with Operations() as apart:
        plain = [SCENES.batch(step) for step in range(4)]
    for together in (3, 1000):
        monkeypatch.setattr(LayerScene, "_looks_together", lambda _, many=together: many)
        with Operations() as joint:
            assert all(same(SCENES.batch(step), plain[step]) for step in range(4))
    assert joint.count < 4 * 400 < apart.count / 2

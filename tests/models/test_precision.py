"""Networks whose convolutions run in float16: nearly the same motion, in float32."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import torch
from calm_networks import NETWORKS, calm_weights

from vfi_plugin.errors import UsageError
from vfi_plugin.models.registry import load_model

T = 0.25


def pair(height: int = 64, width: int = 96) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    coarse = torch.rand(2, 3, height // 8, width // 8, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)
    return smooth[:1], smooth[1:]


def tensors_in(part: object) -> list[torch.Tensor]:
    """All that a motion holds, in other motions and in tuples too."""
    if torch.is_tensor(part):
        return [part]
    inner = part if isinstance(part, tuple) else ()
    if is_dataclass(part):
        inner = tuple(getattr(part, field.name) for field in fields(part))
    return [tensor for each in inner for tensor in tensors_in(each)]


@pytest.mark.parametrize("name", NETWORKS)
def test_half_precision_gives_nearly_the_same_frame_and_motion_in_float32(name: str, tmp_path: Path) -> None:
    weights = calm_weights(name, tmp_path)
    plain, half = (load_model(name, weights=weights, device="cpu", precision=p) for p in ("float32", "float16"))
    # A CPU without half arithmetic takes seconds for each thousand of AdaConv's pixels.
    frames = pair(24, 32) if name == "adaconv" else pair()
    motion = half.estimate(*frames, T)
    assert {tensor.dtype for tensor in tensors_in(motion)} == {torch.float32}
    found, expected = motion.guide_frame(*frames), plain.interpolate(*frames, T)
    # Ten bits through some tens of layers; a wrong type anywhere would show as a pixel or a tenth.
    assert (found - expected).abs().mean() < 2e-3
    assert not torch.equal(found, expected)  # or nothing ran in half precision


def test_the_classic_has_no_convolutions() -> None:
    with pytest.raises(UsageError, match="no network"):
        load_model("dis", device="cpu", precision="float16")


def test_an_unknown_precision_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'int8' is unknown; use one of float32, float16"):
        load_model("voxelflow", weights=calm_weights("voxelflow", tmp_path), device="cpu", precision="int8")

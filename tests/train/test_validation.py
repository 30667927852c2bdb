"""What a network is measured by, and weights that leave a training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.models.figan.net import FiganNet
from vfi_plugin.models.registry import load_model
from vfi_plugin.train.export import Origin, export_weights
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.shapes import MovingShapes
from vfi_plugin.train.validation import FrameMaker, Validation, averaged, psnr_db

Tensor = torch.Tensor
ORIGIN = Origin("figan", "", 0.25, "CC0-1.0", "moving shapes")


def frames(value: float) -> Tensor:
    return torch.full((1, 3, 8, 8), value)


def test_psnr_is_that_of_frames_as_they_are_shown() -> None:
    assert psnr_db(frames(0.5), frames(0.4)) == pytest.approx(20.0, abs=1e-4)
    assert psnr_db(frames(7.0), frames(0.9)) == pytest.approx(20.0, abs=1e-4)
    assert psnr_db(frames(0.5), frames(0.5)) == pytest.approx(10 * math.log10(12 * 255**2))


def test_the_average_lies_where_its_time_does() -> None:
    assert torch.allclose(averaged(frames(0.0), frames(1.0), 0.25), frames(0.25))


def test_every_frame_of_every_pair_is_measured_at_its_own_time() -> None:
    times = torch.tensor([[0.25, 0.75], [0.5, 0.5]])
    before, after = torch.zeros(2, 3, 8, 8), torch.ones(2, 3, 8, 8)
    true = times.view(2, 2, 1, 1, 1).expand(2, 2, 3, 8, 8)
    asked: list[float] = []

    def maker_of(state: Mapping[str, Tensor]) -> FrameMaker:
        def maker(first: Tensor, second: Tensor, t: float) -> Tensor:
            asked.append(t)
            return averaged(first, second, t) + state["off"]

        return maker

    validation = Validation([Batch(before, after, true, times)], maker_of, {"before": lambda first, *_: first})
    scores = validation.scores({"off": torch.tensor(0.1)})
    assert asked[:4] == [0.25, 0.75, 0.5, 0.5]
    assert scores.network == pytest.approx(20.0, abs=1e-4)
    assert scores.others["average"] == pytest.approx(10 * math.log10(12 * 255**2))
    errors = [0.25**2, 0.75**2, 0.25, 0.25]
    assert scores.others["before"] == pytest.approx(sum(-10 * math.log10(error) for error in errors) / 4, abs=1e-4)
    assert len(scores.shown) == 2


@pytest.mark.parametrize("half", [False, True])
def test_exported_weights_load_and_give_the_networks_frame(half: bool, tmp_path: Path) -> None:
    torch.manual_seed(5)
    net = FiganNet(0.25)
    paths = tmp_path / "full.safetensors", tmp_path / "other.safetensors"
    for path, narrow in zip(paths, (False, half), strict=True):
        export_weights(path, net.state_dict(), ORIGIN, half=narrow)
    batch = MovingShapes(3, frames_between=1).batch([0])
    full, other = (load_model("figan", weights=path, device="cpu") for path in paths)
    assert (other.info.licence, other.info.training_data) == ("CC0-1.0", "moving shapes")
    apart = (other.interpolate(batch.before, batch.after) - full.interpolate(batch.before, batch.after)).abs().max()
    assert 0.0 < apart < 2e-3 if half else apart == 0.0  # 11 bits of each weight, through six layers at four places
    assert paths[1].stat().st_size < (0.65 if half else 1.01) * paths[0].stat().st_size


def test_weights_that_float16_cannot_hold_are_not_stored_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"conv.weight has values beyond 65504"):
        export_weights(tmp_path / "w.safetensors", {"conv.weight": torch.tensor([1e5])}, ORIGIN, half=True)
    assert not list(tmp_path.iterdir())

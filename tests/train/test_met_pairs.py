"""Pairs that are shown where the fast classic makes them meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.models.registry import info_to_use
from vfi_plugin.train.met_pairs import AROUND_PX, met
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.open_data import DataChoice, open_data
from vfi_plugin.train.request import TrainingRequest
from vfi_plugin.train.start import train

CPU = torch.device("cpu")
CROP = 64


def pan(shift: float, side: int = CROP + 2 * AROUND_PX) -> torch.Tensor:
    """Waves, ``shift`` px further right and half of that further down."""
    y, x = torch.meshgrid(torch.arange(side) - shift / 2, torch.arange(side) - shift, indexing="ij")
    waves = [torch.sin(x / a + y / b) for a, b in ((7.0, 11.0), (13.0, -9.0), (29.0, 17.0))]
    return torch.stack([0.5 + 0.15 * (waves[n] + waves[(n + 1) % 3]) for n in range(3)])


def batch(times: tuple[float, ...], shift: float = 12.0) -> Batch:
    between = torch.stack([pan(t * shift) for t in times])[:, None]
    before, after = (pan(by).expand(len(times), -1, -1, -1) for by in (0.0, shift))
    return Batch(before, after, between, torch.tensor(times)[:, None])


def test_each_pair_meets_at_the_time_of_its_own_true_frame() -> None:
    found = met(batch((0.25, 0.5, 0.75)))
    assert found.before.shape == found.between[:, 0].shape == (3, 3, CROP, CROP)
    for frames in (found.before, found.after):
        error = (frames - found.between[:, 0]).square().mean((1, 2, 3))
        assert bool((error < 1e-4).all())  # 40 dB; before they met it was 21
    assert float((batch((0.5,)).before - batch((0.5,)).between[:, 0]).square().mean()) > 5e-3


def test_what_leaves_a_crop_meets_as_well() -> None:
    """The search sees around it: at its edges, too, both frames are where the true one is."""
    found = met(batch((0.5,), shift=24.0))
    assert float((found.before - found.between[:, 0])[..., -8:].square().mean()) < 1e-4
    assert float((found.after - found.between[:, 0])[..., :8].square().mean()) < 1e-4


def test_several_true_frames_for_a_pair_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    asked = TrainingRequest("bipn", tmp_path / "out", data=("nowhere.mov",), steps=1, follow=True)
    with pytest.raises(UsageError, match=r"got 3 true frames for a pair, which meets at one time.*--variant 1"):
        train(asked)
    assert not (tmp_path / "out").exists()


def test_shapes_of_networks_of_any_time_meet_as_well() -> None:
    choice = DataChoice(("shapes",), 0.0, crop=CROP, batch=2, frames_between=1, seed=3, any_time=True, follow=True)
    assert open_data(choice, CPU).source.batch(0).before.shape == (2, 3, CROP, CROP)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    for number in range(8):
        picture = (255 * pan(4.0 * number, 160)).permute(1, 2, 0).numpy().round().astype(np.uint8)
        cv2.imwrite(str(folder / f"f{number}.png"), picture)
    return folder


@pytest.mark.parametrize("synthetic", [0.0, 1.0])
def test_filmed_and_made_up_pairs_are_shown_so_alike(clip: Path, synthetic: float) -> None:
    choice = DataChoice((str(clip),), synthetic, crop=CROP, batch=2, frames_between=1, seed=3, changed=False)
    apart, together = (open_data(replace(choice, follow=follow), CPU).source.batch(0) for follow in (False, True))
    assert together.before.shape == apart.before.shape == (2, 3, CROP, CROP)
    assert (together.before - together.after).abs().mean() < 0.5 * (apart.before - apart.after).abs().mean()


def test_weights_that_were_trained_so_say_it(clip: Path, tmp_path: Path) -> None:
    for follow in (None, True):
        out = tmp_path / str(follow)
        train(TrainingRequest("figan", out, data=(str(clip),), crop=CROP, batch=1, steps=1, width=0.125, follow=follow))
        assert info_to_use("figan", out / "figan.safetensors").follows is bool(follow)


def test_going_on_from_weights_that_follow_goes_on_following(clip: Path, tmp_path: Path) -> None:
    given = {"data": (str(clip),), "crop": CROP, "batch": 1, "steps": 1}
    train(TrainingRequest("figan", tmp_path / "a", width=0.125, follow=True, **given))
    train(TrainingRequest("figan", tmp_path / "b", begin_with=tmp_path / "a" / "figan.safetensors", **given))
    assert info_to_use("figan", tmp_path / "b" / "figan.safetensors").follows


@pytest.mark.parametrize("kept", [{"follow": None}, {}], ids=["not asked for", "of before there was a choice"])
def test_what_began_otherwise_does_not_begin_to_follow(tmp_path: Path, kept: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="got follow True for a training that began with False"):
        TrainingRequest("figan", tmp_path, resume=True, follow=True).going_on({"steps": 2, **kept})
    going = TrainingRequest("figan", tmp_path, resume=True, follow=True).going_on({"steps": 2, "follow": True})
    assert going.follow


def test_who_searches_for_itself_is_not_to_follow(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="looks for motion by the classics itself; leave --follow out"):
        train(TrainingRequest("fused", tmp_path / "out", data=(str(clip),), steps=1, follow=True))

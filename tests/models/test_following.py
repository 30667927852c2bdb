"""Networks that follow the fast classic: what they are shown, when they do so, and what holds whatever they find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from calm_networks import calm_weights

from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.following import FollowingModel, as_weights_ask
from vfi_plugin.models.model import Model, Pair
from vfi_plugin.models.registry import info_to_use, load_model, variants_of
from vfi_plugin.models.weights import read_weights, save_weights
from vfi_plugin.models.weights_place import SHIPPED
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.painted import PaintedMotion
from vfi_plugin.render.method_text import method_text

Tensor = torch.Tensor

FOLLOW = tuple(path.stem for path in sorted(SHIPPED.glob("*.safetensors")) if info_to_use(path.stem, path).follows)
CHEAP = ("figan", "sepconv", "voxelflow", "superslomo", "phasenet")
SIZE = (96, 128)


def pan(shift: float, size: tuple[int, int] = SIZE) -> Tensor:
    """Waves of several lengths, ``shift`` px further right: exact at any time."""
    y, x = torch.meshgrid(torch.arange(size[0]) * 1.0, torch.arange(size[1]) - shift, indexing="ij")
    waves = [torch.sin(x / a + y / b + c) for a, b, c in ((7.0, 11.0, 0.0), (13.0, -9.0, 1.0), (29.0, 17.0, 2.0))]
    return torch.stack([0.5 + 0.15 * (waves[n] + waves[(n + 1) % 3]) for n in range(3)])[None]


def psnr(made: Tensor, truth: Tensor) -> float:
    return float(-10.0 * torch.log10((made - truth).square().mean()))


def frame_of(model: Model, pair: tuple[Tensor, Tensor], t: float) -> Tensor:
    motion = model.prepare(*pair).motion(t).with_taps("cubic")
    return motion.painted if isinstance(motion, PaintedMotion) else motion.apply(*pair)


class Asked(Model):
    """Stands for a network: finds nothing, and keeps what it was shown."""

    def __init__(self) -> None:
        self.info, self.device = load_model("disfast").info, torch.device("cpu")
        self.shown: list[tuple[Tensor, Tensor]] = []

    def prepare(self, before: Tensor, after: Tensor) -> Pair:
        self.shown.append((before, after))
        return _Nothing(before)


class _Nothing(Pair):
    def __init__(self, like: Tensor) -> None:
        self._like = like

    def motion(self, t: float) -> FlowMotion:
        return FlowMotion.still(self._like, t)


def test_all_small_weights_that_ship_are_for_frames_that_have_met() -> None:
    assert set(FOLLOW) >= {"adaconv", "bipn", "dain", "figan", "phasenet", "sepconv", "superslomo", "voxelflow"}
    assert not set(FOLLOW) & {"fused", "rife"}


@pytest.mark.parametrize("t", [0.25, 0.5, 0.7])
def test_a_network_is_shown_what_moves_where_it_is_at_that_time(t: float) -> None:
    network = Asked()
    FollowingModel(network).prepare(pan(0.0), pan(12.0)).motion(t).apply(pan(0.0), pan(12.0))
    [shown] = network.shown
    for frame in shown:
        assert psnr(frame[..., 16:-16], pan(12.0 * t)[..., 16:-16]) > 40.0


@pytest.mark.parametrize("name", CHEAP)
def test_a_still_pair_comes_back_to_the_bit(name: str) -> None:
    noise = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    made = frame_of(as_weights_ask(load_model(name, device="cpu")), (noise, noise.clone()), 0.5)
    assert torch.equal(made, noise)


@pytest.mark.parametrize("name", CHEAP)
@pytest.mark.parametrize("t", [0.3, 0.5])
def test_an_even_pan_is_where_it_belongs_at_any_time(name: str, t: float) -> None:
    """0.3 is no eighth, which a network that halves would round to: 0.6 px off."""
    ends = pan(0.0), pan(10.0)
    made = frame_of(as_weights_ask(load_model(name, device="cpu")), ends, t)
    classic = FastPair(*ends).motion(t).flow_form().with_taps("cubic").apply(*ends)
    inner = (..., slice(16, -16), slice(16, -16))
    assert psnr(made[inner], pan(10.0 * t)[inner]) > 40.0
    assert psnr(made[inner], classic[inner]) > 45.0


@pytest.mark.parametrize("name", CHEAP)
@pytest.mark.parametrize("t", [0.05, 0.2, 0.5, 0.9])
def test_a_fade_is_even_and_no_networks_business(name: str, t: float) -> None:
    """Of a fifth between two frames: exact at any time, where networks that halve know eighths alone."""
    ends = pan(0.0), 0.8 * pan(0.0)
    made = frame_of(as_weights_ask(load_model(name, device="cpu")), ends, t)
    inner = (..., slice(8, -8), slice(8, -8))
    assert (made - (1.0 - 0.2 * t) * ends[0])[inner].abs().max() < 0.01


def test_a_network_is_not_asked_where_nothing_is_in_doubt() -> None:
    network = Asked()
    frame = pan(0.0)
    made = FollowingModel(network).prepare(frame, frame.clone()).motion(0.5).apply(frame, frame)
    assert torch.equal(made, frame)
    assert not network.shown


def test_the_ends_are_the_frames() -> None:
    pair = FollowingModel(load_model("figan", device="cpu")).prepare(pan(0.0), pan(10.0))
    for t in (0.0, 1.0):
        assert torch.equal(pair.motion(t).apply(pan(0.0), pan(10.0)), pan(10.0 * t))


def test_vectors_and_an_open_shutter_are_the_classics() -> None:
    ends = pan(0.0), pan(10.0)
    pair, classic = FollowingModel(load_model("figan", device="cpu")).prepare(*ends), FastPair(*ends)
    for t in (0.0, 0.5, 1.0):
        assert torch.equal(pair.velocity(t), classic.velocity(t))
    exposed, flows = pair.motion(0.4).for_exposure().flow_form(), classic.motion(0.4).flow_form()
    assert torch.equal(exposed.flow_t_to_0, flows.flow_t_to_0)
    assert torch.equal(pair.middle_flows().flow_t_to_1, classic.motion(0.5).flow_form().flow_t_to_1)


def test_frames_meet_beside_the_straight_way_where_it_is_bent() -> None:
    """A bend of 4 px down moves what is made, and what the network is shown, by 4 px down."""
    network, ends = Asked(), (pan(0.0), pan(12.0))
    motion = FollowingModel(network).prepare(*ends).motion(0.5)
    down = Bend(torch.tensor([0.0, -4.0]).view(1, 2, 1, 1), 8)  # flows that begin 4 px lower lead to the same place
    motion.bent(down).apply(*ends)
    [shown] = network.shown
    assert psnr(shown[0][..., 12:-12, 16:-16], pan(6.0)[..., 8:-16, 16:-16]) > 40.0


@pytest.mark.parametrize("follows", [True, False])
def test_a_file_of_weights_says_whether_it_is_for_that(tmp_path: Path, follows: bool) -> None:
    calm = calm_weights("figan", tmp_path)
    weights = read_weights("figan", variants_of("figan"), calm)
    assert not weights.follows  # as of every file that says nothing
    path = tmp_path / "told.safetensors"
    save_weights(path, "figan", replace(weights, follows=follows), None)
    assert read_weights("figan", variants_of("figan"), path).follows is follows
    assert info_to_use("figan", path).follows is follows
    assert isinstance(as_weights_ask(load_model("figan", weights=path, device="cpu")), FollowingModel) is follows


def test_the_plan_says_whom_it_follows() -> None:
    said = method_text("motion", info_to_use("figan", None))
    assert said.startswith("FIGAN, where the motion of disfast is in doubt; it knows the middle of a pair alone")
    assert said.endswith("so what it mixes is made to the nearest 1/8, by halving")


def test_large_frames_meet_as_small_ones_do() -> None:
    """Frames of which the classic looks at half the size: all of what it enlarges is used."""
    ends = [F.interpolate(pan(by, (600, 1000)), scale_factor=2, mode="bilinear") for by in (0.0, 8.0)]
    network = Asked()
    FollowingModel(network).prepare(ends[0], ends[1]).motion(0.5).apply(ends[0], ends[1])
    truth = F.interpolate(pan(4.0, (600, 1000)), scale_factor=2, mode="bilinear")
    assert psnr(network.shown[0][0][..., 32:-32, 32:-32], truth[..., 32:-32, 32:-32]) > 38.0

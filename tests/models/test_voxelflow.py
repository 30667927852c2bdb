"""Deep Voxel Flow against the published network's output, and against motion that is known."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

import vfi_plugin.models as models
from vfi_plugin.errors import UsageError
from vfi_plugin.models.container import read_container
from vfi_plugin.models.voxelflow.checkpoint import VARIANTS
from vfi_plugin.models.voxelflow.model import VoxelFlowModel, load
from vfi_plugin.models.voxelflow.net import VoxelFlowNet
from vfi_plugin.models.weights import Weights, read_weights, save_weights

from .golden import Golden, recorded

Tensor = torch.Tensor


def model_of(net: VoxelFlowNet, width: float) -> VoxelFlowModel:
    return load(Weights(net.state_dict(), "", "none", "a test", width), torch.device("cpu"))


def compact() -> VoxelFlowModel:
    """A narrow network with random weights whose motion and mask are not even."""
    torch.manual_seed(7)
    net = VoxelFlowNet(0.0625)
    torch.nn.init.normal_(net.head.weight, std=0.05)
    return model_of(net, 0.0625)


def moving_by(dx: float, dy: float, size: tuple[int, int], mask: float = 0.5) -> VoxelFlowModel:
    """A network that finds one flow and one mask everywhere in frames of ``size``, whatever it looks at."""
    net = VoxelFlowNet(0.03)
    torch.nn.init.zeros_(net.head.weight)
    spans = [(side + -side % 8 - 1) / 2 for side in (size[1], size[0])]
    shares = (2 * dx / spans[0], 2 * dy / spans[1], 2 * mask - 1)
    net.head.bias.data = torch.tensor([math.atanh(share) for share in shares])
    return model_of(net, 0.03)


def frames(height: int, width: int, count: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(height * width)
    coarse = torch.rand(2 * count, 3, height // 8 + 2, width // 8 + 2, generator=generator)
    fine = F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
    return fine[:count], fine[count:]


def hdr(size: tuple[int, int]) -> Tensor:
    """Four channels of noise from -40 to 500, an integer shift of which is exact."""
    return torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(9)) * 540.0 - 40.0


@pytest.fixture(scope="module")
def golden(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return Golden.of(shared_dir, "dvf", tmp_path_factory.mktemp("voxelflow"))


@pytest.fixture(scope="module")
def published(golden: Golden) -> VoxelFlowModel:
    model = models.load_model("voxelflow", weights=golden.checkpoint, device="cpu")
    assert isinstance(model, VoxelFlowModel)
    return model


def test_every_stored_array_of_the_published_network_is_reproduced(golden: Golden, published: VoxelFlowModel) -> None:
    inner = {"conv1": "down.0", "conv3": "down.2", "bottleneck": "bottleneck", "deconv1": "up.0", "deconv3": "up.2"}
    outputs, remove = recorded(published.net, {f"bn_{label}": f"{path}.norm" for label, path in inner.items()})
    guides = golden.inputs()
    pair = published.prepare(*guides)
    motions = {"inter": pair.motion(0.5), "extra": pair.motion(2.0)}
    remove()
    found = {f"{label}_first4": output[:, :4] for label, output in outputs.items()}
    spans = torch.tensor([191 / 2, 127 / 2]).view(1, 2, 1, 1)  # what the reference counts as 1, in pixels
    middle = motions["inter"].flow_form()
    found |= {"flow": middle.flow_t_to_1 / spans, "mask": middle.weight_0}
    seen = [2.0 * guide.flip(1) - 1.0 for guide in guides]
    for label, motion in motions.items():
        moved = motion.flow_form().moved(*seen)
        found |= {f"{label}_warp{n}_bgr": moved[n] for n in (0, 1)}
        found |= {f"{label}_net_bgr": motion.apply(*seen), f"{label}_frame": motion.guide_frame(*guides)}
    assert set(golden.names()) <= set(found)
    for name in golden.names():
        golden.assert_matches(name, found[name])


def test_the_published_file_has_exactly_the_names_and_shapes_that_are_expected(golden: Golden) -> None:
    assert VARIANTS[0].shapes == golden.keys()
    assert len(VARIANTS[0].own_names) == len(VARIANTS[0].shapes)


def test_an_old_pickle_loads_the_same_bits_also_without_counters(golden: Golden, tmp_path: Path) -> None:
    values = dict(read_container(golden.checkpoint).values)
    tensors = values["state_dict"]
    assert isinstance(tensors, dict)
    kept = {name: value for name, value in tensors.items() if not name.endswith("num_batches_tracked")}
    assert len(kept) == len(tensors) - 7
    old = tmp_path / "old.pth.tar"
    torch.save(values | {"state_dict": kept}, old, _use_new_zipfile_serialization=False)
    nets = [models.load_model("voxelflow", weights=path, device="cpu") for path in (golden.checkpoint, old)]
    states = [net.net.state_dict() for net in nets if isinstance(net, VoxelFlowModel)]
    differing = [name for name, value in states[0].items() if not torch.equal(value, states[1][name])]
    assert all(name.endswith("num_batches_tracked") for name in differing)


def test_the_published_size_is_built_without_arguments() -> None:
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in VoxelFlowNet().parameters()) == 3_821_891
    assert models.model_info("voxelflow").parameters == 3_821_891


def test_weights_for_shares_of_192_px_move_frames_of_any_size_as_far() -> None:
    net = VoxelFlowNet(0.03, "192px")
    torch.nn.init.zeros_(net.head.weight)
    # 1 is half of the way from the first pixel to the last, and half of that is motion.
    net.head.bias.data = torch.tensor([math.atanh(2 * 3.0 / 95.5), math.atanh(2 * -5.0 / 95.5), 0.0])
    model = load(Weights(net.state_dict(), "192px", "none", "a test", 0.03), torch.device("cpu"))
    for size in ((40, 56), (192, 192), (96, 400)):
        flow = model.estimate(*frames(*size)).flow_form().flow_t_to_1
        expected = torch.tensor([3.0, -5.0]).view(1, 2, 1, 1).expand_as(flow)
        torch.testing.assert_close(flow, expected, atol=1e-4, rtol=0)


def test_a_published_file_is_never_taken_for_shares_of_192_px(tmp_path: Path) -> None:
    state = VoxelFlowNet().state_dict()
    inverse = {own: told for told, own in VARIANTS[0].own_names.items()}
    torch.save({"state_dict": {inverse[name]: tensor for name, tensor in state.items()}}, tmp_path / "best.pth.tar")
    assert read_weights("voxelflow", VARIANTS, tmp_path / "best.pth.tar").variant == ""


def test_compact_weights_come_back_from_a_file(tmp_path: Path) -> None:
    model, (before, after) = compact(), frames(32, 48)
    path = tmp_path / "compact.safetensors"
    save_weights(path, "voxelflow", Weights(model.net.state_dict(), "", "", "", 0.0625, "CC0", "noise"), "none")
    again = models.load_model("voxelflow", weights=path, device="cpu")
    assert torch.equal(again.interpolate(before, after), model.interpolate(before, after))
    assert (again.info.licence, again.info.training_data) == ("CC0", "noise")


@pytest.mark.parametrize("t", [0.5, 2.0])
@pytest.mark.parametrize("size", [(61, 97), (33, 200), (16, 16)])
def test_any_size_gives_what_its_padded_frame_gives(size: tuple[int, int], t: float) -> None:
    model, (before, after) = compact(), frames(*size)
    made = model.interpolate(before, after, t)
    grown = [F.pad(guide, (0, -size[1] % 8, 0, -size[0] % 8), mode="replicate") for guide in (before, after)]
    assert made.shape == before.shape
    assert torch.allclose(made, model.interpolate(*grown, t)[..., : size[0], : size[1]], atol=1e-5)


def test_a_batch_gives_what_its_items_give() -> None:
    model, (before, after) = compact(), frames(40, 72, 2)
    together = model.interpolate(before, after, 0.4)
    for n in (0, 1):
        alone = model.interpolate(before[n : n + 1], after[n : n + 1], 0.4)
        assert torch.allclose(together[n : n + 1], alone, atol=1e-5)


def test_the_network_runs_once_for_all_times_and_once_more_before_the_pair() -> None:
    model, guides, runs = compact(), frames(32, 48), []
    model.net.register_forward_hook(lambda *_: runs.append(1))
    pair = model.prepare(*guides)
    for t in (0.1, 0.25, 0.5, 0.9, 1.5, 2.0):
        assert torch.isfinite(pair.motion(t).guide_frame(*guides)).all()
    assert len(runs) == 1
    for t in (-0.5, -1.0):
        pair.motion(t)
    assert len(runs) == 2


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_at_either_end_the_frame_comes_back_unchanged(t: float) -> None:
    before, after = frames(33, 40)
    assert torch.equal(compact().interpolate(before, after, t), after if t else before)


@pytest.mark.parametrize("step", [1e-7, -1e-7])
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_frames_change_gradually_around_either_end(t: float, step: float) -> None:
    before, after = frames(33, 40)
    assert torch.allclose(compact().interpolate(before, after, t + step), after if t else before, atol=1e-4)


@pytest.mark.parametrize("t", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("size", [(64, 96), (50, 77)])
def test_content_lies_on_a_straight_line_between_the_frames(size: tuple[int, int], t: float) -> None:
    # The flow is half the motion: content moves by (20, -10) px from frame to frame.
    motion = moving_by(10.0, -5.0, size).estimate(*frames(*size), t).flow_form()
    for axis, whole in ((0, 20.0), (1, -10.0)):
        assert torch.allclose(motion.flow_t_to_0[:, axis], torch.tensor(-t * whole), atol=1e-4)
        assert torch.allclose(motion.flow_t_to_1[:, axis], torch.tensor((1.0 - t) * whole), atol=1e-4)
    assert torch.allclose(motion.weight_0, torch.tensor(1.0 - t), atol=1e-6)


@pytest.mark.parametrize("t", [0.1, 0.25, 0.5, 0.9])
def test_a_payload_of_any_range_moves_by_exactly_that_many_pixels(t: float) -> None:
    size, payload = (64, 96), hdr((64, 96))
    later = payload.roll((-20, 40), (2, 3))  # moved by (40, -20), so that each t here is a whole number of pixels
    moved = moving_by(20.0, -10.0, size).estimate(*frames(*size), t).apply(payload, later)
    truth = payload.roll((round(-20 * t), round(40 * t)), (2, 3))
    inner = (..., slice(20, -20), slice(40, -40))
    assert torch.allclose(moved[inner], truth[inner], atol=5e-3)


def test_extrapolation_carries_a_payload_on_by_one_frame() -> None:
    size, payload = (64, 96), hdr((64, 96))
    shifted = [payload.roll((-3 * n, 8 * n), (2, 3)) for n in (-1, 0, 1, 2)]
    inner = (..., slice(8, -8), slice(20, -20))
    guides = frames(*size)
    onward = moving_by(8.0, -3.0, size).estimate(*guides, 2.0).apply(shifted[1], shifted[2])
    assert torch.allclose(onward[inner], shifted[3][inner], atol=5e-3)
    # Seen in reverse the content moves the other way, which a network that looked would find.
    back = moving_by(-8.0, 3.0, size).estimate(*guides, -1.0).apply(shifted[1], shifted[2])
    assert torch.allclose(back[inner], shifted[0][inner], atol=5e-3)


@pytest.mark.parametrize(("t", "weight_0"), [(1.25, 0.2), (1.5, 0.4), (2.0, 0.8), (-0.25, 0.8), (-1.0, 0.2)])
def test_the_nearer_frame_counts_for_more_past_the_pair(t: float, weight_0: float) -> None:
    motion = moving_by(0.0, 0.0, (32, 32), mask=0.8).estimate(*frames(32, 32), t).flow_form()
    assert torch.allclose(motion.weight_0, torch.tensor(weight_0), atol=1e-6)


def test_looking_back_is_looking_forward_at_the_swapped_pair() -> None:
    model, (before, after) = compact(), frames(40, 56)
    for t in (-0.3, -1.0):
        assert torch.allclose(model.interpolate(before, after, t), model.interpolate(after, before, 1.0 - t), atol=1e-6)


@pytest.mark.parametrize("t", [-1.01, 2.5, math.nan])
def test_more_than_one_frame_past_the_pair_is_refused(t: float) -> None:
    with pytest.raises(UsageError, match=r"\[-1, 2\]"):
        compact().estimate(*frames(32, 32), t)


def test_a_pixel_that_one_frame_alone_shows_is_taken_from_it_at_every_time() -> None:
    for mask in (0.0, 1.0):
        model = moving_by(0.0, 0.0, (32, 32))
        model.net.head.bias.data[2] = 100.0 * (2 * mask - 1)
        for t in (1e-9, 0.1, 0.5, 0.9, 1 - 1e-9):
            assert (model.estimate(*frames(32, 32), t).flow_form().weight_0 == mask).all()


def test_nothing_further_away_than_the_reach_is_seen() -> None:
    reach = models.model_info("voxelflow").reach_px
    assert reach is not None
    half = int(reach / 2)  # the frame lies in the middle between what it needs of either
    model, (before, after) = compact(), frames(32, 256)
    near, far = after.clone(), after.clone()
    near[..., 128 : 128 + half - 12] += 1.0
    far[..., 128 + half + 1 :] += 1e6
    whole, without, beyond = (model.estimate(before, frame).flow_form().flow_t_to_0 for frame in (after, near, far))
    assert torch.equal(whole[..., 128], beyond[..., 128])
    assert not torch.equal(whole[..., 128], without[..., 128])

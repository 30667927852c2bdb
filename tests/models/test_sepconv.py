"""SepConv against the published network's numbers, and facts that hold without them."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import separable_conv
from vfi_plugin.models.container import Container, read_container
from vfi_plugin.models.model import Model
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.registry import load_model, model_info
from vfi_plugin.models.sepconv.checkpoint import VARIANTS
from vfi_plugin.models.sepconv.model import SepConvModel
from vfi_plugin.models.sepconv.net import SepConvNet
from vfi_plugin.motion.separable import SeparableMotion

from .golden import Golden, recorded
from .separable import Compact, frames, multiply_adds, statistics

COMPACT = Compact("sepconv", SepConvNet)


@pytest.fixture(scope="module")
def golden(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return Golden.of(shared_dir, "sepconv", tmp_path_factory.mktemp("sepconv"))


@pytest.fixture(scope="module")
def published(golden: Golden) -> SepConvModel:
    model = load_model("sepconv", weights=golden.checkpoint, device="cpu")
    assert isinstance(model, SepConvModel)
    return model


@pytest.fixture(scope="module")
def random_net(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.nn.Module]:
    path = tmp_path_factory.mktemp("compact") / "random.safetensors"
    return path, COMPACT.random(path)


@pytest.fixture(scope="module")
def compact(random_net: tuple[Path, torch.nn.Module]) -> Model:
    return load_model("sepconv", weights=random_net[0], device="cpu")


def test_the_published_frame_is_reproduced(golden: Golden, published: SepConvModel) -> None:
    golden.assert_matches("frame", published.interpolate(*golden.inputs(), 0.5))


def test_every_stored_step_inside_the_network_is_reproduced(golden: Golden, published: SepConvModel) -> None:
    before, after = (frame.flip(1) for frame in golden.inputs())
    inner, remove = recorded(published.net, {"conv5": "encoder.4", "up2": "enlarge.3"})
    kernels = published.net(before, after)
    remove()
    padded = [F.pad(frame, (25, 25, 25, 25), mode="replicate") for frame in (before, after)]
    found = {
        "conv5_first8": inner["conv5"][:, :8],
        "up2_first8": inner["up2"][:, :8],
        "sep1_bgr": separable_conv(padded[0], kernels[0], kernels[1]),
        "sep2_bgr": separable_conv(padded[1], kernels[2], kernels[3]),
        "net_bgr": SeparableMotion(*kernels, normalised=False).guide_frame(before, after),
        **statistics(kernels),
    }
    assert {*found, "frame", "frame_paperpad"} == set(golden.names())
    for name, array in found.items():
        golden.assert_matches(name, array)


def test_the_network_in_the_papers_own_padding_is_reproduced(golden: Golden, published: SepConvModel) -> None:
    before, after = golden.inputs()
    height, width = before.shape[2:]
    further = Padding.to_multiple(height + 50, width + 50, 128)
    padding = Padding(25, 25, 25 + further.right, 25 + further.bottom)
    first, second = padding.add(before), padding.add(after)
    motion = SeparableMotion(*published.net(first.flip(1), second.flip(1)), normalised=False)
    golden.assert_matches("frame_paperpad", padding.remove(motion.guide_frame(first, second)))


def test_names_and_shapes_are_those_of_the_published_file(golden: Golden) -> None:
    (variant,) = VARIANTS
    assert variant.shapes == golden.keys()


def test_the_published_size_is_built_without_arguments() -> None:
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in SepConvNet().parameters()) == 21_675_452
    assert model_info("sepconv").parameters == 21_675_452


def test_the_stated_multiply_adds_are_those_that_run() -> None:
    with torch.device("meta"):
        net = SepConvNet()
        assert multiply_adds(net, 128) == model_info("sepconv").multiply_adds


def test_a_file_of_before_zip_loads_to_the_same_bits(golden: Golden, published: SepConvModel, tmp_path: Path) -> None:
    legacy = tmp_path / "legacy.pytorch"
    torch.save(dict(read_container(golden.checkpoint).values), legacy, _use_new_zipfile_serialization=False)
    loaded = load_model("sepconv", weights=legacy, device="cpu")
    assert isinstance(loaded, SepConvModel)
    state, expected = loaded.net.state_dict(), published.net.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in expected.items())


@pytest.mark.parametrize("start", ["module", "net"])
def test_released_names_and_those_of_later_code_are_both_recognised(start: str) -> None:
    (variant,) = VARIANTS
    with torch.device("meta"):
        state = SepConvNet().state_dict()
    values = {variant.published(name).replace("module", start): tensor for name, tensor in state.items()}
    match = variant.match(Container(Path("renamed.pytorch"), values, ""))
    assert match.fits
    assert match.state() == state


@pytest.mark.parametrize("size", [(61, 97), (33, 200)])
def test_odd_sizes_are_padded_as_published(compact: Model, size: tuple[int, int]) -> None:
    before, after = frames(*size)
    padding = Padding.to_multiple(*size, 128)
    padded = compact.interpolate(padding.add(before), padding.add(after))
    torch.testing.assert_close(compact.interpolate(before, after), padding.remove(padded), atol=1e-5, rtol=0)


def test_a_batch_equals_its_pairs(compact: Model) -> None:
    before, after = frames(64, 80, batch=2)
    alone = torch.cat([compact.interpolate(before[i : i + 1], after[i : i + 1]) for i in (0, 1)])
    torch.testing.assert_close(compact.interpolate(before, after), alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("t", "halvings"), [(0.1, "000"), (0.25, "00"), (0.5, "0"), (0.9, "110")])
def test_other_times_are_middles_of_middles(compact: Model, t: float, halvings: str) -> None:
    """``halvings``: which half each frame on the way is followed by; its last one is the frame wanted."""
    before, after = frames(48, 64)
    wanted = compact.interpolate(before, after, t)
    first, second = before, after
    for way in halvings[:-1]:
        made = compact.interpolate(first, second)
        first, second = (made, second) if way == "1" else (first, made)
    torch.testing.assert_close(wanted, compact.interpolate(first, second), atol=1e-5, rtol=0)


def test_times_in_order_are_made_once_and_few_of_them_kept(compact: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Any]] = []
    middle = SepConvModel.middle

    def counted(self: SepConvModel, before: torch.Tensor, after: torch.Tensor, part: Any) -> SeparableMotion:
        motion = middle(self, before, after, part)
        made.append(weakref.ref(motion))
        return motion

    monkeypatch.setattr(SepConvModel, "middle", counted)
    pair = compact.prepare(*frames(16, 16))
    for t in range(1, 8):
        pair.motion(t / 8)
        assert sum(motion() is not None for motion in made) <= 3
    assert len(made) == 7


def test_the_flow_form_is_found_once(compact: Model) -> None:
    pair = compact.prepare(*frames(16, 16))
    for motion in (pair.motion(0.5), pair.motion(0.25)):
        assert motion.flow_form() is motion.flow_form()


def test_frames_elsewhere_than_the_network_are_refused(compact: Model) -> None:
    before, after = (frame.to("meta") for frame in frames(16, 16))
    with pytest.raises(UsageError, match="frames on meta for a network on cpu; move them"):
        compact.interpolate(before, after)


def test_random_weights_survive_saving_and_loading(random_net: tuple[Path, torch.nn.Module], compact: Model) -> None:
    net = random_net[1]
    assert isinstance(compact, SepConvModel)
    expected, found = net.state_dict(), compact.net.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    assert compact.info.parameters == sum(parameter.numel() for parameter in net.parameters())


def test_a_known_translation_is_put_in_the_middle(tmp_path: Path) -> None:
    COMPACT.shifting(tmp_path / "w.safetensors", (-3, 2), (3, -2))
    model = load_model("sepconv", weights=tmp_path / "w.safetensors", device="cpu")
    world = torch.rand(1, 3, 90, 110)
    before, middle, after = (world[..., 10 + y : 80 + y, 10 + x : 100 + x] for x, y in ((0, 0), (-3, 2), (-6, 4)))
    motion = model.estimate(before, after)
    inner = (..., slice(2, -2), slice(3, -3))
    torch.testing.assert_close(motion.guide_frame(before, after)[inner], middle[inner])
    torch.testing.assert_close(motion.apply(before * 900, after * 900)[inner], middle[inner] * 900)
    flow = motion.flow_form()
    assert flow.flow_t_to_0[0, :, 9, 9].tolist() == [-3.0, 2.0]
    assert flow.flow_t_to_1[0, :, 9, 9].tolist() == [3.0, -2.0]


@pytest.mark.parametrize("t", [0.0, 0.5, 0.7, 1.0])
def test_a_still_pair_comes_back_unchanged(tmp_path: Path, t: float) -> None:
    COMPACT.shifting(tmp_path / "w.safetensors", (0, 0), (0, 0))
    model = load_model("sepconv", weights=tmp_path / "w.safetensors", device="cpu")
    still, _ = frames(37, 50)
    torch.testing.assert_close(model.interpolate(still, still, t), still)

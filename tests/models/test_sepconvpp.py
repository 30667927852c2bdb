"""SepConv++ against the published network's numbers, and facts that hold without them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vfi_plugin.kernels import separable_conv
from vfi_plugin.models.container import read_container
from vfi_plugin.models.model import Model
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.registry import load_model, model_info
from vfi_plugin.models.sepconvpp.checkpoint import VARIANTS
from vfi_plugin.models.sepconvpp.model import SepConvPlusModel
from vfi_plugin.models.sepconvpp.net import SepConvPlusNet, standardised
from vfi_plugin.motion.separable import SeparableMotion

from .golden import Golden
from .separable import HEADS, Compact, frames, multiply_adds, statistics

COMPACT = Compact("sepconvpp", SepConvPlusNet)


@pytest.fixture(scope="module")
def golden(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return Golden.of(shared_dir, "sepconvpp", tmp_path_factory.mktemp("sepconvpp"))


@pytest.fixture(scope="module")
def published(golden: Golden) -> SepConvPlusModel:
    model = load_model("sepconvpp", weights=golden.checkpoint, device="cpu")
    assert isinstance(model, SepConvPlusModel)
    return model


@pytest.fixture(scope="module")
def random_net(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.nn.Module]:
    path = tmp_path_factory.mktemp("compact") / "random.safetensors"
    return path, COMPACT.random(path)


@pytest.fixture(scope="module")
def compact(random_net: tuple[Path, torch.nn.Module]) -> Model:
    return load_model("sepconvpp", weights=random_net[0], device="cpu")


def test_the_published_frame_is_reproduced(golden: Golden, published: SepConvPlusModel) -> None:
    golden.assert_matches("frame", published.interpolate(*golden.inputs(), 0.5))


def test_every_stored_step_inside_the_network_is_reproduced(golden: Golden, published: SepConvPlusModel) -> None:
    before, after = (frame.flip(1) for frame in golden.inputs())
    net = published.net
    assert isinstance(net, SepConvPlusNet)
    standard = standardised(before, after)
    decoded = net.decode(net.encode(*standard))
    kernels = tuple(net.get_submodule(head)(decoded) for head in HEADS)
    # A fourth channel of ones gives the kernels' total, by which the published code divides.
    ones = torch.ones_like(before[:, :1])
    padded = [F.pad(torch.cat([frame, ones], 1), (25, 25, 25, 25), mode="replicate") for frame in (before, after)]
    found = {
        "input1_first8": net.stem(standard[0])[:, :8],
        "decode1_first8": decoded[:, :8],
        "sep1_bgr": separable_conv(padded[0], kernels[0], kernels[1]),
        "sep2_bgr": separable_conv(padded[1], kernels[2], kernels[3]),
        "net_bgr": SeparableMotion(*kernels, normalised=True).guide_frame(before, after),
        **statistics(kernels),
    }
    assert {*found, "frame"} == set(golden.names())
    for name, array in found.items():
        golden.assert_matches(name, array)


def test_names_and_shapes_are_those_of_the_published_file(golden: Golden) -> None:
    (variant,) = VARIANTS
    assert variant.shapes == golden.keys()


def test_the_published_size_is_built_without_arguments() -> None:
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in SepConvPlusNet().parameters()) == 13_560_102
    assert model_info("sepconvpp").parameters == 13_560_102


def test_the_stated_multiply_adds_are_those_that_run() -> None:
    with torch.device("meta"):
        net = SepConvPlusNet()
        assert multiply_adds(net, 128) == model_info("sepconvpp").multiply_adds


def test_a_file_of_before_zip_loads_to_the_same_bits(
    golden: Golden, published: SepConvPlusModel, tmp_path: Path
) -> None:
    legacy = tmp_path / "legacy.pytorch"
    torch.save(dict(read_container(golden.checkpoint).values), legacy, _use_new_zipfile_serialization=False)
    loaded = load_model("sepconvpp", weights=legacy, device="cpu")
    assert isinstance(loaded, SepConvPlusModel)
    state, expected = loaded.net.state_dict(), published.net.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in expected.items())


@pytest.mark.parametrize("size", [(61, 97), (33, 200)])
def test_odd_sizes_are_padded_as_published(compact: Model, size: tuple[int, int]) -> None:
    before, after = frames(*size)
    padding = Padding.to_multiple(*size, 2)
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


def test_random_weights_survive_saving_and_loading(random_net: tuple[Path, torch.nn.Module], compact: Model) -> None:
    net = random_net[1]
    assert isinstance(compact, SepConvPlusModel)
    expected, found = net.state_dict(), compact.net.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    assert compact.info.parameters == sum(parameter.numel() for parameter in net.parameters())


def test_a_known_translation_is_put_in_the_middle(tmp_path: Path) -> None:
    COMPACT.shifting(tmp_path / "w.safetensors", (-3, 2), (3, -2))
    model = load_model("sepconvpp", weights=tmp_path / "w.safetensors", device="cpu")
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
    model = load_model("sepconvpp", weights=tmp_path / "w.safetensors", device="cpu")
    still, _ = frames(37, 50)
    torch.testing.assert_close(model.interpolate(still, still, t), still)


def test_frames_are_standardised_pair_by_pair() -> None:
    before, after = frames(20, 24, batch=2)
    after[1] *= 0.1
    first, second = standardised(before, after)
    both = torch.cat([first, second], 1).flatten(1)
    torch.testing.assert_close(both.mean(1), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(both.std(1, correction=0), torch.ones(2), atol=1e-5, rtol=0)


def test_flat_frames_make_no_nan() -> None:
    flat = torch.full((1, 3, 16, 16), 0.25)
    assert all(torch.isfinite(frame).all() for frame in standardised(flat, flat))


def test_brightness_and_contrast_of_a_pair_change_no_kernel(compact: Model) -> None:
    before, after = frames(32, 40)
    assert isinstance(compact, SepConvPlusModel)
    plain, changed = compact.middle(before, after), compact.middle(before * 0.3 + 0.2, after * 0.3 + 0.2)
    torch.testing.assert_close(plain.vertical_0, changed.vertical_0, atol=1e-4, rtol=1e-4)

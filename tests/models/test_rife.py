"""RIFE 4.x against the published networks' outputs, and facts that hold for any weights."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import save_file

from vfi_plugin.errors import UsageError, WeightsError
from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.container import read_container
from vfi_plugin.models.registry import load_model
from vfi_plugin.models.rife.checkpoint import VARIANTS
from vfi_plugin.models.rife.model import RifeModel
from vfi_plugin.models.rife.net import IFNet, build
from vfi_plugin.models.weights import Weights, read_weights, recognise, save_weights

from .golden import Golden

CPU = torch.device("cpu")
GOLDEN_NAMES = {"4.6": "rife46", "4.25": "rife425"}
SIZES = {"4.6": (5_306_256, 41_900), "4.25": (5_664_776, 22_200)}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Threads of small networks do little but wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_net(variant: str, width: float = 1.0) -> IFNet:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return build(variant, width).eval()


def compact(variant: str = "4.25", scale: float = 1.0, **heads: list[float]) -> RifeModel:
    """A small model of random weights; ``heads`` are constant outputs by block: x0 y0 x1 y1 and the mask's logit."""
    net = random_net(variant, 0.125)
    for name, values in heads.items():
        convolution = net.get_submodule(f"{name}.lastconv.0")
        convolution.weight.data.zero_()
        # The pixel shuffle takes four channels for each that it puts out.
        convolution.bias.data[:20] = torch.tensor(values).repeat_interleave(4)
    return RifeModel(Weights(net.state_dict(), variant, "", "a test", 0.125), CPU, scale)


def constant(before: tuple[float, float], after: tuple[float, float], logit: float) -> RifeModel:
    """4.6 that always finds this flow, in pixels, and this mask: in the finest block, of scale 1, alone."""
    still = {f"block{index}": [0.0] * 5 for index in range(3)}
    return compact("4.6", **still, block3=[*before, *after, logit])


def pictures(height: int, width: int, count: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(11)
    coarse = torch.rand(count, 3, 2 + height // 8, 2 + width // 8, generator=generator)
    big = F.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=False)
    return big, big.roll((2, 3), (2, 3)).contiguous()


def published_frame(net: IFNet, before: torch.Tensor, after: torch.Tensor, t: float) -> torch.Tensor:
    """The published protocol, in its own words: pad with zeros, sample a normalised grid, blend, crop."""
    height, width = before.shape[2:]
    multiple = net.layout.size_multiple
    padding = (0, -width % multiple, 0, -height % multiple)
    first, second = (F.pad(frame, padding).clamp(0, 1) for frame in (before, after))
    with torch.no_grad():
        _, flow, share = net(first, second, torch.full((before.shape[0], 1, 1, 1), t))
    moved = [grid_warp(first, flow[:, :2]), grid_warp(second, flow[:, 2:])]
    return (share * moved[0] + (1 - share) * moved[1])[..., :height, :width]


def grid_warp(image: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    height, width = image.shape[2:]
    x = torch.linspace(-1, 1, width).view(1, 1, width) + flow[:, 0] / ((width - 1) / 2)
    y = torch.linspace(-1, 1, height).view(1, height, 1) + flow[:, 1] / ((height - 1) / 2)
    return F.grid_sample(image, torch.stack([x, y], -1), padding_mode="border", align_corners=True)


# What the published networks put out


@pytest.fixture(scope="module", params=["4.6", "4.25"])
def golden(request: pytest.FixtureRequest, shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    name = GOLDEN_NAMES[request.param]
    return Golden.of(shared_dir, name, tmp_path_factory.mktemp(name))


@pytest.fixture(scope="module")
def model(golden: Golden) -> RifeModel:
    found = load_model("rife", weights=golden.checkpoint, device="cpu")
    assert isinstance(found, RifeModel)
    return found


@pytest.fixture(scope="module")
def arrays(golden: Golden, model: RifeModel) -> dict[str, torch.Tensor]:
    """Everything that is stored, made anew."""
    net, (before, after) = model.net, golden.inputs()
    assert isinstance(net, IFNet)
    found: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        seen = net.look(before), net.look(after)
        found["enc0"], found["enc1"] = (frame[:, 3:] for frame in seen)
        for index, state in enumerate(net.states(*seen, torch.full((1, 1, 1, 1), 0.5))):
            found[f"t050_flow_block{index}"] = state.flow
            found[f"t050_mask_block{index}"] = state.mask
            found[f"t050_feat_block{index}"] = state.features
    found["t050_mask"] = torch.sigmoid(state.mask)
    found["t050_frame"] = model.interpolate(before, after, 0.5)
    motion = model.estimate(before, after, 0.25).flow_form()
    found[f"t025_flow_block{index}"] = torch.cat([motion.flow_t_to_0, motion.flow_t_to_1], 1)
    found["t025_mask"] = motion.weight_0
    found["t025_frame"] = motion.guide_frame(before, after)
    return found


def test_every_stored_array_of_the_published_network_is_met(golden: Golden, arrays: dict[str, torch.Tensor]) -> None:
    names = golden.names()
    assert len(names) in (13, 18)
    for name in names:
        golden.assert_matches(name, arrays[name])


def test_names_and_shapes_are_those_of_the_published_file(golden: Golden) -> None:
    variant = next(each for each in VARIANTS if GOLDEN_NAMES[each.name] == golden.name)
    assert variant.shapes == golden.keys()


def test_the_older_pickle_gives_the_same_bits(
    golden: Golden, model: RifeModel, shared_dir: Path, tmp_path: Path
) -> None:
    older = Golden.of(shared_dir, golden.name, tmp_path, legacy=True)
    assert older.checkpoint.read_bytes()[:2] != b"PK"
    state = read_weights("rife", VARIANTS, older.checkpoint).tensors
    assert all(torch.equal(tensor, model.net.state_dict()[name]) for name, tensor in state.items())


def test_the_published_file_is_recognised_by_its_content(golden: Golden) -> None:
    name, match = recognise(read_container(golden.checkpoint), {"rife": VARIANTS})
    assert name == "rife"
    assert GOLDEN_NAMES[match.variant.name] == golden.name


# What holds for any weights


@pytest.mark.parametrize("variant", ["4.6", "4.25"])
def test_size_and_cost_are_the_published_ones(variant: str) -> None:
    net = build(variant)
    parameters, multiply_adds = SIZES[variant]
    assert sum(parameter.numel() for parameter in net.parameters()) == parameters
    assert net.multiply_adds() == pytest.approx(multiply_adds, abs=50)


@pytest.mark.parametrize("variant", ["4.6", "4.25"])
def test_facts_are_those_of_the_weights_that_are_loaded(variant: str) -> None:
    info = compact(variant).info
    assert info.size_multiple == {"4.6": 32, "4.25": 64}[variant]
    assert 0 < info.parameters < 0.2 * SIZES[variant][0]
    assert 0 < info.multiply_adds < 0.2 * SIZES[variant][1]


@pytest.mark.parametrize(("size", "t"), [((61, 97), 0.1), ((33, 200), 0.25), ((16, 16), 0.5), ((64, 128), 0.9)])
@pytest.mark.parametrize("variant", ["4.6", "4.25"])
def test_frames_of_any_size_come_out_as_the_published_protocol_makes_them(
    variant: str, size: tuple[int, int], t: float
) -> None:
    model, (before, after) = compact(variant), pictures(*size)
    assert isinstance(model.net, IFNet)
    frame = model.interpolate(before, after, t)
    assert frame.shape == before.shape
    torch.testing.assert_close(frame, published_frame(model.net, before, after, t), atol=2e-5, rtol=0)


def test_the_frame_shows_the_zeros_it_was_padded_with_and_a_payload_does_not() -> None:
    model = constant((8.0, 0.0), (8.0, 0.0), 0.0)
    white = torch.ones(1, 3, 40, 50)  # padded to 64 x 64
    motion = model.estimate(white, white)
    assert float(motion.guide_frame(white, white)[..., -8:].max()) == 0.0
    assert torch.equal(motion.apply(white, white), white)


def test_time_changes_what_is_found() -> None:
    model, (before, after) = compact(), pictures(64, 64)
    pair = model.prepare(before, after)
    first, second = (pair.motion(t).flow_form().flow_t_to_0 for t in (0.25, 0.75))
    assert float((first - second).abs().max()) > 1e-4


def test_two_pairs_at_once_give_what_each_gives_alone() -> None:
    model, (before, after) = compact(), pictures(61, 97, count=2)
    both = model.interpolate(before, after, 0.25)
    for index in range(2):
        alone = model.interpolate(before[index : index + 1], after[index : index + 1], 0.25)
        torch.testing.assert_close(both[index : index + 1], alone, atol=1e-5, rtol=0)


def test_features_of_a_pair_are_made_once_for_all_times(monkeypatch: pytest.MonkeyPatch) -> None:
    model, (before, after) = compact(), pictures(64, 64)
    calls = []
    looked = IFNet.look
    monkeypatch.setattr(IFNet, "look", lambda net, frame: calls.append(1) or looked(net, frame))
    pair = model.prepare(before, after)
    for t in (0.25, 0.5, 0.75):
        pair.motion(t)
    assert len(calls) == 2


def test_a_known_flow_moves_hdr_payloads_without_clamping_them() -> None:
    model = constant((-3.0, 2.0), (1.0, -4.0), 1.5)
    motion = model.estimate(*pictures(48, 80), 0.25)
    first = torch.linspace(-2.0, 60_000.0, 5 * 48 * 80).view(1, 5, 48, 80)
    second = first.flip(3) * 2
    inner = (..., slice(8, -8), slice(8, -8))
    share = torch.sigmoid(torch.tensor(1.5))
    expected = share * first.roll((-2, 3), (2, 3)) + (1 - share) * second.roll((4, -1), (2, 3))
    torch.testing.assert_close(motion.apply(first, second)[inner], expected[inner], rtol=1e-5, atol=1e-3)


def test_pixels_that_are_not_finite_stay_where_they_are_read() -> None:
    motion = constant((0.0, 0.0), (0.0, 0.0), 0.0).estimate(*pictures(48, 80))
    first = torch.zeros(1, 1, 48, 80)
    first[..., 20, 30] = torch.inf
    moved = motion.apply(first, torch.zeros_like(first))
    assert not torch.isfinite(moved[..., 20, 30]).any()
    assert int(torch.isfinite(moved).logical_not().sum()) == 1


def test_values_outside_the_range_look_like_its_ends_to_the_network() -> None:
    model, (before, after) = compact(), pictures(64, 64)
    wide = [(frame - 0.5) * 4 for frame in (before, after)]
    held = [frame.clamp(0, 1) for frame in wide]
    assert float(wide[0].max()) > 1.0
    assert torch.equal(model.interpolate(wide[0], wide[1]), model.interpolate(held[0], held[1]))


def test_our_warp_is_the_published_sampling_of_a_normalised_grid() -> None:
    image, flow = torch.rand(1, 3, 40, 56), torch.randn(1, 2, 40, 56) * 20
    torch.testing.assert_close(warp(image, flow), grid_warp(image, flow), atol=1e-4, rtol=0)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_motion_can_be_looked_for_at_another_size(scale: float) -> None:
    before, after = pictures(61, 97)
    at_full, scaled = (compact(scale=each).estimate(before, after).flow_form() for each in (1.0, scale))
    assert scaled.flow_t_to_0.shape == (1, 2, 61, 97)
    assert float((at_full.flow_t_to_0 - scaled.flow_t_to_0).abs().max()) > 1e-4


def test_a_size_that_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"got scale 0\.3 .* use one of 0\.25, 0\.5, 1\.0, 2\.0"):
        compact(scale=0.3)


def test_a_time_outside_the_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="t must lie in"):
        compact().interpolate(*pictures(64, 64), 1.5)


# Files of weights


def checkpoint_of(variant: str) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        state = build(variant).state_dict()
    return {f"module.{name}": torch.zeros(tensor.shape) for name, tensor in state.items()}


@pytest.mark.parametrize("variant", ["4.6", "4.25"])
@pytest.mark.parametrize("prefix", ["module.", ""])
def test_either_variant_is_told_by_its_names_with_or_without_their_prefix(
    variant: str, prefix: str, tmp_path: Path
) -> None:
    path = tmp_path / "some.pkl"
    torch.save({name.replace("module.", prefix): tensor for name, tensor in checkpoint_of(variant).items()}, path)
    assert read_weights("rife", VARIANTS, path).variant == variant


def test_parts_that_only_training_uses_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "flownet.pkl"
    surplus = {f"module.{part}.0.weight": torch.zeros(3) for part in ("teacher", "block_tea", "caltime")}
    torch.save({**checkpoint_of("4.25"), **surplus}, path)
    weights = read_weights("rife", VARIANTS, path)
    assert weights.tensors.keys() == build("4.25").state_dict().keys()


def test_any_other_part_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "flownet.pkl"
    torch.save({**checkpoint_of("4.6"), "module.block9.conv.weight": torch.zeros(3)}, path)
    with pytest.raises(WeightsError, match=r"not of RIFE 4\.6 .*it also has module\.block9\.conv\.weight"):
        read_weights("rife", VARIANTS, path)


def test_a_tensor_that_is_missing_or_of_another_shape_is_named(tmp_path: Path) -> None:
    path, tensors = tmp_path / "flownet.pkl", checkpoint_of("4.25")
    del tensors["module.encode.cnn3.bias"]
    tensors["module.block0.conv0.0.0.weight"] = torch.zeros(96, 23, 3, 3)
    torch.save(tensors, path)
    with pytest.raises(WeightsError, match=r"RIFE 4\.25.*lacks module\.encode\.cnn3\.bias.*module\.block0\.conv0"):
        read_weights("rife", VARIANTS, path)


def test_compact_weights_survive_saving_and_loading(tmp_path: Path) -> None:
    made, path = compact(), tmp_path / "rife.safetensors"
    save_weights(path, "rife", Weights(made.net.state_dict(), "4.25", "", "a test", 0.125), "")
    loaded = load_model("rife", weights=path, device="cpu")
    pair = pictures(64, 64)
    assert torch.equal(made.interpolate(*pair), loaded.interpolate(*pair))
    assert loaded.info.weights_sha256 == read_container(path).sha256


def test_a_file_that_claims_an_unknown_variant_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rife.safetensors"
    save_file({"x": torch.zeros(1)}, path, {"vfi.network": "rife", "vfi.variant": "9.9"})
    with pytest.raises(WeightsError, match=r"no variant '9\.9' here; weights must be of 4\.25 or 4\.6"):
        load_model("rife", weights=path, device="cpu")


class _Command:
    """Runs a command of the system when it is unpickled without care."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> Any:
        return os.system, (self._command,)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_that_would_run_a_command_is_refused_and_runs_nothing(tmp_path: Path, legacy: bool) -> None:
    path, trace = tmp_path / "flownet.pkl", tmp_path / "was_run"
    hostile = {**checkpoint_of("4.25"), "module.extra": _Command(f"touch {trace}")}
    torch.save(hostile, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(WeightsError, match=r"flownet\.pkl is ") as refused:
        load_model("rife", weights=path, device="cpu")
    assert "\n" not in str(refused.value)
    assert not trace.exists()
    path.write_bytes(pickle.dumps(_Command(f"touch {trace}")))
    with pytest.raises(WeightsError):
        load_model("rife", weights=path, device="cpu")
    assert not trace.exists()

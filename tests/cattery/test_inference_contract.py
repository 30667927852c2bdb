"""The module that Nuke's Inference node runs: what it gives is what the model's own motion makes of the same frames."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from vfi_plugin.cattery.export import compiled
from vfi_plugin.image import guide_curve
from vfi_plugin.models.model import Model
from vfi_plugin.models.registry import model_of
from vfi_plugin.models.rife.net import build
from vfi_plugin.models.superslomo.net import SuperSlomo
from vfi_plugin.models.voxelflow.net import VoxelFlowNet
from vfi_plugin.models.weights import Weights

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

WIDTH = 0.125
NETWORKS = {
    "rife 4.25": lambda: build("4.25", WIDTH),
    "rife 4.6": lambda: build("4.6", WIDTH),
    "superslomo": lambda: SuperSlomo(WIDTH),
    "voxelflow": lambda: VoxelFlowNet(WIDTH),
    "voxelflow 192px": lambda: VoxelFlowNet(WIDTH, "192px"),
}
"""By name and variant; random weights move pixels by up to some pixels."""

SIZES = ((37, 53), (50, 83))  # no multiples of 8, 32 or 64


@pytest.fixture(autouse=True, scope="module")
def _no_time_is_wasted() -> Iterator[None]:
    """Threads of small networks do little but wait for each other, and each module runs but a few times."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.jit.optimized_execution(False), torch.no_grad():  # type: ignore[attr-defined]
        yield
    torch.set_num_threads(threads)


@cache
def model(network: str) -> Model:
    name, _, variant = network.partition(" ")
    with torch.random.fork_rng():
        torch.manual_seed(5)
        state = NETWORKS[network]().state_dict()
    if name == "superslomo":
        for head in ("flow.head", "interpolation.head"):
            state[f"{head}.weight"] *= 0.05  # or it moves everything out of the picture
    return model_of(name, Weights(state, variant, "", "made by the tests", WIDTH), torch.device("cpu"))


@cache
def file_of(network: str) -> bytes:
    return compiled(model(network))


@cache
def read(network: str, device: str, half: bool) -> Any:
    module = torch.jit.load(io.BytesIO(file_of(network)), map_location=device)  # type: ignore[no-untyped-call]
    return module.half() if half else module


def loaded(network: str, device: str = "cpu", half: bool = False, **attributes: float) -> Any:
    """The module as a program finds it in the file, with knobs set as the Inference node sets them."""
    module = read(network, device, half)
    for name, value in {"timestep": 0.5, "output_mode": 0, "exposure": 0.0, **attributes}.items():
        setattr(module, name, value)
    return module


def two_frames(height: int, width: int) -> torch.Tensor:
    """(1, 8, H, W): a picture from -0.1 to 1.2, with alpha, and the same moved by some pixels."""
    made = torch.Generator().manual_seed(3)
    coarse = torch.rand(1, 4, height // 6 + 2, width // 6 + 2, generator=made)
    first = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=True)
    first[:, :3] = 1.3 * first[:, :3] - 0.1
    return torch.cat([first, first.roll((1, 2), (2, 3))], 1)


def guide(rgba: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
    return torch.from_numpy(guide_curve.encode(gain * rgba[:, :3].numpy()))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("highlight", [1.0, 500.0])
def test_pixels_are_moved_as_the_model_moves_them(network: str, highlight: float) -> None:
    for (height, width), t in zip(SIZES * 2, (0.25, 0.25, 0.5, 0.5), strict=True):
        frames = two_frames(height, width)
        frames[:, [0, 1, 2, 4, 5, 6], 10:14, 20:26] = highlight
        before, after = frames[:, :4], frames[:, 4:]
        motion: Any = model(network).estimate(guide(before), guide(after), t)
        found = loaded(network, timestep=t)(frames)
        expected = motion.apply(before, after)
        assert found.shape == (1, 5, height, width)
        torch.testing.assert_close(found[:, :4], expected, atol=1e-5 * highlight, rtol=0)
        torch.testing.assert_close(found[:, 4:], motion.weight_0, atol=1e-5, rtol=0)
        assert float((expected - before).abs().max()) > 0.1  # something was moved

        ways = loaded(network, timestep=t, output_mode=1)(frames)
        flows = torch.cat([motion.flow_t_to_0, motion.flow_t_to_1], 1)
        torch.testing.assert_close(ways, torch.cat([flows, motion.weight_0], 1), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_half_precision_gives_the_same_picture(network: str) -> None:
    frames = two_frames(37, 53)
    whole = loaded(network)(frames)
    half = loaded(network, half=True)(frames.half())
    assert half.dtype == torch.float16
    difference = (half.float() - whole).abs()
    assert float(difference.mean()) < 1e-3
    assert float(difference.max()) < 3e-2
    assert loaded(network, half=True, output_mode=1)(frames.half()).dtype == torch.float16


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("half", [False, True])
def test_no_tensor_inside_is_of_another_device(network: str, half: bool) -> None:
    """On torch's meta device nothing is computed, but a tensor that was made on the CPU stops the run."""
    dtype = torch.float16 if half else torch.float32
    for mode in (0, 1):
        module = loaded(network, "meta", half, output_mode=mode)
        made = module(torch.zeros(1, 8, 2160, 4096, device="meta", dtype=dtype))
        assert (made.device.type, made.dtype, made.shape) == ("meta", dtype, (1, 5, 2160, 4096))


@pytest.mark.gpu
@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("network", NETWORKS)
def test_a_gpu_gives_the_same_picture(network: str) -> None:
    frames = two_frames(37, 53)
    expected = loaded(network)(frames)
    found = loaded(network, "cuda")(frames.cuda()).cpu()
    assert float((found - expected).abs().mean()) < 1e-3
    half = loaded(network, "cuda", half=True)(frames.cuda().half()).cpu().float()
    assert float((half - expected).abs().mean()) < 2e-3


@pytest.mark.parametrize("network", NETWORKS)
def test_the_smallest_frames_work(network: str) -> None:
    assert loaded(network)(two_frames(1, 3)).shape == (1, 5, 1, 3)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("half", [False, True])
def test_a_highlight_and_a_negative_stay(network: str, half: bool) -> None:
    frames = torch.full((1, 8, 48, 80), 0.18)
    frames[:, :, 8:40, 8:40], frames[:, :, 8:40, 44:76] = 500.0, -0.0625
    made = loaded(network, half=half)(frames.half() if half else frames)[:, :4].float()
    torch.testing.assert_close(made[:, :, 22:26, 22:26], torch.full((1, 4, 4, 4), 500.0))
    torch.testing.assert_close(made[:, :, 22:26, 58:62], torch.full((1, 4, 4, 4), -0.0625))


@pytest.mark.parametrize("network", NETWORKS)
def test_either_end_is_the_frame_itself(network: str) -> None:
    frames = two_frames(37, 53)
    assert torch.equal(loaded(network, timestep=0.0)(frames)[:, :4], frames[:, :4])
    assert torch.equal(loaded(network, timestep=1.0)(frames)[:, :4], frames[:, 4:])


@pytest.mark.parametrize("network", NETWORKS)
def test_pixels_that_are_not_numbers_stay_where_they_are(network: str) -> None:
    frames = two_frames(37, 53)
    frames[0, 0, 18, 20], frames[0, 5, 18, 40] = torch.nan, torch.inf
    made = loaded(network)(frames)
    assert int((~torch.isfinite(made)).sum()) < 100


@pytest.mark.parametrize("network", NETWORKS)
def test_it_takes_one_tensor_and_gives_one(network: str) -> None:
    module = loaded(network)
    schema = module.forward.schema
    assert [str(argument.type) for argument in schema.arguments[1:]] == ["Tensor"]
    assert [str(result.type) for result in schema.returns] == ["Tensor"]
    knobs = (module.timestep, module.output_mode, module.exposure)
    assert [(type(knob), knob) for knob in knobs] == [(float, 0.5), (int, 0), (float, 0.0)]


def test_exposure_changes_what_the_network_sees_and_nothing_else() -> None:
    frames = two_frames(37, 53)
    before, after = frames[:, :4], frames[:, 4:]
    motion: Any = model("superslomo").estimate(guide(before, 4.0), guide(after, 4.0), 0.5)
    found = loaded("superslomo", exposure=2.0)(frames)
    torch.testing.assert_close(found[:, :4], motion.apply(before, after), atol=1e-5, rtol=0)


def test_the_guide_is_the_one_of_the_package() -> None:
    light = np.concatenate([-np.geomspace(1e-6, 65504, 200), [0.0], np.geomspace(1e-6, 65504, 200)]).astype(np.float32)
    shown = loaded("superslomo").guide(torch.from_numpy(light), 0.0).numpy()
    np.testing.assert_allclose(shown, guide_curve.encode(light), atol=5e-7)
    wild = loaded("superslomo").guide(torch.tensor([torch.nan, torch.inf, -torch.inf]), 3.0)
    ends = guide_curve.encode(np.array([0.0, 65504.0, -65504.0], np.float32))
    np.testing.assert_allclose(wild.numpy(), ends, atol=5e-7)

"""DAIN against the published network's outputs, and facts that hold for any weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from vfi_plugin.errors import WeightsError
from vfi_plugin.kernels import project_flow
from vfi_plugin.models.container import read_container
from vfi_plugin.models.dain.checkpoint import VARIANTS
from vfi_plugin.models.dain.info import INFO
from vfi_plugin.models.dain.model import DainModel, published_padding
from vfi_plugin.models.dain.net import Dain, Seen, full_size, inverse_depth, moved_both, moved_contexts, projected
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.registry import load_model
from vfi_plugin.models.weights import Weights, read_weights, recognise, save_weights

from .golden import Golden

CPU = torch.device("cpu")
TIMES = {"t025": 0.25, "t050": 0.5, "t075": 0.75}
CONTEXT_CHANNELS = (0, 3, 67, 131)
MOVED_CHANNELS = (0, 1, 3, 100, 160, 195)

# Stage by stage, with what the stage before gave in the reference run: the projection and the filters jump where a
# coordinate crosses an integer, so only the whole chain needs tolerance for outliers. Four times what float32 and
# float64 were measured to differ by; for a flow of up to 6 px that is 2.3e-5.
ESTIMATES, PROJECTION, MOVED, CONTEXTS, SYNTHESIS = (4 * worst for worst in (2.3e-5, 2e-6, 8e-6, 1.3e-5, 4e-6))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """As in the reference run; and where tests share their cores, small layers mostly wait for each other's threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass(frozen=True)
class Run:
    """The network of published size with the reference weights, and what it saw in the reference frames."""

    golden: Golden
    model: DainModel
    net: Dain
    seen: Seen

    def stored(self, *names: str) -> tuple[torch.Tensor, torch.Tensor]:
        first, second = (self.golden.array(name) for name in names)
        return first, second

    def close(self, found: torch.Tensor, name: str, tolerance: float) -> None:
        torch.testing.assert_close(found, self.golden.array(name), atol=tolerance, rtol=0, msg=lambda m: f"{name}: {m}")


@pytest.fixture(scope="module")
def golden(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return Golden.of(shared_dir, "dain", tmp_path_factory.mktemp("dain"))


@pytest.fixture(scope="module")
def run(golden: Golden) -> Run:
    model = DainModel(read_weights("dain", VARIANTS, golden.checkpoint), CPU)
    assert isinstance(model.net, Dain)
    with torch.no_grad():
        return Run(golden, model, model.net, model.net.look(*golden.inputs()))


@pytest.fixture(scope="module")
def whole_run(run: Run) -> dict[str, torch.Tensor]:
    """Every array that is stored, made from frames and weights alone."""
    seen = run.seen
    found = {}
    for index, way in enumerate(("01", "10")):
        found[f"logdepth{index}"] = seen.log_depths[index]
        found[f"depthinv{index}"] = inverse_depth(seen.log_depths[index])
        found[f"pwc{way}"] = seen.flows[index]
        found[f"kernel{index}"] = seen.kernels[index]
        found[f"ctx{index}"] = seen.contexts[index][:, CONTEXT_CHANNELS]
        for label, t in TIMES.items():
            found[f"{label}_flow{way}"] = full_size(seen.flows[index], (t, 1 - t)[index])
    for label, t in TIMES.items():
        with torch.no_grad():
            between = run.net.at(seen, t)
        found |= {f"{label}_proj{index}": flow for index, flow in enumerate(between.flows)}
        found |= {f"net_{label}_blend": between.blend, f"net_{label}_frame": between.frame}
        if t == 0.5:
            moved = moved_both(seen.frames, between.flows, seen.kernels), list(moved_contexts(seen, between.flows))
            found |= {f"{label}_ref{index}": frame for index, frame in enumerate(moved[0])}
            found |= {f"{label}_ctxw{index}": context[:, MOVED_CHANNELS] for index, context in enumerate(moved[1])}
    return found | padded_run(run)


def padded_run(run: Run) -> dict[str, torch.Tensor]:
    """What is stored of the run with the authors' padding."""
    frames, found = run.golden.inputs(), {}
    pair = run.model.prepare(*frames)
    for label, t in TIMES.items():
        motion = pair.motion(t)
        found[f"{label}_frame"] = motion.guide_frame(*frames)
        if t == 0.5:
            cut = motion.margins.remove
            found["pad_t050_proj0"], found["pad_t050_proj1"] = cut(motion.flow_t_to_0), cut(motion.flow_t_to_1)
            found["pad_t050_blend"] = found[f"{label}_frame"] - cut(motion.residual)
    return found


def test_every_stored_array_is_reproduced_from_frames_and_weights_alone(
    golden: Golden, whole_run: dict[str, torch.Tensor]
) -> None:
    assert set(golden.names()) <= set(whole_run)
    for name in golden.names():
        golden.assert_matches(name, whole_run[name])


def test_depth_flow_kernels_and_contexts_are_the_published_ones(run: Run, whole_run: dict[str, torch.Tensor]) -> None:
    for index, way in enumerate(("01", "10")):
        names = [f"logdepth{index}", f"depthinv{index}", f"pwc{way}", f"kernel{index}", f"ctx{index}"]
        for name in (*names, f"t025_flow{way}", f"t050_flow{way}"):
            run.close(whole_run[name], name, ESTIMATES)


@pytest.mark.parametrize("label", ["t025", "t050"])
def test_the_projection_of_stored_flow_and_depth_is_the_published_one(run: Run, label: str) -> None:
    for index, way in enumerate(("01", "10")):
        flow, depth = run.stored(f"{label}_flow{way}", f"depthinv{index}")
        run.close(project_flow(flow, depth), f"{label}_proj{index}", PROJECTION)


def test_frames_moved_by_stored_flow_and_kernels_are_the_published_ones(run: Run) -> None:
    flows, kernels = run.stored("t050_proj0", "t050_proj1"), run.stored("kernel0", "kernel1")
    moved = moved_both(run.golden.inputs(), flows, kernels)
    for index, frame in enumerate(moved):
        run.close(frame, f"t050_ref{index}", MOVED)
    run.close(0.5 * moved[0] + 0.5 * moved[1], "net_t050_blend", MOVED)
    contexts = tuple(context[:, MOVED_CHANNELS] for context in run.seen.contexts)
    for index, context in enumerate(moved_both((contexts[0], contexts[1]), flows, kernels)):
        run.close(context, f"t050_ctxw{index}", CONTEXTS)


def test_the_frame_for_stored_flows_is_the_published_one_in_every_pixel(run: Run) -> None:
    with torch.no_grad():
        between = run.net.compose(run.seen, run.stored("t050_proj0", "t050_proj1"), 0.5)
    run.close(between.frame, "net_t050_frame", SYNTHESIS)


def test_names_and_shapes_are_those_of_the_published_file(golden: Golden) -> None:
    assert VARIANTS[0].shapes == golden.keys()
    assert recognise(read_container(golden.checkpoint), {"dain": VARIANTS})[0] == "dain"


def test_a_file_of_torch_before_1_6_holds_the_same_bits(golden: Golden, tmp_path: Path) -> None:
    old = Golden.of(golden.folder.parent, "dain", tmp_path, legacy=True)
    found, expected = (read_weights("dain", VARIANTS, path).tensors for path in (old.checkpoint, golden.checkpoint))
    assert set(found) == set(expected)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in found.items())


def test_the_published_size_has_the_published_number_of_parameters_and_names() -> None:
    with torch.device("meta"):
        net = Dain()
    assert sum(parameter.numel() for parameter in net.parameters()) == INFO.parameters == 24_031_656
    assert len(VARIANTS[0].shapes) == len(net.state_dict()) == 954


@pytest.mark.parametrize(
    ("own", "published"),
    [
        ("filters.down.4.weight", "initScaleNets_filter.14.weight"),
        ("filters.heads.1.2.bias", "initScaleNets_filter2.2.bias"),
        ("context.blocks.1.second.weight", "ctxNet.block3.conv2.weight"),
        ("optical_flow.pyramid.0.0.weight", "flownets.conv1a.0.weight"),
        ("optical_flow.pyramid.5.0.weight", "flownets.conv6aa.0.weight"),
        ("optical_flow.estimators.4.layers.2.bias", "flownets.conv2_2.0.bias"),
        ("optical_flow.enlargers.0.features.weight", "flownets.upfeat6.weight"),
        ("depth.hourglass.here.0.branches.3.3.weight", "depthNet.3.0.1.0.3.3.weight"),
        ("depth.hourglass.inner.leave.1.branches.0.1.running_mean", "depthNet.3.0.0.3.0.0.5.0.1.running_mean"),
        (
            "depth.hourglass.inner.inner.inner.enter.2.branches.0.0.bias",
            "depthNet.3.0.0.3.0.0.3.0.1.3.0.1.3.0.0.bias",
        ),
    ],
)
def test_a_tensor_is_found_under_its_published_name(own: str, published: str) -> None:
    assert VARIANTS[0].published(own) == published


WIDTH = 0.0625


def small_net() -> Dain:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        return Dain(WIDTH).eval()


def with_net(net: Dain) -> DainModel:
    return DainModel(Weights(net.state_dict(), "", "", "a test", WIDTH), CPU)


@pytest.fixture(scope="module")
def small() -> DainModel:
    return with_net(small_net())


def neutral(flow_px: tuple[float, float] = (0.0, 0.0), correction: float = 0.0) -> DainModel:
    """A network that finds one flow everywhere in both directions, samples bilinearly and adds a constant."""
    net = small_net()
    for module in (net.optical_flow.estimators[4].flow, net.optical_flow.last, net.rectify.last):
        torch.nn.init.zeros_(module.weight)
        torch.nn.init.zeros_(module.bias)
    net.optical_flow.last.bias.data = torch.tensor(flow_px) / 20
    net.rectify.last.bias.data.fill_(correction)
    for head in net.filters.heads:
        torch.nn.init.zeros_(head[2].weight)
        head[2].bias.data = torch.zeros(16).index_fill(0, torch.tensor([5, 6, 9, 10]), 1.0)
    return with_net(net)


def frames(height: int = 61, width: int = 97, count: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    before, after = torch.rand(2, count, 3, height, width, generator=torch.Generator().manual_seed(4))
    return before, after


def test_any_size_and_any_number_of_pairs_keep_their_shape(small: DainModel) -> None:
    before, after = frames(count=2)
    together = small.interpolate(before, after, 0.5)
    assert together.shape == before.shape
    assert together.isfinite().all()
    alone = torch.cat([small.interpolate(before[n : n + 1], after[n : n + 1], 0.5) for n in (0, 1)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    assert small.interpolate(*frames(16, 16), 0.5).shape == (1, 3, 16, 16)


def test_one_look_serves_every_time_and_the_frame_is_the_networks_own(small: DainModel) -> None:
    before, after = frames()
    pair = small.prepare(before, after)
    padding = published_padding(61, 97)
    for t in (0.1, 0.25, 0.5, 0.9):
        motion = pair.motion(t)
        assert isinstance(small.net, Dain)
        with torch.no_grad():
            expected = padding.remove(small.net(padding.add(before), padding.add(after), t))
        assert torch.equal(motion.guide_frame(before, after), expected)
        assert torch.equal(motion.flow_form().weight_0, torch.full((1, 1, 61, 97), 1.0 - t))
        assert motion.flow_form().flow_t_to_0.shape == (1, 2, 61, 97)


@pytest.mark.parametrize("t", [0.25, 0.5])
def test_flows_lead_back_by_the_share_of_the_way_that_has_passed(t: float) -> None:
    before, after = frames()
    motion = neutral((8.0, -4.0)).estimate(before, after, t)
    form = motion.flow_form()
    for flow, share in ((form.flow_t_to_0, t), (form.flow_t_to_1, 1 - t)):
        torch.testing.assert_close(flow, torch.tensor([-8.0, 4.0]).view(1, 2, 1, 1).expand_as(flow) * share)
    payload = torch.rand(1, 5, 61, 97) * 500 - 20
    moved = motion.apply(payload, payload.roll(1, 1))[..., 12:-12, 12:-12]
    first, second = (int(8 * share) for share in (t, 1 - t))
    x, y = slice(12 - first, 97 - 12 - first), slice(12 + first // 2, 61 - 12 + first // 2)
    x1, y1 = slice(12 - second, 97 - 12 - second), slice(12 + second // 2, 61 - 12 + second // 2)
    expected = (1 - t) * payload[..., y, x] + t * payload.roll(1, 1)[..., y1, x1]
    torch.testing.assert_close(moved, expected, atol=1e-3, rtol=0)


def test_what_the_synthesis_network_adds_stays_in_the_guide() -> None:
    still, _ = frames()
    motion = neutral(correction=0.25).estimate(still, still, 0.5)
    torch.testing.assert_close(motion.guide_frame(still, still), still + 0.25)
    highlights = still * 3000 - 5
    assert torch.equal(motion.apply(highlights, highlights), highlights)


def test_the_nearer_of_two_surfaces_that_meet_is_seen() -> None:
    flow = torch.zeros(1, 2, 16, 32)
    flow[:, 0, :, 16:] = -8.0 / 20  # the right half moves 8 px left, onto the left half
    right_is_near = torch.zeros(1, 1, 64, 128)
    right_is_near[..., 64:] = -8.0
    covered = (0, 0, slice(None), slice(58, 63))
    assert projected(flow, right_is_near, 1.0)[covered].min() > 6.5  # flow is enlarged: it has no hard edges
    assert projected(flow, -right_is_near, 1.0)[covered].abs().max() < 1.5


@pytest.mark.parametrize(
    ("size", "padding"),
    [
        ((128, 192), Padding(32, 32, 32, 32)),
        ((129, 256), Padding(32, 63, 32, 64)),
        ((1080, 1920), Padding(32, 36, 32, 36)),
        ((61, 97), Padding(15, 33, 16, 34)),
    ],
)
def test_frames_are_padded_as_published(size: tuple[int, int], padding: Padding) -> None:
    found = published_padding(*size)
    assert found == padding
    assert (size[0] + found.top + found.bottom) % INFO.size_multiple == 0
    assert (size[1] + found.left + found.right) % INFO.size_multiple == 0


def test_every_part_but_the_unused_one_can_learn() -> None:
    net = small_net()
    before, after = frames(64, 64)
    (net(before, after, 0.5) - after).square().mean().backward()
    without = {name for name, parameter in net.named_parameters() if parameter.grad is None}
    assert without == {"optical_flow.unused.weight", "optical_flow.unused.bias"}


def test_weights_survive_saving_and_loading_and_others_are_refused(small: DainModel, tmp_path: Path) -> None:
    state = small.net.state_dict()
    save_weights(tmp_path / "dain.safetensors", "dain", Weights(state, "", "", "a test", WIDTH), "")
    loaded = load_model("dain", weights=tmp_path / "dain.safetensors", device="cpu")
    assert isinstance(loaded, DainModel)
    assert all(torch.equal(tensor, state[name]) for name, tensor in loaded.net.state_dict().items())
    torch.save({"conv.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"DAIN \(best\.pth\)"):
        load_model("dain", weights=tmp_path / "other.pth", device="cpu")

"""The hybrid: what its network adds to the classic's motion, which untrained is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

import vfi_plugin.models as models
import vfi_plugin.models.dis.model as classic
import vfi_plugin.models.rife as rife
from vfi_plugin.cli.main import main
from vfi_plugin.errors import UsageError
from vfi_plugin.models.container import read_container
from vfi_plugin.models.hybrid.model import VARIANTS, HybridModel, load
from vfi_plugin.models.hybrid.net import build
from vfi_plugin.models.rife.net import IFNet
from vfi_plugin.models.weights import Weights, recognise, save_weights

Tensor = torch.Tensor
WIDTH = 0.125
FINEST = "block3.lastconv.0"


def model_of(net: IFNet) -> HybridModel:
    return load(Weights(net.state_dict(), "", "none", "a test", WIDTH), torch.device("cpu"))


def untrained() -> IFNet:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return build("", WIDTH)


def trained() -> IFNet:
    """One whose last layers are as random as the others."""
    net = untrained()
    with torch.random.fork_rng():
        torch.manual_seed(6)
        for index in range(4):
            torch.nn.init.normal_(net.get_submodule(f"block{index}.lastconv.0").weight, std=0.02)
    return net


def adding(values: list[float]) -> IFNet:
    """One that adds the same everywhere, in pixels: x0 y0 x1 y1, and to the logit of the earlier frame's share."""
    net = untrained()
    bias = net.get_submodule(FINEST).bias
    assert isinstance(bias, torch.nn.Parameter)
    bias.data[:20] = torch.tensor(values).repeat_interleave(4)  # the pixel shuffle makes one of four channels
    return net


def frames(height: int, width: int, count: int = 1) -> tuple[Tensor, Tensor]:
    """Soft blobs, and the same 3 px to the right and 2 px down, new ones coming in."""
    coarse = torch.rand(count, 3, height // 8 + 4, width // 8 + 4, generator=torch.Generator().manual_seed(11))
    big = F.interpolate(coarse, size=(height + 8, width + 8), mode="bicubic", align_corners=False).clamp(0, 1)
    return big[..., 4:-4, 4:-4].contiguous(), big[..., 2 : height + 2, 1 : width + 1].contiguous()


@pytest.mark.parametrize("t", [0.0, 0.1, 0.5, 0.83, 1.0])
@pytest.mark.parametrize("size", [(16, 16), (61, 97), (33, 200), (96, 64)])
def test_untrained_it_gives_the_motion_of_the_classic(size: tuple[int, int], t: float) -> None:
    before, after = frames(*size)
    found = model_of(untrained()).estimate(before, after, t).flow_form()
    expected = models.load_model("dis", device="cpu").estimate(before, after, t).flow_form()
    assert torch.equal(found.flow_t_to_0, expected.flow_t_to_0)
    assert torch.equal(found.flow_t_to_1, expected.flow_t_to_1)
    # A share of nothing, as at the ends and beyond the edge, is a thousandth.
    assert torch.allclose(found.weight_0, expected.weight_0.clamp(0.001, 0.999), atol=1e-6)


def test_what_the_network_finds_is_added_to_the_classics_motion() -> None:
    before, after = frames(61, 97)
    found = model_of(adding([1.5, -2.0, 0.25, 3.0, 0.7])).estimate(before, after, 0.25).flow_form()
    begun_with = models.load_model("dis", device="cpu").estimate(before, after, 0.25).flow_form()
    added = torch.cat([found.flow_t_to_0 - begun_with.flow_t_to_0, found.flow_t_to_1 - begun_with.flow_t_to_1], 1)
    assert torch.allclose(added, torch.tensor([1.5, -2.0, 0.25, 3.0]).view(1, 4, 1, 1), atol=1e-5)
    both_seen = (begun_with.weight_0 > 0.01) & (begun_with.weight_0 < 0.99)
    assert float(both_seen.float().mean()) > 0.8
    odds = [motion.weight_0[both_seen] / (1 - motion.weight_0[both_seen]) for motion in (found, begun_with)]
    assert torch.allclose(odds[0] / odds[1], torch.tensor(0.7).exp(), rtol=1e-3)


def test_every_block_has_a_say() -> None:
    before, after = frames(64, 96)
    whole = model_of(trained()).estimate(before, after).flow_form()
    for index in range(4):
        net = trained()
        torch.nn.init.zeros_(net.get_submodule(f"block{index}.lastconv.0").weight)
        silenced = model_of(net).estimate(before, after).flow_form()
        assert float((whole.flow_t_to_0 - silenced.flow_t_to_0).abs().max()) > 1e-3, index


def test_the_stated_size_is_that_of_the_network() -> None:
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in build().parameters()) == 4_673_492
    assert models.model_info("hybrid").parameters == 4_673_492


def test_the_stated_multiply_adds_are_those_that_run() -> None:
    model, counted = load(Weights(build().state_dict(), "", "none", "a test"), torch.device("cpu")), 0

    def count(layer: torch.nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal counted
        # A kernel is used once a pixel that comes out, that of a transposed convolution once a pixel that goes in.
        pixels = inputs[0] if isinstance(layer, torch.nn.ConvTranspose2d) else output
        counted += pixels[0, 0].numel() * layer.get_parameter("weight").numel()

    for layer in model.net.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
            layer.register_forward_hook(count)
    model.estimate(*frames(64, 96))
    assert round(counted / (64 * 96)) == model.info.multiply_adds == 48_665


def test_two_pairs_at_once_give_what_each_gives_alone() -> None:
    model, (before, after) = model_of(trained()), frames(61, 97, count=2)
    both = model.interpolate(before, after, 0.25)
    for n in range(2):
        alone = model.interpolate(before[n : n + 1], after[n : n + 1], 0.25)
        torch.testing.assert_close(both[n : n + 1], alone, atol=1e-5, rtol=0)


def test_the_classic_searches_once_for_all_times(monkeypatch: pytest.MonkeyPatch) -> None:
    searches, flows_between = [], classic.flows_between
    monkeypatch.setattr(classic, "flows_between", lambda *guides: searches.append(1) or flows_between(*guides))
    pair = model_of(untrained()).prepare(*frames(64, 96))
    for t in (0.25, 0.5, 0.75):
        pair.motion(t)
    assert len(searches) == 1


def test_hdr_payloads_are_moved_and_keep_their_range() -> None:
    motion = model_of(trained()).estimate(*frames(61, 97), 0.4)
    payloads = [torch.rand(1, 5, 61, 97, generator=torch.Generator().manual_seed(n)) * 3000.05 - 0.05 for n in (1, 2)]
    moved = motion.apply(*payloads)
    assert float(moved.min()) >= min(float(payload.min()) for payload in payloads)
    assert float(moved.max()) <= max(float(payload.max()) for payload in payloads)
    assert float(moved.max()) > 100.0
    grey = torch.full((1, 1, 61, 97), 0.18)
    torch.testing.assert_close(motion.apply(grey, grey), grey, rtol=1e-6, atol=0)


def test_a_time_outside_the_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="t must lie in"):
        model_of(untrained()).interpolate(*frames(64, 64), 1.5)


def test_compact_weights_survive_saving_and_loading(tmp_path: Path) -> None:
    made, path = model_of(trained()), tmp_path / "hybrid.safetensors"
    save_weights(path, "hybrid", Weights(made.net.state_dict(), "", "", "", WIDTH, "CC0-1.0", "noise"), None)
    loaded = models.load_model("hybrid", weights=path, device="cpu")
    pair = frames(64, 64)
    assert torch.equal(made.interpolate(*pair), loaded.interpolate(*pair))
    assert (loaded.info.licence, loaded.info.training_data) == ("CC0-1.0", "noise")
    assert loaded.info.weights_sha256 == read_container(path).sha256


def test_a_state_of_its_full_size_is_told_from_one_of_rife(tmp_path: Path) -> None:
    torch.save(build().state_dict(), tmp_path / "some.pth")
    name, match = recognise(read_container(tmp_path / "some.pth"), {"rife": rife.VARIANTS, "hybrid": VARIANTS})
    assert (name, match.variant.name) == ("hybrid", "")


def test_it_is_said_that_it_cannot_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "compact.safetensors"
    save_weights(path, "hybrid", Weights(untrained().state_dict(), "", "", "", WIDTH), None)
    assert main(["models", "export", "hybrid", "--weights", str(path), "--out", str(tmp_path / "x.pt")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "vfi models show hybrid says why" in said

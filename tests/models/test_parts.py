"""Parts of a frame, and frames taken band by band, come out as in the whole."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.dain.model import part_padding, published_padding
from vfi_plugin.models.part import Part
from vfi_plugin.models.phase.model import PhaseModel
from vfi_plugin.models.phasenet.checkpoint import build as build_phasenet
from vfi_plugin.models.phasenet.net import pyramid_of
from vfi_plugin.models.phasenet.whole import painted_plane
from vfi_plugin.models.resizing import Stretch
from vfi_plugin.models.rife import parts
from vfi_plugin.models.rife.net import build as build_rife
from vfi_plugin.models.rife.net import last
from vfi_plugin.models.sepconvpp.net import Statistics
from vfi_plugin.models.superslomo.net import pixel_flow
from vfi_plugin.models.whole_planes import MadeFrames


class Frames:
    """Guides in memory, as ``WholeFrames``."""

    def __init__(self, before: torch.Tensor, after: torch.Tensor) -> None:
        self.pair = before, after
        self.height, self.width = before.shape[2:]

    def crop(self, which: int, top: int, left: int, height: int, width: int) -> torch.Tensor:
        rows = torch.arange(top, top + height).clamp(0, self.height - 1)
        columns = torch.arange(left, left + width).clamp(0, self.width - 1)
        return self.pair[which][:, :, rows][..., columns]


def frames(height: int, width: int) -> Frames:
    torch.manual_seed(3)
    coarse = torch.rand(2, 3, height // 6 + 2, width // 6 + 2)
    smooth = F.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)
    return Frames(smooth[:1], 0.7 * smooth[:1].roll(2, 3) + 0.3 * smooth[1:])


@pytest.mark.parametrize(("top", "left"), [(0, 0), (64, 32), (96, 128)])
def test_a_part_is_stretched_as_the_whole_is(top: int, left: int) -> None:
    features = torch.rand(1, 2, 20, 28)  # a level of pixels 8 px wide
    whole = F.interpolate(features, scale_factor=2, mode="bilinear", align_corners=True)
    crop = features[..., top // 8 : top // 8 + 8, left // 8 : left // 8 + 12]
    made = Stretch(Part(top, left, 160, 224), 64, 96).doubled(crop)
    # A pixel at the part's edges would read beyond it.
    inner = (..., slice(1, -1), slice(1, -1))
    expected = whole[..., top // 4 : top // 4 + 16, left // 4 : left // 4 + 24]
    torch.testing.assert_close(made[inner], expected[inner], atol=1e-5, rtol=0)


def test_the_published_warp_of_super_slomo_knows_where_a_part_lies() -> None:
    flow = torch.randn(1, 2, 64, 96)
    part = pixel_flow(flow[..., 32:64, 32:96], Part(32, 32, 64, 96))
    torch.testing.assert_close(part, pixel_flow(flow)[..., 32:64, 32:96], atol=1e-5, rtol=0)


def test_statistics_of_bands_are_those_of_the_padded_frames() -> None:
    pair = frames(301, 55)
    padded = torch.cat([F.pad(frame, (0, 1, 0, 1), mode="replicate") for frame in pair.pair]).double()
    found = Statistics.of_frames(pair, 2)
    assert found.mean == pytest.approx(float(padded.mean()), abs=1e-7)
    assert found.deviation == pytest.approx(float(padded.std(correction=0)), abs=1e-7)


@pytest.mark.parametrize(("height", "width"), [(2160, 3840), (1080, 1998)])
def test_parts_for_dain_lie_on_the_multiples_of_its_padded_frame(height: int, width: int) -> None:
    whole = published_padding(height, width)
    for start in range(0, width, 192):
        side = min(320, width - start)
        padding = part_padding(Part(0, start, height, width), height, side)
        assert (padding.left + side + padding.right) % 64 == 0
        assert (whole.left + start - padding.left) % 64 == 0
        assert (padding.top, padding.bottom) == (whole.top, whole.bottom)
        if start == 0:
            assert padding.left == whole.left
        if start + side == width:
            assert padding.right == whole.right


@pytest.mark.parametrize("variant", ["4.6", "4.25"])
@pytest.mark.parametrize("most_read", [3.0, 0.0])  # as it is, and with every part cut up as far as can be
def test_rife_refines_a_part_of_what_it_finds_in_the_whole_frame(
    variant: str, most_read: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_INPUT_PX", 128)
    monkeypatch.setattr(parts, "_MOST_READ", most_read)
    torch.manual_seed(2)
    net, pair = build_rife(variant, 0.125).eval().requires_grad_(False), frames(200, 431)
    for block in range(len(net.layout.channels)):  # so that flows lead some pixels far, beyond the edges too
        net.block(block).lastconv[0].weight *= 3.0
    height = 200 + -200 % net.layout.size_multiple
    padded = [net.look(F.pad(frame, (0, 17, 0, height - 200))) for frame in pair.pair]
    whole = last(net.states(*padded, torch.full((1, 1, 1, 1), 0.5)))
    assert float(whole.flow.abs().max()) > 3.0
    coarse = parts.Coarse.of(net, pair, 0.5, 1.0, net.layout.size_multiple)
    made = coarse.refined((0, 64, height, 384))
    inner = (..., slice(128, -128))
    torch.testing.assert_close(made.flow[inner], whole.flow[..., 64:][inner], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(made.mask[inner], whole.mask[..., 64:][inner], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("t", [0.5, 0.3])
def test_phase_paints_a_frame_channel_by_channel_as_at_once(t: float) -> None:
    pair, model = frames(97, 131), PhaseModel(torch.device("cpu"))
    torch.testing.assert_close(model.paint_whole(pair, t), model.interpolate(*pair.pair, t), atol=1e-4, rtol=0)


@pytest.mark.parametrize("tile_px", [1, 24, 256])
@pytest.mark.parametrize("variant", ["faithful", "improved"])
def test_phasenet_in_tiles_is_phasenet(variant: str, tile_px: int) -> None:
    torch.manual_seed(4)
    net = build_phasenet(variant, 0.125).eval().requires_grad_(False)
    size = (17, 23) if tile_px == 1 else (97, 131)
    planes = torch.stack([frame[0, 0] for frame in frames(*size).pair])
    pyramid = pyramid_of(planes)
    made = painted_plane(net, pyramid, pyramid.spectrum(planes), tile_px)
    torch.testing.assert_close(made, net(planes[:1], planes[1:]).plane[0], atol=1e-4, rtol=0)


def test_a_frame_that_was_made_stands_in_for_one_of_a_pair() -> None:
    pair, made = frames(20, 30), torch.rand(1, 3, 20, 30)
    for takes_later, which in ((True, 0), (False, 1)):
        found = MadeFrames(pair, made, takes_later)
        torch.testing.assert_close(found.crop(which, -2, -1, 24, 35), Frames(made, made).crop(0, -2, -1, 24, 35))
        torch.testing.assert_close(found.crop(1 - which, 3, 4, 5, 6), pair.crop(1 - which, 3, 4, 5, 6))

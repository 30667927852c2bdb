"""Small things that move on their own: which they are, that the classic finds them, and that they pass in front."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

import vfi_plugin.models as models
from vfi_plugin.motion.both_ways import BothWays
from vfi_plugin.motion.small_things import small_things

SIZE = (96, 192)


def picture(x: float, background: torch.Tensor, radius: float = 2.0) -> torch.Tensor:
    """(1, 3, H, W): a white disc with its middle at (x, 48) over a background."""
    rows, columns = torch.meshgrid(torch.arange(SIZE[0]) - 48.0, torch.arange(SIZE[1]) - float(x), indexing="ij")
    disc = (radius + 0.5 - torch.hypot(rows, columns)).clamp(0, 1)
    return background * (1 - disc) + disc


def flow_of(x: float, motion: float, radius: float) -> torch.Tensor:
    """(1, 2, H, W): what is within ``radius`` of (x, 48) moves to the right, all else stands still."""
    rows, columns = torch.meshgrid(torch.arange(SIZE[0]) - 48.0, torch.arange(SIZE[1]) - float(x), indexing="ij")
    flow = torch.zeros(1, 2, *SIZE)
    flow[0, 0][torch.hypot(rows, columns) < radius] = motion
    return flow


BLACK = torch.full((1, 3, *SIZE), 0.06)
NOISE = 0.3 + 0.2 * torch.rand((1, 3, *SIZE), generator=torch.Generator().manual_seed(5))


def test_a_thing_that_moves_on_its_own_is_found_and_only_that() -> None:
    before, after = picture(60, NOISE), picture(80, NOISE)
    found = small_things(before, after, flow_of(60, 20.0, 4.0))
    assert found is not None
    assert torch.equal(found[0, 0] > 0, flow_of(60, 20.0, 4.0)[0, 0] > 0)


@pytest.mark.parametrize(
    "flow",
    [
        torch.full((1, 2, *SIZE), 7.0),  # all of it moves
        flow_of(60, 20.0, 40.0),  # too large to be a small thing
        flow_of(130, 20.0, 4.0),  # nothing is there that would need this motion
        flow_of(60, 1.5, 4.0),  # hardly another motion
    ],
)
def test_what_is_no_small_thing_is_not_taken_for_one(flow: torch.Tensor) -> None:
    assert small_things(picture(60, BLACK), picture(80, BLACK), flow) is None


@pytest.mark.parametrize("background", [BLACK, NOISE], ids=["black", "noise"])
@pytest.mark.parametrize("t", [0.1, 0.25, 0.5, 0.8])
def test_it_passes_in_front_of_what_lies_on_its_way_and_leaves_no_ghost(background: torch.Tensor, t: float) -> None:
    """Only where it is hidden in both frames at once is the background not known: nowhere here."""
    pair = picture(60, background), picture(80, background)
    motion = BothWays.between(pair, flow_of(60, 20.0, 4.0), flow_of(80, -20.0, 4.0)).motion(t)
    made, truth = motion.apply(*pair), picture(60 + 20 * t, background)
    assert (made - truth).abs().max() < 0.3  # samples of its edge between pixels, and its halo's of the background
    assert (made - truth).abs().mean() < 0.001
    light = [(frame - background).clamp(min=0).sum().item() for frame in (made, truth)]
    assert light[0] == pytest.approx(light[1], rel=0.1)


@pytest.mark.parametrize("background", [BLACK, NOISE], ids=["black", "noise"])
@pytest.mark.parametrize("motion", [20, -45])
def test_the_classic_finds_a_disc_of_4_px_wherever_it_goes(background: torch.Tensor, motion: int) -> None:
    pair = models.load_model("dis", device="cpu").prepare(picture(90, background), picture(90 + motion, background))
    there = pair.velocity(0.0)[0, :, 47:50, 89:92]
    back = pair.velocity(1.0)[0, :, 47:50, 89 + motion : 92 + motion]
    for found in (there, back):
        assert found[0].median().item() == pytest.approx(motion, abs=0.3)
        assert found[1].median().item() == pytest.approx(0, abs=0.3)


def test_what_is_gone_is_not_found_elsewhere() -> None:
    """The disc is in the first frame alone: nothing in the second is like it."""
    pair = models.load_model("dis", device="cpu").prepare(picture(90, BLACK), BLACK)
    assert pair.velocity(0.0).abs().max() < 5.0


BALL_SIZE = (200, 320)


def ball(x: float, y: float, panned: int = 0) -> torch.Tensor:
    """(1, 3, H, W): a ball of 60 px with marks on it before a texture that went ``panned`` px to the left."""
    generator = torch.Generator().manual_seed(11)
    grown = F.interpolate(torch.rand(1, 3, 26, 51, generator=generator), scale_factor=8, mode="bicubic")
    background = (0.15 + 0.3 * grown)[..., : BALL_SIZE[0], panned : panned + BALL_SIZE[1]]
    rows, columns = torch.meshgrid(torch.arange(BALL_SIZE[0]) - y, torch.arange(BALL_SIZE[1]) - x, indexing="ij")
    disc = (30.5 - torch.hypot(rows, columns)).clamp(0, 1)
    marks = 0.85 + 0.1 * torch.sin(rows / 4.0) * torch.cos(columns / 5.0)
    return background * (1 - disc) + disc * marks


@pytest.mark.parametrize("model", ["dis", "fused"])
@pytest.mark.parametrize(("right", "down"), [(120, 0), (-100, 40), (70, 80)])
def test_a_ball_that_flies_further_than_it_is_wide_is_there_and_leaves_no_ghost(
    model: str, right: int, down: int
) -> None:
    """What it uncovers is as filmed: both where it was and where it will be."""
    start = (160.0 - right / 2, 90.0 - down / 2)
    ends = ball(*start), ball(start[0] + right, start[1] + down)
    made = models.load_model(model, device="cpu").prepare(*ends).motion(0.5).apply(*ends)
    truth = ball(160.0, 90.0)
    off = (made - truth).abs().mean(1)
    assert off.mean() < 0.004
    assert (off > 0.1).float().mean() < 0.01  # its rim; a ghost would be 9 % of the frame


@pytest.mark.parametrize("model", ["dis", "fused"])
def test_what_a_ball_uncovers_in_a_pan_is_where_the_pan_has_it(model: str) -> None:
    ends = ball(100.0, 90.0), ball(220.0, 90.0, panned=24)
    made = models.load_model(model, device="cpu").prepare(*ends).motion(0.5).apply(*ends)
    off = (made - ball(160.0, 90.0, panned=12)).abs().mean(1)[..., 40:140, 88:-40]
    assert (off > 0.1).float().mean() < 0.01


def test_things_that_land_where_another_was_keep_their_motion() -> None:
    """A row of three discs of three colours, each of which is where the next one was."""
    still = torch.full((1, 3, 96, 320), 0.06)

    def row(shift: float) -> torch.Tensor:
        frame = still.clone()
        rows, columns = torch.meshgrid(torch.arange(96.0) - 48, torch.arange(320.0), indexing="ij")
        for at, colour in enumerate(((0.9, 0.2, 0.2), (0.2, 0.9, 0.2), (0.2, 0.2, 0.9))):
            disc = (12.5 - torch.hypot(rows, columns - 50 - 80 * at - shift)).clamp(0, 1)
            frame = frame * (1 - disc) + disc * torch.tensor(colour).view(1, 3, 1, 1)
        return frame

    pair = models.load_model("dis", device="cpu").prepare(row(0.0), row(80.0))
    assert pair.things is not None
    for at in range(3):
        found = pair.velocity(0.0)[0, :, 46:51, 48 + 80 * at : 53 + 80 * at]
        assert found[0].median().item() == pytest.approx(80, abs=0.5)


def test_where_two_alike_could_have_gone_neither_is_said_to() -> None:
    """Two discs, of which one goes out and the other moves between both places: either may be the one that is left."""
    before = torch.maximum(picture(40, BLACK, 12.0), picture(140, BLACK, 12.0))
    pair = models.load_model("dis", device="cpu").prepare(before, picture(90, BLACK, 12.0))
    assert pair.things is None


def test_a_ball_that_is_gone_in_the_other_frame_is_not_made_up() -> None:
    """It is in the first frame alone: nothing flies anywhere."""
    away = ball(-100.0, 90.0)
    pair = models.load_model("dis", device="cpu").prepare(ball(120.0, 90.0), away)
    assert pair.things is None

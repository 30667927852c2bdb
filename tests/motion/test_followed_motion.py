"""What somebody finds between frames that have met: where it is asked for, and what it cannot touch."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.followed import FollowedMotion, Met
from vfi_plugin.motion.motion import Motion

Tensor = torch.Tensor

SIZE = (24, 31)


class Constant(Motion):
    """Makes 7 of everything, and keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[Tensor] = []

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        self.given = [payload_0, payload_1]
        return torch.full_like(payload_0, 7.0)

    def flow_form(self) -> FlowMotion:
        raise AssertionError("nothing is picked by it")


def flows(weight: float | Tensor = 0.5, seed: int = 1) -> FlowMotion:
    generator = torch.Generator().manual_seed(seed)
    first, second = (3.0 * torch.randn(1, 2, *SIZE, generator=generator) for _ in range(2))
    return FlowMotion(first, second, torch.ones(1, 1, *SIZE) * weight, taps="cubic")


def payloads(scale: float = 500.0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(4)
    first, second = (scale * torch.rand(1, 4, *SIZE, generator=generator) for _ in range(2))
    return first, second


def test_without_doubt_the_flows_alone_make_the_frame() -> None:
    then, sure = Constant(), flows()
    made = FollowedMotion(sure, then, torch.zeros(1, 1, *SIZE), 0.5).apply(*payloads())
    assert torch.equal(made, sure.apply(*payloads()))
    assert not then.given


def test_doubt_says_how_much_of_what_was_found_there_is() -> None:
    doubt = torch.linspace(0.0, 1.0, SIZE[1]).expand(1, 1, *SIZE)
    made = FollowedMotion(flows(), Constant(), doubt, 0.5).apply(*payloads())
    expected = flows().apply(*payloads()) * (1.0 - doubt) + 7.0 * doubt
    torch.testing.assert_close(made, expected)
    assert torch.equal(made[..., 0], flows().apply(*payloads())[..., 0])
    assert bool((made[..., -1] == 7.0).all())


def test_who_is_asked_sees_both_payloads_where_they_meet() -> None:
    then, by = Constant(), flows()
    FollowedMotion(by, then, torch.ones(1, 1, *SIZE), 0.5).apply(*payloads())
    for given, moved in zip(then.given, by.moved(*payloads()), strict=True):
        assert torch.equal(given, moved)


@pytest.mark.parametrize("t", [0.25, 0.5, 0.8])
def test_what_one_frame_hides_is_shown_by_both(t: float) -> None:
    """The left half is in the earlier frame alone, the middle in both, the right in the later alone."""
    weight = torch.full((1, 1, *SIZE), 1.0 - t)
    weight[..., :10], weight[..., 20:] = 1.0, 0.0
    by = flows(weight)
    guides = torch.rand(1, 3, *SIZE), torch.rand(1, 3, *SIZE)
    met, moved = Met.of(by, guides, t), by.moved(*guides)
    for which, frame in enumerate(met.frames):
        assert torch.equal(frame[..., :10], moved[0][..., :10])
        torch.testing.assert_close(frame[..., 10:20], moved[which][..., 10:20])
        assert torch.equal(frame[..., 20:], moved[1][..., 20:])


def test_doubt_is_where_both_frames_tell_apart_and_neither_is_certain() -> None:
    weight = torch.full((1, 1, *SIZE), 0.5)
    weight[..., 20:] = 0.0
    by = replace(flows(weight), flow_t_to_0=torch.zeros(1, 2, *SIZE), flow_t_to_1=torch.zeros(1, 2, *SIZE))
    generator = torch.Generator().manual_seed(2)
    first, other = (torch.rand(1, 3, *SIZE, generator=generator) for _ in range(2))
    second = first.clone()
    second[..., 10:] = other[..., 10:]
    met = Met.of(by, (first, second), 0.5)
    assert bool((met.doubt[..., :7] == 0.0).all())  # they agree; what is told apart begins two pixels before 10
    assert bool((met.doubt[..., 15:20] == 1.0).all())
    assert bool((met.doubt[..., 20:] == 0.0).all())  # they do not, but it is certain which one shows it


@pytest.mark.parametrize(("gain", "offset"), [(0.6, 0.0), (1.0, 0.2), (0.5, 0.3)])
def test_light_that_changes_is_no_doubt(gain: float, offset: float) -> None:
    still = FlowMotion.still(torch.zeros(1, 1, *SIZE), 0.5)
    first = 0.2 + 0.5 * torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(2))
    assert not bool(Met.of(still, (first, gain * first + offset), 0.5).doubt.any())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_does_not_spread_where_nobody_is_asked(bad: float) -> None:
    still = FlowMotion.still(torch.zeros(1, 1, *SIZE), 0.5)
    hides = torch.zeros(1, 1, *SIZE)
    hides[..., :16] = 1.0
    first, second = payloads()
    second[..., 3, 3] = bad  # under what the earlier frame alone shows
    doubt = torch.zeros(1, 1, *SIZE)
    doubt[..., 24:] = 1.0
    made = FollowedMotion(replace(still, weight_0=hides), Constant(), doubt, 0.5).apply(first, second)
    assert bool(made.isfinite().all())


def test_payloads_that_are_wider_than_what_was_seen_repeat_its_edge() -> None:
    wide, (height, width) = flows(), (20, 25)
    doubt = torch.ones(1, 1, height, width)
    made = FollowedMotion(wide, Constant(), doubt, 0.5).apply(*payloads())
    assert made.shape[2:] == SIZE
    part = FollowedMotion(wide, Constant(), torch.zeros_like(doubt), 0.5).apply(*payloads())
    assert torch.equal(part[..., :height, :width], wide.apply(*payloads())[..., :height, :width])


def test_ids_go_by_the_flows() -> None:
    by = flows()
    assert FollowedMotion(by, Constant(), torch.ones(1, 1, *SIZE), 0.5).flow_form() is by

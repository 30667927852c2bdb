"""Critics and what they and their opponents lower."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from vfi_plugin.train.critic import FiganCritic, StackCritic
from vfi_plugin.train.losses import absolute, being_found_out, not_passing, squared, telling_apart


def test_figans_critic_has_eight_blocks_that_halve_in_turns() -> None:
    critic = FiganCritic()
    convs = [layer for layer in critic.blocks if isinstance(layer, nn.Conv2d)]
    assert [conv.out_channels for conv in convs] == [32, 32, 64, 64, 128, 128, 256, 256]
    assert [conv.stride[0] for conv in convs] == [2, 1] * 4
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in critic.blocks) == 7
    assert not isinstance(critic.blocks[1], nn.BatchNorm2d)
    assert critic(torch.rand(2, 3, 50, 70)).shape == (2,)


def test_a_critic_of_clips_sees_all_their_frames_in_order() -> None:
    critic, clips = StackCritic(5, 0.125).eval(), torch.rand(2, 5, 3, 64, 48)
    convs = [layer for layer in StackCritic(5).blocks if isinstance(layer, nn.Conv2d)]
    assert [(conv.in_channels, conv.out_channels) for conv in convs] == [(15, 64), (64, 128), (128, 256), (256, 512)]
    assert critic(clips).shape == (2, 1, 4, 3)
    assert not torch.equal(critic(clips), critic(clips.flip(1)))


@pytest.mark.parametrize("kind", ["frames", "clips"])
def test_a_critic_learns_to_tell_stripes_from_squares(kind: str) -> None:
    torch.manual_seed(1)
    shape = (8, 3, 32, 32) if kind == "frames" else (8, 3, 3, 32, 32)
    critic: nn.Module = FiganCritic(0.25) if kind == "frames" else StackCritic(3, 0.0625)
    place = torch.arange(32) // 4 % 2
    stripes, squares = place.float().expand(32, 32), (place[:, None] ^ place[None]).float()
    optimiser = torch.optim.Adam(critic.parameters(), 1e-2)
    losses = []
    for _ in range(50):
        noise = 0.2 * torch.rand(2, *shape)
        loss = telling_apart(critic(stripes + noise[0]), critic(squares + noise[1]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[0] > 1.0  # 2 log 2 knows nothing
    assert losses[-1] < 0.3


def test_losses_are_those_of_their_formulas() -> None:
    true, made = torch.tensor([1.5, -0.5]), torch.tensor([0.3, -2.0])
    sigmoid = [[1 / (1 + math.exp(-value)) for value in logits.tolist()] for logits in (true, made)]
    told = -sum(map(math.log, sigmoid[0])) / 2 - sum(math.log(1 - value) for value in sigmoid[1]) / 2
    assert float(telling_apart(true, made)) == pytest.approx(told, rel=1e-6)
    found_out = sum(math.log(1 - value) for value in sigmoid[1]) / 2
    assert float(being_found_out(made)) == pytest.approx(found_out, rel=1e-6)
    assert float(not_passing(made)) == pytest.approx(-sum(map(math.log, sigmoid[1])) / 2, rel=1e-6)
    assert float(absolute(true, made)) == pytest.approx((1.2 + 1.5) / 2)
    assert float(squared(true, made)) == pytest.approx((1.2**2 + 1.5**2) / 2)


@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_losses_are_finite_however_sure_the_critic_is(logit: float) -> None:
    for loss in (being_found_out, not_passing, lambda made: telling_apart(made, made)):
        logits = torch.full((3,), logit, requires_grad=True)
        value = loss(logits)
        value.backward()
        assert math.isfinite(float(value.detach()))
        assert logits.grad is not None
        assert torch.isfinite(logits.grad).all()

"""What AdaConv is trained on: the published loss, and that a few steps of it teach a narrow network to move things."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.models.adaconv.net import AdaConvNet
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.objectives.adaconv import AdaConvObjective

Tensor = torch.Tensor


def fixed_net(*taps: tuple[int, int, int]) -> AdaConvNet:
    """A network that shows the same mean of pixels everywhere: (frame, x, y) of each."""
    net = AdaConvNet(0.01)
    net.head.weight.data.zero_()
    logits = net.head.bias.data.fill_(-1e4).view(2, 41, 41)
    for frame, x, y in taps:
        logits[frame, 20 + y, 20 + x] = 0.0
    return net


def batch_of(before: Tensor, between: Tensor, after: Tensor) -> Batch:
    return Batch(before, after, between[:, None], torch.full((before.shape[0], 1), 0.5))


def moving(count: int, seed: int, size: int = 85) -> Batch:
    """Smooth textures, of which every other one moves another way."""
    made = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 30, 30, generator=made)
    worlds = torch.nn.functional.interpolate(coarse, scale_factor=4, mode="bilinear")
    ways = [((4, -3), (-5, 2))[item % 2] for item in range(count)]
    frames = [
        torch.stack(
            [
                world[:, 12 + n * y : 12 + n * y + size, 12 + n * x : 12 + n * x + size]
                for world, (x, y) in zip(worlds, ways, strict=True)
            ]
        )
        for n in range(3)
    ]
    return batch_of(*frames)


def told(objective: AdaConvObjective, batch: Batch) -> dict[str, float]:
    with torch.no_grad():
        return {name: float(loss) for name, loss in objective.losses(batch).items()}


def test_kernels_that_move_right_have_no_loss_and_others_have() -> None:
    world = torch.rand(2, 3, 100, 110)
    before, between, after = (world[..., 5 - 2 * n : 95 - 2 * n, 4 + 3 * n : 100 + 3 * n] for n in range(3))
    right = AdaConvObjective(fixed_net((0, 3, -2), (1, -3, 2)))
    assert all(loss < 1e-6 for loss in told(right, batch_of(before, between, after)).values())
    wrong = AdaConvObjective(fixed_net((0, 0, 0)))
    assert all(loss > 0.3 for loss in told(wrong, batch_of(before, between, after)).values())


def test_a_frame_too_bright_costs_its_colour_alone() -> None:
    frame = torch.rand(1, 3, 90, 90)
    losses = told(AdaConvObjective(fixed_net((1, 0, 0))), batch_of(frame, frame, frame + 0.25))
    assert losses["colour"] == pytest.approx(0.75, abs=1e-5)
    assert losses["gradient"] == pytest.approx(0.0, abs=1e-5)


def test_the_gradient_loss_sums_the_differences_to_eight_neighbours() -> None:
    flat = torch.full((1, 3, 85, 85), 0.5)
    dotted = flat.clone()
    dotted[..., 42, 42] = 1.0  # inside the middle square of 8 x 8
    losses = told(AdaConvObjective(fixed_net((0, 0, 0))).eval(), batch_of(flat, dotted, flat))
    # Three channels: the dot differs by 0.5 from eight neighbours, and each of them from the dot.
    assert losses["colour"] == pytest.approx(3 * 0.5 / 64)
    assert losses["gradient"] == pytest.approx(3 * (8 + 8) * 0.5 / 64)


def test_the_square_lies_at_random_in_training_and_in_the_middle_otherwise() -> None:
    objective = AdaConvObjective(fixed_net((0, 0, 0)))
    before = torch.rand(1, 3, 100, 120)
    batch = batch_of(before, torch.rand(1, 3, 100, 120), before)
    torch.manual_seed(0)
    drawn = [told(objective, batch)["colour"] for _ in range(4)]
    assert len(set(drawn)) > 1
    torch.manual_seed(0)
    assert drawn == [told(objective, batch)["colour"] for _ in range(4)]
    objective.eval()
    assert len({told(objective, batch)["colour"] for _ in range(4)}) == 1


def test_frames_smaller_than_a_window_are_refused() -> None:
    frame = torch.rand(1, 3, 85, 84)
    with pytest.raises(ValueError, match="got frames of 84x85 px; a square of 8 px needs 85 on each side"):
        AdaConvObjective(fixed_net((0, 0, 0))).losses(batch_of(frame, frame, frame))


def test_forty_steps_teach_a_narrow_network_which_way_textures_move() -> None:
    """Each step sees new textures, and one kernel for both ways would not do."""
    torch.manual_seed(0)
    objective = AdaConvObjective(AdaConvNet(0.1)).train()
    optimiser = torch.optim.Adamax(objective.net.parameters(), lr=0.01)
    losses = []
    for step in range(40):
        loss = torch.stack(list(objective.losses(moving(2, seed=step)).values())).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-8:]) < 0.25 * sum(losses[:8])

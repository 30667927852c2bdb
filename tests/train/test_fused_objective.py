"""What the fused classics are trained to lower, and that lowering it makes better frames."""

from __future__ import annotations

import torch

from vfi_plugin.evaluate.metrics import psnr
from vfi_plugin.models.fused.model import Mixer
from vfi_plugin.models.fused.net import FusedNet
from vfi_plugin.train.losses import laplacian
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.objectives.fused import FusedObjective, mixed, start_even
from vfi_plugin.train.shapes import MovingShapes
from vfi_plugin.train.shapes_source import ShapesSource

EDGE_PX = 16


def batch(step: int = 0, size: int = 2) -> Batch:
    return ShapesSource(MovingShapes(3, 1, 96), size, torch.device("cpu")).batch(step)


def objective(width: float = 0.25) -> FusedObjective:
    torch.manual_seed(0)
    net = FusedNet(width)
    start_even(net)
    return FusedObjective(net)


def test_the_error_is_that_of_psnr_inside_the_edges() -> None:
    shown, asked = batch(), objective()
    sources = asked.sources(shown, asked.searched(shown), shown.times[:, 0].view(-1, 1, 1, 1))
    made = mixed(sources, Mixer(asked.net).asked(sources)).detach()
    inner = (..., slice(EDGE_PX, -EDGE_PX), slice(EDGE_PX, -EDGE_PX))
    decibels = [
        psnr(one.numpy(), true.numpy()) for one, true in zip(made[inner], shown.between[:, 0][inner], strict=True)
    ]
    lost = float(asked.losses(shown)["error"].detach())
    assert abs(-10.0 / 2.302585 * lost - sum(decibels) / len(decibels)) < 0.01
    pyramid = [
        float(laplacian(one[None], true[None]).log())
        for one, true in zip(made[inner], shown.between[:, 0][inner], strict=True)
    ]
    assert abs(float(asked.losses(shown)["pyramid"].detach()) - 0.5 * sum(pyramid) / len(pyramid)) < 1e-3


def test_one_batch_is_learnt_by_heart() -> None:
    shown, asked = batch(), objective()
    optimiser = torch.optim.AdamW(asked.net.parameters(), lr=3e-3)
    lost = []
    for _ in range(25):
        total = torch.stack(list(asked.losses(shown).values())).sum()
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        lost.append(float(total.detach()))
    assert lost[-1] < lost[0] - 0.05

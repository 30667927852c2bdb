"""A training so small that it takes no time: what it lowers, what it is fed with, and itself by several processes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from vfi_plugin.train.losses import squared, telling_apart
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.processes import joined
from vfi_plugin.train.settings import Optimiser, TrainingSettings
from vfi_plugin.train.trainer import Trainer

Tensor = torch.Tensor

SETTINGS = TrainingSettings(
    1e-2, optimiser=Optimiser("adamw", (0.9, 0.99), 0.01), warm_up_steps=3, clip=0.5, average_decay=0.9
)


class Mixer(nn.Module):
    """A convolution over both frames, with batch statistics where they are wanted, and noise."""

    def __init__(self, noise: float, normalised: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(6, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3) if normalised else nn.Identity()
        self.noise = noise

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        made: Tensor = self.norm(self.conv(torch.cat([before, after], 1)))
        return made + self.noise * torch.randn_like(made)


class Judge(nn.Module):
    """A critic of one convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 3)

    def forward(self, frames: Tensor) -> Tensor:
        logits: Tensor = self.conv(frames)
        return logits


class ToyObjective(Objective):
    """Frames are to be like the true middle and, with a critic, to pass for it."""

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        made = self.net(batch.before, batch.after)
        terms = {"image": squared(made, batch.middle())}
        if self.critic is not None:
            terms["adversarial"] = -0.01 * self.critic(made).mean()
        return terms

    def critic_loss(self, batch: Batch) -> Tensor:
        assert self.critic is not None
        with torch.no_grad():
            made = self.net(batch.before, batch.after)
        return telling_apart(self.critic(batch.middle()), self.critic(made))


def toy(*, critic: bool = False, noise: float = 0.0, normalised: bool = False) -> ToyObjective:
    """The same weights at each call."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return ToyObjective(Mixer(noise, normalised), Judge() if critic else None)


class ToySource:
    """Batches of noise; ``joined`` of them at a time make one."""

    def __init__(self, size: int = 2, joined: int = 1) -> None:
        self._size, self._joined = size, joined

    def batch(self, step: int) -> Batch:
        parts = [self._part(step * self._joined + number) for number in range(self._joined)]
        frames = torch.cat(parts, 1)
        return Batch(frames[0], frames[2], frames[1][:, None], torch.full((frames.shape[1], 1), 0.5))

    def _part(self, number: int) -> Tensor:
        generator = torch.Generator().manual_seed(1000 + number)
        ends = torch.rand(2, self._size, 3, 16, 16, generator=generator)
        return torch.stack([ends[0], ends.mean(0), ends[1]])


def trained(trainer: Trainer, steps: int, of: int = 20) -> Trainer:
    """Does some steps of a plan."""
    for _ in range(steps):
        trainer.advance(trainer.step / of)
    return trainer


def main() -> None:
    """Run by torchrun: each process writes its weights into the folder that is named."""
    torch.set_num_threads(1)
    with joined("cpu") as processes:
        trainer = trained(Trainer(toy(critic=True), ToySource(), SETTINGS, processes), 4)
        state = {name: tensor.detach().clone() for name, tensor in trainer.state().tensors.items()}
        torch.save(state, Path(sys.argv[1]) / f"{processes.rank}.pt")


if __name__ == "__main__":
    main()

"""The folder of a training: what lies there under which name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.train.checkpoint import Checkpoint, has_checkpoint, read_checkpoint, write_checkpoint
from vfi_plugin.train.curves import Curves
from vfi_plugin.train.export import Origin, export_weights
from vfi_plugin.train.pictures import write_curves, write_frames
from vfi_plugin.train.trainer import State
from vfi_plugin.train.validation import Scores

CURVES, CURVES_PICTURE = "curves.csv", "curves.png"
FRAMES_PICTURE = "validation.png"
EARLIER_PICTURES = "pictures"


@dataclass(frozen=True)
class RunFolder:
    """Where a training keeps itself and what it makes.

    ::

        checkpoint.json, state-*.safetensors   to go on from
        <network>.safetensors                  weights to use: the best by validation, or the newest where there is none
        curves.csv, curves.png                 the course of the training
        validation.png                         frames of the newest validation, always under one name for a viewer
        pictures/<step>.png                    those of every validation

    Attributes:
        path: of the folder.
        origin: what the weights are of.
        half: whether weights to use are stored as float16.
    """

    path: Path
    origin: Origin
    half: bool = False

    @property
    def weights(self) -> Path:
        """The file of weights to use."""
        return self.path / f"{self.origin.network}.safetensors"

    def begin(self) -> None:
        """Makes the folder where it is not there.

        Raises:
            WriteError: it cannot be made.
        """
        try:
            (self.path / EARLIER_PICTURES).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(f"{self.path} cannot be made: {error.strerror or error}") from None

    def save(self, state: State, record: Mapping[str, Any]) -> None:
        """Writes the checkpoint."""
        write_checkpoint(self.path, Checkpoint(state, record))

    def export(self, state: Mapping[str, torch.Tensor]) -> None:
        """Writes weights to use."""
        export_weights(self.weights, state, self.origin, half=self.half)

    def curves(self, after_step: int) -> Curves:
        """The table, without what lies after a step."""
        return Curves(self.path / CURVES, after_step)

    def draw(self, curves: Curves) -> None:
        """Draws the curves. Raises ImportError where OpenCV is missing, like the next."""
        write_curves(self.path / CURVES_PICTURE, curves)

    def show(self, step: int, scores: Scores) -> None:
        """Writes the frames of a validation."""
        title = f"step {step}, {scores.network:.2f} dB"
        write_frames(self.path / EARLIER_PICTURES / f"{step:08d}.png", scores.shown, title)
        write_frames(self.path / FRAMES_PICTURE, scores.shown, title)


def checkpoint_of(folder: Path, *, resume: bool) -> Checkpoint | None:
    """What a training in a folder goes on from; None where it begins.

    Raises:
        UsageError: there is a training already, and it is not to go on.
        WeightsError: there is none to go on from, or it is damaged.
    """
    if resume:
        return read_checkpoint(folder)
    if has_checkpoint(folder):
        raise UsageError(f"{folder} has a training already; go on with --resume, or give --out another folder")
    return None

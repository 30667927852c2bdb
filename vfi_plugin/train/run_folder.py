"""The folder of a training: what lies there under which name."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.train.checkpoint import PART_BYTES, Checkpoint, has_checkpoint, read_checkpoint, write_checkpoint
from vfi_plugin.train.curves import Curves
from vfi_plugin.train.export import Origin, export_weights, narrowed
from vfi_plugin.train.pictures import write_curves, write_frames
from vfi_plugin.train.trainer import State, weights_alone
from vfi_plugin.train.validation import Scores

CURVES, CURVES_PICTURE = "curves.csv", "curves.png"
FRAMES_PICTURE = "validation.png"
EARLIER_PICTURES = "pictures"

BEST_IN_PARTS = "best"
"""Where the best weights lie if they are too large for one file and no file may be large."""

_HEADER_BYTES = 200_000
"""Room in a file of weights for its header, which names some hundred tensors."""


@dataclass(frozen=True)
class RunFolder:
    """Where a training keeps itself and what it makes.

    ::

        checkpoint.json, state-*.safetensors   to go on from
        <network>.safetensors                  weights to use: the best by validation, or the newest where there is none
        curves.csv, curves.png                 the course of the training
        validation.png                         frames of the newest validation, always under one name for a viewer
        pictures/<step>.png                    those of every validation

    With ``few_files``, for ways back that take few and small ones, there are no ``pictures/`` and no ``curves.png``.
    Weights above 16 MB lie in parts; without validation nowhere, as the checkpoint has the newest::

        best/checkpoint.json, best/state-*     the best by validation

    Attributes:
        path: of the folder.
        origin: what the weights are of.
        half: whether weights to use are stored as float16, light checkpoints too.
        few_files: as above.
    """

    path: Path
    origin: Origin
    half: bool = False
    few_files: bool = False

    @property
    def weights(self) -> Path:
        """The file of weights to use."""
        return self.path / f"{self.origin.network}.safetensors"

    @property
    def has_weights(self) -> bool:
        """Whether there are weights to use."""
        return self.weights.is_file() or has_checkpoint(self.path / BEST_IN_PARTS)

    def begin(self) -> None:
        """Makes the folder where it is not there.

        Raises:
            WriteError: it cannot be made.
        """
        try:
            (self.path if self.few_files else self.path / EARLIER_PICTURES).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(f"{self.path} cannot be made: {error.strerror or error}") from None

    def save(self, state: State, record: Mapping[str, Any]) -> None:
        """Writes the checkpoint."""
        if self.half and state.values.get("light"):
            state = replace(state, tensors=narrowed(state.tensors))
        write_checkpoint(self.path, Checkpoint(state, record))

    def export(self, state: Mapping[str, torch.Tensor], step: int, *, newest: bool = False) -> None:
        """Writes weights to use, in the place of those before.

        Args:
            state: by the network's own names.
            step: that they are of.
            newest: whether they are only that, and not the best: then the checkpoint has them too.
        """
        best = self.path / BEST_IN_PARTS
        if not self.few_files or _stored_bytes(state, half=self.half) <= PART_BYTES - _HEADER_BYTES:
            export_weights(self.weights, state, self.origin, half=self.half)
            shutil.rmtree(best, ignore_errors=True)
            return
        if newest:
            shutil.rmtree(best, ignore_errors=True)
        else:
            best.mkdir(exist_ok=True)
            kept = narrowed(state) if self.half else state
            write_checkpoint(best, Checkpoint(weights_alone(step, kept), {}))
        self.weights.unlink(missing_ok=True)

    def curves(self, after_step: int) -> Curves:
        """The table, without what lies after a step."""
        return Curves(self.path / CURVES, after_step)

    def draw(self, curves: Curves) -> None:
        """Draws the curves. Raises ImportError where OpenCV is missing, like the next."""
        if self.few_files:
            return
        write_curves(self.path / CURVES_PICTURE, curves)

    def show(self, step: int, scores: Scores) -> None:
        """Writes the frames of a validation."""
        title = f"step {step}, {scores.network:.2f} dB"
        if not self.few_files:
            write_frames(self.path / EARLIER_PICTURES / f"{step:08d}.png", scores.shown, title)
        write_frames(self.path / FRAMES_PICTURE, scores.shown, title)


def _stored_bytes(state: Mapping[str, torch.Tensor], *, half: bool) -> int:
    sizes = {
        name: 2 if half and tensor.is_floating_point() else tensor.element_size() for name, tensor in state.items()
    }
    return sum(tensor.numel() * sizes[name] for name, tensor in state.items())


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

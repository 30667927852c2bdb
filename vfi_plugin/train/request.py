"""What is wanted of a training, and what of it a training that goes on keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from vfi_plugin.errors import UsageError

_OF_ONE_RUN = (
    *("name", "out", "resume", "device", "pause_minutes", "begin_with"),
    *("within_minutes", "save_seconds", "light", "few_files"),
)
"""What is not kept with a checkpoint: a run that goes on may be on another machine, and another folder."""

_FIXED = ("variant", "width", "critic", "follow")
"""What makes the state what it is."""


@dataclass(frozen=True)
class TrainingRequest:
    """A training that somebody asks for. None leaves a choice to the checkpoint that is gone on from, or else to the
    recipe of the network.

    Attributes:
        name: of the network.
        out: the folder where everything is kept.
        resume: whether to go on with the training that lies there.
        data: paths, or "shapes".
        synthetic: the share of pairs that are made up, 0 to 1.
        bank: a file that decoded clips are kept in, for the next time.
        windows, memory_gb: how many crops of clips are kept at most, and in how much memory.
        frame_step: 10 for every tenth frame of clips, where their rate is that high.
        validate: paths to measure on, not among those of ``data``.
        steps, minutes: how long it takes in all, over all of its runs.
        pause_minutes: after which this run ends, for another to go on.
        within_minutes: the same, but of all that it takes: data, training, and the validation at its end.
        save_seconds: from checkpoint to checkpoint.
        light: whether checkpoints hold the averaged weights alone: a quarter of the size, from which a run goes on with
            fresh moments. Each run has its choice, and goes on from either kind.
        few_files: whether pictures of earlier validations and of curves are left out, and no file is above 16 MB.
        variant, width: of the network.
        batch, crop: pairs in a step of each process, and the side of their frames, px.
        learning_rate, critic_learning_rate, precision, seed, clip, average_decay, warm_up_steps: as in
            ``TrainingSettings``.
        follow: whether pairs are shown where the fast classic makes them meet; a retime then shows frames so, too.
        critic: whether to train against a critic, where the network's paper has one.
        vgg19: a file of VGG-19's weights for perceptual losses; None for the stand-in without weights.
        begin_with: a file of weights to begin with, instead of random ones.
        device: "auto", "cpu", "cuda" or "cuda:N".
        validate_every, report_every: steps.
        half: whether the weights to use are stored as float16.
        licence, training_data: what is written into the weights to use.
    """

    name: str
    out: Path
    resume: bool = False
    data: tuple[str, ...] | None = None
    synthetic: float | None = None
    bank: Path | str | None = None
    windows: int | None = None
    memory_gb: float | None = None
    frame_step: int | None = None
    validate: tuple[str, ...] | None = None
    steps: int | None = None
    minutes: float | None = None
    pause_minutes: float | None = None
    within_minutes: float | None = None
    save_seconds: float | None = None
    light: bool | None = None
    few_files: bool | None = None
    variant: str | None = None
    width: float | None = None
    batch: int | None = None
    crop: int | None = None
    learning_rate: float | None = None
    critic_learning_rate: float | None = None
    precision: str | None = None
    seed: int | None = None
    clip: float | None = None
    average_decay: float | None = None
    warm_up_steps: int | None = None
    follow: bool | None = None
    critic: bool | None = None
    vgg19: str | None = None
    begin_with: Path | None = None
    device: str = "auto"
    validate_every: int | None = None
    report_every: int | None = None
    half: bool | None = None
    licence: str | None = None
    training_data: str | None = None

    def kept(self) -> dict[str, Any]:
        """What goes with a checkpoint, fit for JSON."""
        given = {name: value for name, value in asdict(self).items() if name not in _OF_ONE_RUN and value is not None}
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
        return {name: str(value) if isinstance(value, Path) else value for name, value in lists.items()}

    def going_on(self, kept: Mapping[str, Any]) -> TrainingRequest:
        """This request with what it leaves open taken from the training that it goes on with.

        Steps and minutes are one choice: who gives one of them gives a new plan.

        Raises:
            UsageError: it wants another network than the state is of.
        """
        known = {field.name for field in fields(self)} - set(_OF_ONE_RUN)
        old = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in known
        }
        if self.begin_with is not None:
            raise UsageError(
                "got weights to begin with for a training that goes on; leave --begin-with or --resume out"
            )
        for name in _FIXED:
            new, began = getattr(self, name), old.get(name)
            if isinstance(new, bool):  # what may be said or left out is off where it was not said
                began = bool(began)
            if new is not None and began is not None and new != began:
                raise UsageError(
                    f"got {name} {new} for a training that began with {began}; leave it out, or give another --out"
                )
        if self.steps is not None or self.minutes is not None:
            old |= {"steps": None, "minutes": None}
        taken: dict[str, Any] = {name: value for name, value in old.items() if getattr(self, name) is None}
        return replace(self, **taken)

"""What a run over a timeline is asked for, checked once, here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vfi_plugin.errors import UsageError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.timing.exact import Number


@dataclass(frozen=True)
class TimelineOptions:
    """How to make media for a timeline's retimed clips.

    Attributes:
        out: the timeline to write.
        media: the folder for new media; None for one beside ``out``, named after it.
        edl: an EDL to write as well; None for none.
        sources: where to look, by file name, for media that are not where the timeline says; None for nowhere.
        fps: the timeline's rate, where it does not say it, or says it wrongly.
        handles: frames of new media before and after each clip; transitions get theirs anyway.
        drop_frame: whether timecode in the EDL counts drop-frame.
        how: attributes of `RetimeOptions` that hold for every clip, such as ``model`` and ``device``.
    """

    out: Path
    media: Path | None = None
    edl: Path | None = None
    sources: Path | None = None
    fps: Number | None = None
    handles: int = 0
    drop_frame: bool = False
    how: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_names(self.out, self.edl, drop_frame=self.drop_frame)
        if self.handles < 0:
            raise UsageError(f"{self.handles} frames of handles are not possible; give 0 or more")
        RetimeOptions(speed=1, **self.how)  # what is wrong for one clip is wrong for all, and known now

    @property
    def media_folder(self) -> Path:
        """The one folder for all new media."""
        return (self.media or self.out.with_name(f"{self.out.stem}_media")).absolute()

    @property
    def overwrite(self) -> bool:
        """Whether what is there already is made again."""
        return bool(self.how.get("overwrite", False))


def check_names(out: Path, edl: Path | None, *, drop_frame: bool) -> None:
    """Whether the timeline and the EDL can be written under these names. Raises UsageError."""
    if out.suffix.lower() != ".otio":
        raise UsageError(f"cannot write {out.name}: a timeline is written as .otio")
    if edl is not None and edl.suffix.lower() != ".edl":
        raise UsageError(f"cannot write {edl.name}: an EDL is written as .edl")
    if drop_frame and edl is None:
        raise UsageError("drop-frame timecode goes with an EDL, which was not asked for; give --edl as well")

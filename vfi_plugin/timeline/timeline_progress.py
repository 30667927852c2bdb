"""The progress of many clips as that of one run."""

from __future__ import annotations

from vfi_plugin.render.progress import Progress


class TimelineProgress:
    """Listens to the work on one clip after the other and tells the share of all their frames.

    Frames that were there already count as done, so that the last frame of the last clip is 100 %.
    """

    def __init__(self, listener: Progress, total: int, summary: str) -> None:
        self._listener = listener
        self._total = total
        self._clip_frames = self._there = self._before = 0
        listener.begin(total, summary)

    def next_clip(self, label: str, frames: int) -> None:
        """The clip that follows has so many frames."""
        self._before += self._clip_frames
        self._clip_frames = frames
        self._listener.note(label)

    def begin(self, total: int, summary: str) -> None:
        """``total`` frames of this clip are not there yet."""
        self._there = self._clip_frames - total
        self._listener.note(summary)

    def frame_done(self, done: int, total: int, name: str) -> None:  # noqa: ARG002  (of this clip, and all is told)
        """A frame of this clip is there."""
        if self._there + done > 0:  # a scan begins with frames before the clip
            self._listener.frame_done(self._before + self._there + done, self._total, name)

    def note(self, text: str) -> None:
        """A note on this clip."""
        self._listener.note(text)

    def end(self, summary: str) -> None:
        """This clip is done."""
        self._listener.note(summary)

    def finish(self, summary: str) -> None:
        """All clips are done."""
        self._listener.end(summary)

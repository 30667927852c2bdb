"""What the adapter cannot do, said so that an artist knows what to do next."""

from __future__ import annotations


class VfiNukeError(RuntimeError):
    """One line for the host's dialogue: what was got, what is allowed, what to do next."""


class StaleResultError(VfiNukeError):
    """A Write would render frames of a VFIRetime that are missing or older than its input and knobs."""


class RenderStopped(VfiNukeError):  # noqa: N818  (nothing went wrong)
    """Somebody pressed Cancel; the frames that are done stay."""

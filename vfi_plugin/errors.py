"""Every exception that this package raises on purpose.

::

    VfiError                    the root: catch this to catch everything below
    ├── UsageError              the request is wrong                      exit code 2
    │   ├── UnknownModelError   no model of that name
    │   ├── TimeMapError        a time map that cannot be read or used
    │   ├── ColourError         a colour space or OCIO config that is not there
    │   ├── SettingsMismatchError  outputs made with other settings are in the way
    │   ├── ProtocolError       a worker was sent a line that it cannot understand
    │   └── BusyError           too many requests wait for a worker
    ├── InputError              the source is missing or unreadable       exit code 3
    │   ├── MissingFramesError  holes in the numbering of a sequence
    │   ├── UnreadableImageError   a file that is damaged or of an unsupported kind
    │   ├── MismatchedFramesError  frames of one clip differ in size or channels
    │   └── WeightsError        a weights file that is missing, damaged or of another network
    ├── RenderError             something failed while running            exit code 1
    │   ├── WriteError          a frame could not be written
    │   └── DeviceError         no such device, or it failed
    └── Cancelled               stopped by a signal or by the caller      exit code 130 or 143

A message says what was got, what is allowed and what to do next; it is one line, fit for a log or a host's dialogue.
"""

from __future__ import annotations

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INPUT = 3


class VfiError(Exception):
    """Root of this package's exceptions; ``exit_code`` is what the command line returns for it."""

    exit_code = EXIT_FAILED


class UsageError(VfiError):
    """The request itself is wrong: an option, a range, a combination of them."""

    exit_code = EXIT_USAGE


class UnknownModelError(UsageError):
    """No model is registered under the name asked for."""


class TimeMapError(UsageError):
    """A time map cannot be read, or cannot be used on this clip."""


class ColourError(UsageError):
    """A colour space or an OCIO config cannot be found or used."""


class SettingsMismatchError(UsageError):
    """Frames made with other settings already stand under the names to be written."""


class ProtocolError(UsageError):
    """A line that a host sent to a worker is no request that it understands; ``request`` is its id where it had one."""

    def __init__(self, message: str, request: int | str | None = None) -> None:
        super().__init__(message)
        self.request = request


class BusyError(UsageError):
    """A worker has as many requests waiting as it takes."""


class InputError(VfiError):
    """The source is missing or cannot be used."""

    exit_code = EXIT_INPUT


class MissingFramesError(InputError):
    """The numbering of a sequence has holes; ``frames`` lists them."""

    def __init__(self, message: str, frames: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.frames = frames


class UnreadableImageError(InputError):
    """A file is damaged, empty, or of a kind that cannot be retimed."""


class MismatchedFramesError(InputError):
    """Frames of one clip differ in size, parts or channels."""


class WeightsError(InputError):
    """A file of weights is missing, damaged, unsafe, or does not fit the network."""


class RenderError(VfiError):
    """A failure while frames were being made."""


class WriteError(RenderError):
    """A frame could not be written: a read-only folder, a full disk, a codec's limit."""


class DeviceError(RenderError):
    """The device asked for is not there, or it failed."""


class Cancelled(VfiError):  # noqa: N818  (a stop on request, not an error)
    """Work was stopped by a signal or by the caller; nothing half-done is left behind."""

    exit_code = 130

"""Reads one image file of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vfi_plugin.errors import InputError, UnreadableImageError
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.exr_header import MAGIC, read_file_header
from vfi_plugin.media.exr_read import read_exr
from vfi_plugin.media.header import PartHeader


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Puts the file's name in front of what went wrong with it."""
    try:
        yield
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{path} cannot be read: {error}") from None
    except FileNotFoundError:
        raise InputError(f"{path} is not there") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None


def _is_exr(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(len(MAGIC))
    if not start:
        raise UnreadableImageError("the file is empty")
    return start == MAGIC or path.suffix.lower() == ".exr"


def read_image(path: str | Path, number: int = 0) -> Frame:
    """The frame in a file, every part and channel of it.

    EXR: planes in the types of the file (float16, float32, uint32), values as stored, NaN and Inf included; attributes
    with their types under their EXR names. Other formats: see ``foreign_image.read_foreign``.

    Args:
        path: the file; its first bytes tell EXR from others.
        number: the frame's number in its clip.

    Raises:
        UnreadableImageError: damaged, empty, deep, subsampled or of an unknown kind.
        InputError: the file is not there, or may not be read.
    """
    path = Path(path)
    with _named(path):
        if _is_exr(path):
            return read_exr(path, number)
        from vfi_plugin.media.foreign_image import read_foreign  # loading OpenImageIO takes 0.2 s; EXR needs none of it

        return read_foreign(path, number)


def read_header(path: str | Path) -> tuple[PartHeader, ...]:
    """What ``path`` holds, part by part, without decoding pixels; also for deep and subsampled files.

    Raises: as ``read_image``.
    """
    path = Path(path)
    with _named(path):
        if _is_exr(path):
            return read_file_header(path)[1]
        from vfi_plugin.media.foreign_image import read_foreign_header

        return read_foreign_header(path)

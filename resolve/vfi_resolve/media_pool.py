"""New frames in the media pool."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from vfi_resolve.errors import HostRefusedError
from vfi_resolve.media_path import Frames, same_path
from vfi_resolve.rates import parse_rate

if TYPE_CHECKING:
    from fusionscript import Folder, ImportClipInfo, MediaPool, MediaPoolItem

BIN = "VFI Retime"
"""The folder that retimed clips go to."""

COLOUR_PROPERTIES = ("Input Color Space", "IDT", "Input LUT", "Data Level", "Alpha mode", "PAR")
"""How pixels are read; a clip has those that the project's colour science knows."""


def import_frames(pool: MediaPool, frames: Frames, into: str = BIN) -> tuple[MediaPoolItem, list[str]]:
    """Bring the new frames into our folder ``into``; the folder that was open is open again afterwards.

    Returns:
        The clip of them, and a line if the folder is not open again.

    Raises:
        HostRefusedError: Resolve does not take them as one clip of that length.
    """
    before = pool.GetCurrentFolder()
    folder = _own_folder(pool, into)
    try:
        known = _find(folder, frames)
        clip = known or _import_into(pool, folder, frames)
    finally:
        pool.SetCurrentFolder(before)
    count = str(clip.GetClipProperty("Frames"))
    if count != str(frames.count):
        raise HostRefusedError(
            f"Resolve counts {count} frames in {frames.as_listed}, and {frames.count} were rendered;"
            f' remove that clip from the folder "{into}" and start again'
        )
    if pool.GetCurrentFolder().GetUniqueId() == before.GetUniqueId():
        return clip, []
    return clip, [f'Open the folder "{before.GetName()}" of the media pool again: Resolve did not.']


def _own_folder(pool: MediaPool, name: str) -> Folder:
    root = pool.GetRootFolder()
    for folder in root.GetSubFolderList() or []:
        if folder.GetName() == name:
            return folder
    made = pool.AddSubFolder(root, name)
    if not made:
        raise HostRefusedError(f'Resolve does not make the folder "{name}" in the media pool; make it and start again')
    return made


def _find(folder: Folder, frames: Frames) -> MediaPoolItem | None:
    for clip in folder.GetClipList() or []:
        if same_path(str(clip.GetClipProperty("File Path")), frames.as_listed):
            return clip
    return None


def _import_into(pool: MediaPool, folder: Folder, frames: Frames) -> MediaPoolItem:
    # ImportMedia knows no folder but the current one.
    pool.SetCurrentFolder(folder)
    name = folder.GetName()
    if pool.GetCurrentFolder().GetUniqueId() != folder.GetUniqueId():
        raise HostRefusedError(f'Resolve does not open the folder "{name}" of the media pool; open it and start again')
    info: ImportClipInfo = {"FilePath": frames.printf, "StartIndex": frames.first, "EndIndex": frames.last}
    imported = pool.ImportMedia([info]) or []
    if len(imported) > 1:
        raise HostRefusedError(
            f"Resolve imported {len(imported)} clips in place of one sequence; switch off Show Individual Frames in the"
            f' media pool, empty the folder "{name}" and start again'
        )
    # The answer proves nothing; what the folder lists does.
    found = _find(folder, frames)
    if not found:
        raise HostRefusedError(f"Resolve does not import {frames.printf}; import these frames by hand")
    return found


def copy_colour(source: MediaPoolItem, clip: MediaPoolItem) -> list[str]:
    """Let new frames be read as those that they were made of. Returns a line for each property that did not take."""
    notes = []
    for name in COLOUR_PROPERTIES:
        wanted = source.GetClipProperty(name)
        if not wanted or clip.GetClipProperty(name) == wanted:
            continue
        clip.SetClipProperty(name, wanted)
        if clip.GetClipProperty(name) != wanted:
            notes.append(f'Set "{name}" of the new clip to "{wanted}" by hand: Resolve did not.')
    return notes


def set_rate(clip: MediaPoolItem, rate: Fraction, written: str) -> None:
    """Let the new frames run at the timeline's rate, frame by frame.

    Raises:
        HostRefusedError: they would run at another one, so that frames were dropped or shown twice.
    """
    if parse_rate(clip.GetClipProperty("FPS"), "the new clip") == rate:
        return
    clip.SetClipProperty("FPS", written)
    got = clip.GetClipProperty("FPS")
    if parse_rate(got, "the new clip") != rate:
        raise HostRefusedError(
            f"Resolve plays the new clip at {got} frames a second; set it to {written} in its Clip Attributes"
            " (it is in the media pool) and start again"
        )

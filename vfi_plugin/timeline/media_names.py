"""Names of new media, after the clips they are for."""

from __future__ import annotations

import re

# Not allowed on Windows, or a mark of a sequence's number in one of its notations.
_UNSAFE = re.compile(r'[<>:"/\\|?*#@%$\[\]\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_NUMBER_MARK = re.compile(r"[._ ]*\[-?\d+-+\d+\]")
_LONGEST_BYTES = 180  # most file systems take 255, and a number, a suffix and a temporary name are added
_UNNAMED = "clip"


def media_name(clip_name: str) -> str:
    """A file name without suffix for a clip: its own, as far as every file system takes it.

    ``plate.[1001-1100].exr``, as Resolve calls a clip after its files, gives ``plate``.
    """
    name = _NUMBER_MARK.sub("", _SUFFIX.sub("", clip_name))
    name = _UNSAFE.sub("_", name).strip(". ")
    name = name.encode("utf-8", "ignore")[:_LONGEST_BYTES].decode("utf-8", "ignore").rstrip(". ")
    return f"_{name}" if _RESERVED.fullmatch(name) else name or _UNNAMED


class NamesInUse:
    """Hands out each name once, in any case of letters; a second clip of that name gets ``name_2``."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, clip_name: str) -> str:
        """A name for the media of a clip that nothing else has."""
        name = chosen = media_name(clip_name)
        count = 1
        while chosen.casefold() in self._taken:
            count += 1
            chosen = f"{name}_{count}"
        self._taken.add(chosen.casefold())
        return chosen

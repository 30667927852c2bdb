"""Short ways to say what is in a header."""

from __future__ import annotations

from vfi_plugin.image.channel_class import PartDescription
from vfi_plugin.image.frame import Attribute


def part(channels: str, kind: str = "half", name: str = "", view: str = "", **attributes: object) -> PartDescription:
    """A part from channel names parted by ``|``; ``"uint:id"`` gives a channel a type of its own."""
    typed = []
    for channel in channels.split("|"):
        own, colon, bare = channel.rpartition(":")
        typed.append((bare, own if colon else kind))
    entries = {entry: Attribute("string", value) for entry, value in attributes.items()}
    return PartDescription(tuple(typed), name, view, entries)


def cryptomatte(name: str, key: str = "f834d0a", **entries: str) -> dict[str, Attribute]:
    """Header entries that declare a cryptomatte."""
    given = {"name": name, "hash": "MurmurHash3_32", "conversion": "uint32_to_float32", **entries}
    return {f"cryptomatte/{key}/{entry}": Attribute("string", value) for entry, value in given.items()}

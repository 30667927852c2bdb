"""The grammar of channel names: ``layer.sublayer.view.channel``, and the forms in which names are compared.

Sources: OpenEXR "Technical Introduction" (layers) and "Storing Multi-View Images" (views); Foundry's
``ExrChannelNameToNuke`` (a view may stand at any place in files of older Nuke versions).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from vfi_plugin.image.channel_class import PartDescription

COLOR_SUFFIXES = frozenset({"r", "g", "b", "red", "green", "blue", "grn", "blu", "ry", "by"})
"""Last pieces that mean colour; ``y`` does too where it stands without x."""
ALPHA_SUFFIXES = frozenset({"a", "alpha", "ar", "ag", "ab"})
DEPTH_SUFFIXES = frozenset({"z", "depth"})
PLAIN_SUFFIXES = COLOR_SUFFIXES | ALPHA_SUFFIXES | DEPTH_SUFFIXES | {"x", "y", "z", "w", "u", "v"}
"""Last pieces that say nothing about a layer's meaning by themselves."""

_NAMES_OF_THE_MAIN_PART = re.compile(r"(rgba?|beauty|main|default|(part|subimage)\d*|)", re.IGNORECASE)
# An acronym, a word, or a number: "VRayZDepth" is V, Ray, Z, Depth and "MatteID3" is Matte, ID, 3.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class ChannelName:
    """A name taken apart: ``layer`` and ``view`` may be "", ``suffix`` is the last piece, all as in the file."""

    full: str
    layer: str
    view: str
    suffix: str

    @property
    def without_view(self) -> str:
        """The name as it would be in a file of one view."""
        return f"{self.layer}.{self.suffix}" if self.layer else self.suffix


def split_name(full: str, views: Sequence[str] = ()) -> ChannelName:
    """Takes a name apart at its dots, with the view removed from the layer.

    ``views`` are the views that the header declares, the default view first. A name without any dot belongs to the
    default view; a layer without a view belongs to none (OpenEXR, multi-view). The penultimate piece is looked at
    first, then any other, because older versions of Nuke wrote the view in front.
    """
    *pieces, suffix = full.split(".")
    if not pieces:
        return ChannelName(full, "", views[0] if views else "", suffix)
    for place in reversed(range(len(pieces))):
        if pieces[place] in views:
            return ChannelName(full, ".".join(pieces[:place] + pieces[place + 1 :]), pieces[place], suffix)
    return ChannelName(full, ".".join(pieces), "", suffix)


def declared_views(part: PartDescription) -> tuple[str, ...]:
    """The views that the ``multiView`` entry of a header lists, the default view first."""
    entry = part.attributes.get("multiView")
    if entry is None:
        return ()
    return (entry.value,) if isinstance(entry.value, str) else tuple(str(view) for view in entry.value)


def layer_of_part(part: PartDescription) -> str:
    """The layer that a part's name stands for, or "" where it says nothing.

    Some writers put bare R, G, B into a part that is named after the pass. Names of the main picture, numbered names
    and parts whose channels have layers of their own give "". The view is cut from the end ("depth_left" in "left").
    """
    if any("." in channel for channel, _ in part.channels):
        return ""
    name = part.name
    if part.view and name.endswith(part.view):
        name = name.removesuffix(part.view).rstrip("._- ")
    return "" if _NAMES_OF_THE_MAIN_PART.fullmatch(name) else name


def flat(name: str) -> str:
    """Lower case, only letters and digits, digits at the end removed: ``"Motion Vectors2"`` is ``"motionvectors"``."""
    return re.sub(r"[^a-z0-9]", "", name.lower()).rstrip("0123456789")


def snake(name: str) -> str:
    """Words and numbers joined by ``_`` in lower case: ``"VRayZDepth"`` is ``"v_ray_z_depth"``."""
    return "_".join(_WORD.findall(name)).lower()


def candidates(name: str) -> tuple[str, ...]:
    """What a rule is tried on: the whole layer, then each of its pieces from the right ("N.world" is found by "N")."""
    pieces = name.split(".")
    return (name, *reversed(pieces)) if len(pieces) > 1 else (name,)


def is_luminance(suffix: str, siblings: AbstractSet[str]) -> bool:
    """Whether ``y`` (lower case) is luminance and not one axis of a vector; ``siblings`` are lower case too."""
    return suffix == "y" and ("ry" in siblings or siblings.isdisjoint({"x", "z"}))

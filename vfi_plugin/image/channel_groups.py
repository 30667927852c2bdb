"""Channels that must be treated together: a color with its alpha, the axes of a vector, the lists of a cryptomatte."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelClass, ChannelRole, Treatment
from vfi_plugin.image.channel_names import flat

_AXES = {
    name: place for place, names in enumerate(("x r red u", "y g green v", "z b blue", "w")) for name in names.split()
}
_RANK_PLACES = {
    name: place for place, names in enumerate(("r red", "g green", "b blue", "a alpha")) for name in names.split()
}
_OPPOSITES = {"forward": "backward", "motionfore": "motionback", "vector": "backvector", "vec": "backvec"}
_OPPOSITES |= {before: after for after, before in _OPPOSITES.items()}
_MAIN_LAYERS = ("combined", "rgba", "rgb", "beauty", "main", "ci")
_WITH_AXES = frozenset({ChannelClass.NORMAL, ChannelClass.MOTION, ChannelClass.POSITION, ChannelClass.DISPARITY})
_WITH_ALPHA = frozenset({ChannelClass.COLOR, ChannelClass.NORMAL, ChannelClass.MOTION})


@dataclass(frozen=True)
class LayerGroup:
    """Channels treated as one; numbers are places in the sequence of roles, so they hold across parts.

    Attributes:
        channel_class: the class of all of them.
        treatment: what is done with them.
        view: stereo view, or "".
        layer: the layer's name; of a cryptomatte its name without numbers.
        channels: every member. Axes are in the order x, y, z, w; colors in file order.
        alpha: the alpha that premultiplies a color, or whose coverage belongs to data; or None.
        ranks: of a cryptomatte, (ID, coverage) of each rank in rank order. Channels of the group that are in no rank
            (the preview) are picked.
        opposite: place in the sequence of groups of the vectors in the other direction of time, or None.
    """

    channel_class: ChannelClass
    treatment: Treatment
    view: str
    layer: str
    channels: tuple[int, ...]
    alpha: int | None = None
    ranks: tuple[tuple[int, int], ...] = ()
    opposite: int | None = None


def layer_groups(roles: Sequence[ChannelRole]) -> tuple[LayerGroup, ...]:
    """Every channel in exactly one group, groups in the order of their first channel.

    A layer's alpha is a group of its own (it is blended like any matte), and its color names it. A cryptomatte is one
    group even where a writer put each of its layers into a part of its own. Two opposite layers of motion vectors
    (forward and backward) name each other. Raises ``UsageError`` where an override names an alpha that is not there.
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for place, role in enumerate(roles):
        members[_key(role)].append(place)
    alphas = _Alphas(roles)
    groups = [_group(places, roles, alphas) for places in members.values()]
    return tuple(replace(group, opposite=_opposite_of(group, groups, roles)) for group in groups)


def _key(role: ChannelRole) -> Hashable:
    if role.channel_class is ChannelClass.CRYPTO:
        return role.channel_class, role.view, role.crypto_name
    options = tuple(sorted(role.options.items()))
    return role.channel_class, role.treatment, role.part, role.view, role.layer, _motion_name(role), options


def _motion_name(role: ChannelRole) -> str:
    """What a layer of vectors is called, without its parents; of bare channels ("velX") the name without its axis."""
    if role.channel_class is not ChannelClass.MOTION:
        return ""
    return flat(role.layer.rpartition(".")[2]) or flat(role.suffix).rstrip("xyz")


def _group(places: Sequence[int], roles: Sequence[ChannelRole], alphas: _Alphas) -> LayerGroup:
    first = roles[places[0]]
    is_crypto = first.channel_class is ChannelClass.CRYPTO
    ranks = _ranks(places, roles) if is_crypto else ()
    ordered = sorted(places, key=lambda place: _axis(roles[place])) if first.channel_class in _WITH_AXES else places
    return LayerGroup(
        channel_class=first.channel_class,
        treatment=_merged(ranks, roles) if is_crypto else first.treatment,
        view=first.view,
        layer=first.crypto_name if is_crypto else first.layer,
        channels=tuple(ordered),
        alpha=alphas.of(first) if first.channel_class in _WITH_ALPHA else None,
        ranks=ranks,
    )


def _merged(ranks: Sequence[tuple[int, int]], roles: Sequence[ChannelRole]) -> Treatment:
    """Lists are merged as a whole or picked as a whole: one rank with corrupt IDs spoils the others."""
    is_merged = ranks and all(roles[bits].treatment is Treatment.MERGE for bits, _ in ranks)
    return Treatment.MERGE if is_merged else Treatment.PICK


def _axis(role: ChannelRole) -> int:
    suffix = role.suffix.lower()
    return _AXES.get(suffix, _AXES.get(suffix[-1:], len(_AXES)))


def _ranks(places: Sequence[int], roles: Sequence[ChannelRole]) -> tuple[tuple[int, int], ...]:
    """(ID, coverage) by rank: red and green of a numbered layer are one rank, blue and alpha the next."""
    layers: dict[int, dict[int, int]] = defaultdict(dict)
    for place in places:
        number = roles[place].layer[len(roles[place].crypto_name) :]
        channel = _RANK_PLACES.get(roles[place].suffix.lower())
        if number.isdecimal() and channel is not None:
            layers[int(number)][channel] = place
    pairs = [(layers[number], first) for number in sorted(layers) for first in (0, 2)]
    return tuple((layer[first], layer[first + 1]) for layer, first in pairs if {first, first + 1} <= layer.keys())


def _opposite_of(group: LayerGroup, groups: Sequence[LayerGroup], roles: Sequence[ChannelRole]) -> int | None:
    if group.channel_class is not ChannelClass.MOTION:
        return None
    wanted = _OPPOSITES.get(_motion_name(roles[group.channels[0]]))
    parent = group.layer.rpartition(".")[0]
    for place, other in enumerate(groups):
        name = _motion_name(roles[other.channels[0]])
        is_beside = (other.view, other.layer.rpartition(".")[0]) == (group.view, parent)
        if name and name == wanted and is_beside and len(other.channels) == len(group.channels):
            return place
    return None


class _Alphas:
    """Finds the alpha that a channel is premultiplied by."""

    def __init__(self, roles: Sequence[ChannelRole]) -> None:
        self._roles = roles
        self._places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, role in enumerate(roles):
            if role.channel_class in (ChannelClass.ALPHA, ChannelClass.MATTE) and role.suffix.lower() in ("a", "alpha"):
                self._places[role.view, role.layer.lower()].append(place)
        bare = (role.view for role in roles if role.channel_class is ChannelClass.ALPHA and not role.layer)
        self._default_view = next(bare, "")

    def of(self, role: ChannelRole) -> int | None:
        """The layer's own alpha, else the nearest enclosing layer's, at last the beauty's; of the same view."""
        if "alpha" in role.options:
            return self._named(role, str(role.options["alpha"]))
        pieces = role.layer.lower().split(".") if role.layer else []
        levels = [".".join(pieces[:count]) for count in range(len(pieces), -1, -1)]
        names = [
            name for level in levels for name in (level, *(f"{level}.{main}".lstrip(".") for main in _MAIN_LAYERS))
        ]
        views = [role.view] if role.view else ["", self._default_view]
        found = (self._places[view, name] for view in views for name in names if (view, name) in self._places)
        places = next(found, [])
        return min(places, key=lambda place: self._roles[place].part != role.part, default=None)

    def _named(self, role: ChannelRole, channel: str) -> int | None:
        if channel == "none":
            return None
        matches = [place for place, other in enumerate(self._roles) if other.channel == channel]
        if not matches:
            raise UsageError(f"channel {role.channel}: there is no channel {channel} to be its alpha")
        return min(
            matches, key=lambda place: (self._roles[place].view != role.view, self._roles[place].part != role.part)
        )

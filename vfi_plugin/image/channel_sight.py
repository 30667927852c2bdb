"""What a rule may look at when it judges one channel: its name, its type, its siblings, and the file around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from vfi_plugin.image.channel_class import PartDescription
from vfi_plugin.image.channel_names import ChannelName, declared_views, layer_of_part, split_name
from vfi_plugin.image.cryptomatte_header import cryptomatte_headers


@dataclass(frozen=True)
class Sight:
    """One channel in its surroundings.

    Attributes:
        part: index of the part.
        description: the part.
        name: the channel's name, taken apart.
        pixel_type: as described.
        layer: the layer, or what the part's name stands for.
        is_named_by_part: whether the layer comes from the part's name.
        siblings: last pieces, lower case, of all channels of the same part, view and layer; this channel's too.
        layers: every layer of the file.
        cryptomattes: names of the cryptomattes that the file's metadata declares.
    """

    part: int
    description: PartDescription
    name: ChannelName
    pixel_type: str
    layer: str
    is_named_by_part: bool
    siblings: frozenset[str]
    layers: frozenset[str]
    cryptomattes: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """The name's last piece in lower case."""
        return self.name.suffix.lower()


def look_at(parts: Sequence[PartDescription], views: Sequence[str] = ()) -> list[Sight]:
    """Every channel of a file in its surroundings, in file order.

    ``views`` are the stereo views, the default view first, for a file whose header declares none.
    """
    has_views = any(part.view or declared_views(part) for part in parts)
    named = [
        (index, part, _name(channel, part, () if has_views else views), pixel_type)
        for index, part in enumerate(parts)
        for channel, pixel_type in part.channels
    ]
    part_layers = [layer_of_part(part) if len(parts) > 1 else "" for part in parts]
    siblings = defaultdict(set)
    for index, _, name, _ in named:
        siblings[index, name.view, name.layer].add(name.suffix.lower())
    layers = frozenset(name.layer or part_layers[index] for index, _, name, _ in named)
    headers = [header for part in parts for header in cryptomatte_headers(part.attributes)]
    cryptomattes = tuple(dict.fromkeys(header.name for header in headers))
    return [
        Sight(
            part=index,
            description=part,
            name=name,
            pixel_type=pixel_type,
            layer=name.layer or part_layers[index],
            is_named_by_part=not name.layer and bool(part_layers[index]),
            siblings=frozenset(siblings[index, name.view, name.layer]),
            layers=layers,
            cryptomattes=cryptomattes,
        )
        for index, part, name, pixel_type in named
    ]


def _name(channel: str, part: PartDescription, views: Sequence[str]) -> ChannelName:
    """A part's own view wins over names; without one, views are found in names."""
    if not part.view:
        return split_name(channel, declared_views(part) or views)
    name = split_name(channel, (part.view,))
    return ChannelName(name.full, name.layer, part.view, name.suffix)

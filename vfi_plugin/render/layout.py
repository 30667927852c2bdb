"""What a clip's channels are, which are kept, and which show the motion: decided once, from the first header."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.image.channel_class import ChannelClass, ChannelRole, PartDescription, Treatment
from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_groups import LayerGroup, layer_groups
from vfi_plugin.image.channel_overrides import ChannelMap, parse_channel_rule
from vfi_plugin.image.channel_rules_file import load_channel_rules
from vfi_plugin.image.frame import Frame, Plane
from vfi_plugin.image.window import Window
from vfi_plugin.media.header import PartHeader
from vfi_plugin.render.options import RetimeOptions

_RED, _GREEN, _BLUE = {"r", "red"}, {"g", "green", "grn"}, {"b", "blue", "blu"}
_COLOURS = _RED | _GREEN | _BLUE
_ALPHAS = {"a", "alpha"}

_BLENDED = (Treatment.BLEND, Treatment.BLEND_PREMULTIPLIED)

# What motion is looked for in where a view has no colour at all, best first: smooth and textured before flat.
_STAND_INS = (ChannelClass.MATTE, ChannelClass.ALPHA, ChannelClass.NORMAL, ChannelClass.POSITION, ChannelClass.DEPTH)


@dataclass(frozen=True)
class GuideSource:
    """The channels that show the motion of one view: three places among the roles, red, green, blue."""

    view: str
    places: tuple[int, int, int]


@dataclass(frozen=True)
class Layout:
    """The channels of a clip.

    Attributes:
        roles: every channel of every part, in file order.
        groups: those that are treated together; numbers in them are places in ``roles``.
        views: stereo views that are written, "" for a picture without any.
        guides: where each view's motion is seen; a view may have none.
    """

    roles: tuple[ChannelRole, ...]
    groups: tuple[LayerGroup, ...]
    views: tuple[str, ...]
    guides: tuple[GuideSource, ...]

    @classmethod
    def of(cls, headers: Sequence[PartHeader], options: RetimeOptions) -> Layout:
        """Classifies the channels of a header and drops what was not asked for.

        Raises:
            UsageError: rules that cannot be read, or ``channels`` that name nothing there.
            InputError: deep parts.
        """
        channel_map = _channel_map(options)
        roles = classify([_description(header) for header in headers], channel_map)
        _refuse_deep(roles)
        kept = _kept(roles, options.channels)
        roles = tuple(
            role if place in kept else replace(role, treatment=Treatment.DROP) for place, role in enumerate(roles)
        )
        views = tuple(dict.fromkeys(role.view for role in roles if role.treatment is not Treatment.DROP))
        found = [_guide_source(view, roles) for view in views]
        return cls(roles, layer_groups(roles), views, tuple(guide for guide in found if guide is not None))

    def limited_to(self, places: Container[int]) -> Layout:
        """The same channels, of which only those at ``places`` are written; the guides stay."""
        roles = tuple(
            role if place in places else replace(role, treatment=Treatment.DROP)
            for place, role in enumerate(self.roles)
        )
        views = tuple(dict.fromkeys(role.view for role in roles if role.treatment is not Treatment.DROP))
        guides = tuple(guide for guide in self.guides if guide.view in views)
        return Layout(roles, layer_groups(roles), views, guides)

    def groups_to_make(self, at_once: Container[str]) -> list[LayerGroup]:
        """The groups that are not dropped, in order.

        Args:
            at_once: views in which all that is blended is one group, with the facts of its first: their motion costs
                much whenever it is applied, and nothing more for more channels.
        """
        found: list[LayerGroup] = []
        joined: dict[str, int] = {}
        for group in self.groups:
            if group.treatment is Treatment.DROP:
                continue
            if group.view in joined and group.treatment in _BLENDED:
                place = joined[group.view]
                found[place] = replace(found[place], channels=found[place].channels + group.channels)
                continue
            if group.view in at_once and group.treatment in _BLENDED:
                joined[group.view] = len(found)
            found.append(group)
        return found

    def alphas_of_view(self, view: str) -> list[int]:
        """Places of all alphas of a view, in whichever part or layer they are."""
        return [
            place
            for place, role in enumerate(self.roles)
            if role.view == view and role.channel_class is ChannelClass.ALPHA
        ]

    def painted_axes(self, group: LayerGroup) -> tuple[int, int, int] | None:
        """Where in a group of colour the red, green and blue are that its view's guide shows; None where elsewhere.

        A single channel that stands for all three is in one place three times. What stands in for colour that is not
        there (alpha, depth) is never painted.
        """
        guide = next((guide for guide in self.guides if guide.view == group.view), None)
        if guide is None or group.channel_class is not ChannelClass.COLOR:
            return None
        if not all(place in group.channels for place in guide.places):
            return None
        red, green, blue = (group.channels.index(place) for place in guide.places)
        return red, green, blue

    def require_guides(self) -> None:
        """Raises InputError where a view has no channel that motion can be seen in."""
        seen = {guide.view for guide in self.guides}
        blind = next((view for view in self.views if view not in seen), None)
        if blind is None:
            return
        where = f"view {blind!r} of the source" if blind else "the source"
        only = _names([role for role in self.roles if role.view == blind])
        raise InputError(
            f"{where} has no channel that shows motion, only {only}; add R, G and B, or use --method frame"
        )

    def kept_in_part(self, part: int) -> tuple[int, ...]:
        """Places of the channels of a part that are written, in file order."""
        return tuple(
            place for place, role in enumerate(self.roles) if role.part == part and role.treatment is not Treatment.DROP
        )

    @property
    def kept_parts(self) -> tuple[int, ...]:
        """Indices of the parts that hold written channels: the parts of an output frame, in order."""
        return tuple(part for part in sorted({role.part for role in self.roles}) if self.kept_in_part(part))

    def rgb_of(self, places: Sequence[int]) -> tuple[int, int, int] | None:
        """Which of some places of one layer are red, green and blue; None where one of them is not there."""
        members = {self.roles[place].suffix.lower(): place for place in places}
        found = [next((members[name] for name in names if name in members), None) for names in (_RED, _GREEN, _BLUE)]
        red, green, blue = found
        return None if red is None or green is None or blue is None else (red, green, blue)

    def parts_of_view(self, view: str) -> tuple[int, ...]:
        """Indices of the parts that hold written channels of a view."""
        found = (role.part for role in self.roles if role.view == view and role.treatment is not Treatment.DROP)
        return tuple(dict.fromkeys(found))

    def guide_rgb(self, frame: Frame, source: GuideSource, window: Window) -> npt.NDArray[np.float32]:
        """(H, W, 3) float32 over ``window``, in the clip's colour space; 0 where a part has no data."""
        rgb = np.zeros((*window.shape, 3), np.float32)
        for axis, place in enumerate(source.places):
            role = self.roles[place]
            part = frame.parts[role.part]
            shared = part.data_window.intersection(window)
            if shared.width and shared.height:
                plane = part.planes[role.channel][shared.slices_in(part.data_window)]
                rgb[(*shared.slices_in(window), axis)] = plane
        return rgb

    def guide_samples(
        self, frame: Frame, source: GuideSource, window: Window, rows: slice, columns: slice
    ) -> npt.NDArray[np.float32]:
        """The pixels of ``guide_rgb`` in these rows and columns, without all others."""
        rgb = np.stack([self._over(frame, place, window)[rows, columns] for place in source.places], axis=-1)
        return rgb.astype(np.float32)

    def _over(self, frame: Frame, place: int, window: Window) -> Plane:
        role = self.roles[place]
        return frame.parts[role.part].plane_over(role.channel, window)


def _description(header: PartHeader) -> PartDescription:
    return PartDescription(header.channels, header.name, header.view, header.attributes, header.is_deep)


def _channel_map(options: RetimeOptions) -> ChannelMap:
    channel_map = load_channel_rules(Path(options.channels_map)) if options.channels_map else ChannelMap()
    return channel_map.with_rules_first([parse_channel_rule(rule) for rule in options.channel_rules])


def _refuse_deep(roles: Sequence[ChannelRole]) -> None:
    deep = [role.channel for role in roles if role.channel_class is ChannelClass.DEEP]
    if deep:
        raise InputError(
            f"the source has deep data ({', '.join(deep[:4])}), which cannot be retimed;"
            " flatten it first (DeepToImage in Nuke)"
        )


def _kept(roles: Sequence[ChannelRole], channels: str) -> frozenset[int]:
    """Places of the channels asked for: all, rgb, rgba, or names and layers separated by commas."""
    if channels == "all":
        return frozenset(range(len(roles)))
    if channels in ("rgb", "rgba"):
        wanted = _COLOURS | _ALPHAS if channels == "rgba" else _COLOURS
        found = {n for n, role in enumerate(roles) if _is_main(role) and role.suffix.lower() in wanted}
        if not found:
            raise UsageError(
                f"--channels {channels} was asked for, but the source has no R, G, B; it has {_names(roles)}"
            )
        return frozenset(found)
    asked = [name.strip() for name in channels.split(",") if name.strip()]
    found = set()
    for name in asked:
        places = {n for n, role in enumerate(roles) if name in (role.channel, role.layer)}
        if not places:
            raise UsageError(f"there is no channel or layer {name!r}; the source has {_names(roles)}")
        found |= places
    if not found:
        raise UsageError(f"--channels {channels!r} names nothing; use all, rgb, rgba or names such as R,G,B,depth.Z")
    return frozenset(found)


def _is_main(role: ChannelRole) -> bool:
    return role.channel_class in (ChannelClass.COLOR, ChannelClass.ALPHA) and role.layer.lower() in ("", "rgba", "rgb")


def _names(roles: Sequence[ChannelRole]) -> str:
    shown = [role.channel for role in roles[:12]]
    return ", ".join(shown) + (f" and {len(roles) - 12} more" if len(roles) > 12 else "")


def _guide_source(view: str, roles: Sequence[ChannelRole]) -> GuideSource | None:
    """Red, green and blue of the view's main layer; else of another colour layer; else one channel three times."""
    here = [(place, role) for place, role in enumerate(roles) if role.view == view]
    colours = [(place, role) for place, role in here if role.channel_class is ChannelClass.COLOR]
    colours.sort(key=lambda item: not _is_main(item[1]))
    for layer in dict.fromkeys((role.part, role.layer) for _, role in colours):
        members = {role.suffix.lower(): place for place, role in colours if (role.part, role.layer) == layer}
        triple = [next((members[name] for name in names if name in members), None) for names in (_RED, _GREEN, _BLUE)]
        if None not in triple:
            return GuideSource(view, (triple[0], triple[1], triple[2]))  # type: ignore[arg-type]
    ranked = [place for place, _ in colours]
    for kind in _STAND_INS:
        ranked += [place for place, role in here if role.channel_class is kind]
    return GuideSource(view, (ranked[0], ranked[0], ranked[0])) if ranked else None

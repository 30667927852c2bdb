"""What layers of vectors are called in the output."""

from __future__ import annotations

from vfi_plugin.errors import UsageError
from vfi_plugin.render.layout import GuideSource, Layout

LAYERS = ("forward", "backward")
"""To the next and to the previous output frame, as Nuke calls them."""


def check_room(layout: Layout) -> None:
    """Raises UsageError where the source has channels of the names that vectors take."""
    taken = {role.channel for place, role in enumerate(layout.roles) if place in layout.kept_in_part(role.part)}
    names = [name for guide in layout.guides for layer in LAYERS for name in layer_names(layer, guide, layout)]
    if clash := next((name for name in names if name in taken), None):
        raise UsageError(
            f"the source has a channel {clash} already; leave out vectors, write vectors only, or drop it:"
            f" --channel {clash.rpartition('.')[0]}.*=drop"
        )


def layer_names(layer: str, guide: GuideSource, layout: Layout) -> tuple[str, str]:
    """Names of the u and v channels; the view stands in them where it stands in the names of its colours."""
    named = guide.view and guide.view in layout.roles[guide.places[0]].channel.split(".")
    start = f"{layer}.{guide.view}" if named else layer
    return f"{start}.u", f"{start}.v"

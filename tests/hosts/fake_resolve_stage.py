"""A project that is open in a fake Resolve, with one clip on its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vfi_resolve.host import Host

from .fake_resolve import FakeApp, FakeResolve
from .fake_resolve_media import FakeMedia, FakePool
from .fake_resolve_timeline import FakeItem, FakeTimeline
from .fake_resolve_ui import FakeBmd, FakeFusion, Person


@dataclass(frozen=True)
class Cut:
    """How a clip was cut in.

    Attributes:
        path: of the media, as Resolve lists them.
        count: frames of the media.
        span: source frames shown, the second exclusive.
        duration: on the timeline.
        start: on the timeline.
        media_rate, timeline_rate: as Resolve writes them.
        reverse: shown backwards.
        tracks: video tracks, the clip on the first.
    """

    path: str = "/shots/plate.[1001-1100].exr"
    count: int = 100
    span: tuple[int, int] = (10, 34)
    duration: int = 24
    start: int = 86400
    media_rate: str = "24"
    timeline_rate: object = 24.0
    reverse: bool = False
    tracks: int = 1


class Stage:
    """All of it.

    Attributes:
        app: state of the host. media, item, timeline, pool: its objects.
        person: who answers the windows. bmd: has the windows.
    """

    def __init__(self, cut: Cut | None = None, **app: Any) -> None:
        cut = cut or Cut()
        self.app = FakeApp(**app)
        self.person: Person = {}
        self.pool = self.app.pool = FakePool(self.app)
        self.app.fusion = FakeFusion(self.app)
        self.bmd = FakeBmd(self.app, self.person)
        self.media = FakeMedia(self.app, cut.path, cut.count, FPS=cut.media_rate)
        self.pool.root.clips.append(self.media)
        self.timeline = self.app.timeline = FakeTimeline(self.app, cut.timeline_rate, cut.tracks)
        self.item = self.timeline.put(1, FakeItem(self.app, self.media, cut.start, cut.span, cut.duration))
        self.item.reverse = cut.reverse

    @property
    def names(self) -> dict[str, Any]:
        """The globals of a script of the menu."""
        return {"resolve": FakeResolve(self.app), "fusion": self.app.fusion, "bmd": self.bmd}

    @property
    def host(self) -> Host:
        """As the adapter has it."""
        names = self.names
        return Host(names["resolve"], names["fusion"], names["bmd"])

    def shown(self, window: str) -> list[str]:
        """The texts of every window with that ID."""
        from .fake_resolve_ui import texts_of

        return [text for each in self.bmd.windows if each.identity == window for text in texts_of(each)]

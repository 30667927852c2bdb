"""A Resolve for tests: the object tree of its scripting README of 24 July 2026, as it behaves.

Of what was measured on Resolve 21.0 (davinci-resolve-mcp, api_truth.py) it enforces: ``hasattr`` is true for every
name; the free edition refuses with False, opens a window and then refuses everything until that is closed; ImportMedia
knows no folder but the current one; DeleteClips works on the Edit page alone; ``endFrame`` is exclusive; an append over
another clip is dropped, and reported as done; setters say True to keys that they do not know; properties are texts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .fake_resolve_media import FakePool
    from .fake_resolve_timeline import FakeTimeline
    from .fake_resolve_ui import FakeFusion

Method = TypeVar("Method", bound=Callable[..., Any])

FREE_OF_CHARGE = {"GetProductName", "GetVersion", "GetVersionString"}
"""What the free edition of 21.1 surely answers."""


class FakeApp:
    """The state behind all objects.

    Attributes:
        product, version: as the host tells them.
        page: which is shown.
        calls: every method that was called, in order.
        advertisement: whether the free edition's window is open.
        stubborn: properties that setters leave as they are, saying True.
        sequence_rate: frames a second of imported sequences.
        individual_frames: whether sequences are imported as single frames.
        takes_keep_speed: whether a clip's speed works on its takes.
        inserts_tracks: whether AddTrack knows an index; older versions put tracks on top.
        source_off_by_one: added to GetSourceStartFrame at 100%.
        drops_appends: whether appended clips vanish.
        idle_deletions: how many of the next DeleteClips do nothing, saying True.
    """

    def __init__(self, product: str = "DaVinci Resolve Studio", version: tuple[int, int, int] = (21, 0, 3)) -> None:
        self.product = product
        self.version = version
        self.page = "color"
        self.calls: list[str] = []
        self.advertisement = False
        self.stubborn: set[str] = set()
        self.sequence_rate = "24"
        self.individual_frames = False
        self.takes_keep_speed = False
        self.inserts_tracks = True
        self.source_off_by_one = 0
        self.drops_appends = False
        self.idle_deletions = 0
        self.pool: FakePool
        self.timeline: FakeTimeline | None = None
        self.fusion: FakeFusion
        self._identities = 0

    @property
    def is_free(self) -> bool:
        return "Studio" not in self.product

    def new_identity(self) -> str:
        self._identities += 1
        return f"id-{self._identities}"

    def refuses(self, method: str) -> bool:
        """Whether a call is refused; one may open the advertisement, after which every other one is."""
        if self.advertisement:
            return True
        self.advertisement = self.is_free and method not in FREE_OF_CHARGE
        return self.advertisement


class FakeObject:
    """One of Resolve's objects: every name is there, and only methods are listed."""

    def __init__(self, app: FakeApp) -> None:
        self._app = app
        self._identity = app.new_identity()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return None  # and hasattr is true

    def __dir__(self) -> list[str]:
        return [name for name in type(self).__dict__ if name[0].isupper()]


def api(method: Method) -> Method:
    """A documented method: it is recorded, and the free edition refuses it."""

    @functools.wraps(method)
    def answered(self: FakeObject, *args: Any) -> Any:
        app = self._app
        app.calls.append(f"{type(self).__name__.removeprefix('Fake')}.{method.__name__}")
        return False if app.refuses(method.__name__) else method(self, *args)

    return answered


class FakeResolve(FakeObject):
    """Resolve: what a script gets as ``resolve``."""

    @api
    def GetProductName(self) -> str:
        return self._app.product

    @api
    def GetVersionString(self) -> str:
        return ".".join(map(str, self._app.version))

    @api
    def Fusion(self) -> FakeFusion:
        return self._app.fusion

    @api
    def GetProjectManager(self) -> FakeProjectManager:
        return FakeProjectManager(self._app)

    @api
    def GetCurrentPage(self) -> str:
        return self._app.page

    @api
    def OpenPage(self, name: str) -> bool:
        if "page" not in self._app.stubborn:
            self._app.page = name
        return True


class FakeProjectManager(FakeObject):
    """ProjectManager: with one project."""

    @api
    def GetCurrentProject(self) -> FakeProject:
        return FakeProject(self._app)


class FakeProject(FakeObject):
    """Project: with one media pool, and the timeline that is open."""

    @api
    def GetMediaPool(self) -> FakePool:
        return self._app.pool

    @api
    def GetCurrentTimeline(self) -> FakeTimeline | None:
        return self._app.timeline

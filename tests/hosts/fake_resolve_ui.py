"""Resolve's windows, for tests: elements and attributes are those of its Workflow Integration README; a person acts.

A person is a list of actions for each window's ID, done one after the other when the window waits for events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from .fake_resolve import FakeApp

EVERY_ELEMENT = {"ID", "Weight", "Enabled", "Hidden", "Visible", "ToolTip", "MinimumSize", "MaximumSize", "FixedSize"}
ATTRIBUTES = {
    "Label": {"Text", "Alignment", "FrameStyle", "WordWrap", "Indent", "Margin"},
    "Button": {"Text", "Down", "Checkable", "Checked", "Icon", "IconSize", "Flat"},
    "CheckBox": {"Text", "Down", "Checkable", "Checked", "Tristate", "CheckState"},
    "ComboBox": {"ItemText", "Editable", "CurrentIndex", "CurrentText", "Count"},
    "LineEdit": {"Text", "PlaceholderText", "Font", "MaxLength", "ReadOnly", "Modified", "ClearButtonEnabled"},
    "VGroup": {"Spacing"},
    "HGroup": {"Spacing"},
}

Person = dict[str, list[Callable[["FakeWindow"], None]]]


class FakeElement:
    """An element with the attributes that its kind has; others are refused."""

    def __init__(self, kind: str, properties: dict[str, Any], children: list[FakeElement]) -> None:
        self.__dict__.update(kind=kind, children=children, items=[])
        for name, value in properties.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        assert name in ATTRIBUTES[self.kind] | EVERY_ELEMENT, f"{self.kind} has no {name}"
        self.__dict__[name] = value

    def AddItems(self, texts: list[str]) -> None:
        assert self.kind == "ComboBox"
        assert isinstance(texts, list)
        self.items.extend(texts)
        self.__dict__.setdefault("CurrentIndex", 0)

    def everything(self) -> list[FakeElement]:
        return [self, *[element for child in self.children for element in child.everything()]]


class FakeUIManager:
    """Makes elements from a dictionary of attributes, a list of children, or both."""

    def __getattr__(self, kind: str) -> Callable[..., FakeElement]:
        assert kind in ATTRIBUTES, f"there is no element {kind}"

        def made(*parts: Any) -> FakeElement:
            properties = next((part for part in parts if isinstance(part, dict)), {})
            children = next((part for part in parts if isinstance(part, list)), [])
            return FakeElement(kind, properties, children)

        return made


class _Handlers:
    """Event name -> what is called, set as attributes."""


class FakeWindow:
    """A window. ``On[id].Clicked = f`` sets what is called."""

    def __init__(self, properties: dict[str, Any], children: list[FakeElement]) -> None:
        self.identity = properties["ID"]
        elements = [element for child in children for element in child.everything()]
        named = [element for element in elements if "ID" in element.__dict__]
        self.elements = {element.__dict__["ID"]: element for element in named}
        assert len(self.elements) == len(named), "two elements have one ID"
        self.On: dict[str, Any] = defaultdict(_Handlers)
        self.visible = False

    def GetItems(self) -> dict[str, FakeElement]:
        return self.elements

    def Show(self) -> None:
        self.visible = True

    def Hide(self) -> None:
        self.visible = False

    def click(self, identity: str) -> None:
        self.On[identity].Clicked({"who": identity})

    def close(self) -> None:
        self.On[self.identity].Close({})


class FakeDispatcher:
    """The loop of events of one window."""

    def __init__(self, app: FakeApp, person: Person, log: list[FakeWindow]) -> None:
        self._app, self._person, self._log = app, person, log
        self._window: FakeWindow | None = None
        self._left = False

    def AddWindow(self, properties: dict[str, Any], children: list[FakeElement]) -> FakeWindow:
        self._window = FakeWindow(properties, children)
        self._log.append(self._window)
        return self._window

    def RunLoop(self) -> None:
        window = self._window
        assert window is not None
        assert window.visible
        self._left = False
        while not self._left:
            actions = self._person.get(window.identity, [])
            assert actions, f"nobody answers the window {window.identity}, which says {texts_of(window)}"
            actions.pop(0)(window)

    def ExitLoop(self) -> None:
        self._left = True

    def StepLoop(self, wait: bool) -> None:
        assert not wait
        window = self._window
        actions = self._person.get(window.identity, []) if window else []
        if window and actions:
            actions.pop(0)(window)
            raise KeyError("On")  # as Resolve 21 does for events that nobody asked for


def texts_of(window: FakeWindow) -> list[str]:
    """All that can be read in a window."""
    return [element.__dict__["Text"] for element in window.elements.values() if "Text" in element.__dict__]


class FakeFusion:
    """What a script gets as ``fusion``. Since 19.1 the free edition has no UIManager, and advertises."""

    def __init__(self, app: FakeApp) -> None:
        self._app = app

    @property
    def UIManager(self) -> FakeUIManager | None:
        self._app.calls.append("Fusion.UIManager")
        return None if self._app.refuses("UIManager") else FakeUIManager()


class FakeBmd:
    """What a script gets as ``bmd``.

    Attributes:
        windows: all that were opened, in order.
    """

    def __init__(self, app: FakeApp, person: Person) -> None:
        self._app, self._person = app, person
        self.windows: list[FakeWindow] = []

    def UIDispatcher(self, manager: FakeUIManager) -> FakeDispatcher:
        assert isinstance(manager, FakeUIManager)
        return FakeDispatcher(self._app, self._person, self.windows)

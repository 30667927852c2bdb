"""Nodes and groups of the fake host."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .fake_nuke_curves import Curve
from .fake_nuke_knobs import (
    Boolean_Knob,
    Enumeration_Knob,
    File_Knob,
    Int_Knob,
    Knob,
    Number_Knob,
    Script_Knob,
    String_Knob,
)

if TYPE_CHECKING:
    from .fake_nuke import FakeNuke

INPUTS, HIDDEN_INPUTS, EXPRESSIONS = 1, 2, 4

COLORSPACES = ["default (linear)", "linear", "sRGB"]


def _everywhere() -> list[Knob]:
    return [
        *(String_Knob("name"), String_Knob("label"), String_Knob("help"), String_Knob("note_font")),
        *(Int_Knob("xpos"), Int_Knob("ypos"), Boolean_Knob("selected", False), Boolean_Knob("disable", False)),
    ]


def _read() -> list[Knob]:
    numbers = [Int_Knob(name, 1) for name in ("first", "last", "origfirst", "origlast")]
    return [
        *(File_Knob("file"), File_Knob("proxy"), *numbers, String_Knob("frame"), Script_Knob("reload")),
        Enumeration_Knob("file_type", ["", "exr", "dpx"]),
        Enumeration_Knob("frame_mode", ["expression", "start at", "offset"]),
        Enumeration_Knob("before", ["hold", "loop", "bounce", "black"]),
        Enumeration_Knob("after", ["hold", "loop", "bounce", "black"]),
        Enumeration_Knob("on_error", ["error", "black", "checkerboard", "nearest frame"]),
        Enumeration_Knob("colorspace", COLORSPACES),
        Enumeration_Knob("localizationPolicy", ["on", "from auto-localize path", "on demand", "off"]),
        *(Boolean_Knob(name, False) for name in ("raw", "premultiplied", "auto_alpha")),
    ]


def _write() -> list[Knob]:
    return [
        *(File_Knob("file"), File_Knob("proxy"), Boolean_Knob("raw", False), Boolean_Knob("create_directories", False)),
        Enumeration_Knob("file_type", [" ", "dpx\tDPX", "exr", "mov"]),
        Enumeration_Knob("channels", ["rgb", "rgba", "all"]),
        Enumeration_Knob("colorspace", COLORSPACES),
    ]


def exr_knobs() -> list[Knob]:
    """Knobs of a Write that exist once its file type is EXR; spelled as newer versions do."""
    return [
        Enumeration_Knob("datatype", ["16 bit half", "32 bit float"]),
        Enumeration_Knob("compression", ["none", "Zip (1 scanline)", "Zip (16 scanlines)", "RLE", "DWAA"]),
        Enumeration_Knob(
            "metadata",
            [
                *("default metadata", "no metadata", "default metadata and exr/*"),
                *("all metadata except input/*", "all metadata"),
            ],
        ),
        Boolean_Knob("autocrop", True),  # as a site's knobDefault may have it
    ]


OWN_KNOBS: dict[str, Callable[[], list[Knob]]] = {
    "Read": _read,
    "Write": _write,
    "FrameHold": lambda: [Number_Knob("firstFrame"), Int_Knob("increment")],
    "Dissolve": lambda: [Number_Knob("which"), Enumeration_Knob("channels", ["rgba", "all"])],
    "Switch": lambda: [Number_Knob("which")],
    "Text2": lambda: [String_Knob("message"), Knob("box")],
    "FrameRange": lambda: [Number_Knob("first_frame"), Number_Knob("last_frame"), String_Knob("time")],
    "Multiply": lambda: [Number_Knob("value", 1.0), Enumeration_Knob("channels", ["rgb", "all"])],
    "Input": lambda: [Int_Knob("number")],
    "Group": list,
    **dict.fromkeys(("Dot", "NoOp", "Output", "Viewer"), list),
}
MOST_INPUTS = {"Read": 0, "Dissolve": 2, "Switch": 2, "Input": 0}


class Node:
    """A node. From another thread, or after it was deleted, nothing can be asked of it."""

    def __init__(self, session: FakeNuke, kind: str, parent: Group | None) -> None:
        self.session, self._kind, self._parent = session, kind, parent
        self._inputs: list[Node | None] = []
        self._knobs: dict[str, Knob] = {}
        self.is_deleted = False
        for knob in [*_everywhere(), *OWN_KNOBS[kind]()]:
            self.add(knob)

    def check(self) -> None:
        self.session.check_thread()
        if self.is_deleted:
            raise ValueError("A PythonObject is not attached to a node")

    def add(self, knob: Knob) -> None:
        knob.attach(self)
        self._knobs[knob._name] = knob

    def Class(self) -> str:
        self.check()
        return self._kind

    def name(self) -> str:
        return str(self["name"].value())

    def fullName(self) -> str:
        outer = self.parent()
        return self.name() if outer._kind == "Root" else f"{outer.fullName()}.{self.name()}"

    def parent(self) -> Group:
        self.check()
        assert self._parent is not None
        return self._parent

    def knob(self, name: str) -> Knob | None:
        self.check()
        return self._knobs.get(name)

    def knobs(self) -> dict[str, Knob]:
        self.check()
        return dict(self._knobs)

    def __getitem__(self, name: str) -> Knob:
        found = self.knob(name)
        if found is None:
            raise NameError(f"knob {name} does not exist in {self._kind}")
        return found

    def input(self, number: int) -> Node | None:
        self.check()
        return self._inputs[number] if number < len(self._inputs) else None

    def inputs(self) -> int:
        self.check()
        return len(self._inputs)

    def setInput(self, number: int, node: Node | None) -> bool:
        self.check()
        assert node is None or node._parent is self._parent, "pipes do not cross the wall of a group"
        self._inputs += [None] * (number + 1 - len(self._inputs))
        self._inputs[number] = node
        return True

    def dependencies(self, what: int) -> list[Node]:
        self.check()
        found = [node for node in self._inputs if node is not None] if what & INPUTS else []
        return found + (self._in_expressions() if what & EXPRESSIONS else [])

    def _in_expressions(self) -> list[Node]:
        texts = [knob._expression for knob in self._knobs.values() if isinstance(knob, Number_Knob)]
        others = [] if self._parent is None else self._parent._nodes
        return [node for node in others if node is not self and any(f"{node.name()}." in text for text in texts)]

    def setSelected(self, selected: bool) -> None:
        self["selected"].setValue(selected)

    def showControlPanel(self) -> None:
        self.check()

    def hasError(self) -> bool:
        self.check()
        return False

    def firstFrame(self) -> int:
        return self._range()[0]

    def lastFrame(self) -> int:
        return self._range()[1]

    def _range(self) -> tuple[int, int]:
        self.check()
        if self._kind == "Read":
            return self["first"].value(), self["last"].value()
        if self._kind == "FrameRange":
            return int(self["first_frame"].value()), int(self["last_frame"].value())
        above = next((node for node in self._inputs if node is not None), None)
        return above._range() if above else (self.session.root().firstFrame(), self.session.root().lastFrame())

    def resolve(self, path: str, frame: float) -> float | Curve:
        """What a path in an expression of this node stands for; with a dot at its end, the knob's curve."""
        if path == "frame":
            return frame
        knob = self._by_path(path.removesuffix(".").split("."))
        if isinstance(knob, Number_Knob):
            return knob.curve() if path.endswith(".") else float(knob.getValueAt(frame))
        return knob.getValue() if isinstance(knob, Enumeration_Knob) else float(knob.value())

    def _by_path(self, path: list[str]) -> Knob:
        if len(path) == 1:
            return self[path[0]]
        if path[0] == "parent":
            return self.parent()._by_path(path[1:])
        found = self.parent().node(path[0])
        assert found is not None, f"{self.fullName()}: no node for {path}"
        return found._by_path(path[1:])


class Group(Node):
    """A node with nodes in it; ``with group:`` makes new nodes in it."""

    def __init__(self, session: FakeNuke, kind: str, parent: Group | None) -> None:
        super().__init__(session, kind, parent)
        self._nodes: list[Node] = []

    def nodes(self) -> list[Node]:
        self.check()
        return list(self._nodes)

    def node(self, name: str) -> Node | None:
        self.check()
        return next((node for node in self._nodes if node.name() == name), None)

    def __enter__(self) -> Group:
        self.check()
        self.session.groups.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self.session.groups.pop() is self

    def _range(self) -> tuple[int, int]:
        return next(node for node in self._nodes if node._kind == "Output")._range()


class Root(Group):
    """The script."""

    def __init__(self, session: FakeNuke) -> None:
        super().__init__(session, "Group", None)
        self._kind = "Root"
        for knob in (
            *(Int_Knob("first_frame", 1), Int_Knob("last_frame", 100), Number_Knob("fps", 24.0)),
            *(Boolean_Knob("proxy", False), String_Knob("project_directory")),
        ):
            self.add(knob)

    def fullName(self) -> str:
        return "root"

    def firstFrame(self) -> int:
        return int(self["first_frame"].value())

    def lastFrame(self) -> int:
        return int(self["last_frame"].value())

    def fps(self) -> int:
        """Cut to a whole number, as in the real host."""
        return int(self["fps"].value())

    def realFps(self) -> float:
        return float(self["fps"].value())

    def setProxy(self, on: bool) -> None:
        self["proxy"].setValue(on)

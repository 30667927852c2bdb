"""A module that stands for ``nuke``: one session of the fake host.

It enforces what documents, stubs and people who use the real one say about it: only the main thread may
touch nodes; knobs that do not exist and values that are not offered are errors; a call into the main thread from the
main thread never returns; callbacks that raise stop a render.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from .fake_nuke_images import file_for, render, write_exr
from .fake_nuke_knobs import Knob
from .fake_nuke_nodes import EXPRESSIONS, HIDDEN_INPUTS, INPUTS, Group, Node, Root, exr_knobs
from .fake_nuke_script_nodes import read_script, script_lines
from .fake_nuke_window import Menu, ProgressTask, Undo

_CALLBACKS = ("BeforeRender", "BeforeFrameRender", "KnobChanged")


class FakeNuke(ModuleType):
    """The module. Tests put it into ``sys.modules``."""

    INPUTS, HIDDEN_INPUTS, EXPRESSIONS = INPUTS, HIDDEN_INPUTS, EXPRESSIONS
    NUKE_VERSION_STRING = "15.1v2"
    Group = Group

    def __init__(self, *, gui: bool) -> None:
        super().__init__("nuke")
        self.GUI = gui
        self.main_thread = threading.current_thread()
        self.queue: list[Callable[[], None]] = []
        self.arrived = threading.Event()
        self.said: list[str] = []
        self.answers: list[int | None] = []
        self.asked: list[list[str]] = []
        self.tasks: list[ProgressTask] = []
        self.cancel_after_percent: int | None = None
        self.tcl_values: dict[str, str] = {}
        self.filters: list[Callable[[str], str]] = []
        self.view_names = ["main"]
        self.undo_depth = 0
        self.current_frame = 1
        self.script = ""
        self.callbacks: dict[str, list[tuple[Callable[[], None], str]]] = {name: [] for name in _CALLBACKS}
        self.this: list[tuple[Node, Knob | None]] = []
        self.toolbar = Menu()
        self.nodes = _Nodes(self)
        self.Undo = Undo(self)
        self._new_script()
        for name in _CALLBACKS:
            setattr(self, f"add{name}", lambda call, nodeClass, name=name: self._hook(name, call, nodeClass))
            setattr(self, f"remove{name}", lambda call, nodeClass, name=name: self._unhook(name, call, nodeClass))

    def _new_script(self) -> None:
        self.the_root = Root(self)
        self.groups: list[Any] = [self.the_root]

    # Threads.

    def check_thread(self) -> None:
        if threading.current_thread() is not self.main_thread:
            raise RuntimeError("only the main thread may touch nodes and knobs")

    def executeInMainThread(
        self, call: Callable[..., Any], args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> None:
        arguments = args if isinstance(args, tuple) else (args,)
        self.queue.append(lambda: call(*arguments, **(kwargs or {})))
        self.arrived.set()

    def executeInMainThreadWithResult(self, call: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        if threading.current_thread() is self.main_thread:
            raise RuntimeError("deadlock: the main thread waits for itself")
        answer: list[Any] = []
        done = threading.Event()

        def run() -> None:
            try:
                answer.append(call(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {})))
            except Exception as error:  # the real one prints it, and returns None
                self.said.append(f"traceback: {error}")
            done.set()

        self.executeInMainThread(run)
        done.wait()
        return answer[0] if answer else None

    def work_off_queue(self, thread: threading.Thread) -> None:
        """What the main thread does while an artist waits: runs what other threads sent, until one of them ends."""
        while thread.is_alive() or self.queue:
            self.arrived.wait(0.05)
            self.arrived.clear()
            while self.queue:
                self.queue.pop(0)()

    def ProgressTask(self, title: str) -> ProgressTask:
        assert self.GUI, "there is no progress bar without a window"
        self.tasks.append(ProgressTask(self, title))
        return self.tasks[-1]

    # Saying and asking.

    def message(self, text: str) -> None:
        self.check_thread()
        assert self.GUI, "there is nobody to read a dialogue"
        self.said.append(text)

    def tprint(self, text: str) -> None:
        self.said.append(text)

    def choice(self, title: str, prompt: str, options: list[str]) -> int | None:
        self.check_thread()
        assert self.GUI
        assert title
        assert prompt
        self.asked.append(options)
        return self.answers.pop(0)

    def menu(self, name: str) -> Menu:
        assert self.GUI, "there are no menus without a window"
        assert name == "Nodes"
        return self.toolbar

    # Nodes.

    def root(self) -> Root:
        self.check_thread()
        return self.the_root

    def make(self, kind: str, name: str = "") -> Any:
        self.check_thread()
        group = self.groups[-1]
        node = (Group if kind == "Group" else Node)(self, kind, group)
        taken = {each.name() for each in group._nodes}
        stem = (name or kind).rstrip("0123456789") or kind
        free = (f"{stem}{number}" for number in range(1, 1000) if f"{stem}{number}" not in taken)
        node["name"].setValue(name if name and name not in taken else next(free))
        group._nodes.append(node)
        return node

    def delete(self, node: Node) -> None:
        node.check()
        node.parent()._nodes.remove(node)
        node.is_deleted = True

    def toNode(self, name: str) -> Node | None:
        found: Any = self.root()
        for part in name.split("."):
            found = found.node(part) if found is not None else None
        return found  # type: ignore[no-any-return]

    def allNodes(self, kind: str, *, recurseGroups: bool = False) -> list[Node]:
        def below(group: Group) -> list[Node]:
            inner = [each for node in group.nodes() if isinstance(node, Group) for each in below(node)]
            return group.nodes() + (inner if recurseGroups else [])

        return [node for node in below(self.root()) if node.Class() == kind]

    def selectedNodes(self) -> list[Node]:
        return [node for node in self.groups[-1].nodes() if node["selected"].value()]

    def selectedNode(self) -> Node:
        chosen = self.selectedNodes()
        if not chosen:
            raise ValueError("no node selected")
        return chosen[-1]

    def thisNode(self) -> Node:
        self.check_thread()
        return self.this[-1][0]

    def thisKnob(self) -> Knob:
        knob = self.this[-1][1]
        assert knob is not None
        return knob

    def press(self, knob: Knob) -> None:
        """A button is pressed."""
        self.this.append((knob.node(), knob))
        try:
            exec(str(knob._value), {"nuke": self})  # what the real host does, with the text in the group
        finally:
            self.this.pop()

    # Scripts.

    def nodePaste(self, path: str) -> Node:
        self.check_thread()
        made = read_script(self, Path(path).read_text("utf-8"))
        for node in self.groups[-1].nodes():
            node.setSelected(node in made)
        return made[-1]

    def scriptOpen(self, path: str) -> None:
        self._new_script()
        self.script = path
        read_script(self, Path(path).read_text("utf-8"))

    def scriptSave(self, path: str) -> None:
        Path(path).write_text("\n".join(script_lines(self.the_root)) + "\n", "utf-8")
        self.script = path

    def script_directory(self) -> str:
        return Path(self.script).parent.as_posix() if self.script else ""

    def views(self) -> list[str]:
        return list(self.view_names)

    def filenameFilter(self, path: str) -> str:
        for change in self.filters:
            path = change(path)
        return path

    def frame(self) -> int:
        return self.current_frame

    # Callbacks and rendering.

    def _hook(self, name: str, call: Callable[[], None], kind: str) -> None:
        self.callbacks[name].append((call, kind))

    def _unhook(self, name: str, call: Callable[[], None], kind: str) -> None:
        if (call, kind) in self.callbacks[name]:
            self.callbacks[name].remove((call, kind))

    def _call_back(self, name: str, node: Node, knob: Knob | None = None) -> None:
        self.this.append((node, knob))
        try:
            for call, kind in list(self.callbacks[name]):
                if kind == node.Class():
                    call()
        finally:
            self.this.pop()

    def knob_changed(self, knob: Knob) -> None:
        node = knob.node()
        if node.Class() == "Write" and knob.name() == "file_type" and "exr" in str(knob.value()):
            for extra in exr_knobs():
                node.add(extra)
        self._call_back("KnobChanged", node, knob)

    def execute(self, node: Node, first: int, last: int, incr: int = 1, views: list[str] | None = None) -> None:
        """Renders a Write, frame by frame. An exception in a callback stops it."""
        assert node.Class() == "Write"
        self._call_back("BeforeRender", node)
        pattern: Any = node["file"]
        for self.current_frame in range(first, last + 1, incr):
            self._call_back("BeforeFrameRender", node)
            for view in views or self.view_names:
                path = Path(self.filenameFilter(file_for(pattern.getEvaluatedValue(), self.current_frame, view)))
                image = render(node.input(0), self.current_frame, view)
                write_exr(node, image, path, proxy=bool(self.the_root["proxy"].value()))


class _Nodes:
    """``nuke.nodes``."""

    def __init__(self, session: FakeNuke) -> None:
        self._session = session

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def make(inputs: list[Node] | None = None, **knobs: Any) -> Any:
            node = self._session.make(kind)
            for number, above in enumerate(inputs or []):
                node.setInput(number, above)
            for name, value in knobs.items():
                node[name].setValue(value)
            return node

        return make

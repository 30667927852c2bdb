"""The fake host refuses what the real one refuses; or else the other tests would prove little."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from .fake_nuke import FakeNuke
from .shot import Shot, read_node


def in_a_thread(run: Callable[[], object]) -> list[Exception]:
    caught: list[Exception] = []

    def guarded() -> None:
        try:
            run()
        except Exception as error:
            caught.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    return caught


def test_only_the_main_thread_touches_nodes() -> None:
    nuke = FakeNuke(gui=True)
    node = nuke.nodes.Dot()
    for touch in (node.name, lambda: node["label"].value(), nuke.root, lambda: nuke.message("x"), nuke.nodes.Dot):
        (error,) = in_a_thread(touch)
        assert "only the main thread" in str(error)


def test_knobs_and_values_that_are_not_there_are_errors() -> None:
    nuke = FakeNuke(gui=False)
    write = nuke.nodes.Write()
    with pytest.raises(NameError):
        write["datatype"]
    write["file_type"].setValue("exr")
    assert write["datatype"].value() == "16 bit half"
    with pytest.raises(TypeError, match="not offered"):
        write["compression"].setValue("Zip (1 Scanline)")
    with pytest.raises(ValueError, match="backslashes"):
        write["file"].setValue("C:\\plates")


def test_waiting_for_the_main_thread_in_it_is_a_deadlock_and_errors_there_are_lost() -> None:
    nuke = FakeNuke(gui=True)
    with pytest.raises(RuntimeError, match="deadlock"):
        nuke.executeInMainThreadWithResult(print)
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(nuke.executeInMainThreadWithResult(int, "no number")))
    thread.start()
    nuke.work_off_queue(thread)
    assert answers == [None]
    assert "traceback" in nuke.said[0]


def test_a_deleted_node_answers_nothing_and_the_rate_is_cut() -> None:
    nuke = FakeNuke(gui=False)
    node = nuke.nodes.Dot()
    nuke.delete(node)
    with pytest.raises(ValueError, match="not attached"):
        node.name()
    nuke.root()["fps"].setValue(23.976)
    assert (nuke.root().fps(), nuke.root().realFps()) == (23, 23.976)


def test_a_script_that_is_saved_opens_as_it_was(tmp_path: Path) -> None:
    nuke = FakeNuke(gui=False)
    read = read_node(nuke, Shot(Path("/plates of mine")), colorspace="sRGB")
    multiply = nuke.nodes.Multiply(inputs=[read])
    multiply["value"].fromScript("{curve K x1 1 x5 2}")
    nuke.nodes.Dissolve(inputs=[multiply, nuke.nodes.Dot(inputs=[read])])
    script = tmp_path / "comp.nk"
    nuke.scriptSave(str(script))
    again = FakeNuke(gui=False)
    again.scriptOpen(str(script))
    mixed = again.toNode("Dissolve1")
    assert mixed is not None
    assert [mixed.input(number).name() for number in (0, 1)] == ["Multiply1", "Dot1"]  # type: ignore[union-attr]
    assert again.toNode("Read1")["file"].value() == "/plates of mine/plate.%04d.exr"  # type: ignore[index]
    assert again.toNode("Multiply1")["value"].toScript() == "{curve K x1 1 x5 2}"  # type: ignore[index]

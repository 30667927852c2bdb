"""Creating the node, finding its source, hooking into the host."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartNuke
from .fake_nuke import FakeNuke
from .fake_nuke_knobs import Enumeration_Knob
from .shot import Shot, read_node

Adapter = Callable[[], Any]


def part(name: str) -> Any:
    return importlib.import_module(f"vfi_nuke.{name}")


@pytest.fixture
def read(nuke: FakeNuke) -> Any:
    return read_node(nuke, Shot(Path("/plates"), first=-5, count=10))


def test_the_menu_makes_a_node_behind_the_selection(nuke_gui: FakeNuke, adapter: Adapter) -> None:
    read = read_node(nuke_gui, Shot(Path("/plates"), first=-5, count=10))
    read.setSelected(True)
    nuke_gui.toolbar.addMenu("Time").entries["VFIRetime"]()
    node: Any = nuke_gui.toNode("VFIRetime1")
    assert node.input(0) is read
    assert (node["input.first"].value(), node["input.last"].value()) == (-5, 4)
    assert (node.firstFrame(), node.lastFrame()) == (-5, 13)
    adapter().create(read)
    assert nuke_gui.toNode("VFIRetime2") is not None


def test_what_is_set_up_can_be_taken_down(nuke_gui: FakeNuke, adapter: Adapter) -> None:
    hooked = {name: len(calls) for name, calls in nuke_gui.callbacks.items()}
    assert hooked == {"BeforeRender": 1, "BeforeFrameRender": 1, "KnobChanged": 2}
    adapter().setup()
    assert {name: len(calls) for name, calls in nuke_gui.callbacks.items()} == hooked
    adapter().teardown()
    adapter().teardown_menu()
    assert not any(nuke_gui.callbacks.values())
    assert nuke_gui.toolbar.addMenu("Time").entries == {}


def test_it_starts_without_a_window_and_without_a_core(
    start_nuke: StartNuke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VFI_HOME", str(tmp_path))
    assert start_nuke().said == []


def test_a_read_is_found_through_what_changes_nothing(nuke: FakeNuke, adapter: Adapter, read: Any) -> None:
    off = nuke.nodes.Multiply(inputs=[nuke.nodes.Dot(inputs=[read])], value=2, disable=True)
    node = adapter().create(nuke.nodes.NoOp(inputs=[off]))
    assert part("source").find_source(node).node is read
    off["disable"].setValue(False)
    assert not part("source").find_source(node).is_read


def test_a_read_is_found_from_inside_a_group(nuke: FakeNuke, adapter: Adapter, read: Any) -> None:
    group = nuke.nodes.Group(inputs=[read])
    with group:
        node = adapter().create(nuke.nodes.Input())
    assert node.fullName() == "Group1.VFIRetime1"
    assert part("source").find_source(node).node is read


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("file", "/plates/still.exr"),
        ("file", "/plates/clip.%04d.dpx"),
        ("frame", "frame+10"),
        ("frame_mode", "offset"),
        ("on_error", "black"),
        ("disable", True),
    ],
)
def test_a_read_that_changes_its_files_is_baked(
    nuke: FakeNuke, adapter: Adapter, read: Any, knob: str, value: object
) -> None:
    node = adapter().create(read)
    assert part("source").find_source(node).is_read
    read[knob].setValue(value)
    assert not part("source").find_source(node).is_read


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Q:/show/p.%04d.exr", "Q:/show/p.%04d.exr"),
        ("//nas/show/p.%04d.exr", "//nas/show/p.%04d.exr"),
        ("plates/ü p.####.exr", "/projects/x y/plates/ü p.####.exr"),
        ("[shot]/p.%04d.exr", "/shots/010/p.%04d.exr"),
    ],
)
def test_paths_become_absolute(nuke: FakeNuke, adapter: Adapter, read: Any, path: str, found: str) -> None:
    nuke.root()["project_directory"].setValue("/projects/x y/")
    nuke.tcl_values = {"shot": "/shots/010"}
    read["file"].setValue(path)
    assert part("source").find_source(adapter().create(read)).pattern == found


@pytest.mark.parametrize(
    ("pattern", "frame", "file"),
    [("p.%04d.exr", -2, "p.-002.exr"), ("p.####.exr", 7, "p.0007.exr"), ("p.%d.exr", 12, "p.12.exr")],
)
def test_frames_are_numbered_as_the_host_does(nuke: FakeNuke, pattern: str, frame: int, file: str) -> None:
    assert part("source").for_frame(pattern, frame) == file


def test_enumerations_are_set_by_what_is_offered(nuke: FakeNuke, adapter: Adapter) -> None:
    write = nuke.nodes.Write()
    with pytest.raises(NameError):
        write["datatype"]
    part("bake").choose(write["file_type"], "EXR")
    part("bake").choose(write["compression"], "zip (1 ")
    assert write["compression"].value() == "Zip (1 scanline)"
    part("bake").choose(write["metadata"], "all metadata")
    assert write["metadata"].value() == "all metadata"
    older = Enumeration_Knob("datatype", ["16 bit", "32 bit"])
    older.attach(write)
    part("bake").choose(older, "32 bit")
    assert older.value() == "32 bit"
    with pytest.raises(adapter().VfiNukeError, match="offers no '8 bit' in the knob datatype, but 16 bit, 32 bit"):
        part("bake").choose(older, "8 bit")


def test_an_expression_on_another_node_is_part_of_the_input(nuke: FakeNuke, adapter: Adapter, read: Any) -> None:
    control = nuke.nodes.Multiply(value=2)
    multiply = nuke.nodes.Multiply(inputs=[read])
    multiply["value"].setExpression("Multiply1.value")
    node = adapter().create(multiply)
    node["outputFolder"].setValue("/out")
    before = part("result").wanted_result(node)
    multiply["xpos"].setValue(300)
    assert part("result").wanted_result(node) == before
    control["value"].setValue(3)
    assert part("result").wanted_result(node).content != before.content


def test_proxies_do_not_change_what_is_read(nuke: FakeNuke, adapter: Adapter, read: Any) -> None:
    read["proxy"].setValue("/plates/small/plate.%04d.exr")
    nuke.root().setProxy(True)
    assert part("source").find_source(adapter().create(read)).pattern == "/plates/plate.%04d.exr"


def test_an_expression_on_the_node_itself_does_not_age_its_result(
    nuke: FakeNuke, adapter: Adapter, read: Any, tmp_path: Path
) -> None:
    multiply = nuke.nodes.Multiply(inputs=[read])
    node = adapter().create(multiply)
    multiply["value"].setExpression("VFIRetime1.timingOutputSpeed")
    node["outputFolder"].setValue("/out")
    before = part("result").wanted_result(node)
    node["status"].setValue("something else")
    assert part("result").wanted_result(node) == before


def test_a_knob_of_no_consequence_keeps_the_result(nuke: FakeNuke, adapter: Adapter, read: Any) -> None:
    node = adapter().create(read)
    node["outputFolder"].setValue("/out")
    before = part("result").wanted_result(node)
    node["device"].setValue("cpu")
    node["renderFrames"].setValue("1")
    assert part("result").wanted_result(node) == before
    node["cuts"].setValue("off")
    assert part("result").wanted_result(node).pattern != before.pattern


def test_models_and_devices_are_those_of_the_core(start_nuke: StartNuke, adapter: Adapter, tmp_path: Path) -> None:
    nuke = start_nuke(gui=True, script=tmp_path / "comp.nk")
    node = adapter().create()
    nuke.answers = [0, None]
    node["chooseModel"].execute()
    assert node["model"].value() == nuke.asked[0][0].partition(":")[0]
    node["chooseDevice"].execute()
    assert node["device"].value() == "auto"
    assert [title.partition(":")[0] for title in nuke.asked[1][:2]] == ["auto", "cpu"]


def test_another_node_is_refused(nuke: FakeNuke, adapter: Adapter, read: Any) -> None:
    with pytest.raises(adapter().VfiNukeError, match="a VFIRetime node is needed, got Read1, a Read"):
        adapter().render(read)
    node = adapter().create(read)
    nuke.delete(node.node("Source"))
    with pytest.raises(adapter().VfiNukeError, match="lost its inner node Source"):
        part("retime_node").inside(node, "Source")

"""VFIRepair in the fake host: real EXR files, the real worker, the real core."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import material
import numpy as np
import pytest
import small_pans as pans

from .conftest import StartNuke
from .fake_nuke import FakeNuke
from .fake_nuke_images import Image, render

Adapter = Callable[[], Any]

LABEL = "PREVIEW - not repaired by VFIRepair"
REPEATED, LOST = 1008, 1013


def plate(nuke: FakeNuke, folder: Path, *, lost: bool = True) -> Any:
    """A Read of frames 1001 to 1020; 1008 shows 1007 once more, and there is no file 1013."""
    pans.write_moments(folder, [number - (number == REPEATED) for number in range(1001, 1021)])
    if lost:
        (folder / f"pan.{LOST}.exr").unlink()
    numbers = {"first": 1001, "last": 1020, "origfirst": 1001, "origlast": 1020}
    return nuke.nodes.Read(file=f"{folder.as_posix()}/pan.%04d.exr", file_type="exr", **numbers)


def picture(node: Any, frame: int) -> Image:
    return render(node, frame, "main")


def moment(node: Any, frame: int) -> float:
    image = picture(node, frame)
    pixels = np.stack([image.planes[f"rgba.{name}"] for name in ("red", "green", "blue")], axis=-1)
    return pans.moment_of(pixels, frame)


def same(first: Image, second: Image) -> bool:
    a, b = first.planes, second.planes
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def write_behind(nuke: FakeNuke, node: Any, folder: Path) -> Any:
    write = nuke.nodes.Write(inputs=[node], file=f"{folder.as_posix()}/comp.%04d.exr", file_type="exr")
    values = {"raw": True, "channels": "all", "create_directories": True, "datatype": "32 bit float", "autocrop": False}
    for name, value in values.items():
        write[name].setValue(value)
    folder.mkdir(exist_ok=True)
    return write


def test_what_a_scan_lists_is_repaired_and_all_else_is_the_source(
    nuke: FakeNuke, adapter: Adapter, tmp_path: Path
) -> None:
    read = plate(nuke, tmp_path / "my plates, é")
    node = adapter().create_repair(read)
    node["badFrames"].setValue("1017-1018  # by hand")
    node["scanNow"].execute()
    assert node["badFrames"].value().splitlines()[0] == "1017-1018  # by hand"
    assert [line.split("  #")[0] for line in node["badFrames"].value().splitlines()[1:]] == [
        f"{REPEATED} duplicate",
        f"{LOST} missing",
    ]
    assert node["status"].value() == "not repaired: 1008 1013 1017-1018"
    assert picture(node, REPEATED).texts == (LABEL,)
    assert moment(node, LOST) == pytest.approx(LOST - 1, abs=0.1)  # the good frame before is held
    write = write_behind(nuke, node, tmp_path / "comp")
    with pytest.raises(adapter().StaleResultError, match="VFIRepair1 is not repaired; press Repair"):
        nuke.execute(write, 1001, 1020)

    assert adapter().repair(node) == [REPEATED, LOST, 1017, 1018]
    assert node["status"].value() == "repaired: 1008 1013 1017-1018"
    for frame in range(1001, 1021):
        shown = picture(node, frame)
        assert shown.texts == ()
        if frame in (REPEATED, LOST, 1017, 1018):
            assert moment(node, frame) == pytest.approx(frame, abs=0.1)
        else:
            assert same(shown, picture(read, frame))
    folder = Path(node.node("Result")["file"].value()).parent
    assert sorted(path.name for path in folder.glob("*.exr")) == [f"pan.{n}.exr" for n in (1008, 1013, 1017, 1018)]
    nuke.execute(write, 1001, 1020)
    comp = material.read_exr(tmp_path / "comp" / "comp.1002.exr")[1]
    original = material.read_exr(tmp_path / "my plates, é" / "pan.1002.exr")[1]
    assert all(np.array_equal(comp[name], original[name]) for name in original)

    listed = node["badFrames"].value()
    node["badFrames"].setValue(listed + "\n1010")
    assert [picture(node, frame).texts for frame in (1008, 1009, 1010)] == [(LABEL,), (), (LABEL,)]
    with pytest.raises(adapter().StaleResultError, match="repaired before its knobs changed"):
        nuke.execute(write, 1001, 1020)
    node["badFrames"].setValue(listed + "\n# a remark changes nothing")
    assert picture(node, 1008).texts == ()
    assert node["status"].value() == "repaired: 1008 1013 1017-1018"
    node["badFrames"].setValue("1008 blury")
    assert "is no list of frames" in node["status"].value()
    node["badFrames"].setValue("")
    assert node["status"].value() == "no bad frames are listed"
    assert same(picture(node, 1008), picture(node.input(0), 1008))
    nuke.execute(write, 1001, 1003)


def test_what_lies_between_is_baked_and_a_drop_moves_the_frames_around_it(
    nuke_gui: FakeNuke, adapter: Adapter, tmp_path: Path
) -> None:
    """In a session with a window, where the work goes on in the background."""
    nuke = nuke_gui
    doubled = nuke.nodes.Multiply(inputs=[plate(nuke, tmp_path / "plates", lost=False)], value=2)
    node = adapter().create_repair(doubled)
    nuke.work_off_queue(adapter().start_scan(node))
    assert node["badFrames"].value().startswith("1008 duplicate")
    node["badFrames"].setValue("1004-1005 dropped")
    node["interpolation"].setValue("Blend")
    nuke.work_off_queue(adapter().start_repair(node))
    assert nuke.said == []
    made = adapter().update_repair(node)
    assert made
    assert max(abs(frame - 1004.5) for frame in made) < 4
    for frame in range(1001, 1021):
        # 1008 is the picture of 1007 once more, and so is any mixture of the two.
        assert same(picture(node, frame), picture(doubled, frame)) == (frame not in made or frame == REPEATED)
    files = [path.name for path in (tmp_path / "shots").rglob("*") if path.is_file()]
    assert sorted(files) == [*(f"Multiply1.{frame}.exr" for frame in made), "repaired.json"]


def test_a_farm_repairs_what_a_script_lists(start_nuke: StartNuke, adapter: Adapter, tmp_path: Path) -> None:
    script = tmp_path / "comp.nk"
    artist = start_nuke(script=script)
    node = adapter().create_repair(plate(artist, tmp_path / "plates"))
    node["badFrames"].setValue('1008 duplicate  # "seen" twice\n1013 missing')
    write_behind(artist, node, tmp_path / "comp")
    artist.scriptSave(str(script))
    start_nuke()
    assert importlib.import_module("vfi_nuke.render_script").main([str(script)]) == 0
    headless = start_nuke()
    headless.scriptOpen(str(script))
    headless.execute(headless.toNode("Write1"), LOST, LOST)
    assert (tmp_path / "comp" / f"comp.{LOST}.exr").is_file()
    headless.scriptSave(str(script))
    without_plugin = FakeNuke(gui=False)
    without_plugin.scriptOpen(str(script))
    shown = without_plugin.toNode("VFIRepair1")
    assert moment(shown, LOST) == pytest.approx(LOST, abs=0.1)
    assert picture(shown, REPEATED).texts == ()


def test_what_goes_wrong_is_said_in_one_line(nuke_gui: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    nuke = nuke_gui
    node = adapter().create_repair()
    node["scanNow"].execute()
    assert nuke.said.pop() == "VFIRepair1 has no input; connect a clip"
    node.setInput(0, plate(nuke, tmp_path / "plates", lost=False))
    node["resetInputRange"].execute()
    node["renderNow"].execute()
    assert "lists no bad frames; press Scan" in nuke.said.pop()
    node["badFrames"].setValue("1005 dropped")
    node["renderNow"].execute()
    assert "the two frames around the drop" in nuke.said.pop()
    node["badFrames"].setValue("1003-1016")
    nuke.work_off_queue(adapter().start_repair(node))
    said = nuke.said.pop()
    assert "14" in said
    assert "\n" not in said
    with pytest.raises(adapter().VfiNukeError, match="a VFIRepair node is needed"):
        adapter().repair(node.input(0))


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("", []),
        ("# nothing\n\n", []),
        ("1005 1010-1012, 1020-1024x2", [("torn", [1005, 1010, 1011, 1012, 1020, 1022, 1024])]),
        ("-5--3 flash # x\n7", [("flash", [-5, -4, -3]), ("torn", [7])]),
    ],
)
def test_the_list_reads_as_it_looks(nuke: FakeNuke, text: str, findings: list[Any]) -> None:
    parse = importlib.import_module("vfi_nuke.bad_frames").parse
    assert [(each["kind"], each["frames"]) for each in parse(text).findings] == findings


def test_the_kinds_are_those_of_the_core(nuke: FakeNuke) -> None:
    from vfi_plugin.repair.finding import Kind

    kinds = importlib.import_module("vfi_nuke.bad_frames").KINDS
    assert set(kinds) == {kind.value for kind in Kind}

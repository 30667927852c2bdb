"""Whole retimes through the fake host: real EXR files, the real worker, the real core."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import material
import numpy as np
import pytest

import vfi_plugin as vfi

from .conftest import StartNuke
from .fake_nuke import FakeNuke
from .fake_nuke_images import Image, render
from .shot import Shot, read_node

Adapter = Callable[[], Any]
LABEL = "PREVIEW - not rendered by VFIRetime"


def picture(node: Any, frame: int, view: str = "main") -> Image:
    return render(node, frame, view)


def same_picture(first: Image, second: Image) -> bool:
    a, b = first.planes, second.planes
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def same_file_pixels(first: Path, second: Path) -> bool:
    a, b = (material.read_exr(path)[1] for path in (first, second))
    return list(a) == list(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)


def result_file(node: Any, frame: int, view: str = "") -> Path:
    return Path(node.node("Result")["file"].value().replace("%V", view) % frame)


def animate(knob: Any, keys: dict[int, float]) -> None:
    knob.setAnimated()
    for frame, value in keys.items():
        knob.setValueAt(value, frame)


def write_behind(nuke: FakeNuke, node: Any, folder: Path) -> Any:
    """A Write as an artist sets one up."""
    write = nuke.nodes.Write(inputs=[node], file=f"{folder.as_posix()}/comp.%04d.exr", file_type="exr")
    values = {"raw": True, "channels": "all", "create_directories": True, "datatype": "32 bit float", "autocrop": False}
    for name, value in values.items():
        write[name].setValue(value)
    folder.mkdir(exist_ok=True)
    return write


def test_a_read_is_retimed_as_the_command_line_does_it(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    shot = Shot(tmp_path / "my plates, é").write()
    dot = nuke.nodes.Dot(inputs=[read_node(nuke, shot)])
    node = adapter().create(dot)
    adapter().render(node)
    vfi.retime(shot.pattern, tmp_path / "expected.####.exr", speed=0.5)
    for frame in range(1001, 1008):
        assert same_file_pixels(result_file(node, frame), tmp_path / f"expected.{frame}.exr")
        assert picture(node, frame).texts == ()
    for output, source in ((1001, 1001), (1003, 1002), (1007, 1004)):
        assert same_file_pixels(result_file(node, output), Path(shot.pattern % source))
    header = material.read_exr(result_file(node, 1002))[0]
    assert header["framesPerSecond"].as_integer_ratio() == (24000, 1001)
    assert header["vfi/source"] == "1001.5"
    assert node["status"].value() == "rendered, 7 frames"
    assert (node.firstFrame(), node.lastFrame()) == (1001, 1007)
    assert adapter().render(node) == []
    node["overwrite"].setValue(True)
    (report,) = adapter().render(node)
    assert report["written"] == list(range(1001, 1008))
    result = node.node("Result")
    assert [result[name].value() for name in ("first", "last", "origfirst", "origlast")] == [1001, 1007, 1001, 1007]
    assert result["localizationPolicy"].value() == "off"


def test_what_lies_between_is_baked_in_full(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    """All channels, the bounding box, full size though the script is at proxy size; nothing is left behind."""
    shot = Shot(tmp_path / "plates").write()
    doubled = nuke.nodes.Multiply(inputs=[read_node(nuke, shot)], value=2)
    nuke.root().setProxy(True)
    node = adapter().create(doubled)
    adapter().render(node)
    assert nuke.root()["proxy"].value() is True
    assert [each.Class() for each in node.nodes()].count("Write") == 0
    for output, source in ((1001, 1001), (1003, 1002), (1005, 1003)):
        assert same_picture(picture(node, output), picture(doubled, source))
    made = picture(node, 1002)
    assert made.planes["rgba.red"].shape == picture(doubled, 1001).planes["rgba.red"].shape
    assert tuple(made.header["dataWindow"][0]) == (-4, -4)
    assert made.header["framesPerSecond"].as_integer_ratio() == (24000, 1001)
    assert np.abs(made.planes["rgba.red"] - picture(doubled, 1001).planes["rgba.red"]).max() > 0.1
    files = [path for path in (tmp_path / "shots").rglob("*") if path.is_file()]
    assert len(files) == 7
    others = {frame: result_file(node, frame).stat().st_mtime_ns for frame in (1001, 1003)}
    result_file(node, 1002).unlink()
    (report,) = adapter().render(node)
    assert report["written"] == [1002]
    assert same_picture(picture(node, 1002), made)
    assert others == {frame: result_file(node, frame).stat().st_mtime_ns for frame in others}
    behind = adapter().create(node)
    node["cuts"].setValue("off")
    with pytest.raises(adapter().StaleResultError, match="VFIRetime1 was rendered before its knobs changed"):
        adapter().render(behind)


def test_animated_speed_from_frames_below_zero(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    shot = Shot(tmp_path / "plates", first=-2).write()
    node = adapter().create(read_node(nuke, shot))
    animate(node["timingOutputSpeed"], {-2: 0, 2: 1})
    node["interpolation"].setValue("Blend")
    adapter().render(node)
    expected = vfi.TimeMap.from_speed_keys({-2: 0, 2: 1, 3: 1}, source_first=-2)
    vfi.retime(shot.pattern, tmp_path / "expected.####.exr", time_map=expected, method="blend")
    assert (node.firstFrame(), node.lastFrame()) == (-2, 3)
    for frame in range(-2, 4):
        assert same_file_pixels(result_file(node, frame), tmp_path / f"expected.{frame:04d}.exr")


def test_the_shutter_knobs_of_kronos_open_the_shutter(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    """One sample is a sharp frame whatever the time, as in Kronos; the time counts in output frames."""
    shot = Shot(tmp_path / "plates").write()
    node = adapter().create(read_node(nuke, shot))
    node["timingOutputSpeed"].setValue(1)
    node["shutterTime"].setValue(0.5)
    adapter().render(node)
    assert same_file_pixels(result_file(node, 1002), Path(shot.pattern % 1002))
    node["shutterSamples"].setValue(4)
    adapter().render(node)
    vfi.retime(shot.pattern, tmp_path / "expected.####.exr", speed=1, shutter=0.5, samples=4)
    assert not same_file_pixels(result_file(node, 1002), Path(shot.pattern % 1002))
    for frame in range(1001, 1005):
        assert same_file_pixels(result_file(node, frame), tmp_path / f"expected.{frame}.exr")
    node["shutterSamples"].setValue(0)
    with pytest.raises(adapter().VfiNukeError, match=r"0 shutter samples over a shutter time of 0\.5 cannot be"):
        adapter().render(node)


def test_bad_frames_are_left_out_and_motion_is_the_cores(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    """A frame that is listed as bad need not even be readable; detail and path are handed on."""
    shot = Shot(tmp_path / "plates").write()
    node = adapter().create(read_node(nuke, shot))
    node["timingOutputSpeed"].setValue(1)
    node["badFrames"].setValue("1003 torn  # half of it\n")
    node["detail"].setValue("Half")
    node["motionPath"].setValue("Straight")
    Path(shot.pattern % 1003).write_bytes(b"no picture")
    adapter().render(node)
    Path(shot.pattern % 1003).unlink()
    how = {"missing": "interpolate", "detail": 0.5, "path": "straight"}
    vfi.retime(shot.pattern, tmp_path / "expected.####.exr", speed=1, **how)
    for frame in range(1001, 1005):
        assert same_file_pixels(result_file(node, frame), tmp_path / f"expected.{frame}.exr")
    node["badFrames"].setValue("1002-1003 dropped")
    with pytest.raises(adapter().VfiNukeError, match="lost time; put a VFIRepair above"):
        adapter().render(node)


@pytest.mark.parametrize("kind", ["Dot", "Multiply"])
def test_every_view_of_a_stereo_clip_is_retimed(nuke: FakeNuke, adapter: Adapter, tmp_path: Path, kind: str) -> None:
    nuke.view_names = ["left", "right"]
    shots = {view: Shot(tmp_path / view, gain=gain).write() for view, gain in (("left", 1.0), ("right", 0.5))}
    read = read_node(nuke, shots["left"])
    read["file"].setValue(f"{tmp_path.as_posix()}/%V/plate.%04d.exr")
    above = getattr(nuke.nodes, kind)(inputs=[read])  # the second is baked
    node = adapter().create(above)
    node["interpolation"].setValue("Frame")
    adapter().render(node)
    for view in nuke.view_names:
        assert same_picture(picture(node, 1003, view), picture(read, 1002, view))
    assert not same_picture(picture(node, 1003, "left"), picture(node, 1003, "right"))


def test_two_sessions_bake_and_render_one_script_at_once(
    start_nuke: StartNuke, adapter: Adapter, tmp_path: Path
) -> None:
    shot, script = Shot(tmp_path / "plates").write(), tmp_path / "comp.nk"
    first = start_nuke(gui=True, script=script)
    node = adapter().create(first.nodes.Multiply(inputs=[read_node(first, shot)], value=2))
    node["interpolation"].setValue("Blend")
    first.scriptSave(str(script))
    thread = adapter().start_render(node)
    while thread.is_alive() and not first.tasks[-1].percents:
        time.sleep(0.01)
    second = start_nuke()
    second.scriptOpen(str(script))
    other: Any = second.toNode("VFIRetime1")
    adapter().render(other)
    first.work_off_queue(thread)
    assert [each["status"].value() for each in (node, other)] == ["rendered, 7 frames"] * 2
    assert same_picture(picture(node, 1002), picture(other, 1002))
    assert len([path for path in (tmp_path / "vfi").rglob("*") if path.is_file()]) == 7


def test_colour_is_read_back_as_the_source_is(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    """The result holds the file's values, so it needs the file's colour space, and a site's way of finding files."""
    Shot(tmp_path / "plates").write()
    nuke.filters = [lambda path: path.replace("Q:/show", tmp_path.as_posix()).replace("//nas/out", f"{tmp_path}/out")]
    read = read_node(nuke, Shot(Path("Q:/show/plates")), colorspace="sRGB")
    node = adapter().create(read)
    node["outputFolder"].setValue("//nas/out")
    node["interpolation"].setValue("Blend")
    adapter().render(node)
    assert same_picture(picture(node, 1003), picture(read, 1002))
    assert node.node("Result")["file"].value().startswith("//nas/out/plate_")
    assert len(list((tmp_path / "out").rglob("*.exr"))) == 7


def test_the_window_stays_free_and_cancel_keeps_whole_frames(
    nuke_gui: FakeNuke, adapter: Adapter, tmp_path: Path
) -> None:
    nuke = nuke_gui
    shot = Shot(tmp_path / "plates", count=8).write()
    node = adapter().create(read_node(nuke, shot))
    nuke.cancel_after_percent = 10
    thread = adapter().start_render(node)
    with pytest.raises(adapter().VfiNukeError, match="being rendered already"):
        adapter().start_render(node)
    nuke.work_off_queue(thread)
    present = adapter().update(node)
    assert 1 <= len(present) < 15
    assert node["status"].value() == f"{len(present)} of 15 frames rendered"
    assert nuke.said == []
    for frame in range(1001, 1016):
        assert picture(node, frame).texts == (() if frame in present else (LABEL,))
    write = write_behind(nuke, node, tmp_path / "comp")
    with pytest.raises(adapter().StaleResultError, match=r"frame \d+ of VFIRetime1 is not rendered; press Render"):
        nuke.execute(write, 1001, 1015)
    nuke.cancel_after_percent = None
    nuke.work_off_queue(adapter().start_render(node))
    assert nuke.tasks[-1].percents[-1] == 100
    assert node["status"].value() == "rendered, 15 frames"
    assert adapter().render(node) == []
    nuke.execute(write, 1001, 1015)


def test_an_old_result_is_never_shown_or_rendered(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    shot = Shot(tmp_path / "plates").write()
    node = adapter().create(read_node(nuke, shot))
    write = write_behind(nuke, node, tmp_path / "comp")
    stale = adapter().StaleResultError
    with pytest.raises(stale, match="VFIRetime1 is not rendered; press Render"):
        nuke.execute(write, 1001, 1007)
    assert picture(node, 1002).texts == (LABEL,)
    halfway = [picture(node.input(0), frame).planes["rgba.red"] for frame in (1001, 1002)]
    assert np.allclose(picture(node, 1002).planes["rgba.red"], np.mean(halfway, axis=0), atol=1e-5)

    node["renderNow"].execute()
    nuke.execute(write, 1001, 1007)
    comp = material.read_exr(tmp_path / "comp" / "comp.1003.exr")[1]
    plate = material.read_exr(Path(shot.pattern % 1002))[1]
    assert all(np.array_equal(comp[name], plate[name]) for name in plate)

    node["timingOutputSpeed"].setValue(0.4)
    assert picture(node, 1002).texts == (LABEL,)
    with pytest.raises(stale, match="rendered before its knobs changed"):
        nuke.execute(write, 1001, 1007)
    node["timingOutputSpeed"].setValue(0.5)
    node["name"].setValue("Slow")
    assert adapter().update(node) == list(range(1001, 1008))
    assert picture(node, 1002).texts == ()
    nuke.execute(write, 1001, 1007)

    Shot(tmp_path / "plates", gain=0.25).write()
    with pytest.raises(stale, match="rendered before its input changed"):
        nuke.execute(write, 1001, 1007)
    node["disable"].setValue(True)
    nuke.execute(write, 1001, 1002)


def test_a_farm_renders_and_another_session_finds_the_frames(
    start_nuke: StartNuke, adapter: Adapter, tmp_path: Path
) -> None:
    """The artist saves; a farm renders two chunks and saves nothing; a Write without a window takes what is there."""
    shot = Shot(tmp_path / "plates").write()
    script = tmp_path / "comp.nk"
    artist = start_nuke(gui=True, script=script)
    node = adapter().create(read_node(artist, shot))
    write_behind(artist, node, tmp_path / "comp")
    artist.scriptSave(str(script))

    start_nuke()
    main = importlib.import_module("vfi_nuke.render_script").main
    assert main([str(script), "--frames", "1001-1004"]) == 0
    assert main([str(script), "VFIRetime1", "--frames", "1005-1007"]) == 0
    assert main([str(script), "VFIRetime7"]) == 1

    headless = start_nuke()
    headless.scriptOpen(str(script))
    headless.execute(headless.toNode("Write1"), 1001, 1007)
    rendered = headless.toNode("VFIRetime1")
    comp, made = (material.read_exr(path)[1] for path in (tmp_path / "comp/comp.1002.exr", result_file(rendered, 1002)))
    assert all(np.array_equal(comp[name], made[name]) for name in made)
    lost = result_file(rendered, 1006).rename(tmp_path / "lost")
    headless = start_nuke()
    headless.scriptOpen(str(script))
    with pytest.raises(adapter().StaleResultError, match="frame 1006 of VFIRetime1 is not rendered"):
        headless.execute(headless.toNode("Write1"), 1001, 1007)
    lost.rename(result_file(rendered, 1006))
    in_a_window = start_nuke(gui=True)
    in_a_window.scriptOpen(str(script))
    with pytest.raises(adapter().StaleResultError, match="press Render in it, or Update"):
        in_a_window.execute(in_a_window.toNode("Write1"), 1001, 1007)

    start_nuke()
    assert importlib.import_module("vfi_nuke.render_script").main([str(script), "--save"]) == 0
    without_plugin = FakeNuke(gui=False)
    without_plugin.scriptOpen(str(script))
    shown = without_plugin.toNode("VFIRetime1")
    assert [picture(shown, frame).texts for frame in range(1001, 1008)] == [()] * 7
    assert picture(node, 1003).texts == (LABEL,)  # in the artist's session, which does not know yet

    again = start_nuke(gui=True, script=script)
    again.scriptOpen(str(script))
    found = again.toNode("VFIRetime1")
    found["updateNow"].execute()  # type: ignore[union-attr]
    assert found["status"].value() == "rendered, 7 frames"  # type: ignore[index]


def test_what_is_further_up_is_looked_at_first(nuke: FakeNuke, adapter: Adapter, tmp_path: Path) -> None:
    """The digest of what is behind a node tells of that node's knobs, which a look at its frames may change."""
    plate = nuke.nodes.Read(file="/s/plate.%04d.exr", file_type="exr")
    repair = adapter().create_repair(plate)
    high = adapter().create(repair)
    low = adapter().create(high)
    highest_first = importlib.import_module("vfi_nuke.graph").highest_first
    for inputs in ([high, low], [low, high], [low, repair]):
        both = nuke.nodes.Dissolve(inputs=inputs)
        assert highest_first(both) == [repair, high, low]


def test_what_goes_wrong_is_said_in_one_line(
    nuke_gui: FakeNuke, adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nuke = nuke_gui
    node = adapter().create()
    node["renderNow"].execute()
    assert nuke.said.pop() == "VFIRetime1 has no input; connect a clip"
    node.setInput(0, read_node(nuke, Shot(tmp_path / "plates").write()))
    node["resetInputRange"].execute()
    node["timingOutputSpeed"].setValue(-1)
    node["renderNow"].execute()
    assert "set Timing to Frame" in nuke.said.pop()
    node["timingOutputSpeed"].setValue(1)
    nuke.script = ""
    node["renderNow"].execute()
    assert "save the script first" in nuke.said.pop()
    node["outputFolder"].setValue((tmp_path / "out").as_posix())
    monkeypatch.setenv("VFI_HOME", str(tmp_path / "nowhere"))
    nuke.work_off_queue(adapter().start_render(node))
    said = nuke.said.pop()
    assert "nowhere" in said
    assert "\n" not in said
    thread = adapter().start_render(node)
    nuke.delete(node)
    nuke.work_off_queue(thread)
    assert nuke.said == []

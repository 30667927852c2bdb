"""The whole way in Resolve Studio: from the menu to the timeline, with the real worker and real frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from material import hdr, read_exr

import vfi_plugin as vfi

from .fake_resolve_menu import Installed, install
from .fake_resolve_stage import Cut, Stage
from .fake_resolve_timeline import FakeItem, FakeTimeline
from .fake_resolve_ui import FakeWindow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the core under test is started by a shell script")

CLIP = hdr(192, 108, count=12)
"""Frames 1001 to 1012, with values of 500, 3000 and -0.05."""

SCRIPT = "VFI Retime.py"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, warm_core: Path) -> Installed:
    return install(tmp_path_factory.mktemp("resolve"), warm_core)


@pytest.fixture
def plate(tmp_path: Path) -> str:
    """A sequence in a folder with a space and letters of other alphabets, as Resolve lists it."""
    folder = tmp_path / "shot größe 東京"
    CLIP.write(folder)
    return str(folder / f"{CLIP.name}.[1001-1012].exr")


def movie(path: Path, count: int) -> str:
    """A movie of grey frames, each lighter than the one before."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv422p10le"
        for number in range(count):
            picture = np.full((64, 96, 3), 40 + 10 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return str(path)


def fill(**fields: Any) -> Callable[[FakeWindow], None]:
    """Fill in the window and click Render; ``timing`` and ``placement`` by number."""

    def act(window: FakeWindow) -> None:
        for name, value in fields.items():
            setattr(window.elements[name], "Text" if isinstance(value, str) else "CurrentIndex", value)
        window.click("render")

    return act


def click(button: str) -> Callable[[FakeWindow], None]:
    return lambda window: window.click(button)


def outcome(stage: Stage, installed: Installed) -> str:
    """Choose the script, read its last window."""
    stage.person["VfiMessage"] = [click("ok")]
    installed.choose(SCRIPT, stage.names)
    assert not any(window.visible for window in stage.bmd.windows)
    assert sys.path[0] != str(installed.adapter)
    return stage.shown("VfiMessage")[0]


def pixels(path: Path) -> np.ndarray[Any, Any]:
    _, channels = read_exr(path)
    return np.stack([channels[name] for name in "RGB"], axis=-1)


def error(made: np.ndarray[Any, Any], position: float) -> float:
    """Mean distance from the truth, lights aside, away from the edge, where content comes in."""
    truth = CLIP.truth(position)
    return float(np.abs(np.clip(made, 0, 1) - np.clip(truth, 0, 1))[16:-16, 16:-16].mean())


def test_a_clip_is_slowed_down_and_lies_on_a_track_above(plate: str, installed: Installed) -> None:
    stage = Stage(Cut(plate, 12, (2, 8), 6, media_rate="23.976", timeline_rate=23.976))
    stage.media.properties["Input Color Space"] = "Linear"
    stage.person["VfiRetime"] = [fill(timing=0, speed="50")]
    said = outcome(stage, installed)
    assert "12 frames are on video track 2" in said

    placed = stage.timeline.tracks[1][0]
    assert (placed.start, placed.duration, placed.span) == (86400, 12, (0, 12))
    assert stage.timeline.tracks[0] == [stage.item]
    assert placed.media is not None
    assert placed.media.properties["FPS"] == "23.976"
    assert placed.media.properties["Input Color Space"] == "Linear"
    assert stage.pool.root.folders[0].clips == [placed.media]
    assert (stage.pool.current, stage.app.page) == (stage.pool.root, "edit")

    target = Path(plate).parent / f"hdr_1003-1008_12f_{vfi.default_model()}"
    assert sorted(path.name for path in target.iterdir()) == [f"{target.name}.{n}.exr" for n in range(1001, 1013)]
    (marker,) = placed.markers.values()
    job = json.loads(marker["customData"])
    assert (job["source"], job["first"], job["last"], job["speed"]) == (plate, "1003", "2017/2", "50")

    for number in range(0, 12, 2):  # frames that were shot come through bit for bit
        made = pixels(target / f"{target.name}.{1001 + number}.exr")
        np.testing.assert_array_equal(made, pixels(CLIP.path(Path(plate).parent, 1003 + number // 2)))
    middle = pixels(target / f"{target.name}.1004.exr")
    neighbours = [pixels(CLIP.path(Path(plate).parent, number)) for number in (1004, 1005)]
    assert error(middle, 1004.5) < 0.5 * error(np.mean(neighbours, axis=0), 1004.5)
    assert middle.max() > 400


def test_resolves_own_backward_slow_motion_is_made_again_as_a_take(plate: str, installed: Installed) -> None:
    stage = Stage(Cut(plate, 12, (2, 8), 12, reverse=True))
    stage.person["VfiRetime"] = [fill(placement=1)]  # by length, as the clip is retimed already
    assert "as a take" in outcome(stage, installed)
    assert [media.properties["Frames"] for media, _ in stage.item.takes] == ["12", "12"]
    assert (stage.item.take, stage.timeline.tracks) == (2, [[stage.item]])
    target = Path(plate).parent / f"hdr_1008-1003_12f_{vfi.default_model()}"
    first = pixels(target / f"{target.name}.1001.exr")
    np.testing.assert_array_equal(first, pixels(CLIP.path(Path(plate).parent, 1008)))
    assert error(pixels(target / f"{target.name}.1002.exr"), 1007.5) < 0.05


def test_a_render_can_be_cancelled_and_goes_on_the_next_time(plate: str, installed: Installed) -> None:
    stage = Stage(Cut(plate, 12, (0, 12), 12))
    slow = fill(timing=0, speed="30")
    stage.person.update(VfiRetime=[slow], VfiProgress=[click("cancel")])
    installed.choose(SCRIPT, stage.names)
    assert stage.timeline.tracks == [[stage.item]]
    assert not stage.pool.root.folders
    target = Path(plate).parent / f"hdr_1001-1012_40f_{vfi.default_model()}"
    assert {path.suffix for path in target.glob("*")} <= {".exr"}

    stage.person["VfiRetime"] = [slow]
    assert "40 frames are on video track 2" in outcome(stage, installed)
    assert any("40 of 40 frames, 100%" in text for text in stage.shown("VfiProgress"))


def test_a_timeline_that_was_left_meanwhile_gets_nothing(tmp_path: Path, installed: Installed) -> None:
    stage = Stage(Cut(movie(tmp_path / "A001 ü.mov", 6), 6, (2, 6), 4))
    other = FakeTimeline(stage.app)

    def open_another(window: FakeWindow) -> None:
        stage.app.timeline = other

    stage.person.update(VfiRetime=[fill(timing=0, speed="200")], VfiProgress=[open_another])
    said = outcome(stage, installed)
    assert 'open "Edit 1" and start again: what is rendered is kept' in said
    assert (stage.timeline.tracks, other.tracks) == ([[stage.item]], [[]])
    name = f"A001 ü_3-6_2f_{vfi.default_model()}"
    header, _ = read_exr(tmp_path / name / f"{name}.1001.exr")
    assert header["vfi/source"] == "3.0"  # frames of a movie are numbered from 1


def test_what_the_core_says_of_missing_media_is_shown(tmp_path: Path, installed: Installed) -> None:
    stage = Stage(Cut(str(tmp_path / "gone.[1001-1100].exr")))
    stage.person["VfiRetime"] = [fill(timing=0, speed="fast"), fill(timing=0, speed="50")]
    assert "gone" in outcome(stage, installed)
    assert stage.timeline.tracks == [[stage.item]]


def test_a_title_is_refused_in_a_window(installed: Installed) -> None:
    stage = Stage()
    stage.timeline.put(1, FakeItem(stage.app, None, 90000, (0, 0), 24))
    assert "titles, generators and compound clips" in outcome(stage, installed)


def test_a_missing_core_is_said_in_a_window(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFI_HOME", "/nowhere at all")
    stage = Stage()
    assert "there is no vfi in /nowhere at all" in outcome(stage, installed)


@pytest.mark.parametrize("version", [(21, 0, 3), (21, 1, 0)])
def test_the_free_edition_is_asked_for_its_name_alone_and_shown_the_other_way(
    installed: Installed, capsys: pytest.CaptureFixture[str], version: tuple[int, int, int]
) -> None:
    stage = Stage(product="DaVinci Resolve", version=version)
    installed.choose(SCRIPT, stage.names)
    assert stage.app.calls == ["Resolve.GetProductName"]
    assert not stage.app.advertisement
    assert "vfi timeline retime IN.otio --out OUT.otio" in capsys.readouterr().out


def test_a_script_outside_of_resolve_says_where_it_belongs(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.choose(SCRIPT, {})
    assert "Workspace > Scripts in DaVinci Resolve Studio" in capsys.readouterr().out


def test_an_adapter_that_is_not_there_is_said_in_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    script = Path(__file__).resolve().parents[2] / "resolve" / SCRIPT
    before = list(sys.path)
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("vfi_resolve")}
    sys.modules["vfi_resolve"] = None  # import fails, as it does without the folder
    try:
        exec(compile(script.read_text("utf-8"), SCRIPT, "exec"), {})
    finally:
        del sys.modules["vfi_resolve"]
        sys.modules.update(kept)
    assert "run: vfi install resolve" in capsys.readouterr().out
    assert sys.path == before

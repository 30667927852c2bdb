"""An open shutter: when it looks, what is averaged and in which light, and what is not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import material
import numpy as np
import numpy.typing as npt
import pytest

import vfi_plugin as vfi
from vfi_plugin.errors import UsageError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import build_plan
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.render.shutter import Shutter
from vfi_plugin.timing.time_map import TimeMap

Pixels = npt.NDArray[Any]


def shutter(length: Any, samples: int, offset: Any = "centered") -> Shutter:
    found = Shutter.of(length, samples, offset)
    assert found is not None
    return found


def channels_of(path: Path) -> dict[str, Pixels]:
    return material.read_exr(path)[1]


def flat_frames(folder: Path, values: list[float]) -> str:
    """Frames from 1001 on, each of one value in R, G and B."""
    folder.mkdir()
    for offset, value in enumerate(values):
        planes = {name: np.full((16, 24), value, np.float32) for name in "RGB"}
        material.write_exr(folder / f"flat.{1001 + offset}.exr", planes)
    return str(folder / "flat.####.exr")


@pytest.mark.parametrize(
    ("offset", "first", "last", "centre"),
    [
        ("centered", "-3/16", "3/16", "0"),
        ("start", "1/16", "7/16", "1/4"),
        ("end", "-7/16", "-1/16", "-1/4"),
        ("0.25", "5/16", "11/16", "1/2"),
    ],
)
def test_samples_are_the_middles_of_equal_parts(offset: str, first: str, last: str, centre: str) -> None:
    open_time = shutter("0.5", 4, offset)
    assert (open_time.moments[0], open_time.moments[-1]) == (Fraction(first), Fraction(last))
    assert {b - a for a, b in zip(open_time.moments, open_time.moments[1:], strict=False)} == {Fraction(1, 8)}
    assert open_time.centre == Fraction(centre) == sum(open_time.moments) / 4


def test_a_shutter_is_measured_in_output_frames() -> None:
    """At half speed it sees half as much of the source."""
    time_map = TimeMap.constant("0.5", first=1, last=4)
    plan = build_plan(time_map, (1, 2, 3, 4), wanted=None, ends="hold", missing="error", shutter=shutter(1, 2))
    exposure = plan.frames[2].exposure
    assert exposure is not None
    assert [(sample.earlier, sample.later, sample.t) for sample in exposure.samples] == [
        (1, 2, Fraction(7, 8)),
        (2, 3, Fraction(1, 8)),
    ]


def test_what_stands_still_comes_through_as_a_copy() -> None:
    freeze = TimeMap.from_positions([2, 2, 2], start=1)
    plan = build_plan(freeze, (1, 2, 3), wanted=None, ends="hold", missing="error", shutter=shutter(0.5, 8))
    assert [frame.is_copy for frame in plan.frames] == [True, True, True]
    assert plan.frames[1].exposure is None


@pytest.mark.parametrize(("colorspace", "expected"), [(None, 0.5), ("sRGB - Texture", 0.7353569830524495)])
def test_light_is_averaged_and_not_codes(tmp_path: Path, colorspace: str | None, expected: float) -> None:
    """Half of the time black, half of it white: half the light, in sRGB the code 1.055 / 2 ** (1 / 2.4) - 0.055."""
    source = flat_frames(tmp_path / "in", [0.0, 1.0])
    how: dict[str, Any] = {"method": "frame", "shutter": 1, "shutter_offset": "start", "samples": 8}
    vfi.retime(source, tmp_path / "o.####.exr", speed=1, frames="1001", colorspace=colorspace, **how)
    assert channels_of(tmp_path / "o.1001.exr")["G"] == pytest.approx(expected, abs=1e-5)


def test_light_above_one_and_not_a_number_stay_what_they_are(tmp_path: Path) -> None:
    source = flat_frames(tmp_path / "in", [4000.0, -2.0, float("nan")])
    how: dict[str, Any] = {"method": "blend", "shutter": 1, "samples": 4, "cuts": "off", "shutter_offset": "start"}
    vfi.retime(source, tmp_path / "o.####.exr", speed=1, **how)
    assert channels_of(tmp_path / "o.1001.exr")["R"] == pytest.approx(1999.0, rel=1e-6)
    assert np.isnan(channels_of(tmp_path / "o.1002.exr")["R"]).all()


@pytest.fixture(scope="module")
def layered(tmp_path_factory: pytest.TempPathFactory) -> tuple[material.Clip, str]:
    clip = material.layered(160, 90, count=3)
    return clip, clip.write(tmp_path_factory.mktemp("layers"))


HOW: dict[str, Any] = {"speed": 1, "shutter": 0.8, "samples": 4, "device": "cpu", "cuts": "off"}


def test_what_must_not_be_mixed_is_that_of_the_middle(layered: tuple[material.Clip, str], tmp_path: Path) -> None:
    _, source = layered
    vfi.retime(source, tmp_path / "o.####.exr", **HOW)
    made, original = channels_of(tmp_path / "o.1002.exr"), channels_of(Path(source).parent / "layers.1002.exr")
    assert list(made) == list(original)
    for name, plane in original.items():
        assert made[name].dtype == plane.dtype
        assert np.array_equal(made[name], plane) == (name not in ("R", "G", "B", "A") or name == "A"), name


def test_chunks_equal_the_whole(layered: tuple[material.Clip, str], tmp_path: Path) -> None:
    _, source = layered
    for name, frames in (("whole", None), ("chunks", "1001"), ("chunks", "1003"), ("chunks", "1002")):
        options = {**HOW, "channels": "rgba", "vectors": True}
        vfi.retime(source, tmp_path / name / "o.####.exr", frames=frames, **options)
    for number in (1001, 1002, 1003):
        whole, chunk = (channels_of(tmp_path / name / f"o.{number}.exr") for name in ("whole", "chunks"))
        assert all(whole[name].tobytes() == chunk[name].tobytes() for name in whole)


def test_the_plan_and_the_settings_tell_it(layered: tuple[material.Clip, str], tmp_path: Path) -> None:
    job = plan_retime(layered[1], tmp_path / "o.####.exr", RetimeOptions(**HOW))
    lines = list(job.description())
    assert lines[0] == "3 in, 3 out, 1001-1003 (0 copied, 3 exposed)"
    assert any(line.startswith("shutter 0.8 frames, from -0.4 to +0.4, 4 samples") for line in lines)
    assert '"shutter": "0.8 frames, from -0.4 to +0.4, 4 samples"' in job.settings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shutter": -1}, "a shutter of -1 frames cannot be"),
        ({"shutter": "180 degrees"}, "give 0.5 for 180 degrees"),
        ({"shutter": 1, "samples": 0}, "give a whole number from 1"),
        ({"shutter": 1, "shutter_offset": "middle"}, "give centered, start, end"),
        ({"vectors": True, "method": "blend"}, "method blend knows no motion"),
        ({"vectors_only": True, "shutter": 1}, "vectors alone have nothing to expose"),
        ({"vectors_from": "v.####.exr", "model": "dis"}, "given in the place of a model"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RetimeOptions(speed=1, **options)

"""Vectors in the place of a model: which layers are taken, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import material
import numpy as np
import pytest

import vfi_plugin as vfi
from vfi_plugin.errors import MismatchedFramesError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime

MOTION = (6.0, 4.0)
"""Pixels a frame, to the right and down."""
Planes = dict[str, np.ndarray]


def written(folder: Path, frames: list[Planes], name: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for number, planes in enumerate(frames, 1001):
        material.write_exr(folder / f"{name}.{number}.exr", planes)
    return str(folder / f"{name}.####.exr")


def plate(folder: Path, count: int = 2) -> str:
    """A wide ramp that moves by ``MOTION``: any error of motion is an error of value."""
    rows, columns = np.mgrid[:48, :64].astype(np.float32)
    frames = []
    for elapsed in range(count):
        ramp = 0.5 + (columns - MOTION[0] * elapsed) / 128 + (rows - MOTION[1] * elapsed) / 96
        frames.append(dict.fromkeys("RGB", ramp.astype(np.float32)))
    return written(folder, frames, "plate")


def vectors(**channels: float) -> Planes:
    """Flat layers; "next_u" is ``next.u``."""
    return {name.replace("_", "."): np.full((48, 64), value, np.float32) for name, value in channels.items()}


@pytest.mark.parametrize(
    ("layers", "rules"),
    [
        (vectors(forward_u=6, forward_v=-4, backward_u=-6, backward_v=4), ()),
        (vectors(backward_u=-6, backward_v=4), ()),
        (vectors(motionFore_x=6, motionFore_y=4), ()),
        (vectors(Vector_X=-6, Vector_Y=4, Vector_Z=-6, Vector_W=4), ()),
        (vectors(vel_R=6 / 32, vel_G=-4 / 24), ("vel.*=motion,units=ndc,direction=next",)),
        (vectors(vel_R=-6, vel_G=-4), ("vel.*=motion,y=down,direction=prev",)),
    ],
    ids=["nuke", "backward alone", "renderman", "blender", "ndc", "previous, y down"],
)
def test_a_ramp_is_where_its_vectors_say(tmp_path: Path, layers: Planes, rules: tuple[str, ...]) -> None:
    source, given = plate(tmp_path / "in"), written(tmp_path / "vec", [layers, layers], "v")
    target = tmp_path / "out" / "o.####.exr"
    vfi.retime(source, target, speed=0.5, vectors_from=given, channel_rules=rules, device="cpu", cuts="off")
    made = material.read_exr(tmp_path / "out" / "o.1002.exr")[1]["R"]
    first = material.read_exr(tmp_path / "in" / "plate.1001.exr")[1]["R"]
    moved = first - 0.5 * MOTION[0] / 128 - 0.5 * MOTION[1] / 96
    inner = (slice(8, -8), slice(8, -8))
    assert np.abs(made[inner] - moved[inner]).max() < 1e-4


def test_across_a_hole_they_lead_further(tmp_path: Path) -> None:
    """One frame's vectors hold for one frame; straight on, three frames take three of them."""
    source = plate(tmp_path / "in", 4)
    layers = vectors(forward_u=6, forward_v=-4, backward_u=-6, backward_v=4)
    given = written(tmp_path / "vec", [layers] * 4, "v")
    truth = material.read_exr(tmp_path / "in" / "plate.1002.exr")[1]["R"]
    for number in (1002, 1003):
        (tmp_path / "in" / f"plate.{number}.exr").unlink()
    how: dict[str, Any] = {"missing": "interpolate", "vectors_from": given, "device": "cpu", "cuts": "off"}
    vfi.retime(source, tmp_path / "out" / "o.####.exr", speed=1, **how)
    made = material.read_exr(tmp_path / "out" / "o.1002.exr")[1]["R"]
    inner = (slice(14, -14), slice(20, -20))
    assert np.abs(made[inner] - truth[inner]).max() < 1e-4


def test_the_plan_says_what_they_are_taken_for(tmp_path: Path) -> None:
    layers = vectors(motionFore_x=6, motionFore_y=4)
    given = written(tmp_path / "vec", [layers, layers], "v")
    job = plan_retime(plate(tmp_path / "in"), tmp_path / "o.####.exr", RetimeOptions(speed=0.5, vectors_from=given))
    told = "motion from v.####.exr: motionFore (to the next frame, pixels, y down)"
    assert told in [line.replace(str(tmp_path / "vec") + "/", "") for line in job.description()]


def test_vectors_of_another_format_are_refused(tmp_path: Path) -> None:
    small = {name: plane[:24, :32] for name, plane in vectors(forward_u=3, forward_v=-2).items()}
    given = written(tmp_path / "vec", [small, small], "v")
    with pytest.raises(MismatchedFramesError, match="are for a picture of 32x24"):
        vfi.retime(plate(tmp_path / "in"), tmp_path / "o.####.exr", speed=0.5, vectors_from=given, cuts="off")


def test_vectors_follow_every_frame_that_lies_between(tmp_path: Path) -> None:
    """At twice the speed the way to the next frame leads through the frame between; at a cut it ends."""
    source = plate(tmp_path / "in", 5)
    layers = vectors(forward_u=6, forward_v=-4, backward_u=-6, backward_v=4)
    given = written(tmp_path / "vec", [layers] * 5, "v")
    how: dict[str, Any] = {"vectors_only": True, "vectors_from": given, "device": "cpu"}
    for cuts, ahead in (("off", 12.0), ("1005", 6.0), ("1004", 0.0)):
        target = tmp_path / cuts / "o.####.exr"
        vfi.retime(source, target, speed=2, cuts=cuts, **how)
        made = material.read_exr(tmp_path / cuts / "o.1002.exr")[1]
        assert np.median(made["forward.u"]) == ahead
        assert np.median(made["forward.v"]) == pytest.approx(-ahead * 4 / 6)
        assert np.median(made["backward.u"]) == -12.0

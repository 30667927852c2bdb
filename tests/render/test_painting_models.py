"""Networks that paint frames, in a whole retime: what the plan says, what they paint, and what they must not."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import OpenEXR
import pytest
import torch
from calm_networks import calm_weights

from vfi_plugin.cli.main import main
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime, retime_with

FRAMES = 3


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(calm_weights("bipn", tmp_path_factory.mktemp("weights")))


def painting(weights: str, speed: str) -> RetimeOptions:
    return RetimeOptions(speed=speed, model="bipn", weights=weights, device="cpu", cuts="off")


def classic() -> RetimeOptions:
    return RetimeOptions(speed="0.5", model="dis", device="cpu", cuts="off")


def test_the_plan_says_which_times_there_are_and_what_is_not_painted(weights: str, tmp_path: Path) -> None:
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    job = plan_retime(source, tmp_path / "out.####.exr", painting(weights, "0.25"))
    with job.clip:
        said = "\n".join(job.description())
    assert "3 evenly spaced frames of a pair at once" in said
    assert "nearest 1/16" in said
    assert "B, G, R: painted from black to white" in said
    assert "all other channels are moved by dis" in said


def test_one_run_of_the_network_gives_all_its_frames_of_a_pair(
    weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[tuple[int, ...]] = []
    by_scale = Bipn.by_scale

    def counted(net: Bipn, before: torch.Tensor, after: torch.Tensor) -> list[torch.Tensor]:
        runs.append(tuple(before.shape))
        return by_scale(net, before, after)

    monkeypatch.setattr(Bipn, "by_scale", counted)
    source = material.pan(64, 48, count=3).write(tmp_path / "in")
    retime_with(source, tmp_path / "out.####.exr", painting(weights, "0.25"))
    assert len(runs) == 2  # two pairs, six frames between


def test_frames_say_which_time_was_made(weights: str, tmp_path: Path) -> None:
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    retime_with(source, tmp_path / "out.####.exr", painting(weights, "0.2"))
    header = material.read_exr(tmp_path / "out.1002.exr")[0]
    assert (header["vfi/t"], header["vfi/t_made"], header["vfi/model"]) == ("0.2", "0.1875", "bipn")


def test_only_the_main_colour_is_painted_and_all_other_channels_are_those_of_the_classic(
    weights: str, tmp_path: Path
) -> None:
    source = material.layered(160, 90, count=2).write(tmp_path / "in")
    made = []
    for name, options in (("painted", painting(weights, "0.5")), ("moved", classic())):
        retime_with(source, tmp_path / name / "out.####.exr", options)
        made.append(material.read_exr(tmp_path / name / "out.1002.exr")[1])
    differing = {name for name, plane in made[0].items() if not np.array_equal(plane, made[1][name], equal_nan=True)}
    assert differing == {"R", "G", "B"}


def test_paint_stays_within_black_and_white_in_a_display_encoded_clip(tmp_path: Path) -> None:
    """Phases ring at hard edges, and a guide a thousandth beyond white must not come back as a light of 3000."""
    (tmp_path / "in").mkdir()
    noise = np.random.default_rng(1).uniform(0.3, 0.7, (90, 160)).astype(np.float32)
    rows, columns = np.mgrid[:90, :160]
    for number in (1001, 1002):
        plane = noise.copy()
        for colour, x in ((1.0, 50), (0.0, 110)):
            plane[np.hypot(columns - x - 3 * (number - 1001), rows - 45) < 20] = colour
        material.write_exr(tmp_path / "in" / f"discs.{number}.exr", dict.fromkeys("RGB", plane))
    options = RetimeOptions(speed="0.5", model="phase", device="cpu", cuts="off", colorspace="sRGB - Texture")
    retime_with(tmp_path / "in" / "discs.####.exr", tmp_path / "out.####.exr", options)
    made = material.read_exr(tmp_path / "out.1002.exr")[1]["G"]
    assert made.min() >= -1e-3
    assert made.max() <= 1.0 + 1e-3


def test_alpha_in_a_part_of_its_own_keeps_paint_off_all_the_same(weights: str, tmp_path: Path) -> None:
    clip = material.soft_disc(96, 64, radius=20.0)
    for number in (1001, 1002):
        planes = clip.planes(number)
        parts = [({"name": "rgb"}, "RGB"), ({"name": "alpha"}, "A")]
        written = [
            OpenEXR.Part({"type": OpenEXR.scanlineimage, **header}, {name: planes[name] for name in names})
            for header, names in parts
        ]
        (tmp_path / "in").mkdir(exist_ok=True)
        OpenEXR.File(written).write(str(tmp_path / "in" / f"disc.{number}.exr"))
    made = {}
    for name, options in (("painted", painting(weights, "0.5")), ("moved", classic())):
        retime_with(tmp_path / "in" / "disc.####.exr", tmp_path / name / "out.####.exr", options)
        file = OpenEXR.File(str(tmp_path / name / "out.1002.exr"), separate_channels=True)
        made[name] = {key: plane.pixels for part in file.parts for key, plane in part.channels.items()}
    see_through = made["moved"]["A"] < 0.98
    assert see_through.any()
    assert not see_through.all()
    for name in "RGB":
        difference = np.abs(made["painted"][name].astype(np.float32) - made["moved"][name])
        assert difference[see_through].max() < 1e-3  # a half's rounding, where frames are laid over each other
        assert difference.max() > 0.01


def test_motion_past_the_ends_is_that_of_the_classic(weights: str, tmp_path: Path) -> None:
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    (tmp_path / "map.csv").write_text("out,source\n1001,1001\n1002,1002.5\n")
    made = []
    for model, file in (("bipn", weights), ("dis", None)):
        options = RetimeOptions(
            time_map=str(tmp_path / "map.csv"), model=model, weights=file, device="cpu", cuts="off", ends="extrapolate"
        )
        retime_with(source, tmp_path / model / "out.####.exr", options)
        made.append(material.read_exr(tmp_path / model / "out.1002.exr")[1])
    assert all(np.array_equal(made[0][name], made[1][name]) for name in "RGB")


def test_a_run_says_before_its_frames_what_it_paints(
    weights: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    target = str(tmp_path / "out.####.exr")
    arguments = ["--speed", "0.5", "--model", "bipn", "--weights", weights, "--device", "cpu", "--progress", "plain"]
    assert main(["retime", source, target, *arguments]) == 0
    said = capsys.readouterr()
    lines = (said.out + said.err).splitlines()
    painted = next(n for n, line in enumerate(lines) if "painted from black to white" in line)
    assert painted < next(n for n, line in enumerate(lines) if "progress: " in line)

"""Frames measured as a retime makes them are those that a retime writes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import material
import numpy as np
import pytest
from large_pans import Pan

import vfi_plugin as vfi
from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.drawing import write_png
from vfi_plugin.evaluate.options import Asked, EvaluationOptions
from vfi_plugin.evaluate.retimed import RetimedMethod
from vfi_plugin.models.registry import load_model


@pytest.mark.parametrize("model", ["dis", "figan"])
def test_they_are_what_a_retime_of_the_files_writes(model: str, tmp_path: Path) -> None:
    pan = Pan((96, 80), (10, 4))
    pictures = [np.rint(pan.picture(time) * 255).astype(np.uint8) for time in (0.0, 1.0)]
    for number, picture in enumerate(pictures, 1):
        write_png(picture, tmp_path / f"pan.{number}.png")
    vfi.retime(tmp_path / "pan.#.png", tmp_path / "out.#.exr", speed=0.5, model=model, device="cpu", cuts="off")
    planes = material.read_exr(tmp_path / "out.2.exr")[1]
    [made] = RetimedMethod(load_model(model, device="cpu")).frames(*pictures, [Fraction(1, 2)])
    np.testing.assert_allclose(made, np.stack([planes[name] for name in "RGB"], -1), atol=5e-4)  # a half's rounding


def test_frames_beside_bend_the_way_as_they_do_in_a_retime(tmp_path: Path) -> None:
    """The pan starts from rest, so a straight way is an eighth of the acceleration's 4 px off."""
    pan = Pan((128, 96), (18, 9))
    pictures = [np.rint(pan.picture(time * time / 9) * 255).astype(np.uint8) for time in range(4)]
    for number, picture in enumerate(pictures, 1):
        write_png(picture, tmp_path / f"pan.{number}.png")
    how = {"model": "disfast", "device": "cpu", "cuts": "off"}
    vfi.retime(tmp_path / "pan.#.png", tmp_path / "out.#.exr", speed=0.5, **how)
    planes = material.read_exr(tmp_path / "out.4.exr")[1]
    method, half = RetimedMethod(load_model("disfast", device="cpu")), [Fraction(1, 2)]
    [made] = method.frames(pictures[1], pictures[2], half, (pictures[0], pictures[3]))
    [straight] = method.frames(pictures[1], pictures[2], half)
    np.testing.assert_allclose(made, np.stack([planes[name] for name in "RGB"], -1), atol=5e-4)
    truth, inner = pan.picture(1.5 * 1.5 / 9), (slice(20, -20), slice(20, -20))
    errors = [np.abs(frame - truth)[inner].mean() for frame in (made, straight)]
    assert errors[0] < 0.6 * errors[1]


def test_who_makes_frames_is_one_of_two() -> None:
    with pytest.raises(UsageError, match="made by 'nobody'; it is one of model, retime"):
        Asked.of("clips", EvaluationOptions(made_by="nobody"))

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


def test_who_makes_frames_is_one_of_two() -> None:
    with pytest.raises(UsageError, match="made by 'nobody'; it is one of model, retime"):
        Asked.of("clips", EvaluationOptions(made_by="nobody"))

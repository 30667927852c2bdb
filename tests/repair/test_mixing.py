"""Frames mixed halfway, each channel as what it is."""

from __future__ import annotations

import numpy as np
import pytest

from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.header import PartHeader
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.repair.mixing import Mixing

WINDOW = Window(0, 0, 4, 3)
NAMES = ("B", "G", "R", "A", "depth.Z", "id.r")


def frame_of(value: float, window: Window = WINDOW, **others: float) -> Frame:
    values = {**dict.fromkeys(NAMES, value), **others}
    planes = {name: np.full(window.shape, values[name], np.float32) for name in NAMES}
    return Frame((Part(planes, window, WINDOW),))


def mixing(share: float, space: str = "lin_rec709") -> Mixing:
    header = PartHeader(tuple((name, "float") for name in NAMES), WINDOW, WINDOW)
    return Mixing(share, Layout.of([header], RetimeOptions(speed=1)), GuideTransform.for_space(space))


@pytest.mark.parametrize(("share", "data"), [(0.25, 2.0), (0.5, 6.0), (0.75, 6.0)])
def test_colour_and_alpha_are_mixed_and_data_comes_whole_from_the_larger_part(share: float, data: float) -> None:
    planes = mixing(share).mixed(frame_of(6.0), frame_of(2.0)).parts[0].planes
    for name in "RGBA":
        assert planes[name] == pytest.approx(6.0 * share + 2.0 * (1 - share))
    for name in ("depth.Z", "id.r"):
        assert (planes[name] == data).all()


def test_colour_made_for_a_screen_is_mixed_as_light() -> None:
    """sRGB 0.2 and 0.8 in equal parts of light; each channel by the closed form of the sRGB curve."""
    made, old = frame_of(0.8, R=0.5), frame_of(0.2, R=0.5)
    planes = mixing(0.5, "sRGB - Texture").mixed(made, old).parts[0].planes
    light = [((value + 0.055) / 1.055) ** 2.4 for value in (0.2, 0.8)]
    assert planes["G"] == pytest.approx(1.055 * np.mean(light) ** (1 / 2.4) - 0.055, abs=1e-3)
    assert planes["R"] == pytest.approx(0.5, abs=1e-4)
    assert planes["A"] == pytest.approx(0.5)


def test_a_value_that_is_no_number_gives_way_to_the_made_one() -> None:
    old = frame_of(2.0)
    old.parts[0].planes["R"][1, 1] = np.nan
    planes = mixing(0.5).mixed(frame_of(6.0), old).parts[0].planes
    assert planes["R"][1, 1] == 6.0
    assert planes["R"][0, 0] == 4.0


def test_the_old_frame_counts_as_empty_outside_its_data() -> None:
    planes = mixing(0.5).mixed(frame_of(6.0), frame_of(2.0, Window(0, 0, 2, 3))).parts[0].planes
    assert (planes["R"][:, :2] == 4.0).all()
    assert (planes["R"][:, 2:] == 3.0).all()

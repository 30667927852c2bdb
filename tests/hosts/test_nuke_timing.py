"""The host's timing knobs as lists of positions."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vfi_plugin as vfi

from .fake_nuke import FakeNuke
from .shot import Shot, read_node


@pytest.fixture
def node(nuke: FakeNuke, adapter: Callable[[], Any]) -> Any:
    return adapter().create(read_node(nuke, Shot(Path("/plates"), count=10)))


def sampled(node: Any) -> Any:
    return importlib.import_module("vfi_nuke.timing").sample_timing(node)


def animate(knob: Any, keys: dict[int, float]) -> None:
    knob.setAnimated()
    for frame, value in keys.items():
        knob.setValueAt(value, frame)


@pytest.mark.parametrize("speed", [0.5, 0.25, 2.0, 0.1, 0.3, 1.0])
def test_a_steady_speed_gives_the_frames_of_the_core(node: Any, speed: float) -> None:
    node["timingOutputSpeed"].setValue(speed)
    expected = vfi.TimeMap.constant(speed, first=1001, last=1010)
    timing = sampled(node)
    assert (timing.start, timing.last) == expected.output_range
    whole = [frame for frame in expected.frames if expected.position(frame).denominator == 1]
    assert [int(timing.positions[frame - 1001]) for frame in whole] == [expected.position(frame) for frame in whole]
    assert [float(text) for text in timing.positions] == pytest.approx(
        [float(expected.position(n)) for n in timing.frames]
    )


def test_animated_speed_is_summed_up_until_the_clip_ends(node: Any) -> None:
    animate(node["timingOutputSpeed"], {1001: 1, 1005: 0, 1009: 1})
    timing = sampled(node)
    assert timing.positions[:9:4] == ("1001", "1003", "1005")
    assert timing.positions[-1] == "1010"
    assert timing.last == 1014


def test_a_speed_that_dies_down_ends_at_its_last_key(node: Any) -> None:
    animate(node["timingOutputSpeed"], {1001: 1, 1005: 0})
    assert sampled(node).last == 1005


def test_an_expression_is_sampled_like_a_curve(node: Any) -> None:
    node["timingOutputSpeed"].setExpression("frame<1004?1:0.5")
    positions = sampled(node).positions
    assert positions[:5] == ("1001", "1002", "1003", "1004", "1004.5")


def test_frame_timing_runs_from_the_first_key_to_the_last(node: Any) -> None:
    node["timing2"].setValue("Frame")
    animate(node["timingFrame2"], {-3: 1010, 1: 1008})
    timing = sampled(node)
    assert timing.start == -3
    assert timing.positions == ("1010", "1009.5", "1009", "1008.5", "1008")


def test_frame_timing_without_keys_fills_the_script(nuke: FakeNuke, node: Any) -> None:
    node["timing2"].setValue("Frame")
    node["timingFrame2"].setValue(1004)
    nuke.root()["first_frame"].setValue(-1)
    nuke.root()["last_frame"].setValue(1)
    assert sampled(node).positions == ("1004",) * 3


@pytest.mark.parametrize(("change", "said"), [({"timingOutputSpeed": 0}, "never arrives"), ({}, "is empty")])
def test_timing_that_leads_nowhere_is_refused(node: Any, change: dict[str, float], said: str) -> None:
    for name, value in change.items():
        node[name].setValue(value)
    if not change:
        node["input.first"].setValue(2000)
    with pytest.raises(Exception, match=said):
        sampled(node)

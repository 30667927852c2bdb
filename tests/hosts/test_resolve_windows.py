"""The window that asks: what it offers, and that it stays open until what was typed means something."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from vfi_resolve.choices import TAKE, Choices
from vfi_resolve.retime_window import Model, ask, usable_models
from vfi_resolve.timeline_clip import read_clip
from vfi_resolve.windows import show_message

from .fake_resolve_stage import Cut, Stage
from .fake_resolve_ui import FakeWindow

MODELS = (Model("dis", "Dense search (dis)", True), Model("rife", "RIFE (rife)", False))


def answered(stage: Stage, *actions: Any) -> Choices | None:
    """What a person gets who does this in the window."""
    stage.person["VfiRetime"] = list(actions)
    return ask(stage.host, read_clip(stage.timeline, stage.item), MODELS)


def render(window: FakeWindow) -> None:
    window.click("render")


@pytest.mark.parametrize("leave", [lambda window: window.close(), lambda window: window.click("cancel")])
def test_a_closed_window_asks_for_nothing(leave: Any) -> None:
    assert answered(Stage(), leave) is None


def test_a_clip_at_full_speed_is_asked_for_a_speed_and_a_retimed_one_keeps_its_length() -> None:
    normal = answered(Stage(), render)
    slow = answered(Stage(Cut(span=(10, 34), duration=48)), render)
    assert normal is not None
    assert slow is not None
    assert (normal.length, normal.step) == (24, 1)
    assert (slow.length, slow.step) == (48, Fraction(1, 2))


def test_everything_that_is_chosen_arrives() -> None:
    def choose(window: FakeWindow) -> None:
        elements: dict[str, Any] = window.elements
        elements["timing"].CurrentIndex = 1
        elements["length"].Text = " 24 "
        elements["model"].CurrentIndex = 1
        elements["placement"].CurrentIndex = 1
        elements["overwrite"].Checked = True
        window.click("render")

    choices = answered(Stage(), choose)
    assert choices is not None
    assert (choices.length, choices.model, choices.placement, choices.overwrite) == (24, "rife", TAKE, True)


def test_a_wrong_speed_is_said_in_the_window_which_stays_open() -> None:
    def wrong(window: FakeWindow) -> None:
        elements: dict[str, Any] = window.elements
        elements["speed"].Text = "fast"
        window.click("render")

    def right(window: FakeWindow) -> None:
        elements: dict[str, Any] = window.elements
        assert '"fast" is no speed' in elements["problem"].Text
        elements["speed"].Text = "-50 %"
        window.click("render")

    choices = answered(Stage(), wrong, right)
    assert choices is not None
    assert choices.speed == Fraction(-1, 2)


def test_the_clip_and_its_speed_can_be_read() -> None:
    stage = Stage(Cut(span=(10, 34), duration=48, reverse=True))
    answered(stage, render)
    assert "plate.[1001-1100].exr: 24 source frames in 48, -50% on average" in stage.shown("VfiRetime")
    items: dict[str, Any] = stage.bmd.windows[0].elements
    assert items["model"].items == ["Dense search (dis)", "RIFE (rife)"]


def test_models_without_weights_are_not_offered_and_the_default_comes_first() -> None:
    def model(name: str, weights: str, default: bool = False) -> dict[str, Any]:
        return {"name": name, "title": name.upper(), "weights": weights, "default": default}

    hello = {
        "models": [
            model("a", "needed"),
            model("b", "shipped"),
            model("c", "damaged"),
            model("d", "none needed", True),
            model("e", "imported"),
        ]
    }
    assert [found.name for found in usable_models(hello)] == ["d", "b", "e"]


def test_a_message_goes_by_its_button_and_by_its_frame() -> None:
    stage = Stage()
    stage.person["VfiMessage"] = [lambda window: window.click("ok"), lambda window: window.close()]
    show_message(stage.host, "first")
    show_message(stage.host, "second")
    assert stage.shown("VfiMessage") == ["first", "OK", "second", "OK"]
    assert not any(window.visible for window in stage.bmd.windows)

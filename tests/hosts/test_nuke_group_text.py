"""The text of the VFIRetime group, looked at without any host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .fake_nuke_script_text import Statement, statements

FOLDER = Path(__file__).parents[2] / "nuke" / "vfi_nuke"
TEXTS = {name: (FOLDER / f"{name}.nk").read_text("utf-8") for name in ("VFIRetime", "VFIRepair")}

STOCK = {"Input", "FrameHold", "Dissolve", "Text2", "Read", "Switch", "FrameRange", "Output", "NoOp"}
"""Classes that every Nuke from 14 on has, in every edition."""

KRONOS = {
    "timing2": "Output Speed",
    "timingOutputSpeed": "0.5",
    "timingFrame2": "1",
    "input.first": "1",
    "input.last": "100",
    "retimedChannels": "all",
    "interpolation": "Motion",
    "shutterSamples": "1",
    "shutterTime": "0",
}
"""Names and defaults of Kronos where ours mean the same."""


@pytest.fixture(scope="module", params=TEXTS)
def group(request: pytest.FixtureRequest) -> list[Statement]:
    return list(statements(TEXTS[request.param]))  # a brace that is not closed, or one too many, fails here


def named(group: list[Statement], name: str) -> Statement:
    return next(node for node in group if ("name", name) in node.knobs)


def test_it_is_one_group_of_stock_nodes(group: list[Statement]) -> None:
    assert group[0].command == "Group"
    assert group[-1].command == "end_group"
    kinds = [node.command for node in group[1:-1] if node.command not in ("set", "push")]
    assert set(kinds) <= STOCK
    assert kinds.count("Output") == 1
    assert kinds.count("Input") == 1


def test_the_stack_is_never_empty_where_a_node_takes_from_it(group: list[Statement]) -> None:
    depth = 0
    for node in group[1:-1]:
        if node.command == "push":
            depth += 1
        elif node.command != "set":
            depth -= int(dict(node.knobs).get("inputs", "1"))
            assert depth >= 0, node
            depth += 1
    assert depth == 2  # the output, and State, which is connected to nothing


def test_every_knob_says_what_it_is(group: list[Statement]) -> None:
    for node in (group[0], named(group, "State")):
        for knob in node.user_knobs:
            assert knob.options["l"], knob.name
            assert knob.kind == 20 or knob.options["t"].endswith("."), knob.name
    names = [knob.name for knob in group[0].user_knobs]
    assert len(set(names)) == len(names)


def test_every_expression_refers_to_a_knob_that_is_there(group: list[Statement]) -> None:
    own = {knob.name for knob in group[0].user_knobs}
    inner = {knob.name for knob in named(group, "State").user_knobs}
    expressions = [value for node in group[1:] for _, value in node.knobs if value.startswith("{")]
    assert expressions
    for text in expressions:
        assert set(re.findall(r"parent\.(\w+)", text)) <= own, text
        assert set(re.findall(r"State\.(\w+)", text)) <= inner, text
    links = [knob.options["T"] for knob in group[0].user_knobs if knob.kind == 41]
    assert {link.removeprefix("State.") for link in links} <= inner


def test_names_and_defaults_are_those_of_kronos() -> None:
    group = list(statements(TEXTS["VFIRetime"]))
    values = {**dict(named(group, "State").knobs), **dict(group[0].knobs)}
    linked = {"input.first": values["inputFirst"], "input.last": values["inputLast"]}
    menus = {knob.name: knob.options["M"].split()[0] for knob in group[0].user_knobs if knob.kind == 4}
    menus["timing2"] = "Output Speed"  # the first entry; it has a space
    assert {name: {**menus, **values, **linked}[name] for name in KRONOS} == KRONOS


def test_no_path_of_any_machine_is_in_it() -> None:
    assert not any(re.search(r'[{" ](/|~|[A-Za-z]:[/\\])\w', text) for text in TEXTS.values())


def test_buttons_say_so_where_the_plugin_is_missing(group: list[Statement]) -> None:
    buttons = [knob for knob in group[0].user_knobs if knob.kind == 22]
    assert len(buttons) == (5 if ("name", "VFIRetime1") in group[0].knobs else 6)
    for button in buttons:
        said: list[str] = []
        code = button.options["T"].replace("import vfi_nuke", "raise ImportError")
        host = type("Host", (), {"GUI": True, "message": staticmethod(said.append), "tprint": None})
        exec(code, {"nuke": host})  # what the host does with a button's text
        assert said == ["The vfi plug-in is not installed here. Install it with: vfi install nuke"]

"""The files around the module, read as Nuke reads them: by Tcl's rules, and with a stack that nodes take from."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from calm_networks import calm_weights

import vfi_plugin as vfi
from vfi_plugin.cli.main import main
from vfi_plugin.timing.nuke_script import parse
from vfi_plugin.timing.tcl import commands

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

ABLE = ("rife", "superslomo", "voxelflow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes for each network."""
    where = tmp_path_factory.mktemp("cattery")
    for name in ABLE:
        given = ["--weights", str(calm_weights(name, where)), "--out", str(where / name)]
        assert main(["models", "export", name, "--format", "nuke", *given]) == 0
    return where


@dataclass(frozen=True)
class UserKnob:
    kind: str
    name: str
    label: str
    tooltip: str


@dataclass(frozen=True)
class Node:
    kind: str
    knobs: dict[str, str]
    user_knobs: tuple[UserKnob, ...]
    inputs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.knobs.get("name", self.kind)


def user_knob(text: str) -> UserKnob:
    words = [word.text for word in next(commands(text))]
    flags = dict(pairwise(words[2:]))
    return UserKnob(words[0], words[1], flags.get("l", ""), flags.get("t", ""))


def node_of(kind: str, text: str) -> Node:
    lines = [[word.text for word in line] for line in commands(text)]
    user_knobs = tuple(user_knob(line[1]) for line in lines if line[0] == "addUserKnob")
    return Node(kind, {line[0]: line[1] for line in lines if line[0] != "addUserKnob"}, user_knobs)


def nodes_of(text: str) -> Iterator[Node]:
    """The gizmo, then the nodes in it with the names of their inputs; fails where the stack has too few."""
    stack: list[str] = []
    names: dict[str, str] = {}
    for words in ([word.text for word in command] for command in commands(text)):
        if words[0] == "set":
            names[words[1]] = stack[-1]
        elif words[0] == "push":
            stack.append(names[words[1].removeprefix("$")])
        elif words[0] == "Gizmo":
            yield node_of(*words)
        elif words[0] != "end_group":
            node = node_of(*words)
            count = int(node.knobs.get("inputs", "1"))
            assert count <= len(stack), f"{node.name} takes {count} inputs of {len(stack)}"
            taken = tuple(stack.pop() for _ in range(count))
            stack.append(node.name)
            yield Node(node.kind, node.knobs, node.user_knobs, taken)


def gizmo(folder: Path, name: str) -> str:
    return (folder / name / f"VFI_{name}.gizmo").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ABLE)
def test_braces_are_balanced_and_there_is_one_output(folder: Path, name: str) -> None:
    text = gizmo(folder, name)
    bare = re.sub(r"\\.", "", text)
    assert bare.count("{") == bare.count("}")
    assert "[" not in bare.replace("[stack 0]", "")  # or Nuke would run what is in it while it reads the file
    first, *inside = nodes_of(text)
    assert first.kind == "Gizmo"
    assert [node.kind for node in inside].count("Output") == 1
    assert inside[-1].kind == "Output"
    assert text.splitlines()[-1] == "end_group"
    assert len({node.name for node in inside}) == len(inside)


@pytest.mark.parametrize("name", ABLE)
def test_every_knob_that_is_read_is_there(folder: Path, name: str) -> None:
    text = gizmo(folder, name)
    first, *inside = nodes_of(text)
    known = {knob.name for knob in first.user_knobs}
    read = {match.removesuffix(".integrate") for match in re.findall(r"\bparent\.([\w.]+)", text)}
    assert {"input.first", "input.last", "timing2", "timingOutputSpeed", "timingFrame2"} <= read <= known
    timing = next(node for node in inside if node.name == "Timing")
    assert set(re.findall(r"\bTiming\.(\w+)", text)) <= {knob.name for knob in timing.user_knobs}
    links = re.findall(r"T ([A-Z]\w+)\.\w+", text)
    assert links
    assert set(links) <= {node.name for node in inside}


@pytest.mark.parametrize("name", ABLE)
def test_every_knob_has_a_label_and_a_tooltip(folder: Path, name: str) -> None:
    knobs = [knob for node in nodes_of(gizmo(folder, name)) for knob in node.user_knobs]
    assert len(knobs) > 15
    assert [knob.name for knob in knobs if not knob.label or not knob.tooltip] == []


@pytest.mark.parametrize("name", ABLE)
def test_no_file_names_a_place_of_this_machine(folder: Path, name: str) -> None:
    for file in (f"VFI_{name}.gizmo", "cat.json", "make_cat.py"):
        text = (folder / name / file).read_text(encoding="utf-8")
        assert re.search(r"""(^|[\s"'{])(/\w|[A-Za-z]:[\\/])""", text) is None
        assert "@" not in text


def test_the_wires_lead_where_they_should(folder: Path) -> None:
    inputs = {node.name: node.inputs for node in nodes_of(gizmo(folder, "rife"))}
    assert inputs["FrameA"] == inputs["FrameB"] == ("Source",)
    assert inputs["EightChannels"] == ("FormatOfA", "FormatOfB")
    assert (inputs["FormatOfA"], inputs["RgbaOfA"]) == (("RgbaOfA",), ("FrameA",))
    assert (inputs["FormatOfB"], inputs["RgbaOfB"]) == (("RgbaOfB",), ("FrameB",))
    assert inputs["Network"] == ("EightChannels",)
    assert (inputs["MoveA"], inputs["MoveB"]) == (("FrameA", "Maps"), ("FrameB", "MapOfB"))
    assert inputs["AllLayers"] == ("MoveB", "MoveA", "Mask")  # a mask of 1 shows the second
    assert (inputs["Channels"], inputs["Whole"]) == (("Network", "AllLayers"), ("FrameA", "Channels"))
    assert (inputs["RgbaAlone"], inputs["Output1"]) == (("Whole",), ("RgbaAlone",))


class Speed(float):
    """A knob that is not animated."""

    def integrate(self, start: float, end: float) -> float:
        return self * (end - start)


def timing(folder: Path, frame: int, speed: float, first: int, last: int) -> dict[str, float]:
    """What the knobs of the node Timing come to."""
    node = next(node for node in nodes_of(gizmo(folder, "rife")) if node.name == "Timing")
    parent = SimpleNamespace(
        timing2=0, timingOutputSpeed=Speed(speed), timingFrame2=0.0, input=SimpleNamespace(first=first, last=last)
    )
    scope = {"parent": parent, "frame": frame, "floor": floor, "clamp": lambda x, low, high: min(max(x, low), high)}
    values: dict[str, float] = {}
    for knob in node.user_knobs[1:]:
        text = node.knobs[knob.name].strip('{}"').replace("||", "or")
        text = re.sub(r"(parent\.timing2 == 0) \? (.+?) : (parent\.timingFrame2)", r"(\2 if \1 else \3)", text)
        values[knob.name] = eval(text, {**scope, **values})
    return values


@pytest.mark.parametrize(("speed", "first", "last"), [(0.5, 1001, 1004), (0.3, -7, -4), (1 / 3, -2, 3), (2.0, 1, 9)])
def test_time_runs_as_in_kronos(folder: Path, speed: float, first: int, last: int) -> None:
    kronos = f"Kronos {{\n input.first {first}\n input.last {last}\n timingOutputSpeed {speed!r}\n name K\n}}\n"
    ranged = parse(kronos)
    for n in ranged.frames:
        position, found = float(ranged.curve.value(n)), timing(folder, n, speed, first, last)
        assert found["earlier"] + found["part"] == pytest.approx(position, abs=1e-4)
        assert found["earlier"] <= position + 1e-4
        assert first <= found["earlier"] <= found["later"] <= last
        assert 0 <= found["part"] < 1
        assert bool(found["whole"]) == (abs(position - round(position)) < 1e-4)
    for outside in (ranged.frames[0] - 50, ranged.frames[-1] + 50):
        assert timing(folder, outside, speed, first, last)["whole"]


def test_a_map_leads_to_the_pixel_that_the_flow_means(folder: Path) -> None:
    maps = next(node for node in nodes_of(gizmo(folder, "rife")) if node.name == "Maps")
    height, width = 540, 960
    scope = {"clamp": lambda value, low, high: min(max(value, low), high), "width": width, "height": height}
    for column, row, flow_x, flow_y in ((100, 30, 2.5, -3.25), (0, 0, -7.0, -7.0), (959, 539, 4.0, 9.0)):
        # An STMap holds positions from 0 to 1 of the format, y up; pixel centres are half a pixel in.
        at = {"x": column, "y": height - 1 - row, "r": flow_x, "g": flow_y, "b": flow_x, "a": flow_y}
        u, v, u_b, v_b = (eval(maps.knobs[f"expr{n}"], {**scope, **at}) for n in range(4))
        assert (u, v) == (u_b, v_b)
        assert u * width - 0.5 == pytest.approx(min(max(column + flow_x, 0), width - 1))
        assert height - 1 - (v * height - 0.5) == pytest.approx(min(max(row + flow_y, 0), height - 1))


@pytest.mark.parametrize("name", ABLE)
def test_the_cattery_finds_what_it_reads(folder: Path, name: str) -> None:
    entry = json.loads((folder / name / "cat.json").read_text(encoding="utf-8"))
    assert set(entry) == {"minimum_nuke_version_required", "version", "category", "description", "cats"}
    assert entry["minimum_nuke_version_required"] == 14.0
    (cat,) = entry["cats"]
    assert set(cat) == {"filepath", "name", "icon"}
    assert (folder / name / cat["filepath"]).is_file()


@pytest.mark.parametrize("name", ABLE)
def test_the_knobs_are_the_attributes_of_the_module(folder: Path, name: str) -> None:
    module = torch.jit.load(str(folder / name / f"{name}.pt"))  # type: ignore[no-untyped-call]
    network = next(node for node in nodes_of(gizmo(folder, name)) if node.name == "Network")
    script = (folder / name / "make_cat.py").read_text(encoding="utf-8")
    ast.parse(script, feature_version=(3, 7))
    (creator,) = [
        node.value.value
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and str(node.value.value).startswith("CatFileCreator {")
    ]
    node = node_of(*(word.text for word in next(commands(str(creator)))))
    kinds = {knob.name: knob.kind for knob in node.user_knobs if knob.kind != "20"}
    attributes = {knob: {"7": float, "3": int}[kind] for knob, kind in kinds.items()}
    assert attributes == {knob: type(getattr(module, knob)) for knob in attributes}
    assert set(re.findall(r"(\w+):\{", network.knobs["serialiseKnob"])) == set(attributes)
    assert len(node.knobs["channelsIn"].split(",")) == 8
    found = module(torch.rand(1, 8, 16, 16))
    assert len(node.knobs["channelsOut"].split(",")) == found.shape[1]
    assert f"VFI_{name}.cat" in network.knobs["modelFile"]


@pytest.mark.parametrize("name", [name for name in vfi.model_names() if name not in ABLE])
def test_other_models_are_refused_in_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "export", name, "--format", "nuke", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "rife, superslomo, voxelflow" in said
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_there_and_a_file_in_the_way_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "export", "rive", "--format", "nuke", "--out", str(tmp_path)]) == 2
    assert "did you mean rife?" in capsys.readouterr().err
    (tmp_path / "file").write_text("mine")
    assert main(["models", "export", "voxelflow", "--format", "nuke", "--out", str(tmp_path / "file")]) == 2
    assert "give a folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"

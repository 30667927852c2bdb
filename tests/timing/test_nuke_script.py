from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing import TimeMap
from vfi_plugin.timing.tcl import commands

SCRIPT = r"""#! /usr/local/Nuke15.0v4/nuke-15.0.4 -nx
version 15.0 v4
define_window_layout_xml {<?xml version="1.0"?>
<layout version="1.0"><note>a brace \{ in a string</note></layout>
}
Root {
 inputs 0
 name /shots/a b/comp.nk
 first_frame 1001
 last_frame 1100
 onScriptLoad "print('\{')\nprint(\"hi\")"
}
Read {
 inputs 0
 file_type exr
 file /shots/plate.####.exr
 first 1001
 last 1010
 name Read1
}
# a comment with a brace {
set N1 [stack 0]
Group {
 name Group1
 addUserKnob {20 User l "a {nested} label"}
}
 Input {
  inputs 0
  name Input1
 }
 Kronos {
  input.first 1001
  input.last 1010
  retimedChannels {{0} all}
  name Kronos1
  label "at \[value timingOutputSpeed]"
 }
end_group
push $N1
TimeWarp {
 lookup {{curve L x1001 1 x1041 41}}
 time ""
 name TimeWarp1
 xpos -40
}
Retime {
 input.first 1001
 input.first_lock true
 input.last 1010
 speed 2
 before continue
 name Retime1
 disable true
}
"""


def read(folder: Path, text: str, node: str | None = None, source: tuple[int, int] | None = None) -> TimeMap:
    path = folder / "comp.nk"
    path.write_text(text)
    return TimeMap.from_file(path, node=node, source=source)


def node(kind: str, *knobs: str) -> str:
    return f"{kind} {{\n" + "".join(f" {knob}\n" for knob in (*knobs, "name N")) + "}\n"


def positions(made: TimeMap) -> list[Fraction]:
    return [made.position(n) for n in made.frames]


def test_nodes_are_found_in_a_whole_script(tmp_path: Path) -> None:
    assert read(tmp_path, SCRIPT, "TimeWarp1") == TimeMap.from_keys({1001: 1, 1041: 41})
    assert read(tmp_path, SCRIPT, "Kronos1") == TimeMap.constant(0.5, first=1001, last=1010)
    assert read(tmp_path, SCRIPT, "Retime1") == TimeMap.constant(2, first=1001, last=1010)


def test_several_nodes_are_listed_without_the_disabled_ones(tmp_path: Path) -> None:
    with pytest.raises(TimeMapError) as caught:
        read(tmp_path, SCRIPT)
    message = str(caught.value)
    assert "Kronos1 (Kronos, line 31), TimeWarp1 (TimeWarp, line 40)" in message
    assert "Retime1" not in message
    with pytest.raises(TimeMapError, match=r"no retime node is called Read1; there are: Kronos1"):
        read(tmp_path, SCRIPT, "Read1")


@pytest.mark.parametrize("kind", ["Kronos", "OFlow2", "OFlow"])
@pytest.mark.parametrize("timing", ["", 'timing2 "Output Speed"', "timing2 {Output Speed}", 'timing2 "Input Speed"'])
def test_constant_speed_of_the_flow_nodes(tmp_path: Path, kind: str, timing: str) -> None:
    knob = "timingInputSpeed" if "Input" in timing else "timingOutputSpeed"
    made = read(tmp_path, node(kind, "input.first 11", "input.last 20", timing, f"{knob} 0.25"))
    assert made == TimeMap.constant(0.25, first=11, last=20)


def test_the_older_flow_node(tmp_path: Path) -> None:
    kind = "OFXuk.co.thefoundry.time.oflow_v100"
    slow = read(tmp_path, node(kind, "timing Speed", "timingSpeed 0.5"), source=(1, 10))
    assert slow == TimeMap.constant(0.5, first=1, last=10)
    keyed = node(kind, 'timing "Source Frame"', "timingFrame {{curve l x1 1.000000 x9 5.000000}}")
    assert read(tmp_path, keyed) == TimeMap.from_keys({1: 1, 9: 5})


def test_animated_output_speed_is_integrated_to_the_end_of_the_input(tmp_path: Path) -> None:
    speed = "timingOutputSpeed {{curve L x1001 1 x1041 0.25}}"
    made = read(tmp_path, node("Kronos", "input.first 1001", "input.last 1101", speed))
    ramp = TimeMap.from_speed_keys({1001: 1, 1041: 0.25}, source_first=1001)
    assert [made.position(n) for n in ramp.frames] == positions(ramp)
    # After the ramp 75 of 100 source frames are left, at a quarter speed.
    assert made.output_range == (1001, 1041 + 4 * 75)
    assert made.position(made.last) == 1101


def test_speed_keys_that_begin_later_still_start_at_the_first_input_frame(tmp_path: Path) -> None:
    speed = "timingOutputSpeed {{curve L x5 1 x7 2}}"
    made = read(tmp_path, node("Kronos", "input.first 1", "input.last 12", speed))
    assert positions(made) == [1, 2, 3, 4, 5, Fraction(25, 4), 8, 10, 12]


def test_a_number_in_a_frame_knob_freezes(tmp_path: Path) -> None:
    made = read(tmp_path, node("Kronos", "timing2 Frame", "timingFrame2 7"), source=(1, 3))
    assert positions(made) == [7, 7, 7]
    warp = "Root {\n first_frame 5\n last_frame 6\n}\n" + node("TimeWarp", "lookup 3")
    assert read(tmp_path, warp) == TimeMap.from_keys({5: 3, 6: 3})


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        (["speed 0.5"], TimeMap.constant(0.5, first=1, last=10)),
        (["reverse true"], TimeMap.constant(-1, first=1, last=10)),
        (["reverse true", "speed 2"], TimeMap.constant(-2, first=1, last=10)),
        (["output.first 1001", "output.first_lock true"], TimeMap.constant(1, first=1, last=10, start=1001)),
        (["output.last 1009", "output.last_lock true", "speed 2"], TimeMap.from_keys([(1005, 2), (1009, 10)])),
        (
            ["output.first 5", "output.first_lock true", "output.last 23", "output.last_lock true", "speed 7"],
            TimeMap.from_length(19, first=1, last=10, start=5),
        ),
        (
            ["output.first 5", "output.first_lock 1", "output.last 23", "output.last_lock 1", "reverse true"],
            TimeMap.from_keys({5: 10, 23: 1}),
        ),
    ],
)
def test_retime_nodes(tmp_path: Path, knobs: list[str], expected: TimeMap) -> None:
    assert read(tmp_path, node("Retime", *knobs), source=(1, 10)) == expected


def test_animated_speed_of_a_retime_is_integrated(tmp_path: Path) -> None:
    knobs = ["input.first 1", "input.last 9", "speed {{curve K x1 1 x3 2}}"]
    assert positions(read(tmp_path, node("Retime", *knobs))) == [1, 2, 3, 5, 7, 9]
    assert positions(read(tmp_path, node("Retime", *knobs, "reverse true"))) == [9, 8, 7, 5, 3, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Blur {\n size 3\n name B\n}\n", "no TimeWarp, Kronos, OFlow or Retime node"),
        ("", "no TimeWarp, Kronos, OFlow or Retime node"),
        ("\nTimeWarp {\n name T\n}\n", "line 2: TimeWarp T: it has no lookup"),
        (node("TimeWarp", "lookup {{frame*2}}"), r"lookup is '\{frame\*2\}'; expected a number"),
        (node("TimeWarp", "lookup {{curve x1 nan}}"), "'nan' in a curve is not understood"),
        (node("TimeWarp", "lookup 5"), "one frame for ever"),
        (node("Kronos", "timingOutputSpeed 0.5"), "give the source range"),
        (node("Kronos", "input.first 9", "input.last 2"), "9 to 2 is no range"),
        (node("Kronos", "input.first 1", "input.last 2", "timingOutputSpeed 0"), "speed 0 does not reach the end"),
        (node("Kronos", "input.first 1", "input.last 2", "timingOutputSpeed {{curve x1 0}}"), "does not reach the end"),
        (node("Kronos", "input.first 1", "input.last 9", "timingOutputSpeed {{curve x1 -1}}"), "does not reach"),
        (node("Kronos", 'timing2 "Input Speed"', "timingInputSpeed {{curve x1 1}}"), "switch Timing to Frame and bake"),
        (node("Kronos", "timing2 Backwards"), "timing 'Backwards' is not known"),
        (node("Retime", "input.first 1", "input.last 9", "speed {parent.speed}"), "expressions are not read"),
        ("TimeWarp {\n lookup {{curve x1 1}\n", "line 1: a brace { is never closed"),
        ('Root {\n}\nset a "b\n', 'line 3: a quote " is never closed'),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TimeMapError, match=message) as caught:
        read(tmp_path, text)
    assert "comp.nk: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_written_kronos_is_timed_by_frame(tmp_path: Path) -> None:
    made = TimeMap.from_keys({1: 3.5, 4: 5})
    made.to_file(tmp_path / "k.nk", node_class="Kronos")
    text = (tmp_path / "k.nk").read_text()
    knobs = {words[0].text: words[1].text for words in commands(text.partition("{")[2].rpartition("}")[0])}
    assert knobs == {
        "input.first": "3",
        "input.last": "5",
        "timing2": "Frame",
        "timingFrame2": "{curve L x1 3.5 x4 5}",
        "name": "Kronos_vfi",
    }
    assert TimeMap.from_file(tmp_path / "k.nk") == made


def test_words_keep_their_lines_and_lose_their_quotes() -> None:
    text = 'a {b\n {c}} "d \\"e\\""; f [g h] \\\n i # no comment\n# comment {\nj'
    found = [[(word.text, word.line) for word in words] for words in commands(text)]
    assert found == [
        [("a", 1), ("b\n {c}", 1), ('d "e"', 2)],
        [("f", 2), ("[g h]", 2), ("i", 3), ("#", 3), ("no", 3), ("comment", 3)],
        [("j", 5)],
    ]

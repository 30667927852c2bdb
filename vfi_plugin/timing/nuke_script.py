"""Retimes in Nuke scripts (.nk, .gizmo): TimeWarp, Kronos, OFlow and Retime nodes, read from the text.

What each node means here:

* **TimeWarp**: ``lookup`` is the source frame for each output frame.
* **Kronos, OFlow, OFlow2** (and older OFlow): ``timing2`` says which knob counts. *Output Speed* starts at
  ``input.first``, which is both the first source and the first output frame; animated speed is integrated, and the map
  ends with the last output frame that stays within ``input.last``. *Frame* (``timingFrame2``) is a curve like
  ``lookup``. *Input Speed* is the same as output speed while it is not animated; animated it is not read. The older
  knobs ``timing`` (*Speed*, *Source Frame*), ``timingSpeed`` and ``timingFrame`` mean the same.
* **Retime**: source = ``input.first`` + (output - ``output.first``) * ``speed``, from ``input.last`` backwards with
  ``reverse``. Where both output fields are locked the speed is that which makes the ranges match. An output field that
  is not locked and not in the script follows from the input range. Animated ``speed`` is integrated, though Nuke's own
  Retime is said to multiply speed by time. ``before`` and ``after`` are not used: they concern frames outside the
  output range, and a time map ends there.

A knob left at its default is not in a script; the defaults used are ``timing2`` Output Speed, speed 0.5 (Kronos, OFlow)
and 1 (Retime). An input range that is not in the script must come from the caller.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing import nuke_curve
from vfi_plugin.timing.curve import Curve, RangedCurve, Segment
from vfi_plugin.timing.exact import number_from_text
from vfi_plugin.timing.tcl import commands

_RETIMES = re.compile(r"TimeWarp|Retime|.*(?:kronos|oflow).*", re.IGNORECASE)
# The speed of a clip that never reaches its end would be followed for ever; no shot has a million frames.
_LONGEST_OUTPUT = 1_000_000


@dataclass(frozen=True)
class _Node:
    kind: str
    knobs: dict[str, str]
    line: int

    @property
    def name(self) -> str:
        return self.knobs.get("name", "(no name)")

    def is_set(self, knob: str) -> bool:
        return self.knobs.get(knob, "").lower() in ("true", "1")

    def number(self, knob: str) -> Fraction | None:
        """The knob's plain number, None where it is not in the script."""
        text = self.knobs.get(knob)
        if text is None:
            return None
        try:
            return number_from_text(text.strip("{} "))
        except ValueError:
            raise TimeMapError(f"{knob} is {text!r}; expected a number (expressions are not read: bake them)") from None

    def curve(self, knob: str) -> Curve | Fraction:
        """The knob's curve, or its number where it is not animated."""
        text = self.knobs[knob]
        if nuke_curve.looks_like_curve(text):
            return nuke_curve.curve_from_text(text)
        number = self.number(knob)
        assert number is not None  # the knob is in the script
        return number


def parse(text: str, name: str | None = None, source: tuple[int, int] | None = None) -> RangedCurve:
    """The map of the one retime node in ``text``, or of the node called ``name``.

    Args:
        text: a Nuke script or a part of one.
        name: the node's name, needed where several nodes retime.
        source: first and last frame of the clip, used where the node does not tell its input range.

    Raises:
        TimeMapError: no retime node, several, or knobs that cannot be read; the message names the node and line.
    """
    nodes = list(_nodes(text))
    node = _chosen([node for node in nodes if _RETIMES.fullmatch(node.kind)], name)
    root = next((node for node in nodes if node.kind == "Root"), None)
    try:
        if node.kind == "TimeWarp":
            return _lookup(node, "lookup", _script_range(root))
        if node.kind == "Retime":
            return _retime(node, source)
        return _flow_retime(node, source, _script_range(root))
    except TimeMapError as error:
        raise TimeMapError(f"line {node.line}: {node.kind} {node.name}: {error}") from None


def text(ranged: RangedCurve, kind: str = "TimeWarp") -> str:
    """A node that can be pasted into Nuke: a ``TimeWarp``, or a ``Kronos`` timed by frame.

    Raises:
        TimeMapError: another kind of node.
    """
    curve = "{{" + nuke_curve.text(ranged) + "}}"
    if kind == "TimeWarp":
        knobs = [f"lookup {curve}"]
    elif kind == "Kronos":
        positions = [ranged.curve.value(n) for n in ranged.frames]
        inputs = [f"input.first {math.floor(min(positions))}", f"input.last {math.ceil(max(positions))}"]
        knobs = [*inputs, "timing2 Frame", f"timingFrame2 {curve}"]
    else:
        raise TimeMapError(f"node class {kind!r} cannot be written; use TimeWarp or Kronos")
    body = "".join(f" {knob}\n" for knob in [*knobs, f"name {kind}_vfi"])
    # The three lines that Nuke itself puts before a copied node, so that it connects to what is selected.
    return f"set cut_paste_input [stack 0]\nversion 11.0 v1\npush $cut_paste_input\n{kind} {{\n{body}}}\n"


def _nodes(text: str) -> Iterator[_Node]:
    for command in commands(text):
        if len(command) != 2 or not re.fullmatch(r"[A-Za-z_][\w.]*", command[0].text):
            continue
        knobs: dict[str, str] = {}
        for words in commands(command[1].text, command[1].line):
            values = [word.text for word in words]
            knobs.update(zip(values[::2], values[1::2], strict=False))
        yield _Node(command[0].text, knobs, command[0].line)


def _chosen(nodes: list[_Node], name: str | None) -> _Node:
    if name is not None:
        named = [node for node in nodes if node.name == name]
        if not named:
            raise TimeMapError(f"no retime node is called {name}; there are: {_names(nodes)}")
        return named[0]
    live = [node for node in nodes if not node.is_set("disable")]
    if not live:
        raise TimeMapError("no TimeWarp, Kronos, OFlow or Retime node that is not disabled")
    if len(live) > 1:
        raise TimeMapError(f"several retime nodes; choose one by name: {_names(live)}")
    return live[0]


def _names(nodes: list[_Node]) -> str:
    return ", ".join(f"{node.name} ({node.kind}, line {node.line})" for node in nodes) or "none"


def _script_range(root: _Node | None) -> tuple[int, int] | None:
    first = root.number("first_frame") if root else None
    last = root.number("last_frame") if root else None
    return None if first is None or last is None else (int(first), int(last))


def _lookup(node: _Node, knob: str, frozen: tuple[int, int] | None) -> RangedCurve:
    """A knob that holds source frames; one number freezes that frame for the range ``frozen``."""
    if knob not in node.knobs:
        raise TimeMapError(f"it has no {knob}, so it does not retime; key it, or choose another node")
    if nuke_curve.looks_like_curve(node.knobs[knob]):
        return nuke_curve.parse(node.knobs[knob])
    position = node.number(knob)
    if position is None or frozen is None:
        raise TimeMapError(f"{knob} is one frame for ever; set two keys to say from when to when")
    return RangedCurve(Curve.line(Fraction(frozen[0]), position, Fraction(0)), *frozen)


def _flow_retime(node: _Node, source: tuple[int, int] | None, script: tuple[int, int] | None) -> RangedCurve:
    timing = node.knobs.get("timing2", node.knobs.get("timing", "Output Speed"))
    modern = "timing2" in node.knobs or "timing" not in node.knobs
    if timing in ("Frame", "Source Frame"):
        return _lookup(node, "timingFrame2" if modern else "timingFrame", source or script)
    knobs = {"Output Speed": "timingOutputSpeed", "Input Speed": "timingInputSpeed", "Speed": "timingSpeed"}
    if timing not in knobs:
        raise TimeMapError(f"timing {timing!r} is not known; expected Output Speed, Input Speed or Frame")
    knob = knobs[timing]
    speed = node.curve(knob) if knob in node.knobs else Fraction(1, 2)
    if isinstance(speed, Curve) and timing == "Input Speed":
        raise TimeMapError("animated timingInputSpeed is not read; switch Timing to Frame and bake it")
    first, last = _input_range(node, source)
    return _run(speed, Fraction(first), range(first, last + 1))


def _input_range(node: _Node, source: tuple[int, int] | None) -> tuple[int, int]:
    first, last = node.number("input.first"), node.number("input.last")
    if source is not None:
        first = Fraction(source[0]) if first is None else first
        last = Fraction(source[1]) if last is None else last
    if first is None or last is None:
        raise TimeMapError("its input.first or input.last is not in the script; give the source range")
    if first > last or first.denominator != 1 or last.denominator != 1:
        raise TimeMapError(f"its input range {first} to {last} is no range of frames")
    return int(first), int(last)


def _run(speed: Curve | Fraction, start: Fraction, source: range) -> RangedCurve:
    """From output frame ``start`` on, play ``source`` at ``speed`` until it is used up."""
    begin = math.ceil(start)
    if isinstance(speed, Fraction):
        if speed <= 0:
            raise TimeMapError(f"speed {speed} does not reach the end of its input range; key source frames instead")
        end = math.floor(start + (len(source) - 1) / speed)
        if end < begin:
            raise TimeMapError(f"no whole output frame lies between {start} and the end of its input range")
        return RangedCurve(Curve.line(start, Fraction(source[0]), speed), begin, end)
    lead = speed.integral(Fraction(0)).value(start)
    curve = speed.integral(source[0] - lead)
    for n in range(begin, begin + _LONGEST_OUTPUT):
        following = curve.value(n + 1)
        if following > source[-1]:
            return RangedCurve(curve, begin, n)
        stuck = n > curve.segments[-1].start and curve.value(n) >= following
        if stuck or following < source[0]:
            break
    raise TimeMapError("its speed does not reach the end of its input range; key source frames instead")


def _retime(node: _Node, source: tuple[int, int] | None) -> RangedCurve:
    first, last = _input_range(node, source)
    out_first, out_last = node.number("output.first"), node.number("output.last")
    locked = node.is_set("output.first_lock") and node.is_set("output.last_lock")
    if locked and out_first is not None and out_last is not None:
        if out_last <= out_first:
            raise TimeMapError(f"its output range {out_first} to {out_last} is no range of frames")
        speed: Curve | Fraction = Fraction(last - first) / (out_last - out_first)
    else:
        speed = node.curve("speed") if "speed" in node.knobs else Fraction(1)
        if node.is_set("output.last_lock") and out_last is not None and isinstance(speed, Fraction) and speed > 0:
            out_first = out_last - Fraction(last - first) / speed
    start = Fraction(first) if out_first is None else out_first
    forward = _run(speed, start, range(first, last + 1))
    return _mirrored(forward, first + last) if node.is_set("reverse") else forward


def _mirrored(ranged: RangedCurve, total: int) -> RangedCurve:
    """The same run from the other end of its input: ``total - source``."""
    segments = []
    for segment in ranged.curve.segments:
        constant, *rest = (-value for value in segment.coefficients)
        segments.append(Segment(segment.start, (total + constant, *rest)))
    return RangedCurve(Curve(tuple(segments), -ranged.curve.before), ranged.first, ranged.last)

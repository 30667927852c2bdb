"""What people say about channels is read exactly, or refused with the place and what is allowed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelClass
from vfi_plugin.image.channel_overrides import ChannelMap, parse_channel_rule
from vfi_plugin.image.channel_rules_file import load_channel_rules


@pytest.mark.parametrize(
    ("glob", "channel", "is_match"),
    [
        ("motion*.{R,G,B}", "motionBlur.G", True),
        ("motion*.{R,G,B}", "motionBlur.A", False),
        ("vel.*", "VEL.r", True),
        ("vel.*", "level.R", False),
        ("{a,b}.{x,y}", "b.x", True),
        ("re:^(tech|util)_", "util_7.R", True),
        ("re:^(tech|util)_", "my_util_7.R", False),
        ("re:^Tech", "tech.R", False),
        ("fg:depth.Z", "depth.Z", True),
        ("bg:depth.Z", "depth.Z", False),
    ],
)
def test_a_rule_matches_whole_names_of_its_part(glob: str, channel: str, is_match: bool) -> None:
    assert parse_channel_rule(f"{glob}=data").matches("fg", (channel,)) is is_match


def test_a_rule_of_a_command_line_holds_class_and_options() -> None:
    rule = parse_channel_rule("vel.{R,G}=motion,units=ndc,y=down,offset=0.5,premult=true")
    assert rule.match == "vel.{R,G}"
    assert rule.channel_class is ChannelClass.MOTION
    assert rule.options == {"units": "ndc", "y": "down", "offset": 0.5, "premult": True}


def test_a_regular_expression_may_hold_an_equals_sign() -> None:
    assert parse_channel_rule("re:^(?=n)=normal,encoding=unsigned").match == "re:^(?=n)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vel.*", "write MATCH=CLASS"),
        ("vel.*=speedy", "the classes are color, alpha"),
        ("vel.*=deep", "unknown channel class 'deep'"),
        ("vel.*=motion,units=metres", "one of pixels, ndc, norm01"),
        ("vel.*=motion,colour=red", "it has units, per, shutter"),
        ("id=id,units=ndc", "it has none"),
        ("vel.*=motion,max=-3", "positive number"),
        ("vel.*=motion,offset=nan", "is a number"),
        ("vel.*=motion,premult=maybe", "true or false"),
        ("re:(=data", "not a regular expression"),
    ],
)
def test_a_bad_rule_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_channel_rule(text)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


FILE = """
channels:
  defaults: {unknown: blend, crypto: pick, deep: refuse}
  rules:
    - {match: "motion*.{R,G,B}", class: color}
    - {match: "vel.{R,G}", class: motion, units: pixels, per: shutter, shutter: 0.5,
       direction: prev, y: up, offset: 0.5, max: 64, premult: no}
    - {match: "depth.Z", class: depth, encoding: linear, background: inf}
    - {match: "junk.*", class: drop}
views: [left, right]
report: off
"""


def load(tmp_path: Path, text: str) -> ChannelMap:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return load_channel_rules(path)


def test_a_file_says_everything(tmp_path: Path) -> None:
    found = load(tmp_path, FILE)
    assert [rule.channel_class.value for rule in found.rules] == ["color", "motion", "depth", "drop"]
    assert found.rules[1].options["direction"] == "prev"
    assert found.rules[1].options["premult"] is False
    assert found.rules[2].options["background"] == math.inf
    assert (found.unknown, found.crypto, found.deep) == ("blend", "pick", "refuse")
    assert (found.views, found.report) == (("left", "right"), "off")


@pytest.mark.parametrize("text", ["", "channels:\n", "channels: {rules: []}\n", "report: warn\n"])
def test_a_file_may_leave_out_everything(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == ChannelMap()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "channels:\n  rules:\n    - {match: a, class: data}\n    - {match: b, class: dta}\n",
            "line 4, rule 2: unknown channel",
        ),
        ("channels:\n  rules:\n    - {match: a}\n", "line 3, rule 1: a rule needs match and class"),
        (
            "channels:\n  rules:\n    - {match: a, class: depth, y: up}\n",
            "line 3, rule 1: class depth has no option 'y'",
        ),
        ("channels:\n  rules: {match: a}\n", "rules: expected a list"),
        ("chanels: {}\n", "unknown entry 'chanels'; allowed are channels, views, report"),
        (
            "channels:\n  defaults: {unknown: guess}\n",
            "default unknown is 'guess': allowed are pick, blend, copy, drop",
        ),
        ("channels: {}\nchannels: {}\n", "line 2: 'channels' stands twice"),
        ("report: loud\n", "allowed are off, warn, error"),
        ("- a\n", "the file: expected a mapping"),
        ("channels: [\n", "not YAML"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=r"rules\.yaml") as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml"):
        load_channel_rules(tmp_path / "nowhere.yaml")


def test_the_first_rule_wins_and_the_command_line_comes_first(tmp_path: Path) -> None:
    from_line = parse_channel_rule("depth.*=copy")
    merged = load(tmp_path, FILE).with_rules_first([from_line])
    assert next(rule for rule in merged.rules if rule.matches("", ("depth.Z",))) is from_line

"""The table says in words what was found and what will be done."""

from __future__ import annotations

from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_overrides import ChannelMap, parse_channel_rule
from vfi_plugin.image.channel_table import describe, table_text

from .channel_headers import part


def test_every_channel_has_a_row_in_file_order() -> None:
    parts = [part("R|float32:depth.Z|foo.X|foo.Y", "float16", name="main"), part("uint32:id")]
    rows = describe(parts, classify(parts))
    assert [(row.part, row.channel, row.type, row.channel_class) for row in rows] == [
        ("main", "R", "half", "color"),
        ("main", "depth.Z", "float", "depth"),
        ("main", "foo.X", "half", "data"),
        ("main", "foo.Y", "half", "data"),
        ("1", "id", "uint", "id"),
    ]
    assert "never average" in rows[1].treatment
    assert [bool(row.warning) for row in rows] == [False, False, True, False, False], "once for a layer"


def test_an_override_shows_with_its_options() -> None:
    parts = [part("vel.R")]
    rule = parse_channel_rule("vel.*=motion,units=ndc,y=down")
    (row,) = describe(parts, classify(parts, ChannelMap(rules=(rule,))))
    assert row.rule == "0 override vel.*"
    assert row.confidence == "100%"
    assert "units=ndc, y=down" in row.treatment


def test_warnings_from_values_stand_beside_those_from_names() -> None:
    parts = [part("foo.X|R")]
    rows = describe(parts, classify(parts), [("odd values",), ()])
    assert rows[0].warning.endswith("; odd values")
    assert not rows[1].warning


def test_columns_are_aligned_and_empty_warnings_left_out() -> None:
    parts = [part("R|a_long_name.R|Z")]
    lines = table_text(describe(parts, classify(parts))).splitlines()
    assert lines[0].split() == ["part", "channel", "type", "class", "rule", "confidence", "treatment"]
    assert len({line.index("half") for line in lines[1:]}) == 1
    assert len(lines) == 4

"""A file of channel rules.

::

    channels:
      defaults: {unknown: pick, crypto: merge, deep: nearest}
      rules:                      # the first match wins, before every built-in rule
        - {match: "motion*.{R,G,B}", class: color}
        - {match: "re:^(tech|util)_", class: data}
        - {match: "vel.{R,G}", class: motion, units: pixels, direction: next, y: up}
    views: [left, right]          # only where the header lacks them
    report: warn                  # off, warn or error where a class is a guess
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_overrides import ChannelMap, ChannelRule, make_rule

_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "unknown": ("pick", "blend", "copy", "drop"),
    "crypto": ("merge", "pick"),
    "deep": ("nearest", "refuse", "drop"),
}
_REPORTS = ("off", "warn", "error")


def load_channel_rules(path: str | Path) -> ChannelMap:
    """The rules of a YAML file (the form is at the top of this module).

    Raises ``UsageError`` that names the file, the line or rule, what was found and what is allowed.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as reason:
        raise UsageError(f"cannot read channel rules from {path}: {reason}") from None
    except yaml.YAMLError as reason:
        raise UsageError(f"channel rules {path} are not YAML: {' '.join(str(reason).split())}") from None
    try:
        _refuse_repeated_entries(tree)
        return _channel_map(content, _rule_lines(tree))
    except UsageError as reason:
        raise UsageError(f"channel rules {path}: {reason}") from None


def _channel_map(content: Any, lines: Sequence[int]) -> ChannelMap:
    top = _mapping(content, "the file", ("channels", "views", "report"))
    channels = _mapping(top.get("channels"), "channels", ("defaults", "rules"))
    defaults = _mapping(channels.get("defaults"), "defaults", tuple(_DEFAULTS))
    rules = _list(channels.get("rules"), "rules")
    for name, value in defaults.items():
        _one_of(value, f"default {name}", _DEFAULTS[name])
    report = top.get("report", "warn")
    report = "off" if report is False else report  # YAML 1.1 reads a bare off as false
    _one_of(report, "report", _REPORTS)
    return ChannelMap(
        rules=tuple(_numbered_rule(place, rule, lines) for place, rule in enumerate(rules)),
        views=tuple(str(view) for view in _list(top.get("views"), "views")),
        report=report,
        **defaults,
    )


def _numbered_rule(place: int, given: Any, lines: Sequence[int]) -> ChannelRule:
    try:
        if not isinstance(given, dict) or not {"match", "class"} <= given.keys():
            raise UsageError(f"a rule needs match and class, got {given!r}")
        options = {str(name): value for name, value in given.items() if name not in ("match", "class")}
        return make_rule(str(given["match"]), given["class"], options)
    except UsageError as reason:
        raise UsageError(f"{_where(place, lines)}: {reason}") from None


def _mapping(given: Any, what: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    given = _typed(given, what, dict)
    if unknown := sorted(str(name) for name in given if name not in allowed):
        raise UsageError(f"{what}: unknown entry {unknown[0]!r}; allowed are {', '.join(allowed)}")
    return dict(given)


def _list(given: Any, what: str) -> list[Any]:
    return list(_typed(given, what, list))


def _typed(given: Any, what: str, kind: Callable[[], Any]) -> Any:
    if given is None:
        return kind()
    if type(given) is not kind:
        raise UsageError(f"{what}: expected a {'list' if kind is list else 'mapping'}, got {given!r}")
    return given


def _one_of(given: Any, what: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise UsageError(f"{what} is {given!r}: allowed are {', '.join(allowed)}")


def _rule_lines(tree: yaml.Node | None) -> list[int]:
    """The line of each rule in the file, counted from 1; empty where the file has another form."""
    rules = _child(_child(tree, "channels"), "rules")
    return [rule.start_mark.line + 1 for rule in rules.value] if isinstance(rules, yaml.SequenceNode) else []


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _where(place: int, lines: Sequence[int]) -> str:
    line = f"line {lines[place]}, " if place < len(lines) else ""
    return f"{line}rule {place + 1}"


def _refuse_repeated_entries(node: yaml.Node | None) -> None:
    """YAML keeps the last of two entries of one name without a word; half of a file would be lost that way."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_entries(item)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                raise UsageError(f"line {key.start_mark.line + 1}: {key.value!r} stands twice")
            seen.add(key.value)
            _refuse_repeated_entries(value)

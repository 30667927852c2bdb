"""What people say about channels: rules that come before the built-in ones, and what to do in doubt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import translate

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelClass, OptionValue
from vfi_plugin.image.channel_options import read_class, read_options

_COMMAND_LINE_RULE = re.compile(r"(?P<match>.+?)=(?P<kind>\w+)(?P<options>(,\w+=[^,]*)*)")


@dataclass(frozen=True)
class ChannelRule:
    """One override: which channels, what they are, and what is known of their values.

    ``match`` is a glob on the whole channel name, with alternatives in braces, in any case (``"vel.{R,G}"``); with a
    part in front (``"tech:*.R"``) it is for that part only; with ``re:`` in front it is a regular expression that may
    match anywhere and keeps its case. Raises ``UsageError`` on a regular expression that is none.
    """

    match: str
    channel_class: ChannelClass
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", _compile(self.match))

    def matches(self, part_name: str, channel_names: Sequence[str]) -> bool:
        """Whether the rule is for this channel: under any of its names, alone or with the part's name in front."""
        if self.match.startswith("re:"):
            return any(self._pattern.search(name) for name in channel_names)
        prefix = f"{part_name}:" if ":" in self.match else ""
        return any(self._pattern.fullmatch(prefix + name) for name in channel_names)


@dataclass(frozen=True)
class ChannelMap:
    """Everything that people say about the channels of a clip; empty, it changes nothing.

    Attributes:
        rules: overrides, the first match wins.
        unknown: what is done with channels of class DATA: ``pick``, ``blend``, ``copy`` or ``drop``.
        crypto: ``merge`` or ``pick``.
        deep: ``nearest``, ``refuse`` or ``drop``.
        views: stereo views, the default view first, for files whose header declares none.
        report: ``off``, ``warn`` or ``error`` where a class is a guess.
    """

    rules: tuple[ChannelRule, ...] = ()
    unknown: str = "pick"
    crypto: str = "merge"
    deep: str = "nearest"
    views: tuple[str, ...] = ()
    report: str = "warn"

    def with_rules_first(self, rules: Sequence[ChannelRule]) -> ChannelMap:
        """A copy in which ``rules`` are tried before the others, as those of a command line are."""
        return replace(self, rules=(*rules, *self.rules))


def parse_channel_rule(text: str) -> ChannelRule:
    """A rule from a command line: ``MATCH=CLASS[,OPTION=VALUE...]``, as in ``vel.*=motion,units=ndc,y=down``.

    Raises ``UsageError`` that says what is wrong and what is allowed.
    """
    found = _COMMAND_LINE_RULE.fullmatch(text)
    if not found:
        raise UsageError(f"channel rule {text!r} cannot be read: write MATCH=CLASS or MATCH=CLASS,OPTION=VALUE")
    pairs = [pair.partition("=") for pair in found["options"].split(",")[1:]]
    try:
        return make_rule(found["match"], found["kind"], {name: value for name, _, value in pairs})
    except UsageError as reason:
        raise UsageError(f"channel rule {text!r}: {reason}") from None


def make_rule(match: str, kind: object, options: Mapping[str, object]) -> ChannelRule:
    """A rule from what was read; ``UsageError`` on an unknown class, option or value."""
    channel_class = read_class(kind)
    return ChannelRule(match, channel_class, read_options(channel_class, options))


def _compile(match: str) -> re.Pattern[str]:
    expression, flags = match.removeprefix("re:"), re.RegexFlag(0)
    if not match.startswith("re:"):
        expression, flags = "|".join(translate(glob) for glob in _alternatives(match)), re.IGNORECASE
    try:
        return re.compile(expression, flags)
    except re.error as reason:
        raise UsageError(f"{match!r} is not a regular expression: {reason}") from None


def _alternatives(glob: str) -> list[str]:
    """``"a.{x,y}"`` as ``["a.x", "a.y"]``; any number of braces, not nested."""
    found = re.search(r"\{([^{}]*)\}", glob)
    if not found:
        return [glob]
    before, after = glob[: found.start()], glob[found.end() :]
    return [full for middle in found[1].split(",") for full in _alternatives(before + middle + after)]

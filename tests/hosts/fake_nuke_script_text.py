"""The text of scripts and gizmos: words, nodes, user knobs. Nothing here comes from the product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class UserKnob:
    """What an ``addUserKnob`` says."""

    kind: int
    name: str
    options: dict[str, str]
    flags: tuple[str, ...]
    text: str


@dataclass
class Statement:
    """A node, or one of the commands ``set``, ``push`` and ``end_group``, with its words."""

    command: str
    words: list[str] = field(default_factory=list)
    knobs: list[tuple[str, str]] = field(default_factory=list)
    user_knobs: list[UserKnob] = field(default_factory=list)


def statements(text: str) -> Iterator[Statement]:
    """What a script consists of, in order."""
    for line in split_lines(text):
        words = split_words(line)
        if words[0] in ("set", "push", "end_group", "version"):
            yield Statement(words[0], words[1:])
        else:
            yield _node(words[0], words[1])


def _node(kind: str, body: str) -> Statement:
    made = Statement(kind)
    for line in split_lines(body):
        name, value = split_words(line)
        if name == "addUserKnob":
            made.user_knobs.append(user_knob(value))
        else:
            made.knobs.append((name, value))
    return made


def user_knob(text: str) -> UserKnob:
    words = split_words(text)
    options: dict[str, str] = {}
    flags: list[str] = []
    rest = words[2:]
    while rest:
        word = rest.pop(0)
        if word[0] in "+-" and word[1:].isupper():
            flags.append(word)
        elif word == "R":
            options["R"] = f"{rest.pop(0)} {rest.pop(0)}"
        else:
            options[word] = rest.pop(0)
    return UserKnob(int(words[0]), words[1] if len(words) > 1 else "", options, tuple(flags), text)


def split_lines(text: str) -> list[str]:
    """Commands: lines, except that braces and quotes may hold line breaks."""
    return [line for line in _pieces(text, "\n") if line.strip()]


def split_words(text: str) -> list[str]:
    """Words of a command without their outer braces or quotes, escapes replaced in quotes and in bare words."""
    return [_bare(word) for word in _pieces(text, " \t\n") if word]


def _pieces(text: str, separators: str) -> Iterator[str]:
    depth, quoted, begin, at = 0, False, 0, 0
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 1
        elif letter == '"' and (quoted or (depth == 0 and (at == begin or text[at - 1].isspace()))):
            quoted = not quoted
        elif letter in "{}" and not quoted:
            depth += 1 if letter == "{" else -1
            assert depth >= 0, f"a brace too many: {text[max(0, at - 60) : at + 1]!r}"
        elif letter in separators and depth == 0 and not quoted:
            yield text[begin:at]
            begin = at + 1
        at += 1
    assert depth == 0, "a brace is not closed"
    assert not quoted, "a quote is not closed"
    yield text[begin:]


def _bare(word: str) -> str:
    word = word.strip()
    if word[0] == "{" and word[-1] == "}":
        return word[1:-1]
    if word[0] == '"' and word[-1] == '"':
        word = word[1:-1]
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found.group(1), found.group(1)), word)


def quoted(value: str) -> str:
    """A value as a word of a script."""
    if value and re.fullmatch(r"[\w./:-]+", value):
        return value
    escaped = re.sub(r'([\\"\[$])', r"\\\1", value).replace("\n", "\\n")
    return f'"{escaped}"'

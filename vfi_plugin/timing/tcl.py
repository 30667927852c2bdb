"""The part of Tcl that Nuke scripts are written in: words, braces, quotes and comments, read but never run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vfi_plugin.errors import TimeMapError

_ESCAPES = {"n": "\n", "t": "\t"}


@dataclass(frozen=True)
class Word:
    """A word of a command, with its outer braces or quotes gone, and the line on which it begins."""

    text: str
    line: int


def commands(text: str, line: int = 1) -> Iterator[list[Word]]:
    """The commands of a script, each as its words; ``line`` is the number of the first line.

    Raises:
        TimeMapError: a brace or quote that is never closed; the message names its line.
    """
    scanner = _Scanner(text, line)
    while not scanner.done:
        command = scanner.command()
        if command:
            yield command


class _Scanner:
    """A position in a text, moving forward."""

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.at = 0
        self.line = line

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def command(self) -> list[Word]:
        words: list[Word] = []
        while not self.done:
            character = self.text[self.at]
            if character in "\n;":
                self._advance(self.at + 1)
                if words:
                    break
            elif character.isspace():
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self._advance(self.at + 2)
            elif character == "#" and not words:
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                words.append(self._word(character))
        return words

    def _advance(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def _word(self, opening: str) -> Word:
        line, start = self.line, self.at
        if opening == "{":
            end = self._closing_brace()
            word = self.text[start + 1 : end]
        elif opening == '"':
            end = self._closing_quote()
            word = _unescaped(self.text[start + 1 : end])
        else:
            end = self._bare_end()
            word = self.text[start:end]
        self._advance(end + 1 if opening in '{"' else end)
        return Word(word, line)

    def _closing_brace(self) -> int:
        depth, at = 0, self.at
        while at < len(self.text):
            character = self.text[at]
            if character == "\\":
                at += 1
            elif character == "{":
                depth += 1
            elif character == "}":
                depth -= 1
                if not depth:
                    return at
            at += 1
        raise TimeMapError(f"line {self.line}: a brace {{ is never closed")

    def _closing_quote(self) -> int:
        at = self.at + 1
        while at < len(self.text):
            if self.text[at] == "\\":
                at += 1
            elif self.text[at] == '"':
                return at
            at += 1
        raise TimeMapError(f'line {self.line}: a quote " is never closed')

    def _bare_end(self) -> int:
        depth, at = 0, self.at
        while at < len(self.text):
            character = self.text[at]
            depth += (character == "[") - (character == "]")
            if (character.isspace() or character == ";") and depth <= 0:
                return at
            at += 2 if character == "\\" else 1
        return len(self.text)


def _unescaped(text: str) -> str:
    result: list[str] = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            result.append(_ESCAPES.get(escaped, escaped))
        else:
            result.append(character)
    return "".join(result)

"""The fields of a request: which there are, and what kind of value each takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from vfi_plugin.errors import ProtocolError


@dataclass(frozen=True)
class Kind:
    """A kind of JSON value: what it is called in messages, and which values are of it."""

    name: str
    accepts: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, str | float) or _is_whole(value)


WHOLE = Kind("a whole number", _is_whole)
TEXT = Kind("a text", lambda value: isinstance(value, str))
IDENTIFIER = Kind("a whole number or a text", lambda value: isinstance(value, str) or _is_whole(value))
NUMBER = Kind('a number, or a text such as "24000/1001"', _is_number)
SWITCH = Kind("true or false", lambda value: isinstance(value, bool))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
NUMBERED = Kind(
    "an object of numbers",
    lambda value: isinstance(value, dict) and all(type(item) in (int, float) for item in value.values()),
)
TEXTS = Kind("a list of texts", lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value))
NUMBERS = Kind('a list of numbers, or of texts such as "1001.5"', lambda value: _are_numbers(value))


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(_is_number(item) for item in value)


def checked(
    what: str, given: Mapping[str, Any], kinds: Mapping[str, Kind], required: Collection[str] = ()
) -> dict[str, Any]:
    """The fields that were given, each of its kind; those that are null count as left out.

    Args:
        what: whose fields they are, for messages.
        given: as it came.
        kinds: every field there is.
        required: those that must be there.

    Raises:
        ProtocolError: a field that there is not, one of another kind, or one that is missing.
    """
    found = {name: value for name, value in given.items() if value is not None}
    if unknown := [name for name in found if name not in kinds]:
        raise ProtocolError(f"{what} has no field {unknown[0]!r}; it has {', '.join(kinds) or 'none'}")
    for name, value in found.items():
        if not kinds[name].accepts(value):
            raise ProtocolError(f"field {name!r} of {what} must be {kinds[name].name}; got {_shown(value)}")
    if missing := [name for name in required if name not in found]:
        raise ProtocolError(f"{what} needs the field {missing[0]!r}, {kinds[missing[0]].name}")
    return found


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

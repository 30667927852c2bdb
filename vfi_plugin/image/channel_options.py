"""What an override may say of a class beside its name: units, signs, encodings; checked here, by name and by value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelClass, OptionValue


@dataclass(frozen=True)
class Choice:
    """One word of a list."""

    words: tuple[str, ...]

    def read(self, given: object) -> str:
        """``given`` if it is one of the words; ``ValueError`` with what is allowed if not."""
        if str(given) not in self.words:
            raise ValueError(f"is one of {', '.join(self.words)}")
        return str(given)


@dataclass(frozen=True)
class Number:
    """A number, ``inf`` allowed or not, positive or any."""

    positive: bool = False
    finite: bool = True

    def read(self, given: object) -> float:
        """``given`` as a number; ``ValueError`` with what is allowed if it is none."""
        wanted = "is a positive number" if self.positive else "is a number"
        try:
            number = float(str(given)) if not isinstance(given, bool) else math.nan
        except ValueError:
            raise ValueError(wanted) from None
        if math.isnan(number) or (self.finite and math.isinf(number)) or (self.positive and number <= 0):
            raise ValueError(wanted)
        return number


class Flag:
    """True or false."""

    def read(self, given: object) -> bool:
        """``given`` as a truth value; ``ValueError`` with what is allowed if it is none."""
        known = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        if str(given).lower() not in known:
            raise ValueError("is true or false")
        return known[str(given).lower()]


class Name:
    """The name of a channel."""

    def read(self, given: object) -> str:
        """``given`` if it is a text that is not empty; ``ValueError`` if not."""
        if not isinstance(given, str) or not given:
            raise ValueError("is the name of a channel")
        return given


Option = Choice | Number | Flag | Name

OPTIONS: Mapping[ChannelClass, Mapping[str, Option]] = {
    ChannelClass.COLOR: {"alpha": Name()},
    ChannelClass.DEPTH: {"encoding": Choice(("linear", "inverse", "negative")), "background": Number(finite=False)},
    ChannelClass.NORMAL: {
        "encoding": Choice(("signed", "unsigned")),
        "space": Choice(("world", "camera", "object")),
        "premult": Flag(),
    },
    ChannelClass.MOTION: {
        "units": Choice(("pixels", "ndc", "norm01")),
        "per": Choice(("frame", "shutter")),
        "shutter": Number(positive=True),
        "direction": Choice(("next", "prev", "both")),
        "y": Choice(("up", "down")),
        "offset": Number(),
        "max": Number(positive=True),
        "premult": Flag(),
    },
    ChannelClass.CRYPTO: {"mode": Choice(("merge", "pick"))},
    ChannelClass.COUNT: {"mode": Choice(("pick", "blend"))},
    ChannelClass.VARIANCE: {"mode": Choice(("blend", "pick"))},
    ChannelClass.DATA: {"mode": Choice(("pick", "blend"))},
}
"""The options of each class; a class that is not here has none."""

NAMED_CLASSES = tuple(kind for kind in ChannelClass if kind is not ChannelClass.DEEP)
"""The classes that a rule may name: whether a part is deep is a fact of the file and no matter of opinion."""


def read_class(given: object) -> ChannelClass:
    """The class of that name; ``UsageError`` with the list of classes where there is none."""
    for kind in NAMED_CLASSES:
        if str(given) == kind.value:
            return kind
    allowed = ", ".join(kind.value for kind in NAMED_CLASSES)
    raise UsageError(f"unknown channel class {given!r}: the classes are {allowed}")


def read_options(kind: ChannelClass, given: Mapping[str, object]) -> dict[str, OptionValue]:
    """Checked options of a class; ``UsageError`` that names the option and what it may be."""
    known = OPTIONS.get(kind, {})
    options: dict[str, OptionValue] = {}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"class {kind.value} has no option {name!r}: it has {', '.join(known) or 'none'}")
        try:
            options[name] = known[name].read(value)
        except ValueError as reason:
            raise UsageError(f"option {name}={value} of class {kind.value}: it {reason}") from None
    return options

"""Knobs of the fake host. They refuse what the documents say a real one refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .fake_nuke_curves import Curve, Expression, ExpressionCurve, Key
from .fake_nuke_script_text import UserKnob, quoted, split_words

if TYPE_CHECKING:
    from .fake_nuke_nodes import Node


class Knob:
    """A named value of a node. Any access from another than the main thread is an error."""

    def __init__(self, name: str, value: Any = None) -> None:
        self._name, self._value, self._default = name, value, value
        self._node: Node | None = None
        self.user: UserKnob | None = None

    def attach(self, node: Node) -> None:
        self._node = node

    def node(self) -> Node:
        assert self._node is not None
        self._node.check()
        return self._node

    def name(self) -> str:
        self.node()
        return self._name

    def Class(self) -> str:
        return type(self).__name__

    def value(self) -> Any:
        self.node()
        return self._value

    def setValue(self, value: Any) -> bool:
        checked = self.accepted(value)
        changed = checked != self._value
        self._value = checked
        if changed:
            self.node().session.knob_changed(self)
        return True

    def accepted(self, value: Any) -> Any:
        return value

    def isAnimated(self) -> bool:
        return False

    def hasExpression(self) -> bool:
        return False

    def toScript(self) -> str:
        self.node()
        return str(self._value)

    def fromScript(self, text: str) -> None:
        self.setValue(text)

    def is_default(self) -> bool:
        return bool(self._value == self._default)


class String_Knob(Knob):  # noqa: N801
    """A text. ``evaluate`` fills in environment variables, as far as Tcl goes here."""

    def __init__(self, name: str, value: str = "") -> None:
        super().__init__(name, value)

    def accepted(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self._name}: a str is needed, got {value!r}")
        return value

    def evaluate(self) -> str:
        text = str(self.value())
        for name, replacement in self.node().session.tcl_values.items():
            text = text.replace(f"[{name}]", replacement)
        return text


class File_Knob(String_Knob):  # noqa: N801
    """A path, with forward slashes only: a backslash would be an escape."""

    def accepted(self, value: Any) -> str:
        text = super().accepted(value)
        if "\\" in text:
            raise ValueError(f"{self._name}: backslashes are escapes in Tcl: {text}")
        return text

    def evaluate(self) -> str:
        """With the frame at hand filled in, unlike ``getEvaluatedValue``."""
        text = self.getEvaluatedValue()
        return text % self.node().session.current_frame if "%0" in text else text

    def getEvaluatedValue(self) -> str:
        return super().evaluate()


class Script_Knob(Knob):  # noqa: N801
    """A button."""

    def execute(self) -> None:
        self.node().session.press(self)


class Enumeration_Knob(Knob):  # noqa: N801
    """One of several texts; another one is refused."""

    def __init__(self, name: str, values: list[str]) -> None:
        super().__init__(name, values[0])
        self._values = list(values)

    def values(self) -> list[str]:
        self.node()
        return list(self._values)

    def accepted(self, value: Any) -> str:
        plain = [each.split("\t")[0] for each in self._values]
        if isinstance(value, int) and not isinstance(value, bool):
            return plain[value]
        if value not in plain:
            raise TypeError(f"{self._name}: {value!r} is not offered, but {plain}")
        return str(value)

    def value(self) -> str:
        self.node()
        return str(self._value).split("\t")[0]

    def getValue(self) -> float:
        return float([each.split("\t")[0] for each in self._values].index(self.value()))


class Boolean_Knob(Knob):  # noqa: N801
    """True or false."""

    def __init__(self, name: str, value: bool = False) -> None:
        super().__init__(name, value)

    def accepted(self, value: Any) -> bool:
        if value in ("true", "false"):
            return bool(value == "true")
        return bool(value)

    def toScript(self) -> str:
        return str(self.value()).lower()


class Number_Knob(Knob):  # noqa: N801
    """A number, a curve or an expression."""

    def __init__(self, name: str, value: float = 0.0) -> None:
        super().__init__(name, value)
        self._curve: Curve | None = None
        self._expression = ""

    def value(self) -> Any:
        return self.getValueAt(self.node().session.current_frame)

    def getValueAt(self, frame: float) -> Any:
        self.node()
        if self._expression:
            return Expression(self._expression, lambda path: self.node().resolve(path, frame)).value()
        if self._curve is not None:
            return self._curve.evaluate(frame)
        return self._value

    def accepted(self, value: Any) -> Any:
        if isinstance(value, str):
            raise TypeError(f"{self._name}: a number is needed, got {value!r}")
        if self._curve is not None or self._expression:
            raise TypeError(f"{self._name} is animated: the real host would set a key here")
        return float(value)

    def setValueAt(self, value: float, time: float) -> bool:
        if self._curve is None:
            raise TypeError(f"{self._name} is not animated; call setAnimated first")
        self._curve.set_key(time, float(value))
        self.node().session.knob_changed(self)
        return True

    def setAnimated(self) -> bool:
        self._curve = self._curve or Curve([])
        return True

    def clearAnimated(self) -> bool:
        self._value = self.value()
        self._curve, self._expression = None, ""
        return True

    def setExpression(self, text: str) -> bool:
        self._expression = text
        return True

    def isAnimated(self) -> bool:
        self.node()
        return self._curve is not None or bool(self._expression)

    def hasExpression(self) -> bool:
        self.node()
        return bool(self._expression)

    def animation(self, channel: int) -> Curve | None:
        self.node()
        assert channel == 0
        return ExpressionCurve(self.getValueAt) if self._expression else self._curve

    def curve(self) -> Curve:
        """For ``knob.integrate`` in expressions, which works without a curve, too."""
        return self.animation(0) or Curve.constant(float(self._value))

    def getKeyList(self) -> list[Key]:
        return self._curve.keys() if self._curve else []

    def toScript(self) -> str:
        self.node()
        if self._expression:
            return "{" + self._expression + "}"
        if self._curve is not None:
            return "{" + self._curve.to_text() + "}"
        return f"{self._value:g}"

    def fromScript(self, text: str) -> None:
        words = split_words(text)
        assert len(words) == 1, f"{self._name} has one field: {text}"
        self._curve, self._expression = None, ""
        if words[0].startswith("curve"):
            self._curve = Curve.from_text(words[0])
        elif text.startswith("{"):
            self._expression = words[0].strip('"')
        else:
            self._value = self.accepted(float(words[0]))

    def is_default(self) -> bool:
        return not self.isAnimated() and super().is_default()


class Int_Knob(Number_Knob):  # noqa: N801
    """A whole number."""

    def getValueAt(self, frame: float) -> int:
        return int(super().getValueAt(frame))


class Link_Knob(Knob):  # noqa: N801
    """Stands for a knob of another node, by its path from inside the group."""

    def linked(self) -> Knob:
        name, knob = self._value.split(".")
        node: Any = self.node()
        inner = node.node(name)
        return inner[knob]  # type: ignore[no-any-return]

    def value(self) -> Any:
        return self.linked().value()

    def setValue(self, value: Any) -> bool:
        return self.linked().setValue(value)

    def toScript(self) -> str:
        return ""

    def is_default(self) -> bool:
        return True


def knob_from(user: UserKnob) -> Knob:
    """The knob that an ``addUserKnob`` makes."""
    made = _made(user)
    made.user = user
    return made


def _made(user: UserKnob) -> Knob:
    name, options = user.name, user.options
    if user.kind == 4:
        return Enumeration_Knob(name, [word for word in split_words(options["M"]) if word])
    if user.kind == 41:
        return Link_Knob(name, options["T"])
    if user.kind == 22:
        return Script_Knob(name, options["T"])
    kinds: dict[int, type[Knob]] = {
        1: String_Knob,
        2: File_Knob,
        3: Int_Knob,
        6: Boolean_Knob,
        7: Number_Knob,
        20: Knob,
        26: Knob,
        43: String_Knob,  # of several lines
    }
    return kinds[user.kind](name)


def script_value(knob: Knob) -> str:
    """A knob's value as a word of a script."""
    text = knob.toScript()
    return "{" + text + "}" if isinstance(knob, Number_Knob) and text.startswith("{") else quoted(text)

"""Animation curves and expressions of the fake host."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

Resolve = Callable[[str], "float | Curve"]
"""A knob's value, or its curve where a method of it is called, by its path."""


@dataclass(frozen=True)
class Key:
    x: float
    y: float


class Curve:
    """Keys, held (``K``) or joined by straight lines, or an expression. Before and behind its keys it is level."""

    def __init__(self, keys: list[tuple[float, float]], *, held: bool = False) -> None:
        self._keys, self._held = sorted(keys), held

    @classmethod
    def constant(cls, value: float) -> Curve:
        return cls([(0.0, value)])

    @classmethod
    def from_text(cls, text: str) -> Curve:
        """Reads ``curve K x1 0 x5 1``; keys without an x lie one frame behind the one before."""
        words = text.split()
        assert words[0] == "curve", text
        keys: list[tuple[float, float]] = []
        x = 0.0
        for word in words[1:]:
            if word[0] == "x":
                x = float(word[1:])
            elif word not in ("K", "L", "I"):
                keys.append((x, float(word)))
                x += 1
        return cls(keys, held="K" in words)

    def to_text(self) -> str:
        return " ".join(["curve", *["K"][: self._held], *[f"x{x:g} {y:g}" for x, y in self._keys]])

    def keys(self) -> list[Key]:
        return [Key(x, y) for x, y in self._keys]

    def set_key(self, x: float, y: float) -> None:
        self._keys = sorted([*[key for key in self._keys if key[0] != x], (x, y)])

    def evaluate(self, t: float) -> float:
        before = [key for key in self._keys if key[0] <= t]
        after = [key for key in self._keys if key[0] > t]
        if not before:
            return after[0][1]
        if not after or self._held:
            return before[-1][1]
        (x0, y0), (x1, y1) = before[-1], after[0]
        return y0 + (y1 - y0) * (t - x0) / (x1 - x0)

    def integrate(self, begin: float, end: float) -> float:
        """The area below the curve; exact for straight lines, which trapezia are."""
        assert not self._held
        edges = [begin, *[key[0] for key in self._keys if begin < key[0] < end], end]
        return math.fsum((b - a) * (self.evaluate(a) + self.evaluate(b)) / 2 for a, b in pairwise(edges))


class ExpressionCurve(Curve):
    """What ``animation()`` gives for a knob with an expression: no keys, but values at every frame."""

    def __init__(self, value_at: Callable[[float], float]) -> None:
        super().__init__([])
        self._value_at = value_at

    def evaluate(self, t: float) -> float:
        return self._value_at(t)

    def integrate(self, begin: float, end: float) -> float:
        steps = max(1, round(abs(end - begin) * 100))
        width = (end - begin) / steps
        return math.fsum(self.evaluate(begin + (step + 0.5) * width) * width for step in range(steps))


_TOKEN = re.compile(r"\s*(\d+\.?\d*|[A-Za-z_][\w.]*|==|!=|<=|>=|&&|\|\||[-+*/()?:,<>])")
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "floor": math.floor,
    "rint": lambda value: math.floor(value + 0.5),
    "min": min,
    "max": max,
    "clamp": lambda value, low, high: max(low, min(value, high)),
}
_BINARY: list[dict[str, Callable[[float, float], float]]] = [
    {"||": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda a, b: float(bool(a) and bool(b))},
    {"==": lambda a, b: float(a == b), "!=": lambda a, b: float(a != b)},
    {"<": lambda a, b: float(a < b), ">": lambda a, b: float(a > b)},
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
    {"*": lambda a, b: a * b, "/": lambda a, b: a / b},
]


class Expression:
    """The host's arithmetic, as far as the adapter's group uses it; anything else is an error."""

    def __init__(self, text: str, resolve: Resolve) -> None:
        self._tokens = _TOKEN.findall(text)
        assert "".join(self._tokens) == re.sub(r"\s", "", text), f"not understood: {text}"
        self._resolve = resolve

    def value(self) -> float:
        result = self._choice()
        assert not self._tokens, f"left over: {self._tokens}"
        return result

    def _choice(self) -> float:
        condition = self._binary(0)
        if not self._taken("?"):
            return condition
        yes = self._choice()
        assert self._taken(":")
        no = self._choice()
        return yes if condition else no

    def _binary(self, level: int) -> float:
        if level == len(_BINARY):
            return self._single()
        left = self._binary(level + 1)
        while self._tokens and self._tokens[0] in _BINARY[level]:
            operator = _BINARY[level][self._tokens.pop(0)]
            left = operator(left, self._binary(level + 1))
        return left

    def _single(self) -> float:
        token = self._tokens.pop(0)
        if token == "-":
            return -self._single()
        if token == "(":
            inner = self._choice()
            assert self._taken(")")
            return inner
        if token[0].isdigit():
            return float(token)
        return self._called(token) if self._taken("(") else self._number(token)

    def _called(self, name: str) -> float:
        arguments = [self._choice()]
        while self._taken(","):
            arguments.append(self._choice())
        assert self._taken(")")
        if name.endswith(".integrate"):
            curve = self._resolve(name.removesuffix(".integrate") + ".")
            assert isinstance(curve, Curve)
            return curve.integrate(*arguments)
        return float(_FUNCTIONS[name](*arguments))

    def _number(self, path: str) -> float:
        value = self._resolve(path)
        assert not isinstance(value, Curve)
        return value

    def _taken(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

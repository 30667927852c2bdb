"""Numbers that are too small or too close for 16 bits are worked out in float32, whatever runs around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch

Given = ParamSpec("Given")
Found = TypeVar("Found")


def in_full_precision(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """The function with autocast off; its tensors of 16 bits come to it as float32, all others as they are.

    A census or a pyramid is of differences between pixels, of which bfloat16 keeps hardly 8 bits: convolutions that
    autocast brings to 16 bits within a loss would round away what the loss is there to see.
    """

    @wraps(function)
    def called(*args: Given.args, **named: Given.kwargs) -> Found:
        tensors = [value for value in (*args, *named.values()) if isinstance(value, torch.Tensor)]
        with torch.autocast(tensors[0].device.type, enabled=False):
            whole: Any = [_whole(value) for value in args]
            whole_named: Any = {name: _whole(value) for name, value in named.items()}
            return function(*whole, **whole_named)

    return called


def _whole(value: object) -> object:
    if isinstance(value, torch.Tensor) and value.dtype in (torch.float16, torch.bfloat16):
        return value.float()
    return value

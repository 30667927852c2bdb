"""The words of the protocol: a line becomes a request. What it all means is told in ``docs/worker.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from vfi_plugin.errors import ProtocolError
from vfi_plugin.worker.fields import IDENTIFIER, NUMBER, OBJECT, SWITCH, TEXT, WHOLE, Kind, checked

PROTOCOL = 1
"""Rises when a host that was written for an earlier number would go wrong."""

LINE_BYTES = 16 << 20
"""A sampled curve of a million frames; what is longer was not meant for this protocol."""

Identifier = int | str
"""What a host calls a request by."""

_COLOUR = {"colorspace": TEXT, "config": TEXT}
_JOB = {"source": TEXT, "target": TEXT, "options": OBJECT}
_PREVIEW = {
    "source": TEXT,
    "options": OBJECT,
    "frame": WHOLE,
    "longest_side": WHOLE,
    "view": TEXT,
    "exact": SWITCH,
    "file": TEXT,
    "shared_memory": TEXT,
}

FIELDS: Mapping[str, Mapping[str, Kind]] = {
    "hello": {"protocol": NUMBER, "client": TEXT},
    "probe": {"source": TEXT, **_COLOUR},
    "plan": {**_JOB, "list": SWITCH},
    "render": _JOB,
    "preview": _PREVIEW,
    "scan": {"source": TEXT, "options": OBJECT, "save": TEXT},
    "repair": {**_JOB, "report": OBJECT, "dry_run": SWITCH},
    "cancel": {"request": IDENTIFIER},
    "shutdown": {},
}
"""Each verb with its fields."""

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "hello": ("protocol",),
    "probe": ("source",),
    "plan": ("source", "target", "options"),
    "render": ("source", "target", "options"),
    "preview": ("source", "options", "frame"),
    "scan": ("source", "options"),
    "repair": ("source", "target", "options"),
    "cancel": ("request",),
}


@dataclass(frozen=True)
class Request:
    """What a host asks for; its fields are there and of their kinds."""

    id: Identifier
    verb: str
    fields: Mapping[str, Any]


def parse_request(line: bytes) -> Request:
    """Reads a line.

    Raises:
        ProtocolError: it is no request; the error has the request's id where that could be read.
    """
    document = _document(line)
    identifier = document.pop("id", None)
    if not IDENTIFIER.accepts(identifier):
        raise ProtocolError('a request needs an "id", a whole number or a text')
    try:
        verb = document.pop("verb", None)
        if not isinstance(verb, str) or verb not in FIELDS:
            raise ProtocolError(f"there is no verb {verb!r}; there are {', '.join(FIELDS)}")
        return Request(identifier, verb, checked(verb, document, FIELDS[verb], _REQUIRED.get(verb, ())))
    except ProtocolError as error:
        error.request = identifier
        raise


def _document(line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:  # a text that is no UTF-8 raises a ValueError as well
        raise ProtocolError(f"a line is no JSON: {error}; send one object a line, in UTF-8") from None
    if not isinstance(document, dict):
        raise ProtocolError(f"a line must be a JSON object; got {type(document).__name__}")
    return document


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")

"""One line in a start file of the user's, between marks, put in and taken out without a change to the rest."""

from __future__ import annotations

import re

_BEGIN, _END = b"# >>> vfi >>>", b"# <<< vfi <<<"
_BLOCK = re.compile(rb"\r?\n?" + re.escape(_BEGIN) + rb".*?" + re.escape(_END) + rb"(?:\r?\n|$)", re.DOTALL)

PLUGIN_PATH_LINE = b'import nuke; nuke.pluginAddPath("./vfi")'
"""For Nuke's ``init.py``; a path that begins with a point counts from the file's folder."""


def with_line(content: bytes, line: bytes) -> bytes:
    """``content`` with the line at its end, between marks; where marks stand already, it takes their place."""
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    block = newline.join((_BEGIN, line, _END, b""))
    return without_line(content) + (newline if content else b"") + block


def without_line(content: bytes) -> bytes:
    """``content`` without the marks, what is between them, and the line end before them, which came with them."""
    return _BLOCK.sub(b"", content)

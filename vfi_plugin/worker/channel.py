"""Lines to and from the host, over descriptors that nothing else in the process can reach.

Libraries print to standard output, and children inherit standard input. So the worker keeps both for itself under other
numbers, and points 0 at nothing and 1 and 2 at the log.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from vfi_plugin.worker.protocol import LINE_BYTES

_READ_BYTES = 1 << 16
_LAST_WORDS_S = 5.0
"""How long the end waits for a host to take what was said; one that does not read may not keep us."""


class LineChannel:
    """Both directions.

    Sending never blocks: a thread of its own writes, so that a host which is slow to read stops no work, and is still
    heard when it cancels.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._unsent: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lost = threading.Event()
        self._sender = threading.Thread(target=self._send_all, name="vfi-sender", daemon=True)
        self._sender.start()

    @classmethod
    def over_standard_streams(cls, log_descriptor: int) -> LineChannel:
        """Takes standard input and output for itself; what is printed from now on goes to ``log_descriptor``."""
        reading, writing = os.dup(0), os.dup(1)  # not inheritable
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(log_descriptor, 1)
        os.dup2(log_descriptor, 2)
        if sys.platform == "win32":
            import msvcrt

            for descriptor in (reading, writing):
                msvcrt.setmode(descriptor, os.O_BINARY)
        return cls(reading, writing)

    @property
    def is_lost(self) -> bool:
        """Whether nobody reads any more."""
        return self._lost.is_set()

    def lines(self) -> Iterator[bytes | None]:
        """What the host says, until it closes its end. None stands for a line longer than ``LINE_BYTES``."""
        begun, too_long = bytearray(), False
        while block := self._read():
            *ended, rest = block.split(b"\n")
            for piece in ended:
                begun += piece
                line = None if too_long or len(begun) > LINE_BYTES else bytes(begun)
                begun, too_long = bytearray(), False
                yield line
            begun += rest
            if len(begun) > LINE_BYTES:
                begun, too_long = bytearray(), True

    def _read(self) -> bytes:
        try:
            return os.read(self._reading, _READ_BYTES)
        except OSError:  # Windows says so where others give nothing: the other end is closed
            return b""

    def send(self, event: Mapping[str, Any]) -> None:
        """Says one thing; from any thread. What is said first arrives first."""
        self._unsent.put(json.dumps(event, allow_nan=False).encode() + b"\n")

    def close(self) -> None:
        """Waits until all is said, as far as anybody listens."""
        self._unsent.put(None)
        self._sender.join(_LAST_WORDS_S)

    def _send_all(self) -> None:
        while (line := self._unsent.get()) is not None:
            if not self.is_lost:
                self._write(line)

    def _write(self, line: bytes) -> None:
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(self._writing, left) :]
        except OSError:
            self._lost.set()

"""The worker itself: one thread hears the host, the main thread works, one request at a time."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Mapping
from typing import Any

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import EXIT_FAILED, Cancelled, ProtocolError, VfiError
from vfi_plugin.worker.channel import LineChannel
from vfi_plugin.worker.facts import hello
from vfi_plugin.worker.lifeline import Parent
from vfi_plugin.worker.log import Log
from vfi_plugin.worker.mending import repair, scan
from vfi_plugin.worker.probing import probe
from vfi_plugin.worker.protocol import LINE_BYTES, Identifier, Request, parse_request
from vfi_plugin.worker.rendering import Session, plan, render, show
from vfi_plugin.worker.task_queue import Task, TaskQueue

_LOOK_S = 1.0
"""How often the parent and the log are looked at."""

_GRACE_S = 60.0
"""How long work may go on after the host has gone; a heavy network looks for a stop only between frames."""


class Service:
    """A worker between a host and the core."""

    def __init__(self, channel: LineChannel, log: Log, parent: Parent, stop: Cancellation) -> None:
        self._channel = channel
        self._log = log
        self._parent = parent
        self._stop = stop
        self._tasks = TaskQueue(stop)
        self._session = Session()
        self._look = threading.Event()

    def run(self) -> None:
        """Serves until the host is done or gone.

        Raises:
            Cancelled: a signal ended it.
        """
        self._log.line(f"a worker begins for process {self._parent.process}")
        self._parent.on_death(self._look.set)
        for name, work in (("vfi-listener", self._listen), ("vfi-watch", self._watch)):
            threading.Thread(target=work, name=name, daemon=True).start()
        while (task := self._tasks.take()) is not None:
            event, told = self._performed(task)
            self._tasks.finish()  # before it is told, as the host may use the id at once
            self._tell(task.request.id, event, told)
        self._log.line("the worker ends")
        self._channel.close()
        self._stop.check()

    # The main thread.

    def _performed(self, task: Task) -> tuple[str, Mapping[str, Any]]:
        """Does the work: the event that ends the request, whatever happens."""
        started = time.monotonic()
        try:
            task.cancellation.check()
            event, told = "done", {"result": self._result(task)}
            outcome = "done"
        except Exception as error:  # whatever a library throws must not take the host's worker from it
            event, told = "error", self._explained(error)
            outcome = f"{told['error']}: {told['message']}"
        seconds = time.monotonic() - started
        self._log.line(f"{task.request.verb} {task.request.id!r} took {seconds:.2f} s: {outcome}")
        return event, told

    def _result(self, task: Task) -> dict[str, Any]:
        verb, fields, cancellation = task.request.verb, task.request.fields, task.cancellation
        if verb == "probe":
            return probe(fields)
        if verb == "plan":
            return plan(fields)
        if verb == "preview":
            return show(fields, cancellation, self._session)

        def tell(event: str, told: Mapping[str, Any]) -> None:
            self._tell(task.request.id, event, told)

        if verb == "scan":
            return scan(fields, tell, cancellation)
        making = repair if verb == "repair" else render
        return making(fields, tell, cancellation, self._session)

    # The thread that hears the host.

    def _listen(self) -> None:
        for line in self._channel.lines():
            if line is None:
                too_long = ProtocolError(f"a line is longer than {LINE_BYTES} bytes; it was passed over")
                self._tell(None, "error", self._explained(too_long))
            elif line.strip():
                self._hear(line)
        self._end("the host has closed its end")

    def _hear(self, line: bytes) -> None:
        identifier = None
        try:
            request = parse_request(line)
            identifier = request.id
            self._answer(request)
        except ProtocolError as error:  # it says itself whether the id may be used in the answer
            self._tell(error.request, "error", self._explained(error))
        except Exception as error:
            self._tell(identifier, "error", self._explained(error))

    def _answer(self, request: Request) -> None:
        if request.verb == "hello":
            self._log.line(f"hello from {request.fields.get('client', 'a host without a name')}")
            self._tell(request.id, "done", {"result": hello(request, self._log.path)})
        elif request.verb == "cancel":
            found, dropped = self._tasks.cancel(request.fields["request"])
            self._tell(request.id, "done", {"result": {"found": found}})
            self._drop([] if dropped is None else [dropped])
        elif request.verb == "shutdown":
            self._tell(request.id, "done", {"result": {}})
            self._end("the host asks for it")
        else:
            self._tasks.put(request, lambda ahead: self._tell(request.id, "accepted", {"ahead": ahead}))

    # The end.

    def _end(self, why: str) -> None:
        dropped = self._tasks.end()
        if dropped is not None:
            self._log.line(f"to end: {why}")
            self._drop(dropped)

    def _drop(self, tasks: list[Task]) -> None:
        """Requests that waited and never run."""
        for task in tasks:
            never_run = Cancelled("stopped on request, before it began")
            self._tell(task.request.id, "error", self._explained(never_run))

    def _watch(self) -> None:
        while True:
            self._look.wait(_LOOK_S)
            self._look.clear()
            self._log.trim()
            if self._parent.is_gone:
                self._end(f"process {self._parent.process} is gone")
            elif self._channel.is_lost:
                self._end("nobody reads what is said")
            if self._tasks.seconds_since_end > _GRACE_S:
                self._log.line(f"work did not stop within {_GRACE_S:.0f} s; the worker ends itself")
                os._exit(EXIT_FAILED)

    # What is said.

    def _tell(self, identifier: Identifier | None, event: str, told: Mapping[str, Any]) -> None:
        self._channel.send({"id": identifier, "event": event, **told})

    def _explained(self, error: Exception) -> dict[str, Any]:
        """The fields of an error event."""
        if isinstance(error, VfiError):
            kind, message, code = type(error).__name__, str(error), error.exit_code
        elif isinstance(error, MemoryError):
            kind, message, code = "RenderError", "out of memory; render fewer channels, or smaller frames", EXIT_FAILED
        else:
            self._log.line("".join(traceback.format_exception(error)))
            where = "" if self._log.path is None else f"; see {self._log.path}"
            kind, message, code = (
                "InternalError",
                f"a fault in vfi: {type(error).__name__}: {error}{where}",
                EXIT_FAILED,
            )
        return {"error": kind, "message": " ".join(message.split()), "exit_code": code}

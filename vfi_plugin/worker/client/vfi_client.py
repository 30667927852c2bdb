"""Starts vfi's worker and talks to it: one file, the standard library alone, for the Pythons of hosts (3.9 and newer).

::

    with vfi_client.Worker(client="nuke 15.1v2") as worker:
        clip = worker.probe("/s/plate.####.exr")
        worker.render("/s/plate.####.exr", "/s/slow.####.exr", {"speed": "0.5"}, on_progress=print)

The protocol, the options and where the core is looked for are described in ``docs/worker.md`` of vfi-plugin. Calls
block and may come from any thread; callbacks run in the thread that calls. Every error is a ``VfiClientError`` with a
message of one line.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PROTOCOL = 1
"""The protocol that this file speaks."""

_START_S = 180.0
"""How long a core may take to load: on a cold network drive a minute is nothing unusual."""

_POLL_S = 0.1
"""How often a host is asked whether the artist has cancelled."""

_CLOSE_S = 5.0
"""How long a worker may take to end in good order."""

_LINE_BYTES = 16 << 20
"""What a worker takes in one line."""

_LAST_LINES = 20

_HOSTS_OWN = re.compile(r"PYTHON.*|LD_.*|DYLD_.*|QT_.*|QML.*|TCL_LIBRARY|TK_LIBRARY|__PYVENV_LAUNCHER__")
"""Variables by which a host points at its own Python and Qt; in another Python they break the loading of libraries."""

_INSTALL = "install vfi-plugin (pip install vfi-plugin) and say where it is by VFI_HOME"

Event = dict[str, Any]


class VfiClientError(Exception):
    """Root of this module's exceptions."""


class CoreMissing(VfiClientError):  # noqa: N818  (named for what is the matter)
    """There is no core, or it does not start."""


class CoreMismatch(VfiClientError):  # noqa: N818
    """The core and this file are of different ages."""


class CoreLost(VfiClientError):  # noqa: N818
    """The worker ended while it was needed."""


class RequestFailed(VfiClientError):  # noqa: N818
    """The worker says that a request failed: ``kind`` is the class, ``exit_code`` that of the command line."""

    def __init__(self, message: str, kind: str, exit_code: int) -> None:
        super().__init__(message)
        self.kind = kind
        self.exit_code = exit_code


class RequestCancelled(RequestFailed):
    """A request was stopped, as was asked for."""


class Preview:
    """A small picture.

    Attributes:
        width, height: in pixels.
        pixels: RGBA float32, little-endian, rows from the top down; None where it was put into a place of the caller's.
        facts: the whole result of ``preview``.
    """

    def __init__(self, facts: Event, pixels: bytes | None) -> None:
        self.width: int = facts["width"]
        self.height: int = facts["height"]
        self.pixels = pixels
        self.facts = facts


# --- where the core is


def find_core(home: str | None = None) -> str:
    """The executable of the core.

    Args:
        home: a folder that holds it, or the executable itself; None: see ``docs/worker.md``.

    Raises:
        CoreMissing: it is nowhere, or not where somebody said that it is.
    """
    for place, origin in ((home, "the argument home"), (os.environ.get("VFI_HOME"), "VFI_HOME")):
        if place:
            return _executable_in(place, origin)
    for settings in (settings_file(), Path(__file__).resolve().with_name("vfi_settings.json")):
        place = _home_in(settings)
        if place:
            return _executable_in(place, str(settings))
    found = shutil.which("vfi")
    if found:
        return found
    raise CoreMissing(
        f"vfi is not found: VFI_HOME is not set, {settings_file()} names no home, and no vfi is on PATH; {_INSTALL}"
    )


def settings_file() -> Path:
    """The user's settings file, whether it is there or not."""
    given = os.environ.get("VFI_SETTINGS")
    if given:
        return Path(given)
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  (Path.expanduser raises where a user has no home)
    if sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "vfi" / "settings.json"


def _home_in(settings: Path) -> str | None:
    try:
        document = json.loads(settings.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CoreMissing(f"the settings {settings} cannot be read: {error}; mend or remove the file") from None
    home = document.get("home") if isinstance(document, dict) else None
    if home is not None and not isinstance(home, str):
        raise CoreMissing(f'the settings {settings} have a "home" that is no text; write it as {{"home": "/opt/vfi"}}')
    return home


def _executable_in(place: str, origin: str) -> str:
    path = Path(os.path.expanduser(place))  # noqa: PTH111
    if path.is_file():
        return str(path)
    for inside in ("bin/vfi", "Scripts/vfi.exe", "vfi.exe"):
        if (path / inside).is_file():
            return str(path / inside)
    raise CoreMissing(
        f"there is no vfi in {place}, which {origin} names: neither bin/vfi nor Scripts/vfi.exe; {_INSTALL}"
    )


def scrubbed_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that the worker starts with: the host's, without those of its own Python and Qt."""
    variables = dict(os.environ if environment is None else environment)
    kept = {name.strip() for name in variables.get("VFI_KEEP_ENV", "").split(",")}
    return {name: value for name, value in variables.items() if name in kept or not _HOSTS_OWN.fullmatch(name)}


# --- the worker


class Worker:
    """A worker of this host's own, started and greeted.

    Args:
        client: who asks, for the worker's log, such as "nuke 15.1v2".
        home: where the core is; None: see ``find_core``.
        environment: variables to start from instead of this process's.

    Attributes:
        hello: what the core told about itself: versions, models, devices.

    Raises:
        CoreMissing, CoreMismatch: it cannot be had.
    """

    def __init__(self, client: str = "", home: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._core = find_core(home)
        self._numbers = itertools.count(1)
        self._inboxes: dict[int, queue.Queue[Event | None]] = {}
        self._lost = False
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._last_lines: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._process = self._started(scrubbed_environment(environment))
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._read_events, "vfi-events"), (self._read_errors, "vfi-errors"))
        ]
        for thread in self._threads:
            thread.start()
        try:
            self.hello = self._greet(client)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether requests can be made."""
        return not self._lost

    def probe(self, source: str, **more: Any) -> Event:
        """What a clip is; ``colorspace`` and ``config`` as in the options. Raises RequestFailed, CoreLost."""
        return self.request("probe", {"source": source, **more})

    def plan(self, source: str, target: str, options: Mapping[str, Any], **more: Any) -> Event:
        """What a render would do; ``list=True`` for every frame of it. Raises RequestFailed, CoreLost."""
        return self.request("plan", {"source": source, "target": target, "options": dict(options), **more})

    def render(
        self,
        source: str,
        target: str,
        options: Mapping[str, Any],
        *,
        on_progress: Callable[[Event], object] | None = None,
        on_note: Callable[[str], object] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> Event:
        """Renders frames.

        Args:
            source: a sequence or a movie.
            target: an EXR sequence or a movie.
            options: see ``docs/worker.md``.
            on_progress: given each progress event.
            on_note: given each note.
            is_cancelled: asked ten times a second whether to stop.

        Raises:
            RequestCancelled: it was stopped. RequestFailed: it failed. CoreLost: the worker ended.
        """

        fields = {"source": source, "target": target, "options": dict(options)}
        return self._watched("render", fields, on_progress, on_note, is_cancelled)

    def scan(
        self,
        source: str,
        options: Mapping[str, Any],
        *,
        on_progress: Callable[[Event], object] | None = None,
        on_note: Callable[[str], object] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
        **more: Any,
    ) -> Event:
        """Looks for bad frames; the result's ``report``, edited or not, is what ``repair`` takes.

        Callbacks and what is raised are those of ``render``; ``save="scan.json"`` writes the report as well.
        """
        fields = {"source": source, "options": dict(options), **more}
        return self._watched("scan", fields, on_progress, on_note, is_cancelled)

    def repair(
        self,
        source: str,
        target: str,
        options: Mapping[str, Any],
        *,
        on_progress: Callable[[Event], object] | None = None,
        on_note: Callable[[str], object] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
        **more: Any,
    ) -> Event:
        """Makes bad frames anew: those of ``report=...`` or of the option ``frames``; ``dry_run=True`` only plans.

        Callbacks and what is raised are those of ``render``.
        """
        fields = {"source": source, "target": target, "options": dict(options), **more}
        return self._watched("repair", fields, on_progress, on_note, is_cancelled)

    def _watched(
        self,
        verb: str,
        fields: Event,
        on_progress: Callable[[Event], object] | None,
        on_note: Callable[[str], object] | None,
        is_cancelled: Callable[[], bool] | None,
    ) -> Event:
        """A request whose progress and notes are heard."""

        def on_event(event: Event) -> None:
            if event["event"] == "progress" and on_progress is not None:
                on_progress(event)
            elif event["event"] == "note" and on_note is not None:
                on_note(event["text"])

        return self.request(verb, fields, on_event=on_event, is_cancelled=is_cancelled)

    def preview(
        self,
        source: str,
        options: Mapping[str, Any],
        frame: int,
        *,
        is_cancelled: Callable[[], bool] | None = None,
        **more: Any,
    ) -> Preview:
        """One output frame, small.

        Args:
            source: a sequence or a movie.
            options: the timing and the rest, as for a render.
            frame: number of the output frame.
            is_cancelled: asked ten times a second whether to stop.
            **more: ``longest_side``, ``view``, ``exact``; and ``file`` or ``shared_memory`` to have the pixels put into
                a place of the caller's.

        Raises:
            RequestCancelled: it was stopped. RequestFailed: it failed. CoreLost: the worker ended.
        """
        fields = {"source": source, "options": dict(options), "frame": frame, **more}
        if "file" in more or "shared_memory" in more:
            return Preview(self.request("preview", fields, is_cancelled=is_cancelled), None)
        with tempfile.TemporaryDirectory(prefix="vfi-preview-") as folder:
            path = Path(folder) / "preview.rgba"
            facts = self.request("preview", {**fields, "file": str(path)}, is_cancelled=is_cancelled)
            return Preview(facts, path.read_bytes())

    def request(
        self,
        verb: str,
        fields: Mapping[str, Any],
        *,
        on_event: Callable[[Event], object] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> Event:
        """Any verb of the protocol; the result of its ``done``.

        Raises:
            RequestCancelled: it was stopped. RequestFailed: it failed. CoreLost: the worker ended.
        """
        number, inbox = next(self._numbers), queue.Queue()  # type: int, queue.Queue[Event | None]
        with self._lock:
            self._inboxes[number] = inbox
            lost = self._lost
        try:
            if lost:
                raise self._gone()
            self._send({"id": number, "verb": verb, **fields})
            return self._awaited(number, inbox, on_event, is_cancelled)
        except (RequestFailed, CoreLost):
            raise
        except BaseException:  # a callback's own, or the artist's Ctrl-C: nobody waits for this any more
            self._cancel(number)
            raise
        finally:
            with self._lock:
                self._inboxes.pop(number, None)

    def close(self) -> None:
        """Ends the worker; what runs is cancelled. Waits some seconds at most."""
        with contextlib.suppress(VfiClientError):  # it may be ending already
            self._send({"id": next(self._numbers), "verb": "shutdown"})
        stream = self._process.stdin
        with self._writing, contextlib.suppress(OSError):  # what was left to be said has no listener
            if stream is not None:
                stream.close()
        for pressing in (self._process.terminate, self._process.kill, lambda: None):
            try:
                self._process.wait(_CLOSE_S)
                break
            except subprocess.TimeoutExpired:
                pressing()
        for thread in self._threads:
            thread.join(1.0)

    # --- the other end

    def _started(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        # On Windows a console window would open over the host.
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        command = [self._core, "worker", "--parent", str(os.getpid())]
        try:
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, creationflags=flags)
        except OSError as error:
            raise CoreMissing(f"{self._core} cannot be started: {error.strerror}; {_INSTALL}") from None

    def _greet(self, client: str) -> Event:
        watchdog = threading.Timer(_START_S, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            told = self.request("hello", {"protocol": PROTOCOL, "client": client})
        except RequestFailed as error:
            raise CoreMismatch(f"{self._core}: {error}") from None
        except CoreLost:
            raise self._no_start() from None
        finally:
            watchdog.cancel()
        if told.get("protocol") != PROTOCOL:
            raise CoreMismatch(
                f"{self._core} speaks protocol {told.get('protocol')}, this adapter {PROTOCOL}; run 'vfi install' again"
            )
        return told

    def _no_start(self) -> VfiClientError:
        said = self._last_words()
        if "invalid choice: 'worker'" in said:
            return CoreMismatch(f"{self._core} is too old for this adapter; update it: pip install -U vfi-plugin")
        return CoreMissing(f"{self._core} does not start: {said}; try it in a terminal: vfi doctor")

    def _last_words(self) -> str:
        try:
            self._process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            return "it closed its output, but runs"
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(1.0)
        said = " ".join(" ".join(self._last_lines).split())
        return f"exit code {self._process.returncode}{', ' + said[-400:] if said else ''}"

    def _gone(self) -> CoreLost:
        log = getattr(self, "hello", {}).get("log")
        hint = f"; its log is {log}" if log else ""
        return CoreLost(f"the worker has ended ({self._last_words()}){hint}; start another")

    def _send(self, request: Event) -> None:
        line = json.dumps(request).encode() + b"\n"
        if len(line) > _LINE_BYTES:
            said = f"the request has {len(line)} bytes, and {_LINE_BYTES} are allowed; give fewer positions"
            raise RequestFailed(said, "ProtocolError", 2)
        stream = self._process.stdin
        assert stream is not None
        try:
            with self._writing:
                stream.write(line)
                stream.flush()
        except (OSError, ValueError):  # a closed pipe, a closed file
            self._lost = True
            raise self._gone() from None

    def _cancel(self, number: int) -> None:
        with contextlib.suppress(CoreLost):  # then nothing runs any more
            self._send({"id": next(self._numbers), "verb": "cancel", "request": number})

    def _awaited(
        self,
        number: int,
        inbox: queue.Queue[Event | None],
        on_event: Callable[[Event], object] | None,
        is_cancelled: Callable[[], bool] | None,
    ) -> Event:
        asked = is_cancelled is None
        while True:
            if not asked and is_cancelled is not None and is_cancelled():
                self._cancel(number)
                asked = True
            try:
                event = inbox.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if event is None:
                raise self._gone()
            if event["event"] == "done":
                result: Event = event["result"]
                return result
            if event["event"] == "error":
                kind = RequestCancelled if event["error"] == "Cancelled" else RequestFailed
                raise kind(event["message"], event["error"], event["exit_code"])
            if on_event is not None:
                on_event(event)

    def _read_events(self) -> None:
        """In a thread of its own: the pipe is emptied whatever the callers do, so the worker never waits for us."""
        stream = self._process.stdout
        assert stream is not None
        with stream:
            for line in stream:
                self._deliver(line)
        with self._lock:
            self._lost = True
            inboxes = list(self._inboxes.values())
        for inbox in inboxes:
            inbox.put(None)

    def _deliver(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            number = event["id"]
        except (ValueError, TypeError, KeyError):
            # Some other program of that name: its words are what an error can tell.
            self._last_lines.append(line.decode("utf-8", "replace"))
            return
        with self._lock:
            inbox = self._inboxes.get(number)
        if inbox is not None:
            inbox.put(event)

    def _read_errors(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        with stream:
            for line in stream:
                self._last_lines.append(line.decode("utf-8", "replace"))

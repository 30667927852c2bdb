"""How a worker lives through bad lines and cancelled work, and how it dies: never with litter, never by a bad line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import material
import pytest

from vfi_plugin.cli.main import main

from .hosted import Line, clean_environment, lines_of, wait_for

HALF = {"speed": "0.25"}


def litter_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix != ".exr" or path.name.startswith(".")]


def frames_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!.]*.exr"))


def assert_whole(folder: Path) -> None:
    """Every frame can be read to its end, and nothing else lies there."""
    assert litter_in(folder) == []
    for path in frames_in(folder):
        assert set(material.read_exr(path)[1]) == set("RGB")


def render_line(identifier: Any, source: str, folder: Path) -> dict[str, Any]:
    target = str(folder / "o.####.exr")
    return {"id": identifier, "verb": "render", "source": source, "target": target, "options": HALF}


def has_progressed(line: Line, identifier: Any) -> bool:
    return wait_for(lambda: any(event.get("done", 0) >= 1 for event in line.of(identifier)))


def test_bad_lines_are_answered_and_end_nothing(line: Line) -> None:
    bad = [
        (b"hello\n", None, "no JSON"),
        (b"[1]\n", None, "must be a JSON object"),
        (b'{"verb": "probe"}\n', None, 'needs an "id"'),
        (b'{"id": true, "verb": "probe"}\n', None, 'needs an "id"'),
        (b'{"id": 1, "verb": "retime"}\n', 1, "no verb 'retime'"),
        (b'{"id": 2, "verb": ["probe"]}\n', 2, "no verb"),
        (b'{"id": 3, "verb": "probe"}\n', 3, "needs the field 'source'"),
        (b'{"id": 4, "verb": "probe", "source": 7}\n', 4, "must be a text; got 7"),
        (b'{"id": 5, "verb": "probe", "source": "a", "sauce": "b"}\n', 5, "no field 'sauce'"),
        (b'{"id": 6, "verb": "preview", "source": "a", "options": {}, "frame": 1}\n', 6, "'file' and 'shared_memory'"),
        (b'{"id": 7, "verb": "hello", "protocol": 99}\n', 7, "speaks protocol 99"),
        (b'{"id": 8, "verb": "probe", "source": NaN}\n', None, "NaN"),
        (b'{"id": 9, "verb": "probe", "source": "\xff"}\n', None, "no JSON"),
        (b"[" * 100_000 + b"\n", None, "no JSON"),
        (b'{"id": 10, "verb": "probe", "source": "' + b"x" * (17 << 20) + b'"}\n', None, "longer than"),
        (b'{"id": 11, "frame": ' + b"9" * 5000 + b"}\n", None, "no JSON"),
    ]
    for said, identifier, words in bad:
        before = len(line.heard)
        line.say(said)
        assert wait_for(lambda seen=before: len(line.heard) > seen), words
        answers = [event for event in line.heard[before:] if event["event"] != "accepted"]
        if not answers:
            answers = [line.end_of(identifier)]
        assert (answers[0]["id"], answers[0]["error"], answers[0]["exit_code"]) == (identifier, "ProtocolError", 2)
        assert words in answers[0]["message"]
    line.say(b"\n")
    line.say({"id": "still there", "verb": "hello", "protocol": 1})
    assert line.end_of("still there")["event"] == "done"


def test_one_runs_the_others_wait_cancel_finds_them_and_the_end_is_clean(
    line: Line, heavy: str, plate: str, tmp_path: Path
) -> None:
    line.say(render_line("first", heavy, tmp_path / "first"))
    assert has_progressed(line, "first")
    for number in range(7):
        line.say({"id": number, "verb": "probe", "source": plate})
    line.say({"id": "one too many", "verb": "probe", "source": plate})
    assert line.end_of("one too many")["error"] == "BusyError"
    line.say({"id": 3, "verb": "probe", "source": plate})
    assert "still in use" in line.end_of(None)["message"]
    for identifier, request, found in ((100, 5, True), (101, "first", True), (102, "nobody", False)):
        line.say({"id": identifier, "verb": "cancel", "request": request})
        assert line.end_of(identifier)["result"] == {"found": found}
    assert (line.end_of(5)["error"], line.end_of(5)["exit_code"]) == ("Cancelled", 130)
    assert (line.end_of("first")["error"], line.end_of("first")["exit_code"]) == ("Cancelled", 130)
    assert line.end_of(6)["event"] == "done"
    order = [event["id"] for event in line.heard if event["event"] == "done" and isinstance(event["id"], int)]
    assert [number for number in order if number < 100] == [0, 1, 2, 3, 4, 6]
    assert [event["ahead"] for event in line.heard if event["event"] == "accepted"] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert 0 < len(frames_in(tmp_path / "first")) < 45
    assert_whole(tmp_path / "first")
    line.say(render_line("again", heavy, tmp_path / "first"))
    assert has_progressed(line, "again")
    line.say({"id": "end", "verb": "shutdown"})
    assert line.ended() == 0
    assert line.end_of("end")["event"] == "done"
    assert line.end_of("again")["error"] == "Cancelled"
    assert_whole(tmp_path / "first")


def test_a_cancelled_render_goes_on_when_it_is_asked_for_again(
    worker: Any, client: ModuleType, heavy: str, tmp_path: Path
) -> None:
    stop = threading.Event()
    target = str(tmp_path / "o.####.exr")
    options = {"speed": "0.5", "method": "blend"}
    with pytest.raises(client.RequestCancelled) as stopped:
        worker.render(heavy, target, options, on_progress=lambda _: stop.set(), is_cancelled=stop.is_set)
    assert (stopped.value.kind, stopped.value.exit_code) == ("Cancelled", 130)
    there = len(frames_in(tmp_path))
    told = worker.render(heavy, target, options)
    assert len(told["skipped"]) == there
    assert len(told["written"]) == 23 - there
    assert_whole(tmp_path)


def test_a_callback_that_fails_stops_the_render_and_not_the_worker(
    worker: Any, heavy: str, plate: str, tmp_path: Path
) -> None:
    def fail(_: Any) -> None:
        raise ZeroDivisionError("of the host")

    with pytest.raises(ZeroDivisionError):
        worker.render(heavy, str(tmp_path / "o.####.exr"), HALF, on_progress=fail)
    assert worker.probe(plate)["count"] == 5  # it runs after the cancelled one
    assert len(frames_in(tmp_path)) < 45
    assert_whole(tmp_path)


def test_two_hosts_have_two_workers(worker: Any, client: ModuleType, home: Path, log: Path, plate: str) -> None:
    with client.Worker("another host", str(home), clean_environment(log)) as other:
        assert other.hello["process"] != worker.hello["process"]
        answers: dict[str, Any] = {}
        asking = [
            threading.Thread(target=lambda name=name, to=to: answers.update({name: to.preview(plate, HALF, 1002)}))
            for name, to in (("one", worker), ("other", other), ("one again", worker))
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(60)
        assert answers["one"].pixels == answers["other"].pixels == answers["one again"].pixels
        os.kill(other.hello["process"], signal.SIGKILL)
        with pytest.raises(client.CoreLost, match=r"exit code -9.*its log is"):
            other.probe(plate)
        assert not other.is_alive
        assert worker.probe(plate)["count"] == 5


def test_a_signal_ends_it_as_it_ends_the_command(line: Line, heavy: str, tmp_path: Path) -> None:
    line.say(render_line(1, heavy, tmp_path))
    assert has_progressed(line, 1)
    line.process.send_signal(signal.SIGTERM)
    assert line.ended() == 143
    assert (line.end_of(1)["error"], line.end_of(1)["exit_code"]) == ("Cancelled", 143)
    assert_whole(tmp_path)


HOST = """
import importlib.util, json, os, subprocess, sys
client, home, source, target = sys.argv[1:]
spec = importlib.util.spec_from_file_location("vfi_client", client)
vfi_client = importlib.util.module_from_spec(spec)
spec.loader.exec_module(vfi_client)
worker = vfi_client.Worker("a host that dies", home)
# A child of the host keeps its end of the pipe open: the worker never hears that it was closed.
keeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                          pass_fds=[worker._process.stdin.fileno(), worker._process.stdout.fileno()])
print(json.dumps([worker.hello["process"], keeper.pid]), flush=True)
worker.render(source, target, {"speed": "0.25"}, on_progress=lambda _: print("progress", flush=True))
"""


@pytest.fixture
def doomed(home: Path, log: Path, client: ModuleType, heavy: str, tmp_path: Path) -> Iterator[Any]:
    """A host that renders: its process, and those of the worker and of the child that keeps the pipe open."""
    arguments = [client.__file__, str(home), heavy, str(tmp_path / "o.####.exr")]
    environment = {**clean_environment(log), "PYTHONHOME": "", "QT_PLUGIN_PATH": "/host/qt", "OCIO": "ocio://default"}
    del environment["PYTHONHOME"]
    with subprocess.Popen(
        [sys.executable, "-c", HOST, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as host:
        assert host.stdout is not None
        worker, keeper = json.loads(host.stdout.readline())
        yield host, worker
        os.kill(keeper, signal.SIGKILL)
        if host.poll() is None:
            host.kill()


def is_running(process: int) -> bool:
    """Whether it computes or waits; a process that ended but whose end nobody has asked for is not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_dies_with_its_host_though_the_pipe_stays_open(doomed: Any, tmp_path: Path) -> None:
    host, worker = doomed
    assert [host.stdout.readline() for _ in range(3)] == [b"progress\n"] * 3
    variables = Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")
    assert b"OCIO=ocio://default" in variables
    assert not [name for name in variables if name.startswith((b"QT_", b"PYTHON", b"LD_"))]
    host.kill()
    assert wait_for(lambda: not is_running(worker), 30)
    assert_whole(tmp_path)
    assert frames_in(tmp_path)


def test_it_ends_when_its_input_is_closed_and_the_log_stays_small(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log" / "w.log"
    log.parent.mkdir()
    log.write_bytes(b"an old line\n" * 400_000 + b"the last line of before\n")
    for line in lines_of(home, log):
        assert wait_for(lambda: log.stat().st_size < 3 << 20)
        line.process.stdin.close()
        assert line.ended() == 0
    text = log.read_text()
    assert "the last line of before" in text
    assert text.startswith("an old line\n")
    assert "the worker ends" in text
    assert log.stat().st_size < 3 << 20


def test_a_host_that_does_not_read_stops_no_work_and_hears_everything_later(
    warm_core: Path, plate: str, tmp_path: Path
) -> None:
    log = tmp_path / "w.log"
    positions = [str(1001 + step / 10_000) for step in range(4_000)]
    plan = {"source": plate, "target": str(tmp_path / "o.####.exr"), "list": True}
    for line in lines_of(warm_core, log):
        for number in range(3):  # each answer is larger than any pipe
            line.say({"id": number, "verb": "plan", **plan, "options": {"positions": positions, "start": 1}})
        line.say({"id": "last", "verb": "probe", "source": plate})
        assert wait_for(lambda: log.exists() and "probe 'last' took" in log.read_text())
        line.listen()
        assert [len(line.end_of(number)["result"]["list"]) for number in range(3)] == [4_000] * 3
        assert line.end_of("last")["event"] == "done"


def test_a_log_that_cannot_be_written_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worker", "--log", str(tmp_path)]) == 1
    assert f"cannot write the log {tmp_path}: Is a directory" in capsys.readouterr().err

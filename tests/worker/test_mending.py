"""``scan`` and ``repair``, asked through the client as a host asks."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import small_pans as pans

from vfi_plugin.cli.main import main

REPEATED, LOST = 1008, 1012


@pytest.fixture(scope="module")
def pan(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Frames 1001 to 1018; 1008 shows 1007 once more, and 1012 is not there."""
    folder = tmp_path_factory.mktemp("pläne")
    pattern = pans.write_moments(folder, [number - (number == REPEATED) for number in range(1001, 1019)])
    (folder / f"pan.{LOST}.exr").unlink()
    return pattern


def kinds_and_frames(report: Any) -> list[tuple[str, list[int]]]:
    return [(finding["kind"], finding["frames"]) for finding in report["findings"]]


def test_a_scan_finds_what_the_command_finds_and_tells_how_far_it_is(worker: Any, pan: str, tmp_path: Path) -> None:
    heard: list[Any] = []
    told = worker.scan(pan, {}, save=str(tmp_path / "worker.json"), on_progress=heard.append)
    assert main(["scan", pan, "--report", str(tmp_path / "cli.json"), "--progress", "json"]) == 0
    assert (tmp_path / "worker.json").read_bytes() == (tmp_path / "cli.json").read_bytes()
    assert kinds_and_frames(told["report"]) == [("duplicate", [REPEATED]), ("missing", [LOST])]
    assert told["report"]["findings"] == json.loads((tmp_path / "cli.json").read_text())["findings"]
    assert [(event["done"], event["total"]) for event in heard] == [(n, 17) for n in range(18)]
    assert heard[1]["frame"] == 1001


def test_a_part_is_scanned_for_some_kinds(worker: Any, pan: str) -> None:
    told = worker.scan(pan, {"frames": "1001-1009", "kinds": ["duplicate", "missing"]})
    assert kinds_and_frames(told["report"]) == [("duplicate", [REPEATED])]


def test_an_edited_report_is_repaired_as_by_the_command(worker: Any, pan: str, tmp_path: Path) -> None:
    report = worker.scan(pan, {})["report"]
    report["findings"] = [each for each in report["findings"] if each["kind"] == "duplicate"]
    (tmp_path / "edited.json").write_text(json.dumps(report))
    words = ["--report", str(tmp_path / "edited.json"), "--progress", "json"]
    assert main(["repair", pan, str(tmp_path / "cli" / "pan.####.exr"), *words]) == 0
    heard: list[Any] = []
    target = str(tmp_path / "worker" / "pan.####.exr")
    plan = worker.repair(pan, target, {}, report=report, dry_run=True)
    assert not (tmp_path / "worker").exists()
    told = worker.repair(pan, target, {}, report=report, on_progress=heard.append)
    assert (told["written"], told["skipped"], told["count"]) == ([REPEATED], [], 17)
    assert [frame["how"] for frame in plan["frames"]] == [frame["how"] for frame in told["frames"]]
    assert [(event["done"], event["frame"]) for event in heard] == [(0, None), (1, REPEATED)]
    assert pans.bytes_of(tmp_path / "worker") == pans.bytes_of(tmp_path / "cli")
    assert worker.repair(pan, target, {}, report=report)["skipped"] == [REPEATED]


def test_frames_are_repaired_without_a_scan(worker: Any, pan: str, tmp_path: Path) -> None:
    told = worker.repair(pan, str(tmp_path / "o.####.exr"), {"frames": f"{REPEATED} {LOST}", "method": "blend"})
    assert [frame["number"] for frame in told["frames"]] == told["written"] == [REPEATED, LOST]


def test_a_scan_stops_when_the_host_wants_it(worker: Any, client: ModuleType, heavy: str) -> None:
    with pytest.raises(client.RequestCancelled):
        worker.scan(heavy, {}, is_cancelled=lambda: True)


@pytest.mark.parametrize(
    ("verb", "fields", "kind", "words"),
    [
        ("scan", {"options": {"kinds": ["blurry"]}}, "UsageError", "blurry"),
        ("scan", {"options": {"kinds": "torn"}}, "ProtocolError", "a list of texts"),
        ("scan", {"options": {"thresholds": {"torn": "2"}}}, "ProtocolError", "an object of numbers"),
        ("scan", {"options": {}, "source": "/nowhere/a.####.exr"}, "InputError", "/nowhere"),
        ("repair", {"options": {}}, "ProtocolError", "'report'"),
        ("repair", {"options": {}, "report": {"findings": [{"kind": "odd"}]}}, "UsageError", "finding 1 of the report"),
        ("repair", {"options": {"frames": "1003", "in_place": True}}, "ProtocolError", "no field 'in_place'"),
        ("repair", {"options": {"frames": "1003", "strength": 0}}, "UsageError", "strength"),
    ],
)
def test_wrong_requests_are_explained(
    worker: Any, client: ModuleType, pan: str, tmp_path: Path, verb: str, fields: Any, kind: str, words: str
) -> None:
    given = {"source": pan, **({"target": str(tmp_path / "o.####.exr")} if verb == "repair" else {}), **fields}
    with pytest.raises(client.RequestFailed, match=words) as failed:
        worker.request(verb, given)
    assert failed.value.kind == kind
    assert "\n" not in str(failed.value)
    assert list(tmp_path.iterdir()) == []

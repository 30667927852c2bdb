"""The files of a bundle, parsed back: whatever folders are called must come out as it went in."""

from __future__ import annotations

import ast
import getpass
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from vfi_plugin.cli.main import main
from vfi_plugin.errors import UsageError
from vfi_plugin.farm.bundle import write_bundle
from vfi_plugin.farm.command import EXECUTABLE, SOURCE, TARGET
from vfi_plugin.farm.job import FarmJob
from vfi_plugin.farm.openjd import openjd_range

from .small_job import OPENJD, VFI, called, clip, job_of

FOLDERS = {
    "plain": "/shows/sh010",
    "blanks": "/shows/My Shot  2",
    "scripts": "/shows/ä漢 😀",
    "marks": '/it\'s "so"/$HOME/`x`/100%/{{a}}/#b/a\\',
    "drive": r"D:\My Shows\sh010",
    "drive, slashes": "d:/shows/it's",
    "share": r"\\server\share$\My Shot ä",
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> FarmJob:
    folder = tmp_path_factory.mktemp("bundle")
    return job_of(clip(folder / "in"), folder / "out" / "slow.####.exr")


def named(job: FarmJob, folder: str) -> tuple[FarmJob, str, str]:
    """The job with all paths in ``folder``; its source and its target."""
    mark = "\\" if "\\" in folder and not folder.startswith("/") else "/"
    source, target = f"{folder}{mark}plate.####.exr", f"{folder}{mark}out{mark}slow.%04d.exr"
    values = {**job.values, SOURCE: source, TARGET: target, EXECUTABLE: f"{folder}{mark}vfi"}
    return replace(job, values=values, inputs=(source,)), source, target


def entries(path: Path) -> dict[str, str]:
    """A Deadline file as Deadline's reader sees it: by its byte order mark, or as UTF-8."""
    content = path.read_bytes()
    text = content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8")
    lines = text.removesuffix("\n").split("\n")
    assert all("=" in line for line in lines)
    return dict(line.split("=", 1) for line in lines)


def split_as_windows_does(line: str) -> list[str]:
    """By the rules of CommandLineToArgvW, told character by character."""
    words: list[str] = []
    word, at, quoted, begun = "", 0, False, False
    while at < len(line):
        slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        at += slashes
        if at < len(line) and line[at] == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
            begun, at = True, at + 1
        elif slashes:
            word, begun = word + "\\" * slashes, True
        elif line[at] in " \t" and not quoted:
            words, word, begun = [*words, word] if begun else words, "", False
            at += 1
        else:
            word, begun, at = word + line[at], True, at + 1
    return [*words, word] if begun else words


def outline_constants(path: Path) -> Mapping[str, str]:
    """RENDER and VERIFY of the script, without running it."""
    body = ast.parse(path.read_text("utf-8")).body
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assigned}


def test_the_reader_of_windows_lines_follows_the_published_examples() -> None:
    """Microsoft's table of results for the C runtime's rules."""
    assert split_as_windows_does(r'"a b c" d e') == ["a b c", "d", "e"]
    assert split_as_windows_does(r'"ab\"c" "\\" d') == ['ab"c', "\\", "d"]
    assert split_as_windows_does(r'a\\\b d"e f"g h') == [r"a\\\b", "de fg", "h"]
    assert split_as_windows_does(r"a\\\"b c d") == [r"a\"b", "c", "d"]
    assert split_as_windows_does(r'a\\\\"b c" d e') == [r"a\\b c", "d", "e"]


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_paths_come_back_out_of_every_file(planned: FarmJob, folder: str, tmp_path: Path) -> None:
    job, source, target = named(planned, folder)
    write_bundle(job, tmp_path)
    cloud = yaml.safe_load((tmp_path / "parameter_values.yaml").read_text("ascii"))["parameterValues"]
    local = yaml.safe_load((tmp_path / "openjd_values.yaml").read_text("ascii"))
    assert {entry["name"]: entry["value"] for entry in cloud} == local
    assert (local["Source"], local["Target"], local["Executable"]) == (source, target, job.values[EXECUTABLE])
    assets = yaml.safe_load((tmp_path / "asset_references.yaml").read_text("ascii"))["assetReferences"]
    assert assets["inputs"]["filenames"] == [source]
    assert assets["outputs"]["directories"] == [job.target_folder]

    plugin = entries(tmp_path / "deadline_plugin.txt")
    words = split_as_windows_does(plugin["Arguments"])
    assert (plugin["Executable"], words[:3]) == (job.values[EXECUTABLE], ["retime", source, target])
    verify = entries(tmp_path / "deadline_verify_plugin.txt")
    assert split_as_windows_does(verify["Arguments"])[:3] == ["farm", "verify", target]
    info = entries(tmp_path / "deadline_job.txt")
    assert (info["OutputDirectory0"], info["OutputFilename0"]) == (job.target_folder, "slow.%04d.exr")

    split = split_as_windows_does if folder.upper().startswith(("D:", "\\\\")) else shlex.split
    commands = outline_constants(tmp_path / "opencue_outline.py")
    assert split(commands["RENDER"])[:4] == [job.values[EXECUTABLE], "retime", source, target]
    assert split(commands["VERIFY"])[:4] == [job.values[EXECUTABLE], "farm", "verify", target]


def test_openjd_takes_braces_in_a_path_as_they_are(planned: FarmJob, tmp_path: Path) -> None:
    job, source, _ = named(planned, FOLDERS["marks"])
    write_bundle(job, tmp_path)
    values = f"file://{tmp_path / 'openjd_values.yaml'}"
    done = called(OPENJD, "summary", str(tmp_path / "template.yaml"), "-p", values, PYTHONIOENCODING="utf-8")
    assert done.returncode == 0, done.stdout
    assert f"Source (PATH): {source}" in done.stdout
    assert "Total tasks: 33" in done.stdout


def test_openjd_tasks_wait_for_a_gpu_and_copies_are_named_within_the_bundle(planned: FarmJob, tmp_path: Path) -> None:
    (tmp_path / "ramp 1.csv").write_text("out,source\n1001,1001\n1032,1016\n", encoding="utf-8")
    options = {"length": None, "time_map": str(tmp_path / "ramp 1.csv"), "device": "cuda"}
    job = job_of(planned.values[SOURCE], tmp_path / "out" / "slow.####.exr", **options)
    write_bundle(job, tmp_path / "job")
    assert (tmp_path / "job" / "files" / "ramp 1.csv").read_bytes() == (tmp_path / "ramp 1.csv").read_bytes()
    template = yaml.safe_load((tmp_path / "job" / "template.yaml").read_text("ascii"))
    (defined,) = (entry for entry in template["parameterDefinitions"] if entry["name"] == "TimeMap")
    assert (defined["type"], defined["dataFlow"], defined["default"]) == ("PATH", "IN", "files/ramp 1.csv")
    assert template["steps"][0]["hostRequirements"] == {"amounts": [{"name": "amount.worker.gpu", "min": 1}]}
    checked = called(OPENJD, "check", str(tmp_path / "job" / "template.yaml"))
    assert checked.returncode == 0, checked.stdout
    arguments = split_as_windows_does(entries(tmp_path / "job" / "deadline_plugin.txt")["Arguments"])
    assert f"--map={tmp_path / 'job' / 'files' / 'ramp 1.csv'}" in arguments


def test_an_option_that_openjd_would_take_for_a_place_holder_is_refused(planned: FarmJob, tmp_path: Path) -> None:
    job = replace(planned, render=(*planned.render, ("--model={{Param.Source}}",)))
    with pytest.raises(UsageError, match="place-holder"):
        write_bundle(job, tmp_path / "job")
    assert not (tmp_path / "job").exists()


def test_frames_in_too_many_pieces_for_openjd_are_refused(planned: FarmJob, tmp_path: Path) -> None:
    scattered = tuple(number**2 for number in range(300))
    with pytest.raises(UsageError, match="fewer pieces"):
        write_bundle(replace(planned, frames=scattered), tmp_path)


def test_openjd_writes_steps_with_a_colon() -> None:
    assert openjd_range((1, 4, 7, 10, 20, 21, 30)) == "1-10:3,20-21,30"
    assert openjd_range((-8, -7, -6)) == "-8--6"


def test_deadline_is_given_tokens_steps_and_a_job_that_waits(planned: FarmJob, tmp_path: Path) -> None:
    write_bundle(planned, tmp_path)
    info, plugin = entries(tmp_path / "deadline_job.txt"), entries(tmp_path / "deadline_plugin.txt")
    assert (info["Plugin"], info["Frames"], info["ChunkSize"]) == ("CommandLine", "1001-1032", "4")
    assert "--frames=<STARTFRAME>-<ENDFRAME>" in plugin["Arguments"].split()
    assert "--progress=farm" in plugin["Arguments"].split()
    verify = entries(tmp_path / "deadline_verify_job.txt")
    assert (verify["BatchName"], verify["Frames"]) == (info["BatchName"], "0")
    write_bundle(replace(planned, frames=(1, 4, 7, 12)), tmp_path)
    stepped = entries(tmp_path / "deadline_job.txt")
    assert (stepped["Frames"], stepped["ChunkSize"]) == ("1-7x3,12", "1")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_written_twice_is_the_same_bytes(planned: FarmJob, tmp_path: Path) -> None:
    write_bundle(planned, tmp_path)
    first = content(tmp_path)
    write_bundle(planned, tmp_path)
    assert content(tmp_path) == first


def test_nothing_of_this_machine_is_in_a_bundle_but_what_was_named(
    planned: FarmJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sys.prefix)
    monkeypatch.setenv("OCIO", "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3")
    named = [planned.values[SOURCE], str(tmp_path / "out" / "slow.####.exr"), str(tmp_path / "job")]
    assert main(["farm", "bundle", *named[:2], "--speed=0.5", "--method=frame", "--out", named[2]]) == 0
    text = b"\n".join(content(tmp_path / "job").values()).decode("utf-8")
    for folder in (str(Path(named[0]).parent), *map(str, tmp_path.parents), str(tmp_path)):
        text = text.replace(folder, "") if len(folder) > 1 else text
    for private in (getpass.getuser(), platform.node(), sys.prefix, str(Path.home()), "cg-config"):
        assert private not in text or len(private) < 5, private


def test_the_command_says_how_to_start_and_what_it_does_not_hand_over(
    planned: FarmJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OCIO", "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3")
    words = ["farm", "bundle", planned.values[SOURCE], str(tmp_path / "slow.####.exr"), "--speed=0.5", "--method=frame"]
    assert main([*words, "--out", str(tmp_path / "the job"), "--dry-run"]) == 0
    said = capsys.readouterr()
    assert said.out == "16 in, 31 out, 1001-1031 (16 copied, 15 in between)\n"
    assert "$OCIO" in said.err
    assert not (tmp_path / "the job").exists()
    assert main([*words, "--out", str(tmp_path / "the job"), "--executable", VFI]) == 0
    lines = [shlex.split(line) for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[0] for line in lines] == ["openjd", "deadline", "deadlinecommand", "python"]
    files = [Path(word) for line in lines for word in line if word.startswith(str(tmp_path))]
    assert len(files) == 7
    assert all(path.exists() for path in files)


def test_a_target_that_cannot_be_planned_writes_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["farm", "bundle", str(tmp_path / "none.####.exr"), "o.####.exr", "--speed=1", "--out", str(tmp_path / "j")]
    )
    assert code == 3
    assert capsys.readouterr().err.startswith("vfi farm: ")
    assert not (tmp_path / "j").exists()

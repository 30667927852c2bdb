"""The launcher for every edition: a Lua 5.1 script, run here by lua5.1 in a host of a few lines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "resolve" / "VFI.lua"
LUA = shutil.which("lua5.1") or shutil.which("luajit")

pytestmark = [
    pytest.mark.skipif(LUA is None, reason="there is neither lua5.1 nor luajit; on Debian: apt install lua5.1"),
    pytest.mark.skipif(os.name == "nt", reason="the stand-in for vfi is a shell script"),
]

HARD_NAMES = ("Ö & 'quoted' $HOME `id`.otio", "with  spaces; rm.otio", "100% #1 (東京)!.OTIO", "-dash\\back.otio")

STAND_IN = """#!/bin/sh
for argument in "$@"; do printf '%s\\n' "$argument"; done > "{told}"
env > "{told}.env"
echo "10 in, 19 out"
echo "what is wrong" >&2
exit {code}
"""

WINDOWS = r"""
package.config = "\\" .. package.config:sub(2)
local real_getenv, real_open = os.getenv, io.open
os.getenv = function(name) return name == "TEMP" and "C:\\Temp dir" or real_getenv(name) end
io.open = function(path, mode)
  if path:sub(1, 3) == "C:\\" then return real_open(FOLDER .. "/" .. path:match("[^\\]+$"), mode) end
  return real_open(path, mode)
end
os.remove = function(path) print("removed " .. path) end
io.popen = function(command)
  print("command " .. command)
  local lines, n = { "10 in, 19 out", "vfi_exit 0" }, 0
  return { lines = function() return function() n = n + 1; return lines[n] end end, close = function() end }
end
"""


@dataclass(frozen=True)
class Ran:
    """What a run printed, and what the stand-in for vfi was told."""

    printed: str
    arguments: list[str]
    environment: str


def lua_text(text: str) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'


def run(folder: Path, chosen: str | None, *, code: int = 0, home: str | None = None, before: str = "") -> Ran:
    """Choose VFI in the menu of a host that has nothing but a file requester."""
    told, core = folder / "told", folder / "core 'ü'"
    (core / "bin").mkdir(parents=True, exist_ok=True)
    program = core / "bin" / "vfi"
    program.write_text(STAND_IN.format(told=told, code=code), "utf-8")
    program.chmod(0o755)
    answer = "nil" if chosen is None else lua_text(chosen)
    host = f"fusion = {{ RequestFile = function(self, path, pattern, options) return options and {answer} end }}"
    script = SCRIPT.read_text("utf-8").replace("@VFI_HOME@", str(core) if home is None else home)
    whole = folder / "whole.lua"
    whole.write_text(f"FOLDER = {lua_text(str(folder))}\n{host}\n{before}\n{script}", "utf-8")
    environment = {**os.environ, "PYTHONHOME": "/resolve", "LD_LIBRARY_PATH": "/resolve/libs", "OCIO": "config.ocio"}
    command = [str(LUA), str(whole)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == 0, done.stderr
    arguments = told.read_text("utf-8").splitlines() if told.exists() else []
    return Ran(done.stdout, arguments, told.with_name("told.env").read_text("utf-8") if arguments else "")


@pytest.mark.parametrize("name", HARD_NAMES)
def test_the_chosen_file_is_retimed_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    ran = run(tmp_path, path)
    target = re.sub(r"\.otio$", "", path, flags=re.IGNORECASE) + "_vfi.otio"
    assert ran.arguments == ["timeline", "retime", path, "--out", target]
    assert f"done. Now File > Import > Timeline, and choose {target}" in ran.printed


@pytest.mark.parametrize(
    ("name", "job"), [("cut_repair.otio", "repair"), ("Cut Repair.OTIO", "repair"), ("repaired.otio", "retime")]
)
def test_the_name_of_the_file_says_that_it_is_to_be_repaired(tmp_path: Path, name: str, job: str) -> None:
    ran = run(tmp_path, str(tmp_path / name))
    assert ran.arguments[:3] == ["timeline", job, str(tmp_path / name)]
    assert ran.arguments[3:] == ["--out", str(tmp_path / name)[:-5] + "_vfi.otio"]
    assert "end in repair" in ran.printed


def test_what_vfi_prints_is_printed_and_a_failure_is_said(tmp_path: Path) -> None:
    ran = run(tmp_path, "/s/edit.otio", code=3)
    assert "10 in, 19 out\nwhat is wrong\n" in ran.printed
    assert "not everything was done (exit code 3)" in ran.printed
    assert "vfi_exit" not in ran.printed
    assert "VFI: done" not in ran.printed


def test_the_environment_of_resolves_own_python_does_not_reach_vfi(tmp_path: Path) -> None:
    ran = run(tmp_path, "/s/edit.otio")
    assert "PYTHONHOME" not in ran.environment
    assert "LD_LIBRARY_PATH" not in ran.environment
    assert "OCIO=config.ocio" in ran.environment


def test_the_way_is_explained_before_anything_is_asked(tmp_path: Path) -> None:
    ran = run(tmp_path, None)
    assert ran.printed.index("File > Export > Timeline") < ran.printed.index("no file was chosen")
    assert "vfi timeline retime IN.otio --out OUT.otio" in ran.printed
    assert ran.arguments == []


@pytest.mark.parametrize("host", ["fusion = nil", "fusion = {}"])
def test_without_a_file_requester_the_command_is_shown(tmp_path: Path, host: str) -> None:
    ran = run(tmp_path, "/s/edit.otio", before=host)
    assert "the command is: vfi timeline retime IN.otio --out OUT.otio" in ran.printed
    assert ran.arguments == []


def test_another_file_than_an_otio_is_refused(tmp_path: Path) -> None:
    ran = run(tmp_path, "/s/edit.fcpxml")
    assert "/s/edit.fcpxml is no .otio file; export the timeline as OpenTimelineIO" in ran.printed
    assert ran.arguments == []


def test_a_missing_core_is_said(tmp_path: Path) -> None:
    ran = run(tmp_path, "/s/edit.otio", home=str(tmp_path / "gone"))
    assert f"there is no vfi in {tmp_path / 'gone'}; run: vfi install resolve" in ran.printed


def test_the_home_may_be_the_program_itself(tmp_path: Path) -> None:
    ran = run(tmp_path, "/s/edit.otio", home=str(tmp_path / "core 'ü'" / "bin" / "vfi"))
    assert ran.arguments[:2] == ["timeline", "retime"]


def test_on_windows_a_batch_file_in_utf_8_carries_the_names(tmp_path: Path) -> None:
    path = "D:\\Schnitt ü\\100% %TEMP% & co\\edit.otio"
    ran = run(tmp_path, path, home="C:/vfi ü", before=WINDOWS)
    lines = (tmp_path / "vfi_resolve.cmd").read_bytes().decode("utf-8").split("\r\n")
    assert lines[:2] == ["@echo off", "chcp 65001 >nul"]
    assert 'set "PYTHONHOME="' in lines
    doubled = path.replace("%", "%%")
    assert lines[-3] == (
        f'"C:\\vfi ü\\Scripts\\vfi.exe" "timeline" "retime" "{doubled}" "--out" "{doubled[:-5]}_vfi.otio" 2>&1'
    )
    assert lines[-2:] == ["echo vfi_exit %ERRORLEVEL%", ""]
    assert 'command "C:\\Temp dir\\vfi_resolve.cmd"' in ran.printed
    assert "removed C:\\Temp dir\\vfi_resolve.cmd" in ran.printed
    assert "done. Now File > Import > Timeline" in ran.printed


def test_the_free_editions_gates_are_not_touched() -> None:
    text = "\n".join(line.partition("--")[0] for line in SCRIPT.read_text("utf-8").splitlines())
    assert not re.search(r"\bresolve\s*[:.]", text)
    assert "UIManager" not in text

"""What a command does not need it does not load: torch alone takes two seconds, which people and farms would wait for.

One fresh process runs the commands one after another and says after each what has been loaded by then, so a command
that loads something is named.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from material import write_exr

import vfi_plugin.cli
from vfi_plugin.cli.main import COMMANDS, build_parser

HEAVY = ("torch", "cv2", "av", "opentimelineio", "OpenImageIO")

PROBE = """
import contextlib, io, json, sys
from vfi_plugin.cli.main import main
for arguments in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(arguments)
        except SystemExit as left:
            code = left.code
    loaded = sorted({name.partition(".")[0] for name in sys.modules})
    print(json.dumps({"arguments": arguments, "code": code, "loaded": loaded}))
"""


def heavy_after(*commands: list[str]) -> list[tuple[str, int, set[str]]]:
    """Each command, its exit code, and which heavy modules are there after it and those before it."""
    words = [sys.executable, "-c", PROBE]
    with TemporaryDirectory() as folder:  # not here, where the sources would be taken for the package
        done = subprocess.run(words, input=json.dumps(commands), capture_output=True, text=True, check=True, cwd=folder)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [(" ".join(each["arguments"]), each["code"], {*each["loaded"]} & {*HEAVY}) for each in told]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    for number in (1, 2):
        write_exr(folder / f"in.{number:04d}.exr", {name: np.full((16, 16), 0.5, np.float16) for name in "RGB"})
    return folder


def test_help_and_wrong_arguments_load_nothing_heavy() -> None:
    helps = [["--help"], ["--version"], *[[name, "--help"] for name in COMMANDS], ["farm", "bundle", "--help"]]
    wrong = [[], ["retouch"], ["retime"], ["retime", "--sped", "2"], ["farm", "bundle", "--chunk-size", "x"]]
    told = heavy_after(*helps, *wrong)
    assert [code for _, code, _ in told] == [0] * len(helps) + [2] * len(wrong)
    assert [command for command, _, heavy in told if heavy] == []


def test_facts_and_plans_need_no_torch(clip: Path) -> None:
    source, target = str(clip / "in.####.exr"), str(clip / "out.####.exr")
    told = heavy_after(
        ["models", "list"],
        ["models", "list", "--json"],
        ["models", "show", "sepconv"],  # with weights that ship
        ["models", "show", "bipn"],  # without
        ["farm", "bundle", source, target, "--speed", "0.5", "--model", "figan", "--out", str(clip / "job")],
        ["retime", source, target, "--speed", "0.5", "--dry-run"],
    )
    assert [code for _, code, _ in told] == [0] * len(told)
    assert [command for command, _, heavy in told if "torch" in heavy] == []


def test_the_probe_sees_what_a_command_loads() -> None:
    [(_, code, heavy)] = heavy_after(["doctor"])
    assert code == 0
    assert "torch" in heavy


def test_every_command_is_in_the_table_and_a_module_of_its_name() -> None:
    modules = [import_module(f"vfi_plugin.cli.{found.name}") for found in iter_modules(vfi_plugin.cli.__path__)]
    assert {module.__name__.rpartition(".")[2] for module in modules if hasattr(module, "add_parser")} == {*COMMANDS}


@pytest.mark.parametrize("wanted", [(), ("farm",)])
def test_the_list_of_commands_is_the_same_whatever_is_loaded(wanted: tuple[str, ...]) -> None:
    assert build_parser(wanted).format_help() == build_parser().format_help()

"""The outline under the real pyoutline, without a Cuebot."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from vfi_plugin.cli.main import build_parser
from vfi_plugin.farm.bundle import write_bundle
from vfi_plugin.timing.ranges import parse_range

from .small_job import VFI, called, clip, job_of

pytestmark = pytest.mark.skipif(
    find_spec("outline") is None,
    reason="pyoutline is not installed; it comes with the extra 'test'",
)


@pytest.fixture(scope="module")
def specification(tmp_path_factory: pytest.TempPathFactory) -> ElementTree.Element:
    """What would be sent to Cuebot."""
    folder = tmp_path_factory.mktemp("it's a cue ä")
    write_bundle(job_of(clip(folder / "in"), folder / "out" / "slow.####.exr", start=-2), folder / "job")
    # pyoutline keeps a session in the home folder.
    script = str(folder / "job" / "opencue_outline.py")
    done = called(
        sys.executable, script, "--print", HOME=str(folder), SHOW="show", SHOT="sh010", PYTHONIOENCODING="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return ElementTree.fromstring(done.stdout[done.stdout.index("<spec>") :])


def layer(specification: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = (each for each in specification.iter("layer") if each.get("name") == name)
    return found


def test_frames_go_in_chunks_and_their_token_becomes_the_frames_of_one(specification: ElementTree.Element) -> None:
    render = layer(specification, "render")
    assert (render.findtext("range"), render.findtext("chunk")) == ("-2-29", "4")
    command = render.findtext("cmd", "").replace("#FRAMESPEC#", "-2-1")  # as Cuebot does it
    program, *words = shlex.split(command)
    args = build_parser().parse_args(words)
    assert (program, args.command, args.progress) == (VFI, "retime", "farm")
    assert parse_range(args.frames) == (-2, -1, 0, 1)
    assert Path(args.source).parent.is_dir()


def test_the_check_is_one_frame_that_waits_for_all_others(specification: ElementTree.Element) -> None:
    verify = layer(specification, "verify")
    assert verify.findtext("range") == "1"
    args = build_parser().parse_args(shlex.split(verify.findtext("cmd", ""))[1:])
    assert (args.command, args.action, parse_range(args.frames)) == ("farm", "verify", tuple(range(-2, 30)))
    (depend,) = specification.iter("depend")
    assert depend.get("type") == "LAYER_ON_LAYER"
    assert (depend.findtext("deplayer"), depend.findtext("onlayer")) == ("verify", "render")


def test_the_job_has_a_name_that_cuebot_takes(specification: ElementTree.Element) -> None:
    (job,) = specification.iter("job")
    assert job.get("name") == "retime_slow"
    assert (specification.findtext("show"), specification.findtext("shot")) == ("show", "sh010")

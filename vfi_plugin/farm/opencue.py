"""OpenCue: a script for pyoutline with one layer of chunks, and one that checks all frames after it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vfi_plugin.farm.command import CHUNK, FRAMES, PROGRESS, TARGET, Place, Word, filled
from vfi_plugin.farm.job import FarmJob
from vfi_plugin.farm.quoting import is_of_windows, shell_line, windows_line
from vfi_plugin.timing.ranges import format_range

SCRIPT = "opencue_outline.py"

# Cuebot's token for the frames of a chunk, steps and a short last chunk included; it is replaced within quotes, too.
_CHUNK_TOKEN = "#FRAMESPEC#"

_TEXT = '''\
"""{title}: {plan}.

    python {script}          launches the job
    python {script} --print  prints its specification; asks no Cuebot

Show, shot and facility come from SHOW, SHOT and FACILITY, as for every outline.
"""

import sys

import outline
import outline.cuerun
from outline.modules.shell import Shell

RENDER = {render}
VERIFY = {verify}


def make_outline():
    """A layer of chunks, and one frame that waits for all of them."""
    job = outline.Outline({name})
    render = Shell("render", command=RENDER, range={frames}, chunk={chunk_size})
    verify = Shell("verify", command=VERIFY, range="1")
    verify.depend_all(render)
    job.add_layer(render)
    job.add_layer(verify)
    return job


if __name__ == "__main__":
    launcher = outline.cuerun.OutlineLauncher(make_outline())
    # Without pycuerun, which would run the command of a chunk once a frame, and leave its tokens as they are.
    if "--print" in sys.argv[1:]:
        print(launcher.serialize(use_pycuerun=False))
    else:
        launcher.launch(use_pycuerun=False)
'''


def opencue_files(job: FarmJob, copies: Mapping[Place, str]) -> dict[str, str]:
    """File name -> text.

    Args:
        job: what there is to do.
        copies: absolute path of each file that travels in the bundle.
    """
    frames = format_range(job.frames).replace(" ", ",")
    values = {**job.values, **copies, FRAMES: frames, CHUNK: _CHUNK_TOKEN, PROGRESS: "farm"}
    text = _TEXT.format(
        title=_plain(job.name),
        plan=job.plan,
        script=SCRIPT,
        render=ascii(_line(job.render, values)),
        verify=ascii(_line(job.verify, values)),
        name=ascii(_plain(job.name)),
        frames=ascii(frames),
        chunk_size=job.chunk_size,
    )
    return {SCRIPT: text}


def _line(words: tuple[Word, ...], values: Mapping[Place, str]) -> str:
    """OpenCue hands the line to a shell, on Windows to a batch file."""
    texts = filled(words, values)
    return windows_line(texts) if is_of_windows(values[TARGET]) else shell_line(texts)


def _plain(name: str) -> str:
    """Letters, digits and underscores, which is all that Cuebot lets a job be called."""
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")

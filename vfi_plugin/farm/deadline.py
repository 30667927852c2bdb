"""Thinkbox Deadline 10: job info and plug-in info for its CommandLine plug-in, for the frames and for their check."""

from __future__ import annotations

from collections.abc import Mapping

from vfi_plugin.farm.command import CHUNK, EXECUTABLE, FRAMES, PROGRESS, Place, Word, filled
from vfi_plugin.farm.job import FarmJob
from vfi_plugin.farm.quoting import windows_line
from vfi_plugin.timing.ranges import format_range

RENDER_FILES = ("deadline_job.txt", "deadline_plugin.txt")
VERIFY_FILES = ("deadline_verify_job.txt", "deadline_verify_plugin.txt")


def deadline_files(job: FarmJob, copies: Mapping[Place, str]) -> dict[str, bytes]:
    """File name -> content.

    Args:
        job: what there is to do.
        copies: absolute path of each file that travels in the bundle.
    """
    frames = format_range(job.frames).replace(" ", ",")
    values = {**job.values, **copies, FRAMES: frames, CHUNK: "<STARTFRAME>-<ENDFRAME>", PROGRESS: "farm"}
    texts = {
        RENDER_FILES[0]: _render_info(job, frames),
        RENDER_FILES[1]: _plugin_info(job.render, values),
        VERIFY_FILES[0]: {**_info(job, f"verify {job.name}"), "Frames": "0", "ChunkSize": "1"},
        VERIFY_FILES[1]: _plugin_info(job.verify, values),
    }
    return {name: _encoded(entries) for name, entries in texts.items()}


def _render_info(job: FarmJob, frames: str) -> dict[str, str]:
    # A task is given its first and last frame alone, so frames with steps between them go one by one.
    size = job.chunk_size if job.is_gapless else 1
    output = {"OutputDirectory0": job.target_folder, "OutputFilename0": job.target_name}
    return {**_info(job, job.name), "Frames": frames, "ChunkSize": str(size), **output}


def _info(job: FarmJob, name: str) -> dict[str, str]:
    return {"Plugin": "CommandLine", "Name": name, "BatchName": job.name, "Comment": job.plan}


def _plugin_info(words: tuple[Word, ...], values: Mapping[Place, str]) -> dict[str, str]:
    how = {"SingleFramesOnly": "False", "ShellExecute": "False"}
    return {"Executable": values[EXECUTABLE], "Arguments": windows_line(filled(words[1:], values)), **how}


def _encoded(entries: Mapping[str, str]) -> bytes:
    """ASCII where that is enough; else UTF-16 with its mark, which is what Thinkbox's own submitters write."""
    text = "".join(f"{key}={value}\n" for key, value in entries.items())
    return text.encode("ascii") if text.isascii() else b"\xff\xfe" + text.encode("utf-16-le")

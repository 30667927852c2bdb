"""The bundle under the real ``openjd``, tasks and all, in processes of their own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import material
import numpy as np

import vfi_plugin
from vfi_plugin.cli.main import main

from .small_job import OPENJD, OUTPUTS, VFI, called, clip, environment, litter, openjd_words, pixels


def bundle(source: str, target: Path, out: Path, *options: str, program: str = VFI) -> None:
    words = ["farm", "bundle", source, str(target), "--out", str(out), "--executable", program, *options]
    assert main(words) == 0


def test_chunks_make_the_bits_of_a_whole_run_whatever_the_folders_are_called(warm_core: Path, tmp_path: Path) -> None:
    folder = tmp_path / "My Shots, it's ä漢 $HOME 100%"
    source, job = clip(folder / "in put"), folder / "the job"
    program = str(warm_core / "bin" / "vfi")  # nine processes; the last test below starts the installed command
    bundle(source, folder / "aus gabe" / "slow.####.exr", job, "--length=32", "--chunk-size=4", program=program)
    checked = called(OPENJD, "check", str(job / "template.yaml"))
    assert checked.returncode == 0, checked.stdout
    done = called(*openjd_words(job), folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "Chunks run: 9" in done.stdout  # eight of four frames, and the check of all
    shares = [float(share) for share in re.findall(r"openjd_progress: ([\d.]+)", done.stdout)]
    assert shares == [25.0, 50.0, 75.0, 100.0] * 8
    assert "1001-1032, 32 in all, are whole and of one plan" in done.stdout
    whole = vfi_plugin.retime(source, folder / "whole" / "slow.####.exr", length=32)
    assert whole.written == tuple(OUTPUTS)
    assert pixels(folder / "aus gabe") == pixels(folder / "whole")
    assert litter(folder / "aus gabe") == []


def test_a_failed_job_leaves_whole_frames_and_goes_on_elsewhere_with_what_is_missing(
    warm_core: Path, tmp_path: Path
) -> None:
    show, moved = tmp_path / "show", tmp_path / "mounted elsewhere"
    source = clip(show / "in")
    plain = ("--length=32", "--method=blend", "--cuts=off")  # the search for cuts would read frames ahead
    program = str(warm_core / "bin" / "vfi")
    bundle(source, show / "out" / "slow.####.exr", show / "job", *plain, "--chunk-size=16", program=program)
    bad = show / "in" / "pan.1012.exr"  # of the second chunk, which shows positions 1008.7 to 1016
    good = bad.read_bytes()
    bad.write_bytes(good[:-300])

    failed = called(*openjd_words(show / "job"))
    assert failed.returncode == 1
    assert re.search(r"openjd_fail: .*pan\.1012\.exr", failed.stdout)
    assert "Running step 'Verify'" not in failed.stdout
    assert litter(show / "out") == []
    standing = pixels(show / "out")
    assert len(standing) >= 16

    bad.write_bytes(good)
    show.rename(moved)
    kept = {name: (moved / "out" / name).stat().st_mtime_ns for name in standing}
    rule = {"source_path_format": "POSIX", "source_path": str(show), "destination_path": str(moved)}
    mapping = json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": [rule]})
    again = called(*openjd_words(moved / "job", "--path-mapping-rules", mapping))
    assert again.returncode == 0, again.stdout
    written = [int(count) for count in re.findall(r"(\d+) written", again.stdout)]
    assert sum(written) == len(OUTPUTS) - len(standing)
    assert written[0] == 0
    assert {name: (moved / "out" / name).stat().st_mtime_ns for name in kept} == kept
    vfi_plugin.retime(moved / "in" / "pan.####.exr", tmp_path / "whole" / "slow.####.exr", length=32, method="blend")
    assert pixels(moved / "out") == pixels(tmp_path / "whole")


def test_a_cancelled_task_ends_between_frames_and_leaves_no_litter(tmp_path: Path) -> None:
    """``openjd`` hands an interrupt on as it cancels on a farm: SIGTERM, and time to end by itself."""
    numbers, target = np.random.default_rng(1), tmp_path / "out"
    (tmp_path / "in").mkdir()
    for number in range(1001, 1009):  # float noise, which takes long to pack
        planes = {name: numbers.random((360, 640), np.float32) for name in "RGB"}
        material.write_exr(tmp_path / "in" / f"noise.{number}.exr", planes)
    source = str(tmp_path / "in" / "noise.####.exr")
    bundle(source, target / "slow.####.exr", tmp_path / "job", "--speed=0.1", "--method=blend", "--chunk-size=100")
    words = openjd_words(tmp_path / "job")
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until = time.monotonic() + 120
    while len(list(target.glob("slow.*.exr"))) < 2 and time.monotonic() < until and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode != 0
    assert "stopped by SIGTERM; frames under their final names are whole" in said
    assert litter(target) == []
    assert 2 <= len(pixels(target)) < 71

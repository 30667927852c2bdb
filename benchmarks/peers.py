"""The classic beside other retimers that need no GPU: FFmpeg's minterpolate and OpenCV's dense inverse search.

python benchmarks/peers.py --clips DIR [--class B] [--out DIR]

Quality: every second frame of each clip is dropped and made anew by each; PSNR of the RGB codes, the mean over a clip's
frames, then over the clips. The folder may have a ``manifest.json`` that names the licence class of each ``file``; then
only clips of the class that is asked for are taken, else all movies.

Speed: frames made a second on some of the same clips, brought to 720p and 1080p; one thread each, in processor time, so
that other programs on the machine do not count. All take turns on the same pairs; ratios are medians of rounds. Each
gets decoded frames in memory, 8-bit RGB (minterpolate yuv420p, as it is decoded), and gives them back so. Minterpolate
gets a stream, the others each pair alone, and so convert every frame twice.

Throughput: the same streams with every core, by the clock, as they are when somebody waits for a render. Our pairs go
to as many threads as there are cores; minterpolate has all the threads that FFmpeg gives it. Only a quiet machine tells
it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from measure import save
from peer_methods import METHODS, MINTERPOLATE, OURS, Codes, Maker, minterpolated
from peer_movies import Movie, clips_in, movie, resized

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
SPEED_CLIPS = 3
ROUNDS = 5
MOST_DROPPED = 6  # frames a clip: neighbours are much alike, so more of them only take longer
_STREAM = 13  # frames that minterpolate gets at once: it looks around the pair, and of five frames each costs more


def peers(folder: Path, licence: str, most: int = MOST_DROPPED, rounds: int = ROUNDS) -> dict[str, Any]:
    """Quality on all clips, speed on the largest few."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    paths = clips_in(folder, licence)
    rows = [quality(movie(path, 2 * most + 1)) for path in paths]
    names = [MINTERPOLATE, *METHODS]
    means = {name: statistics.mean(row["psnr"][name] for row in rows) for name in names}
    largest = sorted(rows, key=lambda row: -row["pixels"])[:SPEED_CLIPS]
    chosen = [movie(folder / row["clip"], _STREAM) for row in largest]
    return {
        "clips": {"folder_class": licence, "count": len(rows), "dropped_frames": sum(row["frames"] for row in rows)},
        "psnr": means,
        "speed": {name: speed(chosen, size, rounds) for name, size in SIZES.items()},
        "throughput": {name: throughput(chosen, size, rounds) for name, size in SIZES.items()},
        "rows": rows,
    }


def psnr(made: Codes, truth: Codes) -> float:
    """Of codes 0 to 255; at most 99 dB."""
    error = float(np.mean(np.square(made.astype(np.float32) - truth)))
    return min(99.0, float(10 * np.log10(255.0**2 / max(error, 1e-12))))


def quality(clip: Movie) -> dict[str, Any]:
    """PSNR of a clip's odd frames, by method."""
    odd = range(1, len(clip.rgb) - 1, 2)
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    for at in odd:
        for name, make in METHODS.items():
            found[name].append(psnr(make(clip.rgb[at - 1], clip.rgb[at + 1]), clip.rgb[at]))
    streamed = minterpolated(clip.yuv[::2])
    found[MINTERPOLATE] = [psnr(streamed[at], clip.rgb[at]) for at in odd if at in streamed]
    means = {name: statistics.mean(values) for name, values in found.items()}
    print(f"{clip.name}: " + ", ".join(f"{name} {value:.2f}" for name, value in means.items()), flush=True)
    height, width = clip.rgb[0].shape[:2]
    return {"clip": clip.name, "pixels": height * width, "frames": len(odd), "psnr": means}


def speed(clips: Sequence[Movie], size: tuple[int, int], rounds: int) -> dict[str, Any]:
    """Frames a second of each method, and how many times as fast it is as the two peers."""
    sized = [resized(clip, size) for clip in clips]
    pair = [(clip.rgb[0], clip.rgb[2]) for clip in sized]
    seconds: dict[str, list[float]] = {name: [] for name in (MINTERPOLATE, *METHODS)}
    for turn in range(rounds + 1):
        for clip, (before, after) in zip(sized, pair, strict=True):
            one = {name: _busy(partial(make, before, after)) for name, make in METHODS.items()}
            one[MINTERPOLATE] = _streamed(clip)
            for name, value in one.items() if turn else ():  # the first turn warms caches
                seconds[name].append(value)
    return {
        name: {
            "frames_per_second": 1.0 / statistics.median(values),
            "seconds": statistics.median(values),
            "times_dis_fast": _times(values, seconds["DIS fast"]),
            "times_minterpolate": _times(values, seconds[MINTERPOLATE]),
        }
        for name, values in seconds.items()
    }


def throughput(clips: Sequence[Movie], size: tuple[int, int], rounds: int) -> dict[str, Any]:
    """Frames a second by the clock with every core, and how many times minterpolate's that is."""
    sized = [resized(clip, size) for clip in clips]
    seconds: dict[str, list[float]] = {name: [] for name in (MINTERPOLATE, *OURS)}
    for turn in range(rounds + 1):
        for clip in sized:
            one = {name: _shared_out(METHODS[name], clip) for name in OURS}
            one[MINTERPOLATE] = _streamed(clip, time.perf_counter)
            for name, value in one.items() if turn else ():  # the first turn warms caches
                seconds[name].append(value)
    return {
        name: {
            "frames_per_second": 1.0 / statistics.median(values),
            "times_minterpolate": _times(values, seconds[MINTERPOLATE]),
        }
        for name, values in seconds.items()
    }


def _times(own: Sequence[float], peer: Sequence[float]) -> float:
    """How many times as fast as a peer: the median of turns taken together."""
    return statistics.median(theirs / ours for ours, theirs in zip(own, peer, strict=True))


def _shared_out(make: Maker, clip: Movie) -> float:
    """Seconds a made frame where every core makes one."""
    pairs = list(pairwise(clip.rgb))
    begin = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as cores:
        made = list(cores.map(lambda pair: make(*pair), pairs))
    return (time.perf_counter() - begin) / len(made)


def _streamed(clip: Movie, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds a frame that minterpolate made."""
    begin = clock()
    made = minterpolated(clip.yuv, convert=False)
    return (clock() - begin) / max(sum(at % 2 for at in made), 1)


def _busy(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder of movies without cuts and repeats")
    parser.add_argument("--class", dest="licence", default="B", help="licence class by the folder's manifest.json")
    parser.add_argument("--frames", type=int, default=MOST_DROPPED, help="dropped frames a clip")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the speed")
    parser.add_argument("--out", type=Path, help="folder for the result (default: results beside this file)")
    given = parser.parse_args()
    result = peers(given.clips, given.licence, given.frames, given.rounds)
    save("peers_cpu", result, given.out)
    print(json.dumps({key: result[key] for key in ("psnr", "speed", "throughput")}, indent=1))

"""The comparison with peers: what each makes of a pan that is known, and the table of it."""

from __future__ import annotations

from pathlib import Path

from tiny_quality import BENCHMARKS, run_benchmark

CHECK = """
import sys
sys.path.insert(0, {benchmarks!r})
import av, cv2, numpy as np
from peer_methods import METHODS, OURS, minterpolated
from peer_movies import Movie
from peers import psnr, throughput
from peers_table import peers_table

cv2.setNumThreads(1)
noise = np.random.default_rng(1).integers(0, 256, (18, 28, 3), dtype=np.uint8)
picture = cv2.resize(noise, (224, 144), interpolation=cv2.INTER_CUBIC)
frames = [np.ascontiguousarray(picture[8:136, 4 * n : 160 + 4 * n]) for n in range(9)]
inner = (slice(16, -16), slice(24, -24))
for name, make in METHODS.items():
    found = psnr(make(frames[2], frames[4])[inner], frames[3][inner])
    assert (found > 30) == (name != "average"), (name, found)
stream = [av.VideoFrame.from_ndarray(frame, "rgb24") for frame in frames[::2]]
streamed = minterpolated([frame.reformat(format="yuv420p") for frame in stream])
assert psnr(streamed[3][inner], frames[3][inner]) > 25
speed = {{"frames_per_second": 2.0, "times_dis_fast": 1.0, "times_minterpolate": 4.0}}
figures = {{
    "machine": {{"processor": "X", "cores": 2, "load_average": 0.5}},
    "clips": {{"count": 1, "dropped_frames": 3}},
    "psnr": {{name: 30.0 for name in METHODS}},
    "speed": {{"720p": {{name: speed for name in METHODS}}}},
    "throughput": throughput([Movie("pan", [f.reformat(format="yuv420p") for f in stream], frames[::2])], (160, 96), 1),
}}
assert set(figures["throughput"]) == {{"minterpolate", *OURS}}
figures["throughput"] = {{"720p": figures["throughput"]}}
table = peers_table(figures)
assert table.count("which keeps one core busy") == 1
assert table.count("| 30.00 | 2 | 1.00, 4.00 |") == len(METHODS)
"""


def test_all_but_the_average_follow_a_pan(tmp_path: Path) -> None:
    script = tmp_path / "check.py"
    script.write_text(CHECK.format(benchmarks=str(BENCHMARKS)), encoding="utf-8")
    done = run_benchmark(script)
    assert done.returncode == 0, done.stderr

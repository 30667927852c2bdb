"""Rendered sequences with every second frame held out: how near the retime comes to the true frames."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import pytest

import vfi_plugin
from vfi_plugin.evaluate.metrics import psnr_log
from vfi_plugin.image.frame import Part
from vfi_plugin.media import read_image

from .product import same_bits

# Measured over frame averaging, in dB: 3.5, 3.3 and 2.9. Motion of up to 77 px with strong occlusion.
GAIN_DB = {"opaque_hdr": 3.0, "alpha_occl": 2.8, "alpha_occl_crop": 2.4}


def rgb(part: Part) -> np.ndarray:
    names = [next(n for n in part.planes if n in (c, f"ViewLayer.Combined.{c}")) for c in "RGB"]
    return np.stack([part.plane_over(n, part.display_window).astype(np.float32) for n in names], axis=-1)


def assert_known(made: Part, sources: list[Part], channels: list[str]) -> None:
    """Every value is, bit for bit, one that a source frame has in one of ``channels``, or 0."""
    there = [channel for channel in channels if channel in made.planes]
    known = {
        value for part in sources for channel in there for value in np.unique(part.planes[channel].view(np.uint32))
    }
    for channel in there:
        assert set(np.unique(made.planes[channel].view(np.uint32))) <= known | {np.uint32(0)}, channel


@pytest.mark.parametrize("name", sorted(GAIN_DB))
def test_held_out_frames_are_nearer_than_the_average_and_channels_stay(
    shared_dir: Path, tmp_path: Path, name: str
) -> None:
    folder = shared_dir / "data" / "exr_sequences" / name
    for place in range(9):
        (tmp_path / f"in.{1001 + place}.exr").symlink_to(folder / f"{name}.{1001 + 2 * place}.exr")
    vfi_plugin.retime(tmp_path / "in.####.exr", tmp_path / "out" / "slow.####.exr", speed=0.5)
    ours, average = [], []
    for place in range(8):
        sources = [read_image(tmp_path / f"in.{1001 + place + n}.exr").parts[0] for n in (0, 1)]
        made = read_image(tmp_path / "out" / f"slow.{1002 + 2 * place}.exr").parts[0]
        truth = rgb(read_image(folder / f"{name}.{1002 + 2 * place}.exr").parts[0])
        ours.append(psnr_log(rgb(made), truth))
        average.append(psnr_log((rgb(sources[0]) + rgb(sources[1])) / 2, truth))
        assert [(n, p.dtype) for n, p in made.planes.items()] == [(n, p.dtype) for n, p in sources[0].planes.items()]
        assert made.data_window == sources[0].data_window.union(sources[1].data_window)
        assert np.isfinite(rgb(made)).all()
        assert rgb(made).max() <= max(rgb(source).max() for source in sources)
        assert_known(made, sources, ["ViewLayer.Depth.Z"])
        assert_known(made, sources, [f"ViewLayer.CryptoObject00.{rank}" for rank in "rb"])  # an ID may change its rank
    assert np.mean(ours) - np.mean(average) >= GAIN_DB[name]
    first = material.read_exr(folder / f"{name}.1001.exr")[1]
    assert same_bits(material.read_exr(tmp_path / "out" / "slow.1001.exr")[1], first)

"""Seconds a 4K frame for each stage of a retime, beside a well-kept library doing the same work on the same bytes.

Everything runs on one thread but where a peer cannot; both of a pair get the same.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
import PyOpenColorIO as ocio
import torch
import torch.nn.functional as F  # noqa: N812
from measure import compare

from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.colour_config import DEFAULT_CONFIG
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.image_file import read_image
from vfi_plugin.media.writing import write_image
from vfi_plugin.models.registry import load_model

WIDTH, HEIGHT = 3840, 2160


def picture(shift_px: int) -> np.ndarray:
    """(H, W, 4) float16 RGBA: smooth texture with grain, some of it above 1, moved to the right."""
    rng = np.random.default_rng(1)
    coarse = rng.random((HEIGHT // 24 + 2, WIDTH // 24 + 8, 3), np.float32) ** 3 * 4
    large = cv2.resize(coarse, ((WIDTH // 24 + 8) * 24, (HEIGHT // 24 + 2) * 24), interpolation=cv2.INTER_CUBIC)
    rgb = large[:HEIGHT, 100 - shift_px : 100 - shift_px + WIDTH]
    rgb = rgb + rng.normal(0, 0.003, rgb.shape).astype(np.float32)
    return np.dstack([rgb, np.ones((HEIGHT, WIDTH), np.float32)]).astype(np.float16)


def frame_of(pixels: np.ndarray) -> Frame:
    planes = {name: np.ascontiguousarray(pixels[..., n]) for n, name in enumerate("RGBA")}
    window = Window(0, 0, WIDTH, HEIGHT)
    return Frame((Part(planes, window, window, attributes={"compression": Attribute("compression", "zip")}),))


def stages(repeats: int = 5) -> dict[str, Any]:
    """Every stage's comparison, by name."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    oiio.attribute("threads", 1)
    oiio.attribute("exr_threads", 1)
    pixels = [picture(0), picture(12)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.exr"
        frame = frame_of(pixels[0])
        write_image(path, frame)
        return {
            "read": read(path, repeats),
            "guide": guide(pixels[0], repeats),
            "motion": motion(pixels, repeats),
            "apply": apply(pixels, repeats),
            "write": write(path, frame, pixels[0], repeats),
        }


def read(path: Path, repeats: int) -> dict[str, Any]:
    def peer() -> None:
        source = oiio.ImageInput.open(str(path))
        source.read_image(oiio.HALF)
        source.close()

    return {"peer": "OpenImageIO read_image", **compare(lambda: read_image(path), peer, repeats)}


def guide(pixels: np.ndarray, repeats: int) -> dict[str, Any]:
    rgb = np.ascontiguousarray(pixels[..., :3].astype(np.float32))
    transform = GuideTransform.for_space("ACEScg", DEFAULT_CONFIG)
    gain = transform.exposure_gain(rgb, rgb)
    config = ocio.Config.CreateFromFile(DEFAULT_CONFIG)
    processor = config.getProcessor("ACEScg", "sRGB - Texture").getDefaultCPUProcessor()
    return {
        "peer": "OpenColorIO ACEScg to sRGB",
        **compare(lambda: transform.to_guide(rgb, gain), lambda: processor.applyRGB(rgb.copy()), repeats),
    }


def motion(pixels: list[np.ndarray], repeats: int) -> dict[str, Any]:
    transform = GuideTransform.for_space("ACEScg", DEFAULT_CONFIG)
    guides = [transform.to_guide(np.ascontiguousarray(p[..., :3].astype(np.float32))) for p in pixels]
    tensors = [torch.from_numpy(np.ascontiguousarray(g.transpose(2, 0, 1)))[None] for g in guides]
    model = load_model("dis", device="cpu")
    grey = [np.rint(g.mean(axis=2) * 255).astype(np.uint8) for g in guides]

    def peer() -> None:
        search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        search.calc(grey[0], grey[1], None), search.calc(grey[1], grey[0], None)

    return {
        "peer": "OpenCV DIS medium, both ways, no projection",
        **compare(lambda: model.estimate(*tensors, 0.5), peer, repeats),
    }


def apply(pixels: list[np.ndarray], repeats: int) -> dict[str, Any]:
    payloads = [torch.from_numpy(p.astype(np.float32).transpose(2, 0, 1).copy())[None] for p in pixels]
    flow = torch.zeros(1, 2, HEIGHT, WIDTH)
    flow[:, 0] = -6.3
    from vfi_plugin.motion.flow import FlowMotion

    moving = FlowMotion(flow, -flow, torch.full((1, 1, HEIGHT, WIDTH), 0.5))
    x, y = torch.arange(WIDTH, dtype=torch.float32), torch.arange(HEIGHT, dtype=torch.float32)[:, None]

    def peer() -> None:
        grids = [
            torch.stack([2 * (x + f[:, 0]) / (WIDTH - 1) - 1, 2 * (y + f[:, 1]) / (HEIGHT - 1) - 1], -1)
            for f in (flow, -flow)
        ]
        moved = [
            F.grid_sample(p, g, mode="bilinear", padding_mode="border", align_corners=True)
            for p, g in zip(payloads, grids, strict=True)
        ]
        torch.lerp(moved[1], moved[0], moving.weight_0)

    return {"peer": "torch grid_sample, grid included", **compare(lambda: moving.apply(*payloads), peer, repeats)}


def write(path: Path, frame: Frame, pixels: np.ndarray, repeats: int) -> dict[str, Any]:
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 4, "half")
    spec.attribute("compression", "zip")

    def peer() -> None:
        target = oiio.ImageOutput.create("peer.exr")
        target.open(str(path.with_name("peer.exr")), spec)
        target.write_image(pixels)
        target.close()

    ours = path.with_name("ours.exr")
    copied = compare(lambda: write_image(ours, frame, pixels_of=path), peer, repeats)
    return {
        "peer": "OpenImageIO write_image, zip",
        **compare(lambda: write_image(ours, frame), peer, repeats),
        "untouched_frame_ours_s": copied["ours_s"],
        "untouched_frame_ratio": copied["ratio"],
    }

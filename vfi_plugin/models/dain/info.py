"""What is known of DAIN without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

VARIANT_NAMES = ("",)

INFO = ModelInfo(
    name="dain",
    title="DAIN (depth-aware interpolation)",
    paper="Bao, Lai, Ma, Zhang, Gao, Yang: Depth-Aware Video Frame Interpolation, CVPR 2019",
    year=2019,
    any_time=True,
    extrapolates=False,
    size_multiple=64,
    reach_px=None,
    parameters=24_031_656,
    multiply_adds=5_600_000,
    licence="non-commercial (the authors' code is MIT, but their weights contain PWC-Net's, CC BY-NC-SA 4.0)",
    training_data="Vimeo90K, from the weights of PWC-Net and MegaDepth on",
    weights_sha256=None,
    overlap_px=128,
)

"""What is known of Deep Voxel Flow without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

VARIANT_NAMES = ("", "192px")

INFO = ModelInfo(
    name="voxelflow",
    title="Deep Voxel Flow",
    paper="Liu, Yeh, Tang, Liu, Agarwala: Video Frame Synthesis using Deep Voxel Flow, ICCV 2017",
    year=2017,
    any_time=True,
    extrapolates=True,
    size_multiple=8,  # three halvings
    reach_px=88.0,  # the network sees 44 px around a pixel, in both frames
    parameters=3_821_891,
    multiply_adds=781_376,
    licence="non-commercial research and education only",
    training_data="UCF-101",
    weights_sha256=None,
    overlap_px=64,
    finds_flow=True,
)

"""What is known of RIFE 4.x without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

VARIANT_NAMES = ("4.25", "4.6")

INFO = ModelInfo(
    name="rife",
    title="RIFE 4.x (real-time intermediate flow)",
    paper="Huang, Zhang, Heng, Shi, Zhou: Real-Time Intermediate Flow Estimation for Video Frame Interpolation,"
    " ECCV 2022",
    year=2022,
    any_time=True,
    extrapolates=False,
    size_multiple=64,
    reach_px=None,
    parameters=5_664_776,
    multiply_adds=22_218,
    licence="MIT (the official weights, by their authors)",
    training_data="not stated by the authors for 4.x",
    weights_sha256=None,
    overlap_px=128,
    finds_flow=True,
)

"""What is known of Classic without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

INFO = ModelInfo(
    name="dis",
    title="Classic (dense inverse search)",
    paper="Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, ECCV 2016; projection ours",
    year=2016,
    any_time=True,
    extrapolates=False,
    size_multiple=1,
    reach_px=None,
    parameters=0,
    multiply_adds=0,
    licence="Apache-2.0 (ours; OpenCV's search is Apache-2.0 too)",
    training_data="none",
    weights_sha256=None,
    finds_flow=True,
)

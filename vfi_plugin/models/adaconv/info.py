"""What is known of AdaConv without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import NOT_PUBLISHED, ModelInfo

VARIANT_NAMES = ("",)

INFO = ModelInfo(
    name="adaconv",
    title="AdaConv",
    paper="Niklaus, Mai, Liu: Video Frame Interpolation via Adaptive Convolution, CVPR 2017",
    year=2017,
    any_time=False,
    extrapolates=False,
    size_multiple=8,  # three convolutions halve the size
    reach_px=40,  # kernels reach 20 px from each pixel of the frame in the middle to both frames
    parameters=15_927_394,
    multiply_adds=15_920_320,
    licence=NOT_PUBLISHED,
    training_data=NOT_PUBLISHED,
    weights_sha256=None,
    overlap_px=64,
)

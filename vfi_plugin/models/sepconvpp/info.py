"""What is known of SepConv++ without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

VARIANT_NAMES = ("",)

INFO = ModelInfo(
    name="sepconvpp",
    title="SepConv++",
    paper="Niklaus, Mai, Wang: Revisiting Adaptive Convolutions for Video Frame Interpolation, WACV 2021",
    year=2021,
    any_time=False,
    extrapolates=False,
    size_multiple=2,  # kernels are predicted from half size
    reach_px=50,  # kernels reach 25 px from each pixel of the frame in the middle to both frames
    parameters=13_560_102,
    multiply_adds=477_792,
    licence="official weights: Adobe Research License, non-commercial research only",
    training_data="official weights: not stated where they are released",
    weights_sha256=None,
    overlap_px=144,
)
